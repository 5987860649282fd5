"""Masks: `True` = may attend, broadcastable to (batch, queries, keys)."""

import keras
import numpy as np
from keras import ops

from keras_transformer import masks


def array(tensor):
    assert keras.backend.standardize_dtype(tensor.dtype) == "bool"
    return ops.convert_to_numpy(tensor)


def test_padding_is_hidden_from_every_query():
    ids = np.array([[5, 2, 0], [4, 0, 0]], "int32")
    expected = [[[True, True, False]], [[True, False, False]]]
    assert np.array_equal(array(masks.padding_mask(ids)), expected)


def test_padding_may_have_another_id():
    ids = np.array([[0, 7, 3]], "int32")
    assert np.array_equal(array(masks.padding_mask(ids, padding_id=3)), [[[True, True, False]]])


def test_a_query_sees_itself_and_what_is_before():
    expected = [[[True, False, False], [True, True, False], [True, True, True]]]
    assert np.array_equal(array(masks.causal_mask(3)), expected)


def test_a_cache_is_visible_up_to_the_step_that_runs():
    for index, visible in ((0, 1), (2, 3), (4, 5)):
        mask = array(masks.cache_mask(index, 5))
        assert mask.shape == (1, 1, 5)
        assert np.array_equal(mask[0, 0], np.arange(5) < visible)


def test_a_cache_at_step_t_is_row_t_of_the_causal_mask():
    whole = array(masks.causal_mask(7))
    for index in range(7):
        row = array(masks.cache_mask(ops.convert_to_tensor(index), 7))
        assert np.array_equal(row[:, 0], whole[:, index])
