"""Metrics that weigh every real token alike, whatever batch and padding it came in."""

import keras
from keras import ops

from keras_transformer.backend import sum_over_replicas
from keras_transformer.training.masked_crossentropy import token_losses


class _TokenMean(keras.metrics.Metric):
    """A sum over real tokens, of all replicas, divided by their number.

    Every replica counts for all: what one process has read is what all of them would read.
    """

    def __init__(self, padding_id=0, name=None, **kwargs):
        super().__init__(name=name, **{**kwargs, "dtype": "float32"})
        self.padding_id = padding_id
        self.total = self.add_variable((), "zeros", name="total")
        self.num_tokens = self.add_variable((), "zeros", name="num_tokens")

    def _add(self, values, real):
        total, num_tokens = sum_over_replicas([ops.sum(values), ops.sum(real)])
        self.total.assign_add(total)
        self.num_tokens.assign_add(num_tokens)

    def _mean(self):
        return self.total / ops.maximum(self.num_tokens, 1.0)

    def get_config(self):
        return {"name": self.name, "padding_id": self.padding_id}


@keras.saving.register_keras_serializable(package="keras_transformer")
class TokenAccuracy(_TokenMean):
    """Share of real tokens whose most probable prediction is the label.

    Args:
        padding_id: positions with this label do not count.

    Call arguments:
        y_true: labels `(batch, length)`.
        y_pred: logits `(batch, length, V)`.
    """

    def __init__(self, padding_id=0, name="accuracy", **kwargs):
        super().__init__(padding_id, name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(y_true, "int32")
        real = ops.cast(ops.not_equal(labels, self.padding_id), "float32")
        hits = ops.equal(ops.argmax(y_pred, axis=-1), ops.cast(labels, "int64"))
        self._add(ops.cast(hits, "float32") * real, real)

    def result(self):
        return self._mean()


@keras.saving.register_keras_serializable(package="keras_transformer")
class Perplexity(_TokenMean):
    """`exp` of the mean cross-entropy a real token, without label smoothing.

    Args:
        padding_id: positions with this label do not count.

    Call arguments:
        y_true: labels `(batch, length)`.
        y_pred: logits `(batch, length, V)`.
    """

    def __init__(self, padding_id=0, name="perplexity", **kwargs):
        super().__init__(padding_id, name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        losses, real = token_losses(y_true, y_pred, padding_id=self.padding_id)
        self._add(losses, real)

    def result(self):
        return ops.exp(self._mean())
