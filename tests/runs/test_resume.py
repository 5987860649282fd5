"""A run that was stopped goes on as if it never had been."""

import gzip
import json
import shutil

import h5py
import numpy as np
import pytest

from keras_transformer import cli
from keras_transformer.config import Config
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError
from keras_transformer.runs import train as script
from keras_transformer.runs.train import train
from keras_transformer.training.checkpoint import (
    list_checkpoints,
    read_checkpoint,
    write_arrays,
)
from keras_transformer.training.checkpoints import Checkpoints
from tests.runs import tiny

BATCHES = 10  # of an epoch


class Killed(BaseException):
    """Passes all that catches exceptions, as a killed process would."""


@pytest.fixture
def kill_at(monkeypatch):
    """Arms a death right after an update, before anything else is written."""
    alive = Checkpoints.on_train_batch_end

    def arm(step):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == step:
                raise Killed
            alive(self, batch, logs)

        monkeypatch.setattr(Checkpoints, "on_train_batch_end", on_train_batch_end)

    yield arm


def newest(run):
    return read_checkpoint(list_checkpoints(run / "checkpoints")[-1])


def weights(run):
    found = {}
    with h5py.File(run / "model.weights.h5") as file:
        file.visititems(
            lambda name, node: (
                found.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None
            )
        )
    return found


