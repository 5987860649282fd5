"""Figures of repeated measurements: pure functions of lists."""

import statistics
from typing import NamedTuple


class Spread(NamedTuple):
    """Median, least and greatest of some repetitions."""

    median: float
    least: float
    greatest: float


def spread(values):
    """The `Spread` of a list of numbers."""
    return Spread(statistics.median(values), min(values), max(values))


def percentile(values, percent):
    """The least of the values that at least so many percent of them do not exceed."""
    ordered = sorted(values)
    place = -(-len(ordered) * percent // 100) - 1
    return ordered[max(int(place), 0)]


def lengths_agree(tokens, reference, tolerance=0.01):
    """Whether two systems produced equally many tokens, so that their times can be compared."""
    return abs(tokens - reference) <= tolerance * reference


def share_of_equal(rows, others):
    """The share of places in two lists at which the entries are equal."""
    pairs = list(zip(rows, others, strict=True))
    return sum(left == right for left, right in pairs) / len(pairs)


def evenly(items, number):
    """So many of a list, at equal distances; all where there are no more."""
    if number >= len(items):
        return list(items)
    return [items[place * len(items) // number] for place in range(number)]
