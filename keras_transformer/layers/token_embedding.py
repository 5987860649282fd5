"""Token embedding that can also project back to the vocabulary."""

import math

import keras
from keras import ops

from keras_transformer.layers.projection import project


@keras.saving.register_keras_serializable(package="keras_transformer")
class TokenEmbedding(keras.layers.Layer):
    """Looks token ids up in a table; with `reverse=True`, scores hidden states against the table.

    One table serves as source embedding, target embedding and output projection. Looked-up vectors
    are multiplied by `sqrt(hidden_dim)`, the table is drawn with deviation `hidden_dim ** -0.5`.

    Args:
        vocabulary_size: number of tokens `V`.
        hidden_dim: width `D` of a vector.

    Call arguments:
        inputs: ids `(batch, length)`; with `reverse=True` states `(batch, length, D)`.
        reverse: project states to the vocabulary instead.

    Returns:
        Vectors `(batch, length, D)` in the compute dtype, or logits `(batch, length, V)` in
        float32 whatever the policy (the product itself runs in the compute dtype).

    Reference:
        Vaswani et al. 2017, section 3.4; Press and Wolf 2017.
    """

    def __init__(self, vocabulary_size, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        if vocabulary_size < 1 or hidden_dim < 1:
            raise ValueError(
                "`vocabulary_size` and `hidden_dim` must be at least 1. Received: "
                f"vocabulary_size={vocabulary_size}, hidden_dim={hidden_dim}"
            )
        self.vocabulary_size = vocabulary_size
        self.hidden_dim = hidden_dim
        self.autocast = False  # of ids that come as floating-point numbers

    def build(self, inputs_shape=None):
        self.embeddings = self.add_weight(
            shape=(self.vocabulary_size, self.hidden_dim),
            initializer=keras.initializers.RandomNormal(stddev=self.hidden_dim**-0.5),
            name="embeddings",
            # Rows are looked up in float32 and cast afterwards, so that the gradients of a token
            # that comes often are added up in float32.
            autocast=False,
        )
        self.built = True

    def call(self, inputs, reverse=False):
        if reverse:
            states = ops.cast(inputs, self.compute_dtype)
            table = ops.cast(self.embeddings, self.compute_dtype)
            logits = project(states, ops.transpose(table))
            return ops.cast(logits, "float32")
        if keras.backend.standardize_dtype(inputs.dtype) not in ("int32", "int64"):
            inputs = ops.cast(inputs, "int32")
        vectors = ops.take(self.embeddings, inputs, axis=0)
        vectors = ops.cast(vectors, self.compute_dtype)
        return vectors * ops.cast(math.sqrt(self.hidden_dim), vectors.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "hidden_dim": self.hidden_dim,
        }
