"""The order in which a system sees its batches, and what is counted in each of them."""

from typing import NamedTuple

import numpy as np


class Counts(NamedTuple):
    """What is in one batch."""

    target_tokens: int  # real ones, end marks included: what all rates are of
    real: int  # source and target tokens
    positions: int  # source and target, padding included


def count(source_ids, labels, padding_id):
    """The `Counts` of a batch."""
    target_tokens = int((labels != padding_id).sum())
    real = target_tokens + int((source_ids != padding_id).sum())
    return Counts(target_tokens, real, source_ids.size + labels.size)


def sorted_batches(source_lengths, target_lengths, batch_tokens, seed):
    """Pairs of like length in batches of at most so many positions a side, in random order.

    Args:
        source_lengths, target_lengths: special ids included.
        batch_tokens: rows times the longest sentence of either side are at most this many.
        seed: of the order of the batches, and of pairs of equal lengths.

    Returns:
        List of integer arrays, numbers of pairs.
    """
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(source_lengths))
    keys = source_lengths[shuffled], target_lengths[shuffled]
    order = shuffled[np.lexsort(keys)]  # by target, then by source
    batches, begin, longest = [], 0, 0
    for place, row in enumerate(order):
        longer = max(longest, source_lengths[row], target_lengths[row])
        if (place + 1 - begin) * longer > batch_tokens:
            batches.append(order[begin:place])
            begin, longer = place, max(source_lengths[row], target_lengths[row])
        longest = longer
    batches.append(order[begin:])
    return [batches[place] for place in generator.permutation(len(batches))]


def equal_batches(num_pairs, num_rows, seed):
    """Random pairs in batches of so many rows; what is left over is left out."""
    order = np.random.default_rng(seed).permutation(num_pairs)
    return [
        order[place : place + num_rows] for place in range(0, num_pairs - num_rows + 1, num_rows)
    ]


def sequence(epochs, shape_of, warm_steps, first_step=0, num_steps=None):
    """All batches of a system: those that warm up, then those that are measured.

    Those that warm up begin with one of every shape, so that every program is compiled and all
    memory was asked for once, if there are enough of them.

    Args:
        epochs: list of lists of batches; the last is there to warm up with.
        shape_of: function from a batch to what decides about memory and programs.
        warm_steps: how many batches warm up.
        first_step, num_steps: of the measured epochs, these batches are taken; None: all.

    Returns:
        Two lists of batches.
    """
    *measured, spare = epochs
    seen, first, later = set(), [], []
    for batch in spare:
        (later if shape_of(batch) in seen else first).append(batch)
        seen.add(shape_of(batch))
    measured = [batch for epoch in measured for batch in epoch]
    end = None if num_steps is None else first_step + num_steps
    return (first + later)[:warm_steps], measured[first_step:end]
