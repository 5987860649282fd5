"""Flat arrays of sentences."""

import numpy as np
import pytest

from keras_transformer.data.token_array import TokenArray


def test_sentences_come_back():
    sentences = [[5, 7], [], [11, 4, 9], [6]]
    tokens = TokenArray.of(sentences)
    assert len(tokens) == 4
    assert tokens.lengths.tolist() == [2, 0, 3, 1]
    assert tokens.lengths.dtype == np.int32
    assert [tokens[i].tolist() for i in range(4)] == sentences
    assert tokens[2].dtype == np.int32
    for index in (-1, 4):
        with pytest.raises(IndexError):
            tokens[index]


def test_gather_joins_sentences_in_the_order_asked():
    tokens = TokenArray.of([[5, 7], [], [11, 4, 9], [6]])
    ids, lengths = tokens.gather(np.array([2, 0, 1, 2]))
    assert ids.tolist() == [11, 4, 9, 5, 7, 11, 4, 9]
    assert lengths.tolist() == [3, 2, 0, 3]
    ids, lengths = tokens.gather(np.array([], dtype=int))
    assert len(ids) == len(lengths) == 0
