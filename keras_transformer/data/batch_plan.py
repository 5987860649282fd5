"""Which sentences go together in which batch: a pure function of seed, epoch and lengths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from keras_transformer.data.batch_shapes import (
    BatchShape,
    Histogram,
    assign_shapes,
    choose_shapes,
    count_batches,
    next_shapes,
    shapes_with_top,
)
from keras_transformer.errors import UserError

_ORDER_BITS = 56  # of the 64 random bits of a sentence; the other 8 hold the number of its shape


@dataclass(frozen=True, eq=False)
class PlannedBatch:
    """One batch: which sentences, and the static shape that holds them.

    Attributes:
        rows: integer array `(num_rows,)`, sentence numbers; -1 is a row of padding.
        num_rows: rows of the batch, padded ones included.
        source_length: columns of `source_ids`, special id included.
        target_length: columns of `target_ids` and of the labels, special id included.
    """

    rows: np.ndarray
    num_rows: int
    source_length: int
    target_length: int

    @property
    def shape(self) -> BatchShape:
        return BatchShape(self.num_rows, self.source_length, self.target_length)


@dataclass(frozen=True)
class PlanStatistics:
    """What a plan costs. It is the same in every epoch, because only lengths decide it.

    Attributes:
        num_batches: batches in an epoch.
        num_shapes: how many different shapes these batches have.
        num_sentences: sentence pairs in an epoch.
        real_tokens: source and target tokens, special ids included, without padding.
        padded_tokens: positions of all batches, source and target, padding included.
    """

    num_batches: int
    num_shapes: int
    num_sentences: int
    real_tokens: int
    padded_tokens: int

    @property
    def padding_share(self) -> float:
        """The share of all positions that hold padding, rows of padding included."""
        return 1.0 - self.real_tokens / self.padded_tokens

    def __str__(self) -> str:
        return (
            f"{self.num_sentences:,} pairs in {self.num_batches:,} batches of "
            f"{self.num_shapes} shapes; {100 * self.padding_share:.1f} % padding"
        )


class BatchPlan:
    """The order of batches, epoch by epoch.

    Every sentence is in exactly one batch of an epoch. A batch has one of at most `max_shapes`
    shapes, so that a compiler sees few programs. `rows = batch_tokens // max(source_length,
    target_length)`: `batch_tokens` bounds the positions of the larger side, padding included.
    Sentences left over when the last batch of a shape is not full move up to the next shape that
    holds them; only one batch of an epoch, of the largest shape, may have rows of padding.

    The number of batches depends on the lengths alone; which sentences meet, and in which order
    the batches come, on `(seed, epoch)`. The raw stream of a bit generator decides it, which
    numpy keeps stable over versions and machines.

    Args:
        source_lengths: integers `(num_sentences,)`, special id included.
        target_lengths: integers `(num_sentences,)`, special id included.
        batch_tokens: the most positions of one side of a batch.
        seed: non-negative integer.
        max_shapes: the most shapes, 1 to 255.
        shapes: shapes to use instead of choosing them, for example those of another epoch's
            lengths; one that holds the longest sentences is added where it is missing.
    """

    def __init__(
        self,
        source_lengths,
        target_lengths,
        batch_tokens: int,
        seed: int = 0,
        max_shapes: int = 16,
        shapes=None,
    ):
        _check(source_lengths, target_lengths, batch_tokens, seed, max_shapes)
        self.batch_tokens = int(batch_tokens)
        self.seed = int(seed)
        self.max_shapes = int(max_shapes)
        histogram, bins = Histogram.of(source_lengths, target_lengths)
        if shapes is None:
            shapes = choose_shapes(histogram, self.batch_tokens, self.max_shapes)
        else:
            shapes = shapes_with_top(histogram, shapes, self.batch_tokens)
        self.shapes: list[BatchShape] = shapes
        self._histogram = histogram
        self._shape_of_sentence = assign_shapes(histogram, shapes).astype(np.uint8)[bins]

    @property
    def num_sentences(self) -> int:
        return len(self._shape_of_sentence)

    @cached_property
    def _batches_of_shape(self) -> np.ndarray:
        counts = np.bincount(self._shape_of_sentence, minlength=len(self.shapes))
        return count_batches(counts, self.shapes)

    @property
    def num_batches(self) -> int:
        """Batches in an epoch."""
        return int(self._batches_of_shape.sum())

    def statistics(self) -> PlanStatistics:
        """The padding, the shapes and the batches of any epoch."""
        per_batch = np.array([s.rows * (s.source_length + s.target_length) for s in self.shapes])
        return PlanStatistics(
            num_batches=self.num_batches,
            num_shapes=int(np.count_nonzero(self._batches_of_shape)),
            num_sentences=self.num_sentences,
            real_tokens=self._histogram.num_tokens,
            padded_tokens=int((self._batches_of_shape * per_batch).sum()),
        )

    def epoch(self, epoch: int) -> list[PlannedBatch]:
        """The batches of one epoch, in order."""
        if epoch < 0:
            raise UserError(f"`epoch` must be 0 or more. Received: epoch={epoch}")
        generator = np.random.Philox(np.random.SeedSequence([self.seed, int(epoch)]))
        batches = []
        for shape, members in zip(self.shapes, self._members(generator), strict=True):
            rows = shape.rows
            for start in range(0, len(members), rows):
                chosen = members[start : start + rows]
                if len(chosen) < rows:
                    chosen = np.pad(chosen, (0, rows - len(chosen)), constant_values=-1)
                batches.append(PlannedBatch(chosen, rows, shape.source_length, shape.target_length))
        order = np.argsort(generator.random_raw(len(batches)), kind="stable")
        return [batches[i] for i in order]

    def _members(self, generator) -> list[np.ndarray]:
        """The sentences of each shape, shuffled, after the left-over ones moved up."""
        random = generator.random_raw(self.num_sentences) >> np.uint64(64 - _ORDER_BITS)
        keys = random | (self._shape_of_sentence.astype(np.uint64) << np.uint64(_ORDER_BITS))
        order = np.argsort(keys, kind="stable").astype(np.int64)
        counts = np.bincount(self._shape_of_sentence, minlength=len(self.shapes))
        own = np.split(order, np.cumsum(counts)[:-1])
        following = next_shapes(self.shapes)
        moved: list[list[np.ndarray]] = [[] for _ in self.shapes]
        members = []
        for index, shape in enumerate(self.shapes):
            here = np.concatenate([own[index], *moved[index]])
            if moved[index]:
                here = here[np.argsort(random[here], kind="stable")]
            if following[index] is not None:
                kept = len(here) - len(here) % shape.rows
                moved[following[index]].append(here[kept:])
                here = here[:kept]
            members.append(here)
        return members


def _check(source_lengths, target_lengths, batch_tokens, seed, max_shapes):
    if len(source_lengths) != len(target_lengths):
        raise UserError(
            "`source_lengths` and `target_lengths` must be equally long. "
            f"Received: {len(source_lengths)} and {len(target_lengths)}"
        )
    if len(source_lengths) == 0:
        raise UserError("There is no sentence pair to make batches of: check files and filters.")
    for name, lengths in (("source", source_lengths), ("target", target_lengths)):
        if np.min(lengths) < 1:
            raise UserError(
                f"`{name}_lengths` must be 1 or more: a length counts the special id, too. "
                f"Received: {int(np.min(lengths))} at {int(np.argmin(lengths))}"
            )
        if np.max(lengths) > batch_tokens:
            raise UserError(
                f"Pair {int(np.argmax(lengths))} has {int(np.max(lengths))} {name} tokens, more "
                f"than `batch_tokens`={batch_tokens} holds; raise `batch_tokens` or filter "
                "sentences by length."
            )
    if seed < 0:
        raise UserError(f"`seed` must be 0 or more. Received: seed={seed}")
    if not 1 <= max_shapes <= 255:
        raise UserError(f"`max_shapes` must be 1 to 255. Received: max_shapes={max_shapes}")
