"""The mean of the weights at the ends of several epochs."""

import contextlib
import re
from pathlib import Path

import keras
import numpy as np

from keras_transformer.backend import read
from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import list_checkpoints, read_progress, write_arrays
from keras_transformer.training.lent_weights import lent

CHOICES = ("last", "best")
_NAME = re.compile(r"epoch-(\d+)\.npz")


class CheckpointMean(keras.callbacks.Callback):
    """Keeps the raw weights of some epochs in files, and lends their mean.

    Put it before the callback that evaluates, which then sees the mean with this epoch in it.

    Args:
        folder: of the files, one an epoch.
        count: how many epochs at most.
        choice: `"last"`, or `"best"`: those with the highest scores, of which `add` has to be
            told (`BleuCallback` does).
        checkpoints: folder of the run's checkpoints: the epochs that one of them may need when
            training goes on from it stay in files, too.

    Reference:
        Vaswani et al. 2017, section 6.1: the last 5 or 20 checkpoints.
    """

    def __init__(self, folder, count, choice="last", checkpoints=None):
        super().__init__()
        if count < 1 or choice not in CHOICES:
            raise ValueError(
                f"`count` must be at least 1 and `choice` one of {', '.join(CHOICES)}. "
                f"Received: count={count}, choice={choice!r}"
            )
        self.folder = Path(folder)
        self.count = count
        self.choice = choice
        self.checkpoints = checkpoints
        self.members = {}  # epoch -> score, which is None where none is asked for
        self._mean = None

    def on_epoch_end(self, epoch, logs=None):
        if self.choice == "last":
            self.add(self.model, epoch)

    def add(self, model, epoch, score=None):
        """Keeps the weights that the model has now, if they are among the last or the best.

        Args:
            model: with the raw weights of the end of this epoch.
            epoch: its number.
            score: of these weights, the higher the better; needed where the best are chosen.
        """
        self.members.pop(epoch, None)  # an epoch that was stopped early and is complete now
        self.members[epoch] = score
        while len(self.members) > self.count:
            del self.members[self._least()]
        self._mean = None
        if epoch in self.members:
            write_arrays(
                self._path(epoch),
                {
                    f"weights/{number:04d}": read(weight)
                    for number, weight in enumerate(model.weights)
                },
            )
        self._forget_others()

    def _least(self):
        """The epoch to leave out: the first, or that of the lowest score (the later of two)."""
        if self.choice == "last":
            return min(self.members)
        return min(self.members, key=lambda epoch: (self.members[epoch], -epoch))

    def _forget_others(self):
        needed = set(self.members)
        for checkpoint in list_checkpoints(self.checkpoints) if self.checkpoints else ():
            with contextlib.suppress(UserError):  # a damaged one is of no use to anyone
                needed |= {epoch for epoch, _ in read_progress(checkpoint).get("mean", [])}
        for path in self.folder.iterdir():
            found = _NAME.fullmatch(path.name)
            if found and int(found[1]) not in needed:
                with contextlib.suppress(OSError):
                    path.unlink()

    def mean(self):
        """The mean as float32 arrays in the order of `model.weights`; None before any epoch."""
        if self._mean is None and self.members:
            self._mean = _mean_of([self._path(epoch) for epoch in sorted(self.members)])
        return self._mean

    def swapped_in(self, model):
        """Within this context the model's weights are the mean."""
        return lent(model, self.mean())

    def state(self):
        """What a checkpoint has to hold: the epochs and their scores."""
        return sorted(self.members.items())

    def restore(self, state):
        """Takes back what `state` gave.

        Raises:
            UserError: the weights of an epoch are not there any more.
        """
        self.members = dict(map(tuple, state))
        self._mean = None
        for epoch in self.members:
            if not self._path(epoch).exists():
                raise UserError(
                    f"{self._path(epoch)} is missing, and the mean of weights needs it: restore it "
                    "from a copy, or start a new run in another folder."
                )

    def _path(self, epoch):
        return self.folder / f"epoch-{epoch:05d}.npz"


def _mean_of(paths):
    """Means over files, array by array, so that there is one array of each file at a time."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_opened(path)) for path in paths]
        return [_mean_array(name, files, paths) for name in sorted(files[0].files)]


def _mean_array(name, files, paths):
    total = 0.0
    for file, path in zip(files, paths, strict=True):
        try:
            total = total + file[name].astype("float64")
        except Exception as error:  # zipfile, zlib and numpy each have errors of their own
            raise _damaged(path, error) from error
    return (total / len(files)).astype("float32")


def _opened(path):
    try:
        return np.load(path, allow_pickle=False)
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path, error):
    return UserError(
        f"{path}, weights at the end of an epoch, cannot be read ({error}): restore it from a "
        "copy, or start a new run in another folder."
    )
