"""Processes that train together decide together."""

import keras
import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.training.checkpoints import Limits, SavedTermination
from keras_transformer.training.team import STOP, TERMINATE, Alone, Team
from keras_transformer.training.termination import Terminated


class Others(Alone):
    """A team whose wishes are heard when the test says so."""

    def __init__(self):
        self.made, self.heard, self.parted = set(), set(), 0

    def wish(self, kind, wished):
        if wished:
            self.made.add(kind)
        return kind in self.heard

    def agree(self, stop, terminate):
        self.wish(STOP, stop), self.wish(TERMINATE, terminate)
        return STOP in self.heard, TERMINATE in self.heard

    def part(self):
        self.parted += 1


class FakeCheckpoints:
    trained_seconds = 0.0

    def __init__(self):
        self.saved = 0

    def epoch_ends(self):
        return False

    def save(self):
        self.saved += 1


class FakeTermination:
    requested = False


def test_alone_wishes_come_true_at_once():
    assert Alone().wish(STOP, True) and not Alone().wish(STOP, False)
    assert Alone().agree(True, False) == (True, False)
    assert Alone().is_chief


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    return model


def test_a_clock_of_one_process_stops_none_alone(model):
    team = Others()
    limits = Limits(FakeCheckpoints(), max_minutes=1e-9, team=team)
    limits.set_model(model)
    model.stop_training = False
    limits.on_epoch_begin(0)
    limits.on_train_batch_end(0)
    assert team.made == {STOP} and not model.stop_training
    team.heard = {STOP}
    limits.on_train_batch_end(1)
    assert model.stop_training


def test_a_signal_of_one_process_ends_all_after_the_same_step(model):
    team, termination, checkpoints = Others(), FakeTermination(), FakeCheckpoints()
    callback = SavedTermination(termination, checkpoints, team)
    callback.set_model(model)
    termination.requested = True
    callback.on_train_batch_end(0)
    assert team.made == {TERMINATE} and not checkpoints.saved
    termination.requested = False  # and a process that got no signal
    team.heard = {TERMINATE}
    with pytest.raises(Terminated):
        callback.on_train_batch_end(1)
    assert (checkpoints.saved, team.parted) == (1, 1)


@pytest.mark.parametrize("heard", [set(), {STOP}])
def test_the_end_of_an_epoch_is_the_same_for_all(model, heard):
    team = Others()
    callback = SavedTermination(FakeTermination(), FakeCheckpoints(), team)
    callback.set_model(model)
    model.stop_training = True  # the score of the validation, which the chief alone knows
    team.heard = heard
    callback.on_epoch_end(0)
    assert team.made == {STOP}
    assert model.stop_training == (STOP in heard)


@pytest.mark.tensorflow
def test_the_loss_of_a_worker_is_told_in_one_sentence():
    import tensorflow as tf

    team = Team(tf.distribute.get_strategy(), 0)
    text = "Graph execution error:\n\nDetected at x\nCollective ops is aborted by: reset\nmore"
    message = r"cannot be reached \(reset\): start all of them again"
    with pytest.raises(UserError, match=message), team.watched():
        raise tf.errors.UnavailableError(None, None, text)
    with pytest.raises(tf.errors.InvalidArgumentError), team.watched():
        raise tf.errors.InvalidArgumentError(None, None, "our own mistake")


@pytest.mark.tensorflow
def test_numbers_that_differ(monkeypatch):
    import tensorflow as tf

    team = Team(tf.distribute.get_strategy(), 0)
    team.check_equal(40, "the step")
    monkeypatch.setattr(team, "_sum_of", lambda numbers: np.array([40.0 + 31, 40.0**2 + 31**2]))
    monkeypatch.setattr(type(team.strategy), "num_replicas_in_sync", 2, raising=False)
    with pytest.raises(UserError, match="the step is 40 here and another number elsewhere"):
        team.check_equal(40, "the step")
