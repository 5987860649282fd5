"""Which pairs an epoch has, where several corpora have shares of it."""

from __future__ import annotations

import numpy as np

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.draws import draw, key_of

_STREAM = 0x6D697874  # apart from the other draws of a seed


class Mixture:
    """Corpora in given proportions, whatever their sizes.

    An epoch has as many pairs as all corpora together (those of share 0 left out). Each corpus is
    gone through in random order again and again, and an epoch takes the next of its pairs: over
    the epochs all pairs of a corpus come equally often, up to one time, and a pair of a small
    corpus with a large share comes several times in an epoch. What an epoch has is a pure
    function of `(seed, epoch)`.

    Args:
        part_sizes: integers, how many pairs each corpus has; they lie one after the other.
        weights: numbers of 0 or more, the proportions of the corpora in an epoch.
        seed: non-negative integer.

    Raises:
        UserError: weights that no epoch can have.
    """

    def __init__(self, part_sizes, weights, seed: int):
        if len(weights) != len(part_sizes):
            raise UserError(
                f"There are {len(part_sizes)} corpora and {len(weights)} weights of corpora: give "
                "a weight for each."
            )
        if min(weights) < 0 or sum(weights) <= 0:
            raise UserError(
                "Weights of corpora must be 0 or more, and one of them more than 0. "
                f"Received: {list(weights)}"
            )
        for number, (size, weight) in enumerate(zip(part_sizes, weights, strict=True), 1):
            if weight > 0 and size == 0:
                raise UserError(
                    f"Corpus {number} has weight {weight} and no sentence pair that the filters "
                    "let through: look at its files, or give it weight 0."
                )
        self.seed = int(seed)
        self.part_sizes = [int(size) for size in part_sizes]
        total = sum(size for size, weight in zip(part_sizes, weights, strict=True) if weight > 0)
        # Rounded so that the counts sum up to the total.
        edges = np.round(np.cumsum([0.0, *weights]) / sum(weights) * total).astype(np.int64)
        self.counts = np.diff(edges).tolist()

    @property
    def num_pairs(self) -> int:
        """Pairs in an epoch."""
        return sum(self.counts)

    def rows(self, epoch: int) -> np.ndarray:
        """The numbers of an epoch's pairs, in order; some may come several times. int64."""
        found, first = [], 0
        for part, (size, count) in enumerate(zip(self.part_sizes, self.counts, strict=True)):
            places = np.arange(epoch * count, (epoch + 1) * count)
            for turn in np.unique(places // size) if count else ():
                order = np.argsort(
                    draw(key_of(_STREAM, self.seed, part, int(turn)), np.arange(size)),
                    kind="stable",
                )
                found.append(first + order[places[places // size == turn] % size])
            first += size
        return np.sort(np.concatenate(found))


def repeated_apart(rows: np.ndarray, num_pairs: int) -> np.ndarray:
    """Numbers for draws: a pair that comes again in sorted rows has another one each time."""
    first = np.searchsorted(rows, rows, side="left")
    return rows + num_pairs * (np.arange(len(rows)) - first)
