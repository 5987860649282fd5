"""Lists of sentences in memory."""

import pytest

from keras_transformer.data.corpus import Pairs
from keras_transformer.errors import UserError


def test_pairs_hold_both_sides():
    pairs = Pairs.of([("a", "b", "file:1"), ("c", "d", "file:2")])
    assert pairs == Pairs(["a", "c"], ["b", "d"])
    assert list(pairs) == [("a", "b"), ("c", "d")]
    assert len(pairs) == 2


def test_unequal_sides_are_refused():
    with pytest.raises(UserError, match="Received: 1 and 2 texts"):
        Pairs(["a"], ["b", "c"])
