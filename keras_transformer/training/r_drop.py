"""R-Drop: two passes with different dropout have to agree."""

from keras import ops

from keras_transformer.training.masked_crossentropy import (
    by_token,
    crossentropy_gradient,
    crossentropy_of,
    mean_over_tokens,
)


def r_drop_loss(loss, y_true, first, second, weight, sample_weight=None):
    """A `MaskedCrossentropy` of two passes, and how much they disagree, over all real tokens.

    Args:
        loss: the `MaskedCrossentropy`.
        y_true: labels `(batch, length)`.
        first, second: logits `(batch, length, V)` of the two passes.
        weight: how much the disagreement counts, see `r_drop_crossentropy`.
        sample_weight: as for the loss.

    Returns:
        A float32 scalar.
    """
    labels, first, real = by_token(y_true, first, loss.padding_id)
    second = by_token(y_true, second, loss.padding_id)[1]
    losses = r_drop_crossentropy(labels, first, second, loss.label_smoothing, weight)
    return mean_over_tokens(losses * real, real, y_true, sample_weight)


def r_drop_crossentropy(labels, first, second, label_smoothing, weight):
    """The mean cross-entropy of two predictions, and how much they disagree.

    `(crossentropy(p1) + crossentropy(p2)) / 2 + weight / 2 * (KL(p1 || p2) + KL(p2 || p1)) / 2`,
    which is half of the paper's equation 4, so that without disagreement it is the loss of one
    pass. The two divergences add up to `sum_v (p1 - p2)(z1 - z2)` over the logits `z`: neither
    logarithms nor normalised logits are made. The gradient is computed with the loss, and is all
    that is kept of the four tensors of size `(N, V)`.

    Args:
        labels: `(N,)` int32.
        first, second: logits of the two passes, `(N, V)` float32.
        label_smoothing: `epsilon` of the cross-entropies.
        weight: the paper's alpha.

    Returns:
        `(N,)` float32.

    Reference:
        Liang et al. 2021, "R-Drop: Regularized Dropout for Neural Networks", section 2.
    """

    @ops.custom_gradient
    def crossentropy(first, second):
        one, other = (ops.softmax(logits, axis=-1) for logits in (first, second))
        apart = first - second
        one_apart = ops.sum(one * apart, axis=-1, keepdims=True)
        other_apart = ops.sum(other * apart, axis=-1, keepdims=True)
        losses = 0.5 * (
            crossentropy_of(labels, first, one, label_smoothing)
            + crossentropy_of(labels, second, other, label_smoothing)
        ) + 0.25 * weight * ops.squeeze(one_apart - other_apart, axis=-1)
        difference = one - other
        slopes = (
            0.5 * crossentropy_gradient(labels, one, label_smoothing)
            + 0.25 * weight * (difference + one * (apart - one_apart)),
            0.5 * crossentropy_gradient(labels, other, label_smoothing)
            - 0.25 * weight * (difference + other * (apart - other_apart)),
        )

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            return tuple(slope * upstream[:, None] for slope in slopes)

        return losses, gradient

    return crossentropy(first, second)
