"""The history of a run."""

import errno
import json
import os
import types

import pytest

from keras_transformer.errors import UserError
from keras_transformer.training import training_log as module
from keras_transformer.training.training_log import TrainingLog, read_history

TOKENS = [7, 11, 13]


@pytest.fixture
def clock(monkeypatch):
    clock = types.SimpleNamespace(now=50.0)
    monkeypatch.setattr(module, "time", types.SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def make_log(path, step=0, **options):
    log = TrainingLog(path, lambda epoch: TOKENS, **options)
    log.set_model(types.SimpleNamespace(
        optimizer=types.SimpleNamespace(iterations=step, learning_rate=0.25)
    ))  # fmt: skip
    return log


def run_epoch(log, epoch, clock, batches=3, logs=None):
    log.on_epoch_begin(epoch)
    for batch in range(batches):
        clock.now += 2
        log.model.optimizer.iterations += 1
        log.on_train_batch_end(batch, {"loss": 1.5})
    log.on_test_begin()
    clock.now += 4
    log.on_epoch_end(epoch, {"loss": 1.5, **(logs or {})})


def test_a_line_an_epoch(tmp_path, clock):
    path = tmp_path / "history.jsonl"
    log = make_log(path)
    run_epoch(log, 0, clock)
    run_epoch(log, 1, clock, logs={"val_bleu": 12.5})
    first, second = read_history(path)
    assert first == {
        "epoch": 0, "step": 3, "loss": 1.5, "learning_rate": 0.25,
        "target_tokens_per_second": sum(TOKENS) / 6, "seconds": 10.0,
    }  # fmt: skip
    assert (second["step"], second["val_bleu"]) == (6, 12.5)
    assert path.read_text().endswith("}\n")
    assert os.listdir(tmp_path) == ["history.jsonl"]


def test_resuming_drops_what_comes_again(tmp_path, clock):
    path = tmp_path / "history.jsonl"
    log = make_log(path)
    for epoch in range(3):
        run_epoch(log, epoch, clock)
    log = make_log(path, step=5)
    log.resume(1, 2)
    assert [line["epoch"] for line in read_history(path)] == [0]
    run_epoch(log, 1, clock, batches=1)
    run_epoch(log, 2, clock)
    lines = read_history(path)
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    # Only the tokens after the second batch were trained since.
    assert [line["target_tokens_per_second"] for line in lines[1:]] == [13 / 2, sum(TOKENS) / 6]


def test_torn_lines_are_left_out_and_not_continued(tmp_path, clock):
    path = tmp_path / "history.jsonl"
    assert read_history(path) == []
    path.write_bytes(b'{"epoch": 0}\n{"epoch": 1, "lo\n[3]\n7\n\xff\n{"epoch": 1, "st')
    assert read_history(path) == [{"epoch": 0}]
    run_epoch(make_log(path), 1, clock)
    assert [json.loads(line)["epoch"] for line in path.read_text().splitlines()] == [0, 1]


def test_a_full_disk_leaves_the_history_as_it_was(tmp_path, clock, monkeypatch):
    path = tmp_path / "history.jsonl"
    run_epoch(make_log(path), 0, clock)
    before = path.read_bytes()

    def write_text(self, text, **options):
        self.write_bytes(text.encode()[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_text", write_text)
    with pytest.raises(UserError, match=r"history.jsonl cannot be written \(No space left on dev"):
        run_epoch(make_log(path), 1, clock)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["history.jsonl"]


class Board:
    """Stands for TensorBoard."""

    def __init__(self):
        self.points, self.texts, self.images = [], [], []

    def scalars(self, step, values):
        self.points.append((step, values))

    def text(self, step, name, text):
        self.texts.append((step, name, text))

    def image(self, step, name, picture):
        self.images.append((step, name, picture))


def test_what_tensorboard_is_given(tmp_path, clock, monkeypatch):
    board = Board()
    monkeypatch.setattr(module, "TensorBoardWriter", lambda folder: board)
    samples = lambda: [("가 | 나", "a", "b")]  # noqa: E731
    log = make_log(tmp_path / "history.jsonl", tensorboard=tmp_path, every=2, samples=samples)
    run_epoch(log, 0, clock, logs={"val_bleu": 31.0, "val_loss": 2.0})
    assert board.points == [
        (2, {"training/loss": 1.5, "learning_rate": 0.25, "target_tokens_per_second": 18 / 4}),
        (3, {"validation/bleu": 31.0, "validation/loss": 2.0}),
    ]
    ((step, name, text),) = board.texts
    assert (step, name) == (3, "translations")
    assert text.splitlines()[-1] == "| 가 \\| 나 | a | b |"


def test_pictures_come_with_every_evaluation(tmp_path, clock, monkeypatch):
    board = Board()
    monkeypatch.setattr(module, "TensorBoardWriter", lambda folder: board)
    asked = []

    def pictures():
        asked.append(log.model.optimizer.iterations)
        return {"a": 1, "b": 2}

    log = make_log(tmp_path / "history.jsonl", tensorboard=tmp_path, pictures=pictures)
    run_epoch(log, 0, clock)
    run_epoch(log, 1, clock, logs={"val_bleu": 31.0})
    assert asked == [6]
    assert board.images == [(6, "a", 1), (6, "b", 2)]
