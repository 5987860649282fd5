"""Cross-entropy over real tokens, with label smoothing."""

import keras
from keras import ops

from keras_transformer.backend import sum_over_replicas


@keras.saving.register_keras_serializable(package="keras_transformer")
class MaskedCrossentropy(keras.losses.Loss):
    """Mean cross-entropy of the next token over all positions that are not padding.

    With label smoothing the right token has probability `1 - epsilon + epsilon / V` and every
    other one `epsilon / V`, as in `keras.losses.CategoricalCrossentropy`; no such distribution is
    ever materialised. The sum over tokens is divided by their number over all replicas.

    Args:
        label_smoothing: `epsilon`, from 0 to below 1.
        padding_id: positions whose label is this id count for nothing.

    Call arguments:
        y_true: labels `(batch, length)`.
        y_pred: logits `(batch, length, V)`.
        sample_weight: factors of the losses, `(batch,)` or `(batch, length)`, or None. The sum is
            still divided by the number of tokens: a weight of 2 counts twice in any batch.

    Returns:
        A float32 scalar, in nats a token; 0 for a batch without a real token.

    Reference:
        Szegedy et al. 2016, section 7; Vaswani et al. 2017, section 5.4.
    """

    def __init__(self, label_smoothing=0.0, padding_id=0, name="masked_crossentropy", **kwargs):
        # The call itself reduces. A loss in half precision would corrupt ids: always float32.
        super().__init__(name=name, **{**kwargs, "reduction": None, "dtype": "float32"})
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"`label_smoothing` must be in [0, 1). Received: {label_smoothing}")
        self.label_smoothing = label_smoothing
        self.padding_id = padding_id

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Keras would multiply the weights with the mean.
        with keras.name_scope(self.name):
            return self.call(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred, sample_weight=None):
        losses, real = token_losses(y_true, y_pred, self.label_smoothing, self.padding_id)
        return mean_over_tokens(losses, real, y_true, sample_weight)

    def get_config(self):
        return {
            "name": self.name,
            "label_smoothing": self.label_smoothing,
            "padding_id": self.padding_id,
        }


def token_losses(labels, logits, label_smoothing=0.0, padding_id=0):
    """Cross-entropy of every token, 0 at padding.

    Args:
        labels: `(batch, length)` ids.
        logits: `(batch, length, V)`.
        label_smoothing: probability mass spread evenly over all `V` tokens.
        padding_id: the label of positions that do not count.

    Returns:
        Losses `(batch * length,)` in nats, and 1.0 where the token is real, else 0.0; float32.
    """
    labels, logits, real = by_token(labels, logits, padding_id)
    losses = smoothed_crossentropy(labels, logits, label_smoothing)
    return losses * real, real


def mean_over_tokens(losses, real, labels, sample_weight=None):
    """The mean over the real tokens of all replicas.

    Args:
        losses: `(batch * length,)`, 0 at padding.
        real: `(batch * length,)`, 1.0 where the token is real.
        labels: `(batch, length)`.
        sample_weight: factors of the losses, `(batch,)` or `(batch, length)`, or None.

    Returns:
        A float32 scalar.
    """
    num_tokens = sum_over_replicas(ops.sum(real))
    if sample_weight is not None:
        weights = ops.cast(sample_weight, "float32")
        weights = weights[:, None] if len(weights.shape) == 1 else weights
        losses = ops.reshape(losses, ops.shape(labels)) * weights
    return ops.sum(losses) / ops.maximum(num_tokens, 1.0)


def by_token(labels, logits, padding_id):
    """Labels `(N,)`, logits `(N, V)` in float32, and 1.0 where the token is real."""
    labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
    logits = ops.cast(ops.reshape(logits, (-1, logits.shape[-1])), "float32")
    return labels, logits, ops.cast(ops.not_equal(labels, padding_id), "float32")


def smoothed_crossentropy(labels, logits, label_smoothing):
    """`-sum_v q(v) log softmax(logits)(v)` with `q = (1 - epsilon) one_hot + epsilon / V`.

    At a small model's size these are the largest tensors of a training step. Written with a
    gradient of its own the loss makes one softmax and reuses it going back; letting the backends
    differentiate gather and mean took TensorFlow about five times as long on a CPU.

    Args:
        labels: `(N,)` int32.
        logits: `(N, V)` float32.
        label_smoothing: `epsilon`.

    Returns:
        `(N,)` float32.
    """

    @ops.custom_gradient
    def crossentropy(logits):
        probabilities = ops.softmax(logits, axis=-1)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            return crossentropy_gradient(labels, probabilities, label_smoothing, upstream)

        return crossentropy_of(labels, logits, probabilities, label_smoothing), gradient

    return crossentropy(logits)


def crossentropy_of(labels, logits, probabilities, label_smoothing):
    """The same from logits and their softmax; its gradient is `crossentropy_gradient`."""
    # The largest probability is exp(max - log_sum_exp), and cannot underflow.
    log_sum_exp = ops.max(logits, axis=-1) - ops.log(ops.max(probabilities, axis=-1))
    losses = log_sum_exp - (1.0 - label_smoothing) * _pick(logits, labels)
    if label_smoothing:
        losses = losses - label_smoothing * ops.mean(logits, axis=-1)
    return losses


def crossentropy_gradient(labels, probabilities, label_smoothing, upstream=None):
    """The gradient of `crossentropy_of` by the logits, `(N, V)`.

    Args:
        labels: `(N,)` int32.
        probabilities: `(N, V)`, the softmax of the logits.
        label_smoothing: `epsilon`.
        upstream: `(N,)`, the gradient by the losses; None: 1.
    """
    right = 1.0 - label_smoothing
    other = label_smoothing / probabilities.shape[-1]
    gradients = probabilities - other
    at_label = _pick(probabilities, labels) - other - right
    if upstream is not None:
        gradients = gradients * upstream[:, None]
        at_label = at_label * upstream
    return ops.scatter_update(gradients, _entries(labels), at_label)


def _entries(labels):
    """The index of each row's label, `(N, 2)`."""
    return ops.stack([ops.arange(ops.shape(labels)[0], dtype="int32"), labels], axis=-1)


def _pick(rows, labels):
    """`rows[i, labels[i]]` for every `i`."""
    return ops.take_along_axis(rows, labels[:, None], axis=-1)[:, 0]
