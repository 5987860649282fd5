"""Planned batches as a data set that `model.fit`, `evaluate` and `predict` take."""

from __future__ import annotations

from keras_transformer.data.batch_split import BatchSplit


def as_dataset(
    batches,
    training: bool = True,
    max_batches: int | None = None,
    split: BatchSplit | None = None,
):
    """Wraps batches for Keras, on any backend; batches are made ahead in another thread.

    What comes back is a Keras data adapter and not a `keras.utils.PyDataset`: Keras asks a
    `PyDataset` for its length once, before training (so that all epochs are as long as the
    first), and takes the shapes of all batches from its first two. Its attributes:

    * `epoch`, `first_batch`: what the next pass gives;
    * `set_epoch(epoch, first_batch=0)`: choose it. A callback that resumes a run calls it in
      `on_epoch_begin`: `fit` makes its iterator after that, in every backend and also with
      `initial_epoch`. An epoch of no batch cannot be run, so `first_batch` is below its number
      of batches;
    * `num_batches`: what Keras is told, the longest epoch. A shorter one (resumed in the middle)
      just ends.

    Args:
        batches: `TranslationBatches`, or whatever has its `epoch` and `num_batches`.
        training: go on to the next epoch after each complete one. False gives the same batches
            in the same order every time, as validation wants it.
        max_batches: the most batches of any epoch; None if epoch 0 has as many as any.
        split: how batches are divided among replicas; None: there is one.
    """
    from keras_transformer.data.planned_dataset import PlannedDataset

    return PlannedDataset(batches, training, max_batches, split or BatchSplit())
