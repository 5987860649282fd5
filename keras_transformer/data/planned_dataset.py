"""The Keras data adapter of planned batches.

Keras' base class is private API. It is imported here alone, and this module inside a function
alone, so that reading a corpus needs no Keras.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from keras.src.trainers.data_adapters.data_adapter import DataAdapter
from keras.src.trainers.data_adapters.data_adapter_utils import get_torch_dataloader

from keras_transformer.data.prefetch import prefetch
from keras_transformer.errors import UserError


class PlannedDataset(DataAdapter):
    """See `keras_dataset.as_dataset`, which makes it."""

    num_batches = None  # what Keras is told, set in `__init__`
    batch_size = None
    has_partial_batch = False
    partial_batch_size = None

    def __init__(self, batches, training, max_batches, split):
        self.batches = batches
        self.training = training
        self.split = split
        self.num_batches = batches.num_batches(0) if max_batches is None else max_batches
        self._complete = None  # the epoch whose last batch was handed out
        self._begun = False  # a pass, whose batches nobody has made yet
        self.epoch = self.first_batch = 0

    def set_epoch(self, epoch: int, first_batch: int = 0):
        """Chooses the batches of the next pass: those of `epoch` from `first_batch` on."""
        self._check(epoch, first_batch)
        self.epoch, self.first_batch = epoch, first_batch

    def _check(self, epoch: int, first_batch: int):
        available = self.batches.num_batches(epoch)
        if available > self.num_batches:
            raise UserError(
                f"Epoch {epoch} has {available} batches, more than the {self.num_batches} that "
                "Keras was told: give `as_dataset` a larger `max_batches`."
            )
        if not 0 <= first_batch < available:  # `fit` cannot run an epoch of no step
            raise UserError(
                f"`first_batch` must be 0 to {available - 1} in epoch {epoch}; a run that had "
                "all batches of an epoch goes on with the next. "
                f"Received: first_batch={first_batch}"
            )
        if available - first_batch < self.num_batches:
            # Meant for data that ran out too early; here the plan says when an epoch ends.
            warnings.filterwarnings("ignore", "Your input ran out of data", UserWarning)

    def _pass(self) -> Iterator:
        epoch, first_batch = self.epoch, self.first_batch
        self._check(epoch, first_batch)
        last = self.batches.num_batches(epoch) - 1
        for number, batch in enumerate(self.batches.epoch(epoch, first_batch), first_batch):
            if number == last:
                self._complete = epoch
            yield batch

    def on_epoch_begin(self):
        self._begun = True

    def on_epoch_end(self):
        if self.training and self._complete == self.epoch:
            # Not `set_epoch`: no batch of it may be made, if this was the last.
            self.epoch, self.first_batch = self.epoch + 1, 0

    def get_numpy_iterator(self):
        return prefetch(self._pass())

    def get_jax_iterator(self):
        return prefetch(map(self.split.whole, self._pass()))

    def get_tf_dataset(self):
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), tf.int32)
        signature = ({"source_ids": ids, "target_ids": ids}, ids)
        if self.batches.weighted:
            signature = (*signature, tf.TensorSpec((None,), tf.float32))
        if self.split.distribute is not None:
            return self.split.distribute(lambda: self._parts_dataset(tf, signature))
        dataset = tf.data.Dataset.from_generator(self._pass, output_signature=signature)
        return dataset.prefetch(4)

    def _parts_dataset(self, tf, signature):
        """Parts of batches without an end, which spares replicas to ask for it in every step.

        `num_batches` says when a pass is over, and `ShortEpochs` in a shorter one.
        """
        parts = tf.data.Dataset.from_generator(self._parts, output_signature=signature)
        empty = tf.nest.map_structure(
            lambda spec: tf.zeros([1 if size is None else size for size in spec.shape], spec.dtype),
            signature,
        )
        ending = tf.data.Dataset.from_tensors(empty).repeat()
        return parts.concatenate(ending).prefetch(4 * len(self.split.own))

    def _parts(self):
        # Keras also makes an iterator when an epoch is over, and drops it unused.
        begun, self._begun = self._begun, False
        for batch in self._pass() if begun else ():
            yield from self.split.parts(batch)

    def get_torch_dataloader(self):
        return get_torch_dataloader(prefetch(self._pass()))
