"""SIGTERM ends a process where everything is saved."""

import os
import signal
import threading

import pytest

from keras_transformer.training.checkpoints import Checkpoints, SavedTermination
from keras_transformer.training.termination import STATUS, Terminated, Termination
from tests.training.test_checkpoints import Dataset, Fit, model, steps  # noqa: F401


def ask_to_end():
    os.kill(os.getpid(), signal.SIGTERM)


def test_at_once_where_nothing_is_deferred():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated) as left, Termination().listening():
        assert signal.getsignal(signal.SIGTERM) != before
        ask_to_end()
    assert left.value.code == STATUS == 143
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_deferred_request_waits_for_a_good_moment():
    with Termination().listening() as termination:
        with termination.deferred():
            termination.obey()
            ask_to_end()
            assert termination.requested
            with pytest.raises(Terminated):
                termination.obey()
            termination.requested = False
        with pytest.raises(Terminated), termination.deferred():
            ask_to_end()
            reached = True
        assert reached


def test_a_second_request_does_not_wait():
    termination = Termination()
    with pytest.raises(Terminated), termination.listening(), termination.deferred():
        ask_to_end()
        ask_to_end()
        raise AssertionError


def test_it_is_no_exception_that_others_catch():
    assert not issubclass(Terminated, Exception)


def test_other_threads_do_not_listen():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def work():
        with Termination().listening():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_the_batch_at_which_it_came_is_saved(model, tmp_path):  # noqa: F811
    dataset, termination = Dataset(), Termination()
    checkpoints = Checkpoints(tmp_path, dataset, {}, minutes=0)
    fit = Fit(model, dataset, checkpoints, SavedTermination(termination, checkpoints))

    def request(batch):
        termination.requested = batch == 3

    with pytest.raises(Terminated):
        fit.epoch(0, request)
    assert steps(tmp_path) == [4]
    assert (checkpoints.epoch, checkpoints.batch) == (0, 4)


def test_after_the_last_batch_it_waits_for_the_evaluation(model, tmp_path):  # noqa: F811
    dataset, termination = Dataset(), Termination()
    checkpoints = Checkpoints(tmp_path, dataset, {}, minutes=0)
    fit = Fit(model, dataset, checkpoints, SavedTermination(termination, checkpoints))

    def request(batch):
        termination.requested = batch == 6

    with pytest.raises(Terminated):
        fit.epoch(0, request)
    assert steps(tmp_path) == [7]
    assert (checkpoints.epoch, checkpoints.batch) == (1, 0)
