"""The callback that writes checkpoints and puts a resumed run back into its place."""

import time

import keras

from keras_transformer.backend import copies_of, read, steps_of
from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import (
    list_checkpoints,
    restore_checkpoint,
    save_checkpoint,
)
from keras_transformer.training.team import STOP, TERMINATE, Alone
from keras_transformer.training.termination import Terminated


class Checkpoints(keras.callbacks.Callback):
    """Saves after every epoch and, within one, every so many steps or minutes.

    Put it last in the list of callbacks: what the others learned in an epoch is then saved too.

    Args:
        folder: of the checkpoints.
        dataset: training data with `set_epoch(epoch, first_batch)`.
        states: dict of name -> object with `state()` and `restore(...)` for JSON.
        average: a `MovingAverage` or None.
        steps: steps from one checkpoint to the next; 0: not by steps.
        minutes: minutes from one checkpoint to the next; 0: not by time.
        keep: newest checkpoints that stay.
        notes: dict for JSON that every checkpoint says besides, for whoever reads its progress.

    Attributes:
        writes: whether this process writes them; of several that train together one does.
    """

    writes = True

    def __init__(
        self, folder, dataset, states, average=None, steps=0, minutes=5.0, keep=2, notes=None
    ):
        super().__init__()
        self.folder = folder
        self.dataset = dataset
        self.states = states
        self.average = average
        self.steps = steps
        self.seconds = 60 * minutes
        self.keep = keep
        self.notes = notes or {}
        self.epoch = self.batch = 0
        self.trained_seconds = 0.0
        self._resumed_sums = None  # of the metrics, over the batches before `batch`
        self._sums = None

    def resume(self, model):
        """Restores the newest checkpoint, if there is one.

        Args:
            model: compiled, its optimizer built.

        Returns:
            The step it stands at; 0 in a new run.
        """
        found = list_checkpoints(self.folder)
        if not found:
            return 0
        progress, extra = restore_checkpoint(found[-1], model)
        self.epoch, self.batch = progress["epoch"], progress["batch"]
        self.trained_seconds = progress["trained_seconds"]
        for name, holder in self.states.items():
            holder.restore(progress[name])
        if self.average is not None:
            self.average.restore(extra)
        if self.batch:
            # `fit` sets the metrics to zero as each epoch begins: not yet.
            names = sorted(name for name in extra if name.startswith("metrics/"))
            self._resumed_sums = [extra[name] for name in names]
        return progress["step"]

    def on_epoch_begin(self, epoch, logs=None):
        self.batch = self.batch if epoch == self.epoch else 0
        self.epoch = epoch
        self.dataset.set_epoch(epoch, self.batch)
        self._sums = None
        if self._resumed_sums is not None:
            self._put_sums(self._resumed_sums)
            self._resumed_sums = None
        self._step = steps_of(self.model)
        self._last = self._clock = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self.batch += 1
        step = steps_of(self.model)
        updated, self._step = step != self._step, step
        by_step = self.steps and updated and step % self.steps == 0
        by_time = self.seconds and time.monotonic() - self._last >= self.seconds
        if (by_step or by_time) and not self.epoch_ends():
            self.save()

    def epoch_ends(self):
        """Whether the batch before was the last of this epoch.

        The end of an epoch saves only after the evaluation: a checkpoint that says that all is done
        must not be there before the best weights are.
        """
        return self.model.stop_training or self.batch >= self._num_batches(self.epoch)

    def on_test_begin(self, logs=None):
        self._sums = self._read_sums()  # validation counts with the same metrics

    def on_epoch_end(self, epoch, logs=None):
        if self.batch >= self._num_batches(epoch):
            self.epoch, self.batch = epoch + 1, 0
        self.save()

    def save(self):
        """Writes a checkpoint of this moment."""
        if not self.writes:
            return
        now = time.monotonic()
        self.trained_seconds += now - self._clock
        self._clock = self._last = now
        progress = {
            "step": steps_of(self.model),
            "epoch": self.epoch,
            "batch": self.batch,
            "trained_seconds": self.trained_seconds,
            **self.notes,
            **{name: holder.state() for name, holder in self.states.items()},
        }
        extra = {} if self.average is None else self.average.state()
        if self.batch:
            sums = self._read_sums() if self._sums is None else self._sums
            extra.update({f"metrics/{number:04d}": value for number, value in enumerate(sums)})
        save_checkpoint(self.folder, self.model, progress, extra, self.keep)

    def _num_batches(self, epoch):
        return self.dataset.batches.num_batches(epoch)

    def _read_sums(self):
        return [read(variable) for variable in self.model.metrics_variables]  # each counts for all

    def _put_sums(self, sums):
        variables = self.model.metrics_variables
        if [value.shape for value in sums] != [tuple(variable.shape) for variable in variables]:
            raise UserError(
                f"The newest checkpoint in {self.folder} was written with other metrics: go on "
                "with the program that wrote it, or start a new run in another folder."
            )
        for variable, value in zip(variables, sums, strict=True):
            for copy in copies_of(variable):
                copy.assign(value)


