"""What would be done at every step and can be done once: folded into the weights.

Queries are divided by `sqrt(D / H)` by their projection.

In pre-norm, every norm is followed by a projection: `(gamma * z + beta) W + b = z (gamma W) +
(beta W + b)`, so that scale and shift become part of the projection. And since every norm takes the
mean away, the states between the blocks may be moved by any constant: with output projections that
add nothing to the mean, and an embedding whose mean is taken away, the mean is zero at all times,
and a norm is no more than a division by the root of the mean square.

The folded model is still a Keras model, and gives the same answers: what is served by the plain
operations of `decoder.py` and what is served through Keras (`explain`, `score`) shares its weights.
The norm after each stack is left as it is: what follows it has no bias, or serves as embedding too.
"""

import numpy as np
from keras import ops


def fold(model):
    """Folds the scaling of queries, and the norms inside the blocks of a pre-norm model, in place.

    After it, the scale of these norms is 1 and their shift 0. Norms of a post-norm model stay as
    they are: they are on the residual path itself.

    Args:
        model: a built float32 `Transformer`.
    """
    for block in [*model.encoder_blocks, *model.decoder_blocks]:
        attention = block.self_attention.sublayer
        _scale_queries(attention, attention.query_key_value_kernel, attention.query_key_value_bias)
        if model.norm == "pre":
            _fold_block(block)
    for block in model.decoder_blocks:
        cross, attention = block.cross_attention, block.cross_attention.sublayer
        _scale_queries(attention, attention.query_kernel, attention.query_bias)
        if model.norm == "pre":
            _fold_norm(cross.layer_norm, attention.query_kernel, attention.query_bias)
            _center(attention.output_kernel, attention.output_bias)


def _scale_queries(attention, *projection):
    """Makes the division of queries part of their projection; they are the first `D` columns."""
    for variable in projection:
        weights = _read(variable)
        weights[..., : attention.hidden_dim] *= attention.query_scale
        variable.assign(weights)
    attention.query_scale = 1.0


def _fold_block(block):
    attention, feed_forward = block.self_attention, block.feed_forward
    sublayer = attention.sublayer
    _fold_norm(attention.layer_norm, sublayer.query_key_value_kernel, sublayer.query_key_value_bias)
    _center(sublayer.output_kernel, sublayer.output_bias)
    sublayer = feed_forward.sublayer
    _fold_norm(feed_forward.layer_norm, sublayer.inner_kernel, sublayer.inner_bias)
    _center(sublayer.output_kernel, sublayer.output_bias)


def _fold_norm(norm, kernel, bias):
    """Makes scale and shift of a norm part of the projection `(D, N)` after it."""
    scale, shift, weights = _read(norm.gamma), _read(norm.beta), _read(kernel)
    bias.assign(_read(bias) + shift @ weights)
    kernel.assign(scale[:, None] * weights)
    norm.gamma.assign(np.ones_like(scale))
    norm.beta.assign(np.zeros_like(shift))


def _center(kernel, bias):
    """Takes the mean over the features out of what a projection adds to the residual path."""
    weights, shift = _read(kernel), _read(bias)
    kernel.assign(weights - weights.mean(axis=1, keepdims=True))
    bias.assign(shift - shift.mean())


def _read(variable):
    """In float64, so that every weight is rounded once."""
    return ops.convert_to_numpy(variable).astype("float64")
