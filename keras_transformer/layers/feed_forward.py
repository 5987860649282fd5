"""Position-wise feed-forward network."""

import functools

import keras
from keras import ops

from keras_transformer.layers.projection import fused_glorot_uniform, project

# `x Phi(x)` itself, as `keras.activations.gelu` and PyTorch have it; the default of `ops.gelu` is
# an approximation that is off by up to 5e-4.
exact_gelu = functools.partial(ops.gelu, approximate=False)

# Name -> (function, whether it gates a second projection of the input).
ACTIVATIONS = {
    "relu": (ops.relu, False),
    "gelu": (exact_gelu, False),
    "reglu": (ops.relu, True),
    "geglu": (exact_gelu, True),
    "swiglu": (ops.silu, True),
}


@keras.saving.register_keras_serializable(package="keras_transformer")
class FeedForward(keras.layers.Layer):
    """`activation(x W_1 + b_1) W_2 + b_2`, the same at every position.

    The gated variants compute `(activation(x W_g + b_g) * (x W_1 + b_1)) W_2 + b_2`; the two inner
    projections run as one product, so a gated layer has half as many parameters again.

    Args:
        intermediate_dim: width of the hidden layer.
        activation: `"relu"` (the paper), `"gelu"`, or gated: `"reglu"`, `"geglu"`, `"swiglu"`.

    Call arguments:
        inputs: `(..., features)`.

    Returns:
        A tensor like `inputs`.

    Reference:
        Vaswani et al. 2017, section 3.3; Shazeer 2020, "GLU Variants Improve Transformer".
    """

    def __init__(self, intermediate_dim, activation="relu", **kwargs):
        super().__init__(**kwargs)
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"`activation` must be one of {', '.join(ACTIVATIONS)}. "
                f"Received: activation={activation!r}"
            )
        if intermediate_dim < 1:
            raise ValueError(
                "`intermediate_dim` must be at least 1. "
                f"Received: intermediate_dim={intermediate_dim}"
            )
        self.intermediate_dim = intermediate_dim
        self.activation = activation

    def build(self, inputs_shape):
        features = inputs_shape[-1]
        num_matrices = 2 if ACTIVATIONS[self.activation][1] else 1
        width = num_matrices * self.intermediate_dim
        self.inner_kernel = self.add_weight(
            shape=(features, width),
            initializer=fused_glorot_uniform(num_matrices),
            name="inner_kernel",
        )
        self.inner_bias = self.add_weight(shape=(width,), initializer="zeros", name="inner_bias")
        self.output_kernel = self.add_weight(
            shape=(self.intermediate_dim, features),
            initializer="glorot_uniform",
            name="output_kernel",
        )
        self.output_bias = self.add_weight(
            shape=(features,), initializer="zeros", name="output_bias"
        )
        self.built = True

    def call(self, inputs):
        function, gated = ACTIVATIONS[self.activation]
        hidden = project(inputs, self.inner_kernel, self.inner_bias)
        if gated:
            gate, hidden = ops.split(hidden, 2, axis=-1)
            hidden = function(gate) * hidden
        else:
            hidden = function(hidden)
        return project(hidden, self.output_kernel, self.output_bias)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "intermediate_dim": self.intermediate_dim,
            "activation": self.activation,
        }
