"""A run whose segmentations are sampled: plan, batches, and going on after a death."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_transformer import cli
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.runs import changing_epochs
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.folder import RunFolder
from keras_transformer.runs.prepare import prepare_data
from keras_transformer.runs.train import train
from tests.runs import tiny
from tests.runs.test_resume import Killed, assert_same_arrays, kill_at, newest, weights  # noqa: F401

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
    monkeypatch.setattr(changing_epochs, "PLANNED_PAIRS", 11)
    data = prepared(**{**BPE, "tokenizer__bpe_dropout": 0.6})
    longest = data.plan.shapes[-1]
    assert data.epochs.corpus(0).source_lengths.max() + 1 <= longest.source_length
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
    settings = tiny.config(corpus, **BPE, training__average_decay=0.9, training__batch_tokens=90)
    whole, run = tmp_path / "whole", tmp_path / "run"
    scores = train(settings, whole)
    ends = [line["step"] for line in tiny.history(whole)]
    assert len(set(np.diff([0, *ends]))) > 1  # epochs of different lengths
    for step in (5, ends[0] + 4, ends[1] + 5):
        kill_at(step)
        with pytest.raises(Killed):
            train(settings, run)
    monkeypatch.undo()
    assert train(settings, run) == scores
    assert tiny.history(run) == tiny.history(whole)
    assert_same_arrays(newest(run)[0], newest(whole)[0])
    assert_same_arrays(weights(run), weights(whole))
    assert not (run / "sampled").exists()


@pytest.fixture
def two_corpora(corpus, tmp_path):
    """Settings with the corpus in two files, one of them small."""
    paths = {"data__source": [], "data__target": []}
    for language, side in (("ko", "data__source"), ("en", "data__target")):
        lines = (corpus / f"train.{language}").read_text(encoding="utf-8").splitlines()
        for name, part in (("large", lines[:190]), ("small", lines[190:])):
            path = tmp_path / f"{name}.{language}"
            path.write_text("\n".join(part) + "\n", encoding="utf-8")
            paths[side].append(str(path))
    return {name: value for name, value in paths.items()}


@pytest.mark.parametrize("sampling", [{}, BPE], ids=["plain", "sampled"])
def test_corpora_have_their_shares_in_every_epoch(sampling, two_corpora, prepared):
    data = prepared(**two_corpora, **sampling, data__corpus_weights=["1", "3"])
    sizes = data.tokens.part_sizes
    small = {tuple(data.tokenizers.target.encode(data.tokenizers.target.decode(
        [data.tokens.target(i)]))[0]) for i in range(sizes[0], sum(sizes))}  # fmt: skip
    large = {tuple(data.tokens.target(i)) for i in range(sizes[0])}
    assert len(small) > 10 and sizes[0] > 100
    epochs = []
    for epoch in range(2):
        found = list(data.train.batches.epoch(epoch))
        rows = [row for _, labels in found for row in labels if row.any()]
        assert len(rows) == sum(sizes)
        texts = data.tokenizers.target.decode(rows)
        again = [tuple(ids) for ids in data.tokenizers.target.encode(texts)]
        only_small = sum(ids in small - large for ids in again)
        assert only_small > 0.6 * len(rows)  # three quarters, but for pairs that are in both
        epochs.append(sorted(texts))
        assert {b.shape for b in data.train.batches.batches(epoch).plan.epoch(epoch)} <= set(
            data.plan.shapes
        )
    assert epochs[0] != epochs[1]


def test_weights_go_with_their_pairs_into_every_epoch(two_corpora, prepared, tmp_path):
    weights = []
    for number, path in enumerate(two_corpora["data__source"]):
        count = len(Path(path).read_text(encoding="utf-8").splitlines())
        (tmp_path / f"{number}.weights").write_text(f"{number + 1}\n" * count)
        weights.append(str(tmp_path / f"{number}.weights"))
    settings = {**two_corpora, **BPE, "data__pair_weights": weights}
    data = prepared(**settings, data__corpus_weights=["1", "1"])
    for epoch in range(2):
        found = list(data.train.batches.epoch(epoch))
        given = np.concatenate([weights[labels.any(axis=1)] for _, labels, weights in found])
        low, high = np.unique(given)
        np.testing.assert_allclose(high / low, 2, rtol=1e-5)
        assert abs(int((given == high).sum()) - len(given) / 2) <= 1


def test_weights_that_are_all_alike_change_nothing(corpus, whole_run, tmp_path):
    (tmp_path / "weights").write_text("2.5\n" * tiny.NUM_PAIRS)
    run = tmp_path / "run"
    settings = {"training__average_decay": 0.9, "data__pair_weights": [str(tmp_path / "weights")]}
    train(tiny.config(corpus, **settings), run)
    if keras.backend.backend() == "tensorflow":
        assert tiny.history(run) == tiny.history(whole_run)
        assert_same_arrays(weights(run), weights(whole_run))
    else:  # Compiled with the weights in it, a sum is in another order.
        for line, other in zip(tiny.history(run), tiny.history(whole_run), strict=True):
            assert line == pytest.approx(other, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tokenizer__bpe_dropout": 0.1}, "only a bpe vocabulary can do, and this one is of kind"),
        ({"tokenizer__kind": "bytes", "tokenizer__sampling_alpha": 0.1}, "only a unigram vocab"),
        ({"tokenizer__bpe_dropout": 1.5}, "expected a number from 0 to 0.99"),
        ({"data__corpus_weights": ["0"]}, "Weights of corpora must be 0 or more, and one of them"),
        ({"data__corpus_weights": ["1", "2"]}, "data.corpus_weights has 2 values"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(corpus, tmp_path, settings, message, capsys):
    assert cli.main(tiny.command_line(corpus, tmp_path / "run", **settings)) == 2
    shown = capsys.readouterr().err
    assert message in shown and shown.count("\n") == 1
