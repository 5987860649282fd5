"""Iterators of several replicas, for whose end nobody waits."""

from __future__ import annotations

import threading


class Retirement:
    """Keeps iterators that may be in use, and lets go of older ones in threads of their own.

    An iterator of `tf.distribute` stops a thread when it is let go of, and that thread may be
    asleep for up to a minute: it looks whether it shall stop when it is woken, a moment before
    it is told to (`Model::OptimizeLoop` and `CancellationManager::StartCancel` of TensorFlow).
    Keras would let go of one or two at the beginning of an epoch, and wait.

    Attributes:
        kept: how many are kept: Keras holds one while it makes the next, and makes one at the
            end of an epoch that it never uses.
    """

    kept = 3

    def __init__(self):
        self._held = []

    def hold(self, iterator):
        """Keeps one, instead of the oldest."""
        self._held.append(iterator)
        self._let_go(self.kept)

    def close(self):
        """Lets go of everything. The process does not end before the threads do."""
        self._let_go(0)

    def _let_go(self, kept):
        while len(self._held) > kept:
            last_reference = [self._held.pop(0)]
            threading.Thread(target=last_reference.clear).start()


def distributed(strategy, make, retirement):
    """The data set of all replicas of this process.

    Args:
        strategy: of `tf.distribute`.
        make: function without arguments that makes a `tf.data.Dataset` of this process.
        retirement: `Retirement` of the iterators.

    Returns:
        A `tf.distribute.DistributedDataset`.
    """
    import tensorflow as tf

    class Distributed(tf.distribute.DistributedDataset):
        def __init__(self):
            self._dataset = strategy.distribute_datasets_from_function(lambda context: make())

        @property
        def element_spec(self):
            return self._dataset.element_spec

        def __iter__(self):
            iterator = iter(self._dataset)
            retirement.hold(iterator)
            return iterator

    return Distributed()
