"""An exponential moving average of the weights, kept beside them."""

import keras
from keras import ops

from keras_transformer.backend import compile_function, steps_of
from keras_transformer.training.lent_weights import lent


class MovingAverage(keras.callbacks.Callback):
    """`average = decay * average + (1 - decay) * weights` after every update.

    The average translates better than the last weights and is never mixed with them: `fit`
    trains the raw weights, `swapped_in` lends the average to the model for an evaluation.
    To cost little it is taken every `interval` updates with `decay ** interval`; early on the decay
    is `(1 + step) / (10 + step)`, so that the average forgets the initial weights. Steps are
    updates of the weights: batches whose gradients are only accumulated, and updates left out
    because a gradient overflowed, do not count. The average lives where the weights do.

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
        self.average = None  # float32 tensors, in the order of `model.weights`
        self._step = 0  # the update that was seen last
        self._mix = None

    def on_train_begin(self, logs=None):
        self._step = steps_of(self.model)

    def on_train_batch_end(self, batch, logs=None):
        model = self.model
        step = steps_of(model)
        if step == self._step:
            return
        self._step = step
        if self.average is None:
            # Copies: the backend may reuse the memory of the weights in the next update.
            self.average = [ops.copy(ops.stop_gradient(w.value)) for w in model.weights]
        elif step % self.interval == 0:
            decay = min(self.decay, (1 + step) / (10 + step)) ** self.interval
            if self._mix is None:
                self._mix = compile_function(model, _mixing(model.weights))
            self.average = self._mix(self.average, ops.convert_to_tensor(1 - decay, "float32"))

    def swapped_in(self, model):
        """Within this context the model's weights are the average."""
        return lent(model, self.average)

    def state(self):
        """Arrays for a checkpoint."""
        arrays = map(ops.convert_to_numpy, self.average or [])
        return {f"average/{number:04d}": array for number, array in enumerate(arrays)}

    def restore(self, extra):
        """Takes back what `state` gave."""
        names = sorted(name for name in extra if name.startswith("average/"))
        self.average = [ops.convert_to_tensor(extra[name], "float32") for name in names] or None


def _mixing(weights):
    """The function that takes the average one step further."""

    def mix(average, rate):
        return [
            mean + rate * (ops.stop_gradient(ops.cast(weight.value, "float32")) - mean)
            for mean, weight in zip(average, weights, strict=True)
        ]

    return mix