class ShortEpochs(keras.callbacks.Callback):
    """Ends an epoch that has fewer batches than Keras was told right after its last one.

    It was resumed in its middle, or its sentences were cut into fewer pieces than others'.

    Keras knows one length for all epochs and would ask for one batch more. There is none, but in
    TensorFlow without XLA that step would still count in the optimizer and draw dropout noise.
    Put it before callbacks that ask whether training stops.

    Args:
        dataset: training data with `set_epoch(epoch, first_batch)`.
    """

    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch, logs=None):
        self._ended = False

    def on_train_batch_end(self, batch, logs=None):
        left = self.dataset.batches.num_batches(self.dataset.epoch) - self.dataset.first_batch
        if left < self.dataset.num_batches and batch + 1 == left:
            self._ended = self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if self._ended:
            self.model.stop_training = False


class Limits(keras.callbacks.Callback):
    """Ends training after so many steps or minutes, counted over all starts of a run.

    Args:
        checkpoints: the `Checkpoints` that know for how long the run has been trained.
        max_steps: most updates; 0: no limit.
        max_minutes: most minutes; 0: no limit.
        team: the processes that train together, whose clocks differ.
    """

    def __init__(self, checkpoints, max_steps=0, max_minutes=0.0, team=None):
        super().__init__()
        self.team = team or Alone()
        self.checkpoints = checkpoints
        self.max_steps = max_steps
        self.max_seconds = 60 * max_minutes

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()
        self._before = self.checkpoints.trained_seconds

    def on_train_batch_end(self, batch, logs=None):
        self._check(self._before + time.monotonic() - self._began)

    def on_epoch_end(self, epoch, logs=None):
        self.on_train_batch_end(None)  # again: `ShortEpochs` has taken its own stop back

    def _check(self, seconds):
        if self.max_steps and steps_of(self.model) >= self.max_steps:
            self.model.stop_training = True
        if self.team.wish(STOP, bool(self.max_seconds and seconds >= self.max_seconds)):
            self.model.stop_training = True


class SavedTermination(keras.callbacks.Callback):
    """Ends the process after SIGTERM, with a checkpoint of the last batch.

    At the end of an epoch it waits for the evaluation. Put it last: there processes that train
    together also agree on whether that was the last epoch.

    Args:
        termination: a `Termination`, deferred while `fit` runs.
        checkpoints: the `Checkpoints`.
        team: the processes that train together: all end where one of them was asked to.
    """

    def __init__(self, termination, checkpoints, team=None):
        super().__init__()
        self.team = team or Alone()
        self.termination = termination
        self.checkpoints = checkpoints

    def on_train_batch_end(self, batch, logs=None):
        requested = self.team.wish(TERMINATE, self.termination.requested)
        if requested and not self.checkpoints.epoch_ends():
            self.checkpoints.save()
            self.team.part()  # nobody leaves before the checkpoint is written
            raise Terminated

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training, requested = self.team.agree(
            self.model.stop_training, self.termination.requested
        )
        if requested:
            raise Terminated
