"""What is written down while training: one line an epoch, and TensorBoard."""

import contextlib
import json
import time
from pathlib import Path

import keras
from keras import ops

from keras_transformer.backend import steps_of
from keras_transformer.training.files import write_text
from keras_transformer.training.tensorboard import TensorBoardWriter


class TrainingLog(keras.callbacks.Callback):
    """Keeps `history.jsonl` and TensorBoard.

    Args:
        history: path of the history, one JSON object an epoch.
        tokens_of_epoch: function from an epoch to the real target tokens of each of its batches.
        tensorboard: folder of TensorBoard's files, or None.
        every: steps from one point in TensorBoard to the next.
        samples: function that gives `(source, reference, translation)` triples to show, or None.
        pictures: function that gives a dict of name -> picture, `(height, width, 3)` uint8, asked
            after every evaluation, or None.
    """

    def __init__(
        self,
        history,
        tokens_of_epoch,
        tensorboard=None,
        every=50,
        samples=None,
        pictures=None,
    ):
        super().__init__()
        self.history = Path(history)
        self.tokens_of_epoch = tokens_of_epoch
        self.every = every
        self.samples = samples
        self.pictures = pictures
        self.first_batch = 0
        self._board = TensorBoardWriter(tensorboard) if tensorboard is not None else None

    def resume(self, epoch, batch):
        """Prepares for going on at a batch: drops the lines of epochs that come again."""
        self.first_batch = batch
        lines = read_history(self.history)
        kept = [line for line in lines if line["epoch"] < epoch]
        if len(kept) < len(lines):
            self._write(kept)

    def _write(self, lines):
        write_text(self.history, "".join(json.dumps(line) + "\n" for line in lines))

    def on_epoch_begin(self, epoch, logs=None):
        self._tokens = self.tokens_of_epoch(epoch)[self.first_batch :]
        self.first_batch = 0
        self._epoch_began = self._window_began = time.perf_counter()
        self._trained = self._window_tokens = 0
        self._batches = 0

    def on_train_batch_end(self, batch, logs=None):
        step = steps_of(self.model)
        tokens = int(self._tokens[self._batches]) if self._batches < len(self._tokens) else 0
        self._batches += 1
        self._trained += tokens
        self._window_tokens += tokens
        if self._board is not None and step % self.every == 0:
            now = time.perf_counter()
            speed = self._window_tokens / (now - self._window_began)
            self._window_began, self._window_tokens = now, 0
            self._board.scalars(
                step,
                {
                    **{f"training/{name}": float(value) for name, value in (logs or {}).items()},
                    "learning_rate": self._learning_rate(),
                    "target_tokens_per_second": speed,
                },
            )

    def on_test_begin(self, logs=None):
        self._fit_seconds = time.perf_counter() - self._epoch_began

    def on_epoch_end(self, epoch, logs=None):
        step = steps_of(self.model)
        seconds = getattr(self, "_fit_seconds", time.perf_counter() - self._epoch_began)
        line = {"epoch": epoch, "step": step}
        line.update({name: float(value) for name, value in (logs or {}).items()})
        line["learning_rate"] = self._learning_rate()
        line["target_tokens_per_second"] = self._trained / max(seconds, 1e-9)
        line["seconds"] = time.perf_counter() - self._epoch_began
        self._write([*read_history(self.history), line])
        if self._board is not None:
            names = [name for name in line if name.startswith("val_")]
            self._board.scalars(step, {f"validation/{n[4:]}": line[n] for n in names})
            if self.samples is not None and "val_bleu" in line:
                self._board.text(step, "translations", _as_table(self.samples()))
            if self.pictures is not None and "val_bleu" in line:
                for name, picture in self.pictures().items():
                    self._board.image(step, name, picture)

    def _learning_rate(self):
        return float(ops.convert_to_numpy(self.model.optimizer.learning_rate))


def read_history(path):
    """The lines of a history as dicts; those that are damaged are left out."""
    path = Path(path)
    if not path.exists():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            lines.append(json.loads(text))
    return [line for line in lines if isinstance(line, dict) and "epoch" in line]


def _as_table(samples):
    rows = ["| source | reference | translation |", "|---|---|---|"]
    rows += ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in samples]
    return "\n".join(rows)
