"""The weights of a run by name, in files of their own."""

import contextlib

import keras

from keras_transformer.training.files import save_weights


class WeightFiles(keras.callbacks.Callback):
    """Writes raw and averaged weights after every evaluation, each kind to its own file.

    Put it after the callback that evaluates: it writes in epochs whose logs have `val_bleu`.

    Args:
        path_of: function from a name of weights to the path of their file.
        averages: dict of name -> `MovingAverage` or `CheckpointMean`; `raw` needs none.
    """

    def __init__(self, path_of, averages):
        super().__init__()
        self.path_of = path_of
        self.averages = averages

    def on_epoch_end(self, epoch, logs=None):
        if "val_bleu" not in (logs or {}):
            return
        lenders = {name: each.swapped_in(self.model) for name, each in self.averages.items()}
        for name, lender in {"raw": contextlib.nullcontext(), **lenders}.items():
            with lender:
                save_weights(self.model, self.path_of(name))
