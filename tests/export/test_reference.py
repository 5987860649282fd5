"""The answers that the gate asks for."""

from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(("rounding", "first"), [(1.0, "g"), (100.0, None)])
def test_candidates_that_are_as_probable_are_not_asked_for(rounding, first):
    from keras_transformer.export.reference import _candidates

    target = SimpleNamespace(tokens=lambda ids: ["abcdefg"[id] for id in ids])
    functions = SimpleNamespace(rounding=rounding, tokenizers=SimpleNamespace(target=target))
    logits = np.array([[0, 1, 2.0004, 3, 2, 4, 4.05], [5, 4, 3, 2, 1, 0.0003, 0]])
    answer = _candidates(functions, logits)
    # The third and the fourth best change places within rounding.
    second = "f" if first else None
    assert answer["candidates"][0] == [first, second, "d", None, None]
    assert answer["candidates"][1] == ["a", "b", "c", "d", "e"]
    powers = np.exp(logits)
    expected = np.sort(powers / powers.sum(axis=1, keepdims=True))[:, :-6:-1]
    np.testing.assert_allclose(answer["candidate_probabilities"], expected)
    # So do the fifth best and the first that is not told.
    logits[1, 5] = 0.9999
    assert _candidates(functions, logits)["candidates"][1] == ["a", "b", "c", "d", None]
