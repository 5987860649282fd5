"""An exponential moving average of the weights, kept beside them."""

import contextlib

import keras
import numpy as np
from keras import ops


class MovingAverage(keras.callbacks.Callback):
    """`average = decay * average + (1 - decay) * weights` after every update.

    The average translates better than the last weights and is never mixed with them: `fit`
    trains the raw weights, `swapped_in` lends the average to the model for an evaluation.
    To cost little it is taken every `interval` updates with `decay ** interval`; early on the decay
    is `(1 + step) / (10 + step)`, so that the average forgets the initial weights.

    Args:
        decay: of one update, such as 0.999.
        interval: updates from one step of the average to the next.

    Reference:
        Polyak and Juditsky 1992; the decay warms up as in `tf.train.ExponentialMovingAverage`.
    """

    def __init__(self, decay, interval=5):
        super().__init__()
        if not 0 < decay < 1:
            raise ValueError(f"`decay` must be between 0 and 1. Received: decay={decay}")
        self.decay = decay
        self.interval = interval
        self.average = None

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.model.optimizer.iterations)
        if self.average is None:
            self.average = self._weights()
        elif step % self.interval == 0:
            decay = min(self.decay, (1 + step) / (10 + step)) ** self.interval
            for average, weights in zip(self.average, self._weights(), strict=True):
                average += np.float32(1 - decay) * (weights - average)

    def _weights(self):
        return [np.array(ops.convert_to_numpy(w.value), "float32") for w in self.model.weights]

    @contextlib.contextmanager
    def swapped_in(self, model):
        """Within this context the model's weights are the average."""
        if self.average is None:
            yield
            return
        raw = [np.array(ops.convert_to_numpy(weight.value)) for weight in model.weights]
        _assign(model, self.average)
        try:
            yield
        finally:
            _assign(model, raw)

    def state(self):
        """Arrays for a checkpoint."""
        arrays = self.average or []
        return {f"average/{number:04d}": array for number, array in enumerate(arrays)}

    def restore(self, extra):
        """Takes back what `state` gave."""
        names = sorted(name for name in extra if name.startswith("average/"))
        self.average = [np.array(extra[name], "float32") for name in names] or None


def _assign(model, values):
    for weight, value in zip(model.weights, values, strict=True):
        weight.assign(value)
