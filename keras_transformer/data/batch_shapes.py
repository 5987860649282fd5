"""Few static shapes for many sentence lengths, chosen so that little is padded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_MAX_LEVELS = 64  # different lengths a side that the choice of shapes looks at
_MAX_TRIALS = 4000  # moves of the local search; more gain nothing
_SEARCH_WORK = 60_000_000  # its comparisons of a bin with a shape: about 0.3 s on one core


class BatchShape(NamedTuple):
    """The static shape of a batch; lengths count the special id."""

    rows: int
    source_length: int
    target_length: int


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many sentences have which pair of lengths.

    Attributes:
        source: integers `(bins,)`.
        target: integers `(bins,)`.
        count: integers `(bins,)`, sentences of these two lengths.
    """

    source: np.ndarray
    target: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, source_lengths, target_lengths) -> tuple[Histogram, np.ndarray]:
        """The histogram, and the bin of every sentence."""
        source = np.asarray(source_lengths, dtype=np.int64)
        target = np.asarray(target_lengths, dtype=np.int64)
        width = int(target.max()) + 1
        codes = source * width + target
        if int(codes.max()) < 8 * len(codes) + 1_000_000:  # counting beats sorting
            counts = np.bincount(codes)
            unique = np.flatnonzero(counts)
            bin_of_code = np.zeros(len(counts), dtype=np.int32)
            bin_of_code[unique] = np.arange(len(unique), dtype=np.int32)
            bins, counts = bin_of_code[codes], counts[unique]
        else:
            unique, bins, counts = np.unique(codes, return_inverse=True, return_counts=True)
        return cls(unique // width, unique % width, counts), bins

    @property
    def num_tokens(self) -> int:
        return int(((self.source + self.target) * self.count).sum())


def choose_shapes(histogram: Histogram, batch_tokens: int, max_shapes: int) -> list[BatchShape]:
    """At most `max_shapes` shapes, smallest first, the last of which holds every sentence.

    The plane of (source length, target length) is cut greedily: always the cell, the axis and
    the place that save most padding. Of the sets so found (one shape, two shapes, ...) the one
    with the fewest positions in an epoch is taken, left-over sentences included, so that a small
    corpus gets fewer shapes; a local search then moves single shapes while that helps.
    """
    histogram = _coarsened(histogram)
    top = (int(histogram.source.max()), int(histogram.target.max()))
    cells = [np.arange(len(histogram.count))]
    candidates = [_sorted_shapes([top], batch_tokens)]
    while len(cells) < max_shapes:
        cuts = [_best_cut(histogram, cell) for cell in cells]
        best = max(range(len(cells)), key=lambda index: cuts[index][0])
        if cuts[best][0] <= 0:
            break
        cells[best : best + 1] = cuts[best][1:]
        corners = {(int(histogram.source[c].max()), int(histogram.target[c].max())) for c in cells}
        corners.add(top)
        if len(corners) > max_shapes:
            break
        candidates.append(_sorted_shapes(corners, batch_tokens))
    chosen = min(candidates, key=lambda shapes: padded_tokens(histogram, shapes))
    return _refined(histogram, chosen, batch_tokens)


def shapes_with_top(histogram: Histogram, shapes, batch_tokens: int) -> list[BatchShape]:
    """Given shapes in order, and a last one that holds every sentence and every other shape."""
    corners = {(int(shape[1]), int(shape[2])) for shape in shapes}
    source = max([int(histogram.source.max()), *(corner[0] for corner in corners)])
    target = max([int(histogram.target.max()), *(corner[1] for corner in corners)])
    return _sorted_shapes(corners | {(source, target)}, batch_tokens)


def assign_shapes(histogram: Histogram, shapes: list[BatchShape]) -> np.ndarray:
    """For every bin the smallest shape that holds it: integers `(bins,)`."""
    sides = np.array(shapes)[:, 1:]
    fits = (histogram.source[:, None] <= sides[:, 0]) & (histogram.target[:, None] <= sides[:, 1])
    return fits.argmax(axis=1)  # shapes are sorted by size, so the first that fits


def next_shapes(shapes: list[BatchShape]) -> list[int | None]:
    """For every shape the smallest other one that holds whatever it holds; None for the last."""
    following: list[int | None] = []
    for index, shape in enumerate(shapes):
        larger = (
            other
            for other in range(index + 1, len(shapes))
            if shapes[other].source_length >= shape.source_length
            and shapes[other].target_length >= shape.target_length
        )
        following.append(next(larger, None))
    return following


def count_batches(counts: np.ndarray, shapes: list[BatchShape]) -> np.ndarray:
    """Batches of every shape in an epoch, when `counts` sentences have each shape as smallest."""
    counts = [int(count) for count in counts]
    following = next_shapes(shapes)
    batches = []
    for index, shape in enumerate(shapes):
        full, left_over = divmod(counts[index], shape.rows)
        if following[index] is None:
            full += left_over > 0
        else:
            counts[following[index]] += left_over
        batches.append(full)
    return np.array(batches, dtype=np.int64)


def padded_tokens(histogram: Histogram, shapes: list[BatchShape]) -> int:
    """Positions of all batches of an epoch, source and target, padding included."""
    assigned = assign_shapes(histogram, shapes)
    counts = np.bincount(assigned, weights=histogram.count, minlength=len(shapes))
    batches = count_batches(counts, shapes)
    sizes = [shape.rows * (shape.source_length + shape.target_length) for shape in shapes]
    return int((batches * np.array(sizes)).sum())


def _sorted_shapes(corners, batch_tokens: int) -> list[BatchShape]:
    """Smallest first; a shape that holds another comes after it."""
    ordered = sorted(corners, key=lambda corner: (corner[0] + corner[1], corner))
    return [
        BatchShape(batch_tokens // max(source, target), source, target)
        for source, target in ordered
    ]


def _best_cut(histogram: Histogram, cell: np.ndarray):
    """What the best cut of a cell saves, in positions, and the two parts."""
    best = (0, cell, cell)
    for near, far in (
        (histogram.source, histogram.target),
        (histogram.target, histogram.source),
    ):
        order = cell[np.argsort(near[cell], kind="stable")]
        length, other, count = near[order], far[order], np.cumsum(histogram.count[order])
        places = np.flatnonzero(length[:-1] < length[1:])
        if len(places) == 0:
            continue
        largest = np.maximum.accumulate(other)
        largest_after = np.maximum.accumulate(other[::-1])[::-1]
        low = count[places] * (length[places] + largest[places])
        high = (count[-1] - count[places]) * (length[-1] + largest_after[places + 1])
        saved = count[-1] * (length[-1] + largest[-1]) - low - high
        at = int(np.argmax(saved))
        if saved[at] > best[0]:
            best = (int(saved[at]), order[: places[at] + 1], order[places[at] + 1 :])
    return best


def _coarsened(histogram: Histogram) -> Histogram:
    """The histogram with at most `_MAX_LEVELS` lengths a side, each rounded up to a level."""
    source = _rounded_up(histogram.source, histogram.count)
    target = _rounded_up(histogram.target, histogram.count)
    width = int(target.max()) + 1
    codes, bins = np.unique(source * width + target, return_inverse=True)
    counts = np.bincount(bins, weights=histogram.count).astype(np.int64)
    return Histogram(codes // width, codes % width, counts)


def _rounded_up(lengths: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Lengths rounded up to levels that hold about as many tokens each."""
    levels, where = np.unique(lengths, return_inverse=True)
    if len(levels) <= _MAX_LEVELS:
        return lengths
    tokens = np.cumsum(np.bincount(where, weights=counts) * levels)
    wanted = tokens[-1] * np.arange(1, _MAX_LEVELS + 1) / _MAX_LEVELS
    kept = np.unique(np.searchsorted(tokens, wanted).clip(max=len(levels) - 1))
    return levels[kept][np.searchsorted(kept, where)]


def _expected_tokens(histogram: Histogram, shapes: list[BatchShape]) -> float:
    """`padded_tokens` with left-over sentences at their mean: smooth, so that search can walk."""
    table = np.array(shapes)
    size = table[:, 1] + table[:, 2]
    counts = np.bincount(
        assign_shapes(histogram, shapes), weights=histogram.count, minlength=len(shapes)
    )
    holds = (table[:, None, 1:] <= table[None, :, 1:]).all(axis=2)
    following = np.triu(holds, 1).argmax(axis=1)
    following[-1] = len(shapes) - 1
    left_over = np.minimum((table[:, 0] - 1) / 2, counts)
    moved_up = (left_over * (size[following] - size)).sum()
    return (size * counts).sum() + moved_up + table[-1, 0] / 2 * size[-1]


def _refined(histogram: Histogram, shapes: list[BatchShape], batch_tokens: int):
    """Local search: moves one shape at a time, a little or to the lengths of some sentences.

    The draws come from the raw stream of a bit generator, which is the same everywhere.
    """
    trials = min(_MAX_TRIALS, _SEARCH_WORK // (len(histogram.count) * len(shapes)))
    if len(shapes) == 1 or trials == 0:
        return shapes
    top = tuple(shapes[-1][1:])
    corners = [tuple(shape[1:]) for shape in shapes[:-1]]
    expected = _expected_tokens(histogram, shapes)
    fewest, best = padded_tokens(histogram, shapes), shapes
    draws = np.random.PCG64(0).random_raw((trials, 3)) >> np.uint64(16)
    cumulative = np.cumsum(histogram.count)
    for which, kind, place in draws.tolist():
        index = which % len(corners)
        if kind % 10 == 0:
            drawn = int(np.searchsorted(cumulative, place % cumulative[-1], side="right"))
            corner = (int(histogram.source[drawn]), int(histogram.target[drawn]))
        else:
            corner = (corners[index][0] + place % 5 - 2, corners[index][1] + place // 5 % 5 - 2)
        if not (1 <= corner[0] <= top[0] and 1 <= corner[1] <= top[1]):
            continue
        trial = [*corners[:index], corner, *corners[index + 1 :]]
        moved = _sorted_shapes({*trial, top}, batch_tokens)
        after = _expected_tokens(histogram, moved)
        if after > expected:
            continue
        corners, expected = trial, after
        positions = padded_tokens(histogram, moved)
        if positions < fewest:
            fewest, best = positions, moved
    return best
