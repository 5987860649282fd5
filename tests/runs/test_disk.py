"""A full disk and a folder that cannot be written: one sentence, and nothing is lost."""

import builtins
import errno
import io
import os
import shutil
import subprocess

import pytest

from keras_transformer import cli
from keras_transformer.training.checkpoint import list_checkpoints, read_checkpoint
from keras_transformer.translator import Translator
from tests.runs import tiny

pytestmark = pytest.mark.tensorflow  # once is enough, whatever backend the others run on

AVERAGE = {"training__average_decay": 0.9}


def sentence(capsys):
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1, shown.err
    assert shown.err.startswith("keras-transformer: error: ")
    return shown.err


def assert_nothing_is_lost(run, before):
    """Checkpoints and best weights of before are there and whole; nothing half written is."""
    assert [path.name for path in list_checkpoints(run / "checkpoints")] == before
    for path in list_checkpoints(run / "checkpoints"):
        read_checkpoint(path)
    Translator.load(run)
    assert not list(run.glob("**/.new-*"))


def names(run):
    return [path.name for path in list_checkpoints(run / "checkpoints")]


@pytest.fixture
def fail_at(monkeypatch):
    """Makes opening files for writing fail whose path contains a text."""
    really_open = io.open

    def arm(part, number=errno.ENOSPC):
        def opened(path, mode="r", *arguments, **options):
            if set(mode) & set("wax") and part in str(path):
                raise OSError(number, os.strerror(number), str(path))
            return really_open(path, mode, *arguments, **options)

        monkeypatch.setattr(builtins, "open", opened)
        monkeypatch.setattr(io, "open", opened)

    yield arm


@pytest.fixture
def finished(whole_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole_run, run)
    return run


@pytest.mark.parametrize(
    "place", [".new-config.yaml", ".tokenizer.model.", ".tokenizer.json.", "source.ids",
              "corpus.json", ".new-translator.json"],
)  # fmt: skip
def test_before_the_training(corpus, tmp_path, capsys, fail_at, place):
    fail_at(place)
    assert cli.main(tiny.command_line(corpus, tmp_path / "run")) == 2
    message = sentence(capsys)
    assert "cannot be written" in message
    assert "No space left on device" in message
    assert str(tmp_path / "run") in message


@pytest.mark.parametrize("place", [".new-step-", ".new-model.weights"])
def test_while_training(corpus, finished, capsys, fail_at, place):
    before, weights = names(finished), (finished / "model.weights.h5").read_bytes()
    history = tiny.history(finished)
    # The best score so far is forgotten, so that the next one is kept.
    if place == ".new-model.weights":
        forget_best(finished)
    fail_at(place)
    changes = {**AVERAGE, "training__epochs": 4, "training__checkpoint_steps": 0}
    assert cli.main(tiny.command_line(corpus, finished, **changes)) == 2
    message = sentence(capsys)
    assert "cannot be written (No space left on device): make room" in message
    assert str(finished) in message
    assert_nothing_is_lost(finished, before)
    if place == ".new-model.weights":
        assert (finished / "model.weights.h5").read_bytes() == weights
    assert tiny.history(finished)[:3] == history


def forget_best(run):
    import json

    import numpy as np

    path = list_checkpoints(run / "checkpoints")[-1]
    arrays, progress = read_checkpoint(path)
    progress["bleu"]["best"] = -1.0
    arrays["progress"] = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    with open(path, "wb") as file:
        np.savez(file, **arrays)


@pytest.mark.parametrize("place", [".new-test.translations", ".new-scores"])
def test_after_the_training(corpus, finished, capsys, fail_at, place):
    (finished / "scores.json").unlink()
    before = names(finished)
    fail_at(place)
    assert cli.main(tiny.command_line(corpus, finished, **AVERAGE)) == 2
    assert "cannot be written (No space left on device)" in sentence(capsys)
    assert_nothing_is_lost(finished, before)
    assert not (finished / "scores.json").exists()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_folder_that_cannot_be_written(corpus, finished, capsys, fail_at, number):
    fail_at(".new-", number)
    assert cli.main(tiny.command_line(corpus, finished, **AVERAGE, training__epochs=4)) == 2
    message = sentence(capsys)
    assert f"config.yaml cannot be written ({os.strerror(number)})" in message
    assert_nothing_is_lost(finished, names(finished))


@pytest.fixture
def disk(tmp_path):
    """A file system of two megabytes of our own, where that is permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True)
    except OSError:
        pytest.skip("there is no mount")
    if done.returncode != 0:
        pytest.skip("mounting is not permitted")
    yield folder
    # Lazily: the token corpus may still be mapped.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full(corpus, whole_run, disk, capsys):
    run = disk / "run"
    shutil.copytree(whole_run, run)
    before = names(run)
    space = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(space.f_bavail * space.f_frsize))
    changes = {**AVERAGE, "training__epochs": 4}
    assert cli.main(tiny.command_line(corpus, run, **changes)) == 2
    assert "config.yaml cannot be written (No space left on device)" in sentence(capsys)
    assert_nothing_is_lost(run, before)

    os.truncate(filler, filler.stat().st_size - 65536)  # for small files, not for a checkpoint
    assert cli.main(tiny.command_line(corpus, run, **changes)) == 2
    assert "step-00000033.npz cannot be written (No space left on device)" in sentence(capsys)
    assert_nothing_is_lost(run, before)

    filler.unlink()
    assert cli.main(tiny.command_line(corpus, run, **changes)) == 0
    assert "Resuming at step 30, epoch 4." in capsys.readouterr().out
    assert [line["epoch"] for line in tiny.history(run)] == [0, 1, 2, 3]


def test_a_file_system_that_is_read_only(corpus, whole_run, disk, tmp_path, capsys):
    run = disk / "run"
    shutil.copytree(whole_run, run)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert cli.main(tiny.command_line(corpus, run, **AVERAGE, training__epochs=4)) == 2
    assert "config.yaml cannot be written (Read-only file system)" in sentence(capsys)
    assert cli.main(tiny.command_line(corpus, disk / "new")) == 2
    assert f"The run cannot be kept in {disk / 'new'}: " in sentence(capsys)
    # Reading needs no more than it says.
    assert cli.main(["translate", str(run), str(corpus / "train.ko"), "--output",
                     str(tmp_path / "out")]) == 0  # fmt: skip
    assert len((tmp_path / "out").read_text().splitlines()) == tiny.NUM_PAIRS
