"""Shares of corpora: every epoch in proportion, every pair of a corpus as often as any other."""

import hashlib
from collections import Counter

import numpy as np
import pytest

from keras_transformer.data.mixture import Mixture, repeated_apart
from keras_transformer.errors import UserError

SIZES = [101, 7, 31]
PART = np.repeat([0, 1, 2], SIZES)


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 0, 3), (0.2, 5, 0.1), (0, 0, 1)])
def test_every_epoch_has_the_proportions(weights):
    mixture = Mixture(SIZES, weights, seed=3)
    total = sum(size for size, weight in zip(SIZES, weights, strict=True) if weight)
    for epoch in range(5):
        rows = mixture.rows(epoch)
        assert len(rows) == mixture.num_pairs == total
        np.testing.assert_array_equal(rows, np.sort(rows))
        counts = np.bincount(PART[rows], minlength=3)
        np.testing.assert_allclose(counts, total * np.array(weights) / sum(weights), atol=1)
        assert counts.tolist() == mixture.counts


def test_pairs_of_a_corpus_come_equally_often():
    mixture = Mixture(SIZES, (1, 2, 0.5), seed=3)
    counts = Counter()
    for epoch in range(23):
        counts.update(mixture.rows(epoch).tolist())
        for first, size in ((0, 101), (101, 7), (108, 31)):
            times = [counts[row] for row in range(first, first + size)]
            assert max(times) - min(times) <= 1
    assert min(counts.values()) > 1


def test_what_comes_depends_on_seed_and_epoch_alone():
    mixture = Mixture(SIZES, (1, 1, 5), seed=3)
    later = mixture.rows(4).tolist()
    mixture.rows(1)
    assert mixture.rows(4).tolist() == later == Mixture(SIZES, (1, 1, 5), seed=3).rows(4).tolist()
    assert len({tuple(Mixture(SIZES, (1, 1, 5), s).rows(e)) for s in (3, 4) for e in (0, 1)}) == 4


def test_rows_are_the_same_on_every_machine():
    """Frozen, because a run that was stopped elsewhere resumes by them."""
    rows = Mixture(SIZES, (1, 2, 5), seed=11).rows(6)
    assert hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest() == FROZEN


FROZEN = "1f36a87c3f76b9ab3e04c6d22df81f9eb9df9ff09242823196ba6c7c541aae11"


def test_a_pair_that_comes_again_has_another_number():
    rows = np.array([0, 2, 2, 2, 5, 6, 6])
    assert repeated_apart(rows, 10).tolist() == [0, 2, 12, 22, 5, 6, 16]
    assert repeated_apart(np.arange(7), 7).tolist() == list(range(7))


@pytest.mark.parametrize(
    ("sizes", "weights", "message"),
    [
        ([3, 5], (1.0,), "2 corpora and 1 weights of corpora: give"),
        ([3, 5], (0.0, 0.0), r"one of them more than 0. Received: \[0.0, 0.0\]"),
        ([3, 5], (1.0, -1.0), r"must be 0 or more, .* Received: \[1.0, -1.0\]"),
        ([3, 0], (1.0, 2.0), "Corpus 2 has weight 2.0 and no sentence pair"),
    ],
)
def test_weights_that_cannot_be_are_said(sizes, weights, message):
    with pytest.raises(UserError, match=message):
        Mixture(sizes, weights, 0)
