"""Every sentence once an epoch, few shapes, little padding, the same everywhere."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.errors import UserError


def lengths_like_captions(num_pairs, seed=1):
    """Pairs of lengths as of a caption corpus: about 15 tokens, correlated at 0.86."""
    generator = np.random.default_rng(seed)
    source = np.clip(generator.normal(15, 5, num_pairs), 4, 50).astype(int)
    target = np.clip(source + generator.normal(0.4, 2.8, num_pairs), 3, 53).astype(int)
    return source, target


def fingerprint(plan, epoch):
    digest = hashlib.sha256()
    for batch in plan.epoch(epoch):
        digest.update(repr((batch.shape, batch.rows.tolist())).encode())
    return digest.hexdigest()


CASES = [
    # pairs, longest, batch_tokens, max_shapes
    (1, 7, 7, 1),
    (1, 3, 101, 16),
    (23, 11, 11, 3),
    (997, 31, 127, 5),
    (4999, 61, 509, 16),
    (4999, 61, 61, 2),
    (307, 2, 1009, 255),
    (1013, 307, 4096, 7),
]


@pytest.mark.parametrize(("num_pairs", "longest", "batch_tokens", "max_shapes"), CASES)
@pytest.mark.parametrize("seed", [0, 13])
def test_every_epoch_is_a_partition_into_few_shapes(
    num_pairs, longest, batch_tokens, max_shapes, seed
):
    generator = np.random.default_rng(seed)
    source = generator.integers(1, longest + 1, num_pairs)
    target = generator.integers(1, longest + 1, num_pairs)
    plan = BatchPlan(source, target, batch_tokens, seed, max_shapes)
    for epoch in (0, 1, 17):
        batches = plan.epoch(epoch)
        rows = np.concatenate([batch.rows for batch in batches])
        np.testing.assert_array_equal(np.sort(rows[rows >= 0]), np.arange(num_pairs))
        assert len({batch.shape for batch in batches}) <= min(max_shapes, len(plan.shapes))
        assert {batch.shape for batch in batches} <= set(plan.shapes)
        assert sum((batch.rows < 0).any() for batch in batches) <= 1
        for batch in batches:
            real = batch.rows[batch.rows >= 0]
            assert len(batch.rows) == batch.num_rows
            assert len(real) > 0
            assert batch.num_rows == batch_tokens // max(batch.source_length, batch.target_length)
            assert source[real].max() <= batch.source_length
            assert target[real].max() <= batch.target_length
        statistics = plan.statistics()
        padded = sum(b.num_rows * (b.source_length + b.target_length) for b in batches)
        assert statistics.num_batches == plan.num_batches == len(batches)
        assert statistics.num_shapes == len({batch.shape for batch in batches})
        assert statistics.padded_tokens == padded
        assert statistics.real_tokens == source.sum() + target.sum()
        assert statistics.padding_share == pytest.approx(1 - (source + target).sum() / padded)


def test_order_and_company_differ_by_epoch_and_seed():
    source, target = lengths_like_captions(2003)
    plans = [BatchPlan(source, target, 512, seed) for seed in (3, 4)]
    assert plans[0].shapes == plans[1].shapes
    seen = {fingerprint(plan, epoch) for plan in plans for epoch in range(5)}
    assert len(seen) == 10
    companies = [
        {frozenset(batch.rows.tolist()) for batch in plans[0].epoch(epoch)} for epoch in (0, 1)
    ]
    assert len(companies[0] & companies[1]) <= 1
    shapes = [[batch.shape for batch in plans[0].epoch(epoch)] for epoch in (0, 1)]
    assert shapes[0] != shapes[1]
    assert shapes[0] != sorted(shapes[0])


def test_an_epoch_does_not_depend_on_what_was_asked_before():
    source, target = lengths_like_captions(503)
    plan = BatchPlan(source, target, 256, 7)
    later = fingerprint(plan, 5)
    plan.epoch(0)
    assert fingerprint(plan, 5) == later == fingerprint(BatchPlan(source, target, 256, 7), 5)


def test_the_plan_is_the_same_in_another_process():
    source, target = lengths_like_captions(1009)
    script = (
        "from tests.data.test_batch_plan import *\n"
        "print(fingerprint(BatchPlan(*lengths_like_captions(1009), 512, 29), 3))"
    )
    command = [sys.executable, "-c", script]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert other == fingerprint(BatchPlan(source, target, 512, 29), 3)


def test_the_plan_is_the_same_on_every_machine():
    """Frozen, because a run that was stopped elsewhere resumes by it."""
    numbers = np.arange(701)
    plan = BatchPlan(1 + numbers * 37 % 29, 1 + numbers * 53 % 31, 128, 11, 8)
    assert plan.shapes[-1] == (4, 29, 31)
    assert fingerprint(plan, 2) == FROZEN


FROZEN = "36c74632b7c48eb215037a5fb30be0ac5d7870fc9a9282a9c81831585aa9f2ee"


def test_captions_are_padded_little():
    source, target = lengths_like_captions(29_000)
    statistics = BatchPlan(source, target, 4096, 1).statistics()
    assert statistics.num_shapes <= 16
    assert statistics.padding_share < 0.1
    assert BatchPlan(source, target, 4096, 1, 48).statistics().padding_share < 0.065
    assert BatchPlan(source, target, 4096, 1, 1).statistics().padding_share > 0.5
    assert "29,000 pairs" in str(statistics)
    assert "% padding" in str(statistics)


def test_a_small_corpus_gets_fewer_shapes():
    source, target = lengths_like_captions(307)
    plan = BatchPlan(source, target, 4096, 1)
    single = BatchPlan(source, target, 4096, 1, 1)
    assert len(plan.shapes) < 16
    assert plan.statistics().padded_tokens <= single.statistics().padded_tokens


def test_given_shapes_are_kept_and_completed():
    source, target = np.array([3, 5, 9, 2, 4]), np.array([4, 4, 13, 2, 7])
    plan = BatchPlan(source, target, 26, shapes=[(6, 4, 4), (2, 10, 5)])
    assert plan.shapes == [(6, 4, 4), (2, 10, 5), (2, 10, 13)]
    rows = np.concatenate([batch.rows for batch in plan.epoch(0)])
    assert sorted(rows[rows >= 0]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], 7), "There is no sentence pair"),
        (([1, 2], [1], 7), "equally long. Received: 2 and 1"),
        (([1, 0], [1, 2], 7), "`source_lengths` must be 1 or more.*Received: 0 at 1"),
        (([1, 2], [3, 11], 7), "Pair 1 has 11 target tokens, more than `batch_tokens`=7"),
        (([1], [1], 7, -1), "seed=-1"),
        (([1], [1], 7, 0, 0), "max_shapes=0"),
        (([1], [1], 7, 0, 256), "max_shapes=256"),
    ],
)
def test_what_cannot_be_planned_is_said(arguments, message):
    with pytest.raises(UserError, match=message):
        BatchPlan(*arguments)


def test_a_negative_epoch_is_refused():
    with pytest.raises(UserError, match="epoch=-1"):
        BatchPlan([1], [1], 7).epoch(-1)
