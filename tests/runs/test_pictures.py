"""What a run has for pictures."""

import shutil

import numpy as np
import pytest

from keras_transformer.data.batches import TranslationBatches
from keras_transformer.errors import UserError
from keras_transformer.runs.pictures import learning_rates, training_batch
from keras_transformer.runs.train import train
from keras_transformer.tokenizers import TokenizerPair
from tests.runs import tiny


def texts(tokenizer, rows):
    return [tokenizer.decode([row])[0].split() for row in rows]


def test_rows_of_a_batch(whole_run):
    pair = TokenizerPair.load(whole_run)
    source_ids, target_ids = training_batch(whole_run, num_rows=7)
    assert len(source_ids) == len(target_ids) == 7
    lengths = (source_ids != pair.source.padding_id).sum(axis=1)
    assert (np.diff(lengths) >= 0).all() and lengths[0] > 2
    assert (source_ids[np.arange(7), lengths - 1] == pair.source.end_id).all()
    assert (target_ids[:, 0] == pair.target.start_id).all()
    sources = texts(pair.source, source_ids)
    translations = [
        [tiny.TARGET_WORDS[tiny.SOURCE_WORDS.index(word)] for word in source] for source in sources
    ]
    assert texts(pair.target, target_ids) == translations
    assert len(set(map(tuple, sources))) > 3


def test_rows_of_padding_are_no_sentences(whole_run, monkeypatch):
    real, _ = training_batch(whole_run, num_rows=1000)
    batch = TranslationBatches.batch

    def with_padding(self, planned):
        inputs, labels = batch(self, planned)
        return {name: np.pad(ids, ((2, 1), (0, 0))) for name, ids in inputs.items()}, labels

    monkeypatch.setattr(TranslationBatches, "batch", with_padding)
    source_ids, target_ids = training_batch(whole_run, num_rows=1000)
    assert 2 < len(real) < 300
    np.testing.assert_array_equal(source_ids, real)
    assert target_ids.any(axis=1).all()


def test_a_run_whose_pairs_have_weights(whole_run, monkeypatch):
    expected = training_batch(whole_run, num_rows=5)
    batch = TranslationBatches.batch
    monkeypatch.setattr(
        TranslationBatches, "batch", lambda self, planned: (*batch(self, planned), np.ones(3))
    )
    for ours, theirs in zip(training_batch(whole_run, num_rows=5), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_without_its_corpus(whole_run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole_run, folder, ignore=shutil.ignore_patterns("data"))
    with pytest.raises(UserError, match=r"has no tokenised corpus \(folder data\): give sentences"):
        training_batch(folder)


def test_noted_learning_rates_are_those_of_the_schedule(whole_run):
    rates, steps, noted = learning_rates(whole_run)
    assert [step - 1 for step in steps] == [line["step"] for line in tiny.history(whole_run)]
    np.testing.assert_allclose(rates[np.array(steps) - 1], noted, rtol=1e-5)
    assert rates.argmax() == 19  # the warmup of 20 steps
    assert steps[-1] <= len(rates) < 2 * steps[-1]


def test_learning_rates_where_an_update_has_several_batches(corpus, tmp_path):
    settings = {"training__update_tokens": 900, "training__max_steps": 8, "training__epochs": 4}
    train(tiny.config(corpus, training__warmup_steps=5, **settings), tmp_path)
    rates, steps, noted = learning_rates(tmp_path)
    assert steps[-1] - 1 == 8
    np.testing.assert_allclose(rates[np.array(steps) - 1], noted, rtol=1e-5)
    assert rates.argmax() == 4  # the warmup of 5 steps
    assert len(rates) < 2 * steps[-1]


def test_a_run_without_an_epoch(whole_run, tmp_path):
    shutil.copy(whole_run / "config.yaml", tmp_path)
    with pytest.raises(UserError, match=r"has no epoch in its history.jsonl yet"):
        learning_rates(tmp_path)
