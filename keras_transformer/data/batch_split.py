"""A batch divided among replicas that train together: row by row, into equal shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BatchSplit:
    """Which rows of every batch are whose.

    Batches are those of one device: rows of padding, which count for nothing, are added until the
    rows can be divided. Part `p` of `n` has the rows `p, p + n, p + 2n, ...`.

    Attributes:
        num_parts: how many replicas there are, on all machines.
        own: numbers of the parts that this process feeds; None: whole batches, for an engine that
            divides them itself.
        distribute: function from a function that makes a data set of TensorFlow, to the data set
            of all replicas of this process; needed where there are parts.
        padding_id: what fills the rows of padding.
    """

    num_parts: int = 1
    own: range | None = None
    distribute: object = None
    padding_id: int = 0

    def whole(self, batch):
        """A batch of `TranslationBatches` with as many rows as can be divided."""
        missing = -len(batch[1]) % self.num_parts
        if not missing:
            return batch
        inputs, labels, *weights = batch
        inputs = {name: _padded(ids, missing, self.padding_id) for name, ids in inputs.items()}
        weights = [_padded(each, missing, 1) for each in weights]
        return inputs, _padded(labels, missing, self.padding_id), *weights

    def parts(self, batch) -> Iterator:
        """The parts of this process, in the order of its replicas."""
        inputs, labels, *weights = self.whole(batch)
        for part in self.own:
            rows = slice(part, None, self.num_parts)
            own = {name: ids[rows] for name, ids in inputs.items()}
            yield own, labels[rows], *(each[rows] for each in weights)


def _padded(rows, missing, value):
    widths = ((0, missing), *((0, 0) for _ in rows.shape[1:]))
    return np.pad(rows, widths, constant_values=value)
