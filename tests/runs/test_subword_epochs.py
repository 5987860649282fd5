"""A run whose segmentations are sampled: plan, batches, and going on after a death."""

import json

import numpy as np
import pytest

from keras_transformer import cli
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.runs import subword_epochs
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.folder import RunFolder
from keras_transformer.runs.prepare import prepare_data
from keras_transformer.runs.train import train
from tests.runs import tiny
from tests.runs.test_resume import assert_same_arrays, kill_at, newest, weights  # noqa: F401

BPE = {"tokenizer__kind": "bpe", "tokenizer__bpe_dropout": 0.3}
UNIGRAM = {"tokenizer__sampling_alpha": 0.2, "tokenizer__sampling_n_best": 8}


@pytest.fixture
def prepared(corpus, tmp_path):
    """Prepares data in one folder, as often as it is called."""
    made, folder = [], RunFolder(tmp_path / "run")

    def run(**changes):
        config = tiny.config(corpus, **changes)
        folder.start(config)
        made.append(prepare_data(config, open_corpus(config.data), folder, lambda line: None))
        return made[-1]

    yield run
    for data in made:
        data.close()


def ids_of(batches, epoch, first_batch=0):
    return [
        [inputs["source_ids"].tolist(), inputs["target_ids"].tolist(), labels.tolist()]
        for inputs, labels in batches.epoch(epoch, first_batch)
    ]


@pytest.mark.parametrize("settings", [BPE, UNIGRAM], ids=["bpe", "unigram"])
def test_every_epoch_has_the_same_texts_in_other_pieces(settings, prepared):
    data = prepared(**settings)
    batches, texts = data.train.batches, []
    for epoch in range(3):
        found = list(batches.epoch(epoch))
        assert {b.shape for b in batches.batches(epoch).plan.epoch(epoch)} <= set(data.plan.shapes)
        assert sum(data.tokens_of_epoch(epoch)) == sum(int((y != 0).sum()) for _, y in found)
        rows = [row for _, labels in found for row in labels if row.any()]
        texts.append(sorted(data.tokenizers.target.decode(rows)))
        assert len(found) <= data.train.num_batches
    assert texts[0] == texts[1] == texts[2]
    assert len({json.dumps(ids_of(batches, epoch)) for epoch in range(3)}) == 3


def test_shapes_are_those_of_the_run(prepared):
    first, second = prepared(**BPE), prepared(**BPE)
    assert first.plan.shapes == second.plan.shapes
    assert ids_of(second.train.batches, 1, 2) == ids_of(first.train.batches, 1)[2:]


def test_no_epoch_needs_another_shape(prepared, monkeypatch):
    # Planned from few pairs, so that others come out longer than any of them.
    monkeypatch.setattr(subword_epochs, "PLANNED_PAIRS", 11)
    data = prepared(**{**BPE, "tokenizer__bpe_dropout": 0.6})
    longest = data.plan.shapes[-1]
    drawn = data.epochs._epochs
    assert drawn.corpus(0).source_lengths.max() + 1 <= longest.source_length
    assert data.tokens.source_lengths.max() + 1 <= longest.source_length
    for epoch in range(4):
        plan = data.train.batches.batches(epoch).plan
        assert plan.shapes == data.plan.shapes


def test_off_is_what_it_was(prepared):
    data = prepared()
    assert data.epochs is None
    assert type(data.train.batches).__name__ == "TranslationBatches"
    assert not (data.epochs or RunFolder("x").sampled.exists())
    alone = as_dataset(data.train.batches)
    assert alone.num_batches == data.train.num_batches == data.plan.num_batches


def test_validation_is_never_sampled(prepared):
    data = prepared(**BPE)
    again = prepared(**BPE)
    assert ids_of(data.validation.batches, 0) == ids_of(again.validation.batches, 0)
    held_out = data.validation.batches.corpus
    texts = data.tokenizers.source.decode([held_out.source(i) for i in range(len(held_out))])
    for number, ids in enumerate(data.tokenizers.source.encode(texts)):
        np.testing.assert_array_equal(held_out.source(number), ids)


def test_killed_in_the_middle_of_epochs(corpus, tmp_path, kill_at, monkeypatch):  # noqa: F811
    settings = tiny.config(corpus, **BPE, training__average_decay=0.9)
    whole, run = tmp_path / "whole", tmp_path / "run"
    scores = train(settings, whole)
    ends = [line["step"] for line in tiny.history(whole)]
    assert len(set(np.diff([0, *ends]))) > 1  # epochs of different lengths
    for step in (5, ends[0] + 4, ends[1] + 5):
        kill_at(step)
        with pytest.raises(BaseException, match="^$"):
            train(settings, run)
    assert (run / "sampled").is_dir()
    monkeypatch.undo()
    assert train(settings, run) == scores
    assert tiny.history(run) == tiny.history(whole)
    assert_same_arrays(newest(run)[0], newest(whole)[0])
    assert_same_arrays(weights(run), weights(whole))
    assert not (run / "sampled").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tokenizer__bpe_dropout": 0.1}, "only a bpe vocabulary can do, and this one is of kind"),
        ({"tokenizer__kind": "bytes", "tokenizer__sampling_alpha": 0.1}, "only a unigram vocab"),
        ({"tokenizer__bpe_dropout": 1.5}, "expected a number from 0 to 0.99"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(corpus, tmp_path, settings, message, capsys):
    assert cli.main(tiny.command_line(corpus, tmp_path / "run", **settings)) == 2
    shown = capsys.readouterr().err
    assert message in shown and shown.count("\n") == 1
