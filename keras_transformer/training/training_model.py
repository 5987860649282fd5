"""The Transformer with what its training adds to the step of Keras."""

import keras
from keras import ops

from keras_transformer.backend import num_replicas
from keras_transformer.models import Transformer
from keras_transformer.training.r_drop import r_drop_loss
from keras_transformer.training.replica_steps import (
    evaluate_on_replica,
    on_replicas,
    train_on_replica,
)


@keras.saving.register_keras_serializable(package="keras_transformer")
class TrainingTransformer(Transformer):
    """A `Transformer` that can be trained with R-Drop and with gradients of several batches.

    Set `r_drop` before `compile`; the loss has to be a `MaskedCrossentropy`. Metrics and everything
    that is not training see one pass, as without it. An optimizer that counts tokens (`Adam` and
    `AdamW` of this package) is told how many the batch has.

    In the scope of a strategy of TensorFlow it has steps of its own, see `replica_steps`.

    Attributes:
        team: `Team` of the processes that train together, or None.
        r_drop: how much two passes with different dropout shall agree; 0: one pass.
    """

    r_drop = 0.0
    team = None

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if not (training and self.r_drop):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        again = self(x, training=True)
        return r_drop_loss(self.loss, y, y_pred, again, self.r_drop, sample_weight)

    def train_step(self, *arguments):
        """The step of Keras: of `(state, data)` in JAX, of `(data)` elsewhere."""
        if num_replicas() > 1:
            return train_on_replica(self, *arguments)
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

    def test_step(self, *arguments):
        if num_replicas() > 1:
            return evaluate_on_replica(self, *arguments)
        return super().test_step(*arguments)

    def make_train_function(self, force=False):
        if not self._has_replicas():
            return super().make_train_function(force)
        if self.train_function is None or force:
            self.train_function = on_replicas(self.distribute_strategy, self.train_step, self.team)
        return self.train_function

    def make_test_function(self, force=False):
        if not self._has_replicas():
            return super().make_test_function(force)
        if self.test_function is None or force:
            self.test_function = on_replicas(self.distribute_strategy, self.test_step, None)
        return self.test_function

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Keras would read a batch to build a model that is built, and on several machines fail.
        if not self._has_replicas():
            super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)

    def _has_replicas(self):
        strategy = getattr(self, "distribute_strategy", None)
        return strategy is not None and strategy.num_replicas_in_sync > 1
