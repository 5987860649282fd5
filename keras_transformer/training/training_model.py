"""The Transformer with what its training adds to the step of Keras."""

import keras
from keras import ops

from keras_transformer.models import Transformer
from keras_transformer.training.r_drop import r_drop_loss


@keras.saving.register_keras_serializable(package="keras_transformer")
class TrainingTransformer(Transformer):
    """A `Transformer` that can be trained with R-Drop and with gradients of several batches.

    Set `r_drop` before `compile`; the loss has to be a `MaskedCrossentropy`. Metrics and everything
    that is not training see one pass, as without it. An optimizer that counts tokens (`Adam` and
    `AdamW` of this package) is told how many the batch has.

    Attributes:
        r_drop: how much two passes with different dropout shall agree; 0: one pass.
    """

    r_drop = 0.0

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if not (training and self.r_drop):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        again = self(x, training=True)
        return r_drop_loss(self.loss, y, y_pred, again, self.r_drop, sample_weight)

    def train_step(self, *arguments):
        """The step of Keras: of `(state, data)` in JAX, of `(data)` elsewhere."""
        optimizer = getattr(self.optimizer, "inner_optimizer", self.optimizer)
        counter = getattr(optimizer, "batch_tokens", None)
        if counter is None:
            return super().train_step(*arguments)
        *state, data = arguments
        labels = keras.utils.unpack_x_y_sample_weight(data)[1]
        tokens = ops.sum(ops.cast(ops.not_equal(labels, self.padding_id), "float32"))
        if state:
            weights, others, own, metrics = state[0]
            places = [variable is counter for variable in self.optimizer.variables]
            own = [tokens if here else value for here, value in zip(places, own, strict=True)]
            return super().train_step((weights, others, own, metrics), data)
        counter.assign(tokens)
        return super().train_step(data)
