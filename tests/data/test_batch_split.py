"""Rows of a batch among replicas."""

import numpy as np
import pytest

from keras_transformer.data.batch_split import BatchSplit

PADDING = 9


def batch(rows, weights=False):
    """A batch in which every id tells its row."""
    ids = np.repeat(np.arange(rows, dtype="int32")[:, None], 3, axis=1)
    inputs = {"source_ids": ids, "target_ids": ids + 100}
    extra = (np.arange(rows, dtype="float32") / 2,) if weights else ()
    return inputs, ids + 200, *extra


@pytest.mark.parametrize("rows", [1, 7, 8])
@pytest.mark.parametrize("weights", [False, True])
def test_every_row_is_in_one_part_and_all_have_one_shape(rows, weights):
    processes = [BatchSplit(4, range(first, first + 2), padding_id=PADDING) for first in (0, 2)]
    parts = [part for split in processes for part in split.parts(batch(rows, weights))]
    assert len(parts) == 4
    size = -(-rows // 4)
    inputs = np.concatenate([part[0]["source_ids"] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    assert inputs.shape == labels.shape == (4 * size, 3)
    real = labels[:, 0] != PADDING
    assert sorted(labels[real, 0] - 200) == list(range(rows))
    np.testing.assert_array_equal(labels[real] - 200, inputs[real])
    assert (labels[~real] == PADDING).all() and (inputs[~real] == PADDING).all()
    assert {len(part) for part in parts} == {3 if weights else 2}
    if weights:
        found = np.concatenate([part[2] for part in parts])
        np.testing.assert_array_equal(found[real], (labels[real, 0] - 200) / 2)
        np.testing.assert_array_equal(found[~real], 1.0)


def test_rows_are_dealt_out_in_turn():
    """Rows of padding are the last of a batch: not all of them fall to one replica."""
    first, second = BatchSplit(2, range(2)).parts(batch(6))
    assert list(first[1][:, 0]) == [200, 202, 204]
    assert list(second[1][:, 0]) == [201, 203, 205]


def test_whole_batches():
    inputs, labels = BatchSplit(4, padding_id=PADDING).whole(batch(6))
    assert labels.shape == inputs["target_ids"].shape == (8, 3)
    assert list(labels[5:, 0]) == [205, PADDING, PADDING]
    same = batch(6)
    assert BatchSplit(3).whole(same) is same
    assert BatchSplit().whole(same) is same
