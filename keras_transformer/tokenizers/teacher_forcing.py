"""Ids of sentences and known translations as the model takes them."""

from typing import NamedTuple

import numpy as np


class TeacherForcingBatch(NamedTuple):
    """Pairs for teacher forcing: at every position the model reads what truly came before it.

    Attributes:
        source_ids: `(batch, source)`.
        target_ids: `(batch, target)`, what the decoder reads: the start mark, then the target.
        labels: `(batch, target)`, what it should say: the target, then the end mark.

    All are int32, padded on the right.
    """

    source_ids: np.ndarray
    target_ids: np.ndarray
    labels: np.ndarray


def teacher_forcing_batch(sources, targets, tokenizer, padding_id, **widths):
    """Pairs of ids as one batch.

    Args:
        sources: ids of each source, with its end mark.
        targets: ids of each target, without marks.
        tokenizer: the `Tokenizer` of the targets.
        padding_id: what rows are filled up with.
        **widths: as for `pad_rows`.

    Returns:
        `TeacherForcingBatch`.
    """
    inputs = [np.append(tokenizer.start_id, ids) for ids in targets]
    labels = [np.append(ids, tokenizer.end_id) for ids in targets]
    return TeacherForcingBatch(
        *(pad_rows(rows, padding_id, **widths) for rows in (sources, inputs, labels))
    )


def pad_rows(rows, padding_id, multiple=1, limit=None):
    """Rows of ids as one array of int32, padded on the right.

    Args:
        rows: list of rows of ids.
        padding_id: what rows are filled up with.
        multiple: the width is rounded up to a multiple of it, so that a compiled function sees
            few shapes.
        limit: rounding up stops there, at what a model has learned positions for, say.

    Returns:
        Array `(rows, width)`; no row is cut.
    """
    longest = max(map(len, rows))
    width = -(-longest // multiple) * multiple
    if limit is not None:
        width = max(longest, min(width, limit))
    ids = np.full((len(rows), width), padding_id, dtype="int32")
    for row, values in enumerate(rows):
        ids[row, : len(values)] = values
    return ids
