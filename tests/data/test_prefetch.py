"""The thread that works ahead."""

import threading
import time

import pytest

from keras_transformer.data.prefetch import prefetch


def wait_until(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_everything_comes_in_order():
    assert list(prefetch(range(101), size=3)) == list(range(101))
    assert list(prefetch([])) == []
    assert list(prefetch([None, None])) == [None, None]


def test_it_works_ahead_by_its_size_only():
    made = []

    def items():
        for number in range(50):
            made.append(number)
            yield number

    iterator = prefetch(items(), size=5)
    assert next(iterator) == 0
    assert wait_until(lambda: len(made) == 7)  # one used, five ready, one waiting for a place
    time.sleep(0.05)
    assert len(made) == 7
    iterator.close()


def test_errors_come_where_the_item_was_asked_for():
    def items():
        yield 1
        raise OSError("gone")

    iterator = prefetch(items())
    assert next(iterator) == 1
    with pytest.raises(OSError, match="gone"):
        next(iterator)


def test_a_dropped_iterator_ends_its_thread():
    before = set(threading.enumerate())  # threads of other tests may still be ending
    iterator = prefetch(iter(int, 1), size=2)  # without end
    next(iterator)
    (thread,) = (
        thread
        for thread in threading.enumerate()
        if thread.name == "prefetch" and thread not in before
    )
    del iterator
    thread.join(timeout=10)
    assert not thread.is_alive()
