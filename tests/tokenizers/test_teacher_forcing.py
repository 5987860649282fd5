"""Batches for teacher forcing."""

from types import SimpleNamespace

import numpy as np

from keras_transformer.tokenizers import pad_rows, teacher_forcing_batch

TOKENIZER = SimpleNamespace(start_id=2, end_id=3)


def test_the_decoder_reads_what_came_before_each_label():
    batch = teacher_forcing_batch([[7, 8, 3], [9, 3]], [np.int32([5, 6]), ()], TOKENIZER, 0)
    np.testing.assert_array_equal(batch.source_ids, [[7, 8, 3], [9, 3, 0]])
    np.testing.assert_array_equal(batch.target_ids, [[2, 5, 6], [2, 0, 0]])
    np.testing.assert_array_equal(batch.labels, [[5, 6, 3], [3, 0, 0]])
    assert {array.dtype for array in batch} == {np.dtype("int32")}


def test_rows_are_padded_to_the_longest():
    padded = pad_rows([[1], [1, 2, 3], []], 9)
    np.testing.assert_array_equal(padded, [[1, 9, 9], [1, 2, 3], [9, 9, 9]])


def test_widths_are_rounded_up_as_far_as_a_limit():
    rows = [[1] * 5, [2]]
    assert pad_rows(rows, 0, multiple=4).shape == (2, 8)
    assert pad_rows(rows, 0, multiple=4, limit=7).shape == (2, 7)
    assert pad_rows(rows, 0, multiple=4, limit=3).shape == (2, 5)  # nothing is cut
    assert teacher_forcing_batch(rows, rows, TOKENIZER, 0, multiple=4).labels.shape == (2, 8)
