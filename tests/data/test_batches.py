"""Padded arrays of planned batches."""

import numpy as np
import pytest

from keras_transformer.data.batch_plan import BatchPlan, PlannedBatch
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError

START, END, PADDING = 2, 3, 0


def make(num_pairs=59, padding_id=PADDING, seed=3):
    generator = np.random.default_rng(seed)
    source, target = (
        [generator.integers(4, 53, generator.integers(1, 13)) for _ in range(num_pairs)]
        for _ in range(2)
    )
    corpus = TokenCorpus.of(source, target)
    plan = BatchPlan(corpus.source_lengths + 1, corpus.target_lengths + 1, 67, seed, 3)
    return TranslationBatches(corpus, plan, START, END, padding_id)


def by_hand(batches, planned, padding_id):
    """The same arrays, one sentence after the other."""
    source_ids, target_ids, labels = (
        np.full((planned.num_rows, length), padding_id)
        for length in (planned.source_length, planned.target_length, planned.target_length)
    )
    for row, index in enumerate(planned.rows):
        if index < 0:
            continue
        source, target = list(batches.corpus.source(index)), list(batches.corpus.target(index))
        source_ids[row, : len(source) + 1] = [*source, END]
        target_ids[row, : len(target) + 1] = [START, *target]
        labels[row, : len(target) + 1] = [*target, END]
    return source_ids, target_ids, labels


@pytest.mark.parametrize("padding_id", [PADDING, 59])
def test_every_batch_is_what_it_would_be_by_hand(padding_id):
    batches = make(padding_id=padding_id)
    planned = batches.plan.epoch(2)
    assert any((batch.rows < 0).any() for batch in planned)
    made = list(batches.epoch(2))
    assert len(made) == len(planned) == batches.num_batches(2)
    for plan, (inputs, labels) in zip(planned, made, strict=True):
        assert set(inputs) == {"source_ids", "target_ids"}
        arrays = (inputs["source_ids"], inputs["target_ids"], labels)
        for array, wanted in zip(arrays, by_hand(batches, plan, padding_id), strict=True):
            assert array.dtype == np.int32
            np.testing.assert_array_equal(array, wanted)


def test_first_batch_skips():
    batches = make()
    everything, rest = list(batches.epoch(1)), list(batches.epoch(1, first_batch=3))
    assert len(rest) == len(everything) - 3
    for (_, labels), (_, wanted) in zip(rest, everything[3:], strict=True):
        np.testing.assert_array_equal(labels, wanted)
    assert list(batches.epoch(1, len(everything))) == []
    with pytest.raises(UserError, match="`first_batch` must be 0 to"):
        next(batches.epoch(1, len(everything) + 1))


def test_a_plan_of_another_corpus_is_refused():
    batches = make(7)
    with pytest.raises(UserError, match="The plan is of 59 sentence pairs, the corpus has 7"):
        TranslationBatches(batches.corpus, make(59).plan, START, END)
    short = PlannedBatch(np.array([0, 1]), 2, 1, 1)
    with pytest.raises(UserError, match="do not fit into the 1 columns planned"):
        batches.batch(short)


def test_weights_come_third_and_their_mean_over_tokens_is_one():
    plain = make()
    weights = np.random.default_rng(5).uniform(0.1, 7, 59).astype(np.float32)
    corpus = TokenCorpus(plain.corpus.source_tokens, plain.corpus.target_tokens, weights=weights)
    batches = TranslationBatches(corpus, plain.plan, START, END)
    assert batches.weighted and not plain.weighted
    tokens = total = 0
    for planned, (inputs, labels, given), (_, wanted) in zip(
        plain.plan.epoch(1), batches.epoch(1), plain.epoch(1), strict=True
    ):
        assert set(inputs) == {"source_ids", "target_ids"}
        np.testing.assert_array_equal(labels, wanted)
        assert given.dtype == np.float32 and given.shape == (planned.num_rows,)
        real = planned.rows >= 0
        ratio = given[real] / weights[planned.rows[real]]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)
        assert (given[~real] == 1).all()
        tokens += (labels != 0).sum()
        total += ((labels != 0).sum(axis=1) * given).sum()
    np.testing.assert_allclose(total / tokens, 1, rtol=1e-5)


def test_equal_weights_are_exactly_one():
    plain = make()
    weights = np.full(59, 0.3, np.float32)
    corpus = TokenCorpus(plain.corpus.source_tokens, plain.corpus.target_tokens, weights=weights)
    for _, _, given in TranslationBatches(corpus, plain.plan, START, END).epoch(0):
        assert (given == 1).all()
