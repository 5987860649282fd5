"""Iterators of several replicas, and where they end."""

import threading

import pytest

from keras_transformer.data.replica_iterators import Retirement, distributed


class Iterator:
    """Notes in which thread it was let go of."""

    def __init__(self, ended):
        self.ended = ended

    def __del__(self):
        self.ended.append(threading.current_thread())


def wait_for_threads():
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def test_the_oldest_ends_in_a_thread_of_its_own():
    ended, retirement = [], Retirement()
    for count in range(1, 6):
        retirement.hold(Iterator(ended))
        wait_for_threads()
        assert len(ended) == max(0, count - Retirement.kept)
    retirement.close()
    wait_for_threads()
    assert len(ended) == 5 == len(set(ended))
    assert threading.main_thread() not in ended


@pytest.mark.tensorflow
def test_batches_of_replicas_come_as_from_tensorflow():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    data = tf.data.Dataset.from_tensor_slices([3, 5])
    retirement = Retirement()
    dataset = distributed(strategy, lambda: data, retirement)
    assert isinstance(dataset, tf.distribute.DistributedDataset)
    assert dataset.element_spec == data.element_spec
    assert [int(value) for value in dataset] == [3, 5]
    assert len(retirement._held) == 1
    retirement.close()
    assert not retirement._held
