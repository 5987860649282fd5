"""A run stops when its numbers are no numbers any more."""

import math

import keras
from keras import ops

from keras_transformer.backend import steps_of
from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import list_checkpoints

# float16: updates whose gradients overflow are left out and the scale is halved; below this it was
# halved some 25 times in a row, and nothing is learned any more.
LEAST_LOSS_SCALE = 2.0**-10

_MENDS = (
    "lower the learning rate (training.learning_rate_scale or training.peak_learning_rate) or "
    "raise training.warmup_steps, in a new folder, with --start-from {run} if it shall begin with "
    "the weights of this run"
)


class FiniteLoss(keras.callbacks.Callback):
    """Ends the run with a `UserError` when the loss is not finite, or float16 cannot hold on.

    Put it first: no average and no checkpoint then sees the weights of such an update.

    Args:
        run: folder of the run, for the message.
        checkpoints: folder of its checkpoints.
    """

    def __init__(self, run, checkpoints):
        super().__init__()
        self.run = run
        self.checkpoints = checkpoints

    def on_train_batch_end(self, batch, logs=None):
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise self._stop(f"The loss is {loss}")
        scale = getattr(self.model.optimizer, "dynamic_scale", None)
        if scale is not None and float(ops.convert_to_numpy(scale.value)) < LEAST_LOSS_SCALE:
            raise self._stop(
                "The gradients overflow in float16 at any scale of the loss "
                "(training.precision=mixed_bfloat16 has the range of float32)"
            )

    def _stop(self, what):
        step = steps_of(self.model)
        found = list_checkpoints(self.checkpoints)
        good = f"the last good checkpoint is {found[-1]}" if found else "there is no checkpoint yet"
        mends = _MENDS.format(run=self.run)
        return UserError(f"{what} at step {step:,}: training stops; {good}; {mends}.")
