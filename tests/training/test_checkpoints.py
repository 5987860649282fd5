"""When checkpoints are written, and when training ends."""

import types

import keras
import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.training import checkpoints as module
from keras_transformer.training.checkpoint import checkpoint_step, list_checkpoints
from keras_transformer.training.checkpoints import Checkpoints, Limits, ShortEpochs

NUM_BATCHES = 7


class Dataset:
    """What the callbacks know of the training data."""

    def __init__(self):
        self.batches = types.SimpleNamespace(num_batches=lambda epoch: NUM_BATCHES)
        self.num_batches = NUM_BATCHES
        self.epoch = self.first_batch = 0

    def set_epoch(self, epoch, first_batch=0):
        self.epoch, self.first_batch = epoch, first_batch


class Holder:
    """Counts epochs, as `BleuCallback` counts evaluations."""

    def __init__(self):
        self.value = 0

    def state(self):
        return {"value": self.value}

    def restore(self, state):
        self.value = state["value"]


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is put on."""
    clock = types.SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", "mse", jit_compile=False)
    model.build((None, 2))
    model.optimizer.build(model.trainable_variables)
    model.stop_training = False
    return model


class Fit:
    """Calls callbacks as `fit` does, with batches of nothing."""

    def __init__(self, model, dataset, *callbacks, validate=False):
        self.model, self.dataset, self.callbacks = model, dataset, callbacks
        self.validate = validate
        for callback in callbacks:
            callback.set_model(model)

    def epoch(self, epoch, after_batch=lambda batch: None):
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {})
        for batch in range(NUM_BATCHES - self.dataset.first_batch):
            self.model.optimizer.iterations.assign_add(1)
            after_batch(batch)
            for callback in self.callbacks:
                callback.on_train_batch_end(batch, {})
            if self.model.stop_training:
                break
        else:
            assert not self.dataset.first_batch, "`fit` would have asked for a batch too many"
        if self.validate:
            for callback in self.callbacks:
                callback.on_test_begin({})
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, {})


def steps(folder):
    return [checkpoint_step(path) for path in list_checkpoints(folder)]


def test_every_so_many_steps_and_after_each_epoch(model, tmp_path):
    dataset = Dataset()
    fit = Fit(model, dataset, Checkpoints(tmp_path, dataset, {}, steps=3, minutes=0, keep=99))
    fit.epoch(0)
    fit.epoch(1)
    assert steps(tmp_path) == [3, 6, 7, 9, 12, 14]


def test_every_so_many_minutes(model, tmp_path, clock):
    dataset = Dataset()
    callback = Checkpoints(tmp_path, dataset, {}, minutes=0.5, keep=99)
    Fit(model, dataset, callback).epoch(0, lambda batch: setattr(clock, "now", clock.now + 13))
    assert steps(tmp_path) == [3, 6, 7]  # after 39 and 78 seconds
    assert callback.trained_seconds == 13 * NUM_BATCHES


def test_the_last_batch_waits_for_the_evaluation(model, tmp_path):
    dataset = Dataset()
    seen = []

    class Evaluation(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(steps(tmp_path))

    callback = Checkpoints(tmp_path, dataset, {}, steps=1, minutes=0, keep=2)
    Fit(model, dataset, Evaluation(), callback).epoch(0)
    assert seen == [[5, 6]]
    assert steps(tmp_path) == [6, 7]


def test_resuming_in_the_middle(model, tmp_path):
    dataset, holder = Dataset(), Holder()
    callback = Checkpoints(tmp_path, dataset, {"bleu": holder}, steps=4, minutes=0, keep=1)
    fit = Fit(model, dataset, callback)
    fit.epoch(0)
    holder.value = 5
    with pytest.raises(KeyboardInterrupt):
        fit.epoch(1, lambda batch: batch == 5 and (_ for _ in ()).throw(KeyboardInterrupt))
    model.optimizer.iterations.assign(0)

    dataset, holder = Dataset(), Holder()
    callback = Checkpoints(tmp_path, dataset, {"bleu": holder}, steps=4, minutes=0, keep=1)
    assert callback.resume(model) == 12
    assert (callback.epoch, callback.batch, holder.value) == (1, 5, 5)
    fit = Fit(model, dataset, ShortEpochs(dataset), callback)
    fit.epoch(1)
    assert (dataset.epoch, dataset.first_batch) == (1, 5)
    assert not model.stop_training
    assert (int(model.optimizer.iterations), callback.epoch, callback.batch) == (14, 2, 0)
    fit.epoch(2)
    assert (dataset.epoch, dataset.first_batch) == (2, 0)
    assert int(model.optimizer.iterations) == 21


def test_a_new_run_begins_at_the_beginning(model, tmp_path):
    callback = Checkpoints(tmp_path, Dataset(), {})
    assert callback.resume(model) == 0
    assert (callback.epoch, callback.batch) == (0, 0)


def test_sums_of_metrics_are_those_of_training(model, tmp_path):
    """Validation counts with the same variables before the end of an epoch is saved."""
    dataset = Dataset()
    total = model.metrics_variables[0]
    total.assign(0.0)

    def stop(batch):
        total.assign_add(1.5)
        model.stop_training = batch == 4

    class Validation(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            total.assign(1000.0)

    callback = Checkpoints(tmp_path, dataset, {}, minutes=0)
    Fit(model, dataset, callback, Validation(), validate=True).epoch(0, stop)
    total.assign(0.0)

    callback = Checkpoints(tmp_path, dataset, {}, minutes=0)
    callback.resume(model)
    callback.set_model(model)
    assert float(total.numpy()) == 0.0
    callback.on_epoch_begin(0)
    assert float(total.numpy()) == 7.5
    total.assign(0.0)
    callback.on_epoch_begin(1)
    assert float(total.numpy()) == 0.0


def test_other_metrics_are_refused(model, tmp_path):
    dataset = Dataset()
    callback = Checkpoints(tmp_path, dataset, {}, minutes=0)
    Fit(model, dataset, callback).epoch(0, lambda batch: setattr(model, "stop_training", True))
    model.compile("sgd", "mse", metrics=["mae"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    model.train_on_batch(np.zeros((1, 2)), np.zeros((1, 3)))
    callback = Checkpoints(tmp_path, dataset, {})
    callback.resume(model)
    callback.set_model(model)
    with pytest.raises(UserError, match="was written with other metrics: go on with the program"):
        callback.on_epoch_begin(0)


def test_the_limit_of_steps(model, tmp_path):
    dataset = Dataset()
    callback = Checkpoints(tmp_path, dataset, {}, minutes=0)
    fit = Fit(model, dataset, Limits(callback, max_steps=9), callback)
    fit.epoch(0)
    assert not model.stop_training
    fit.epoch(1)
    assert model.stop_training
    assert steps(tmp_path) == [7, 9]


def test_the_limit_of_time_counts_what_was_trained_before(model, tmp_path, clock):
    dataset = Dataset()
    callback = Checkpoints(tmp_path, dataset, {}, minutes=0)
    callback.trained_seconds = 60.0
    fit = Fit(model, dataset, Limits(callback, max_minutes=2), callback)
    fit.epoch(0, lambda batch: setattr(clock, "now", clock.now + 17))
    assert model.stop_training
    assert int(model.optimizer.iterations) == 4  # 68 of 60 seconds that were left


def test_a_limit_at_the_end_of_a_short_epoch_is_no_mistake(model, tmp_path):
    dataset = Dataset()
    callback = Checkpoints(tmp_path, dataset, {}, minutes=0)
    callback.batch = 5
    fit = Fit(model, dataset, ShortEpochs(dataset), Limits(callback, max_steps=2), callback)
    dataset.set_epoch(0, 5)
    fit.epoch(0)
    assert model.stop_training
