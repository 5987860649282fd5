"""Adam and AdamW that can add up the gradients of several batches, token by token."""

import keras
from keras import ops

from keras_transformer.backend import dense, num_replicas, sum_over_replicas
from keras_transformer.errors import UserError

# Biases and norms have no use for decay.
_NO_DECAY = ("bias", "gamma", "beta")


class _TokenAccumulation:
    """Makes an update the mean over all real tokens of its batches, on all replicas.

    Replicas add up their gradients before anything else is done with them, so that it is the
    gradient of all that is clipped; Keras would clip each replica's share and then add up.

    Keras' own `gradient_accumulation_steps` takes the mean of the means of batches, in which a
    token of a small batch counts more. Here each batch counts by its number of tokens, which
    whoever calls `apply` has to put into `batch_tokens` before (`TrainingTransformer` does).
    Clipping, decay and the step of Adam then see the one gradient of the update.
    """

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        if not self.gradient_accumulation_steps:
            return
        if num_replicas() > 1:
            raise UserError(
                "Gradients of several batches cannot be added up on several devices: set "
                "training.update_tokens to 0, or train on one."
            )
        self.batch_tokens = self.add_variable((), "ones", "float32", name="batch_tokens")
        self.update_tokens = self.add_variable((), "zeros", "float32", name="update_tokens")

    def apply(self, grads, trainable_variables=None):
        grads = sum_over_replicas(list(map(dense, grads)))
        batches = self.gradient_accumulation_steps
        if not batches:
            return super().apply(grads, trainable_variables)
        if not self.built:
            self.build(trainable_variables)
        tokens = ops.convert_to_tensor(self.batch_tokens)
        self.update_tokens.assign(self.update_tokens + tokens)
        grads = [None if gradient is None else gradient * tokens for gradient in grads]
        super().apply(grads, trainable_variables)
        complete = ops.equal(ops.mod(self._iterations, batches), 0)
        self.update_tokens.assign(
            ops.where(complete, 0.0, ops.convert_to_tensor(self.update_tokens))
        )

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars  # `apply` has done it

    def _clip_gradients(self, grads):
        batches = self.gradient_accumulation_steps
        if batches:
            # Keras has divided the sums by the number of batches.
            factor = batches / ops.maximum(ops.convert_to_tensor(self.update_tokens), 1.0)
            grads = [None if gradient is None else gradient * factor for gradient in grads]
        return super()._clip_gradients(grads)


@keras.saving.register_keras_serializable(package="keras_transformer")
class Adam(_TokenAccumulation, keras.optimizers.Adam):
    """`keras.optimizers.Adam`, whose gradient accumulation counts tokens.

    Args:
        gradient_accumulation_steps: batches of an update, at least 2, or None.
        others: as of `keras.optimizers.Adam`.

    Reference:
        Kingma and Ba 2015.
    """


@keras.saving.register_keras_serializable(package="keras_transformer")
class AdamW(_TokenAccumulation, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` without decay of biases and norms; accumulation counts tokens.

    Args:
        gradient_accumulation_steps: batches of an update, at least 2, or None.
        others: as of `keras.optimizers.AdamW`.

    Reference:
        Loshchilov and Hutter 2019.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        # Keras does not keep this in the configuration of an optimizer.
        self.exclude_from_weight_decay(var_names=_NO_DECAY)