def assert_same_arrays(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def steps(run):
    return [path.name for path in list_checkpoints(run / "checkpoints")]


def test_the_corpus_has_as_many_batches_as_the_tests_think(whole_run):
    assert [line["step"] for line in tiny.history(whole_run)] == [
        BATCHES,
        2 * BATCHES,
        3 * BATCHES,
    ]


def test_killed_in_the_middle_of_epochs(corpus, whole_run, tmp_path, kill_at, monkeypatch):
    settings = tiny.config(corpus, training__average_decay=0.9)
    run = tmp_path / "run"
    kill_at(5)  # before the first evaluation
    with pytest.raises(Killed):
        train(settings, run)
    assert steps(run) == ["step-00000003.npz"]
    kill_at(14)
    with pytest.raises(Killed):
        train(settings, run)
    assert steps(run) == ["step-00000010.npz", "step-00000012.npz"]
    # What a torn write would have left, had the history been written in place.
    with open(run / "history.jsonl", "a") as file:
        file.write('{"epoch": 1, "st')
    monkeypatch.undo()
    scores = train(settings, run)

    arrays, progress = newest(run)
    expected_arrays, expected = newest(whole_run)
    assert "extra/average/0000" in arrays
    assert any(name.startswith("random/") for name in arrays)  # dropout
    assert_same_arrays(arrays, expected_arrays)
    del progress["trained_seconds"], expected["trained_seconds"]
    assert progress == expected
    assert tiny.history(run) == tiny.history(whole_run)
    assert_same_arrays(weights(run), weights(whole_run))
    assert scores == json.loads((whole_run / "scores.json").read_text())


def test_stopped_by_max_steps_in_the_middle_of_an_epoch(corpus, whole_run, tmp_path):
    run = tmp_path / "run"
    train(tiny.config(corpus, training__average_decay=0.9, training__max_steps=15), run)
    progress = newest(run)[1]
    assert (progress["step"], progress["epoch"], progress["batch"]) == (15, 1, 5)
    assert [line["step"] for line in tiny.history(run)] == [10, 15]
    train(tiny.config(corpus, training__average_decay=0.9), run)
    # Validation at step 15 used the metrics, too: their sums over training must not suffer.
    assert tiny.history(run) == tiny.history(whole_run)
    assert_same_arrays(newest(run)[0], newest(whole_run)[0])


@pytest.fixture
def finished(whole_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole_run, run)
    return run


def must_not_happen(*arguments, **options):
    raise AssertionError("this must not be called")


def test_a_finished_run_gives_its_scores_at_once(corpus, finished, monkeypatch, capsys):
    before = {p: p.read_bytes() for p in finished.rglob("*") if p.is_file()}
    monkeypatch.setattr("keras_transformer.models.Transformer.fit", must_not_happen)
    monkeypatch.setattr(script, "evaluate_run", must_not_happen)
    scores = train(tiny.config(corpus, training__average_decay=0.9), finished)
    assert scores == json.loads((finished / "scores.json").read_text())
    assert f"BLEU {scores['bleu']:.2f}" in capsys.readouterr().out
    assert {p: p.read_bytes() for p in finished.rglob("*") if p.is_file()} == before


def test_other_decoding_is_scored_anew_without_training(corpus, finished, monkeypatch):
    monkeypatch.setattr("keras_transformer.models.Transformer.fit", must_not_happen)
    changed = {"decoding__max_length_factor": 0, "decoding__max_length_constant": 1}
    train(tiny.config(corpus, training__average_decay=0.9, **changed), finished)
    lines = (finished / "test.translations.txt").read_text().splitlines()
    assert len(lines) == tiny.NUM_VALIDATION
    assert all(len(line.split()) <= 1 for line in lines)
    assert (
        json.loads((finished / "translator.json").read_text())["decoding"]["max_length_constant"]
        == 1
    )


def test_scores_of_a_run_that_trains_on_are_forgotten(corpus, finished, kill_at):
    kill_at(3 * BATCHES + 1)
    settings = tiny.config(corpus, training__average_decay=0.9, training__epochs=4)
    with pytest.raises(Killed):
        train(settings, finished)
    assert not (finished / "scores.json").exists()


@pytest.mark.parametrize(
    "limit",
    [
        {"training__epochs": 2},
        {"training__max_steps": 30},
        {"training__max_minutes": 1e-6},
        {"training__early_stopping": 1},
    ],
    ids=lambda limit: next(iter(limit)),
)
def test_each_limit_is_known_to_be_reached(corpus, finished, limit, monkeypatch):
    # One evaluation in vain, so that patience 1 has run out.
    arrays, progress = newest(finished)
    progress["bleu"]["waited"] = 1
    path = list_checkpoints(finished / "checkpoints")[-1]
    text = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    np.savez(path.open("wb"), **{**arrays, "progress": text})
    monkeypatch.setattr("keras_transformer.models.Transformer.fit", must_not_happen)
    train(tiny.config(corpus, training__average_decay=0.9, **{"training__epochs": 5, **limit}),
          finished)  # fmt: skip


def one_sentence(capsys):
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1, shown.err
    assert shown.err.startswith("keras-transformer: error: ")
    return shown.err


def test_a_damaged_checkpoint_is_named_and_the_one_before_takes_over(
    corpus, whole_run, finished, capsys
):
    command = tiny.command_line(corpus, finished, training__average_decay=0.9)
    damaged = list_checkpoints(finished / "checkpoints")[-1]
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    assert cli.main(command) == 2
    assert f"The checkpoint {damaged} cannot be read" in one_sentence(capsys)
    damaged.unlink()
    assert cli.main(command) == 0
    assert "Resuming at step 27, epoch 3." in capsys.readouterr().out
    assert tiny.history(finished) == tiny.history(whole_run)
    assert_same_arrays(newest(finished)[0], newest(whole_run)[0])


def test_a_checkpoint_of_another_model_is_refused(corpus, finished, capsys):
    text = (finished / "config.yaml").read_text()
    (finished / "config.yaml").write_text(
        text.replace("intermediate_dim: 23", "intermediate_dim: 29")
    )
    changed = {"training__average_decay": 0.9, "model__intermediate_dim": 29, "training__epochs": 4}
    before = (finished / "model.weights.h5").read_bytes()
    assert cli.main(tiny.command_line(corpus, finished, **changed)) == 2
    message = one_sentence(capsys)
    assert "is of another model: optimizer/" in message
    assert "(16, 23) there and of shape (16, 29) here" in message
    assert (finished / "model.weights.h5").read_bytes() == before


def test_another_configuration_is_refused(corpus, finished, capsys):
    before = {p: p.read_bytes() for p in finished.rglob("*") if p.is_file()}
    changed = {"model__dropout": 0.2, "training__seed": 7, "training__average_decay": 0.9}
    assert cli.main(tiny.command_line(corpus, finished, **changed)) == 2
    message = one_sentence(capsys)
    assert "holds a run with another configuration: model.dropout (None there, 0.2 now)" in message
    assert "training.seed (1 there, 7 now)" in message
    assert {p: p.read_bytes() for p in finished.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("change", ["longer", "shorter"])
def test_other_training_files_are_refused(tmp_path, capsys, change):
    """Sentences held out of them might be among those that the model has learned from."""
    files, run = tmp_path / "files", tmp_path / "run"
    tiny.write_corpus(files)
    train(tiny.config(files, training__max_steps=4), run)
    for name in ("train.ko", "train.en"):
        lines = (files / name).read_text().splitlines()
        lines = lines[:-20] if change == "shorter" else [*lines, lines[0] + " " + lines[1]]
        (files / name).write_text("\n".join(lines) + "\n")
    before = newest(run)
    command = tiny.command_line(files, run, training__max_steps=6)
    assert cli.main(command) == 2
    message = one_sentence(capsys)
    assert f"are not those with which the run in {run} began: restore them" in message
    assert_same_arrays(newest(run)[0], before[0])
    # Nor is what is held out of them a validation set.
    done, decoding = {"training__max_steps": 4}, {"decoding__beam_size": 2}
    assert cli.main(["evaluate", str(run), "--set", "validation"]) == 2
    assert "it may have learned from these sentences" in one_sentence(capsys)
    assert cli.main(tiny.command_line(files, run, **done, **decoding)) == 2
    assert "are not those with which the run" in one_sentence(capsys)
    # A run that is done and scored has nothing to do with them. All of it is still there.
    scores, tokens = (run / "scores.json").read_bytes(), TokenCorpus.open(run / "data").fingerprint
    assert cli.main(tiny.command_line(files, run, **done, export__beam_size=7)) == 0
    assert Config.load(run / "config.yaml").export.beam_size == 7
    assert (run / "scores.json").read_bytes() == scores
    assert TokenCorpus.open(run / "data").fingerprint == tokens
    tiny.write_corpus(files)
    for name in ("train.ko", "train.en"):  # the same, but gzipped
        (files / name).write_bytes(gzip.compress((files / name).read_bytes()))
    assert cli.main(command) == 0
    assert newest(run)[1]["step"] == 6


def test_a_checkpoint_of_an_older_version_says_nothing_of_the_data(corpus, finished):
    path = list_checkpoints(finished / "checkpoints")[-1]
    arrays, progress = read_checkpoint(path)
    assert progress.pop("corpus") and progress.pop("back_translations")
    progress = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    write_arrays(path, {**arrays, "progress": progress})
    train(tiny.config(corpus, training__average_decay=0.9, training__epochs=4), finished)
    assert len(tiny.history(finished)) == 4


def test_a_tokenizer_that_is_missing_loses_nothing(corpus, finished, monkeypatch):
    def missing(name):
        raise UserError(f"no {name}")

    monkeypatch.setattr(script, "check_tokenizer", missing)
    scores = (finished / "scores.json").read_bytes()
    with pytest.raises(UserError, match="no char"):
        train(tiny.config(corpus, training__average_decay=0.9, training__epochs=4), finished)
    assert (finished / "scores.json").read_bytes() == scores
