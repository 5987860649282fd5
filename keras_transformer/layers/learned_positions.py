"""Learned positional embedding."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_transformer")
class LearnedPositions(keras.layers.Layer):
    """Adds one trained vector a position.

    Args:
        max_length: number of positions; longer inputs are refused where their length is known.

    Call arguments:
        inputs: `(batch, length, features)`.
        start_index: position of the first entry, an int or a scalar integer tensor.

    Returns:
        A tensor like `inputs`.

    Reference:
        Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", section 3.1;
        Vaswani et al. 2017, table 3, row (E).
    """

    def __init__(self, max_length, **kwargs):
        super().__init__(**kwargs)
        if max_length < 1:
            raise ValueError(f"`max_length` must be at least 1. Received: max_length={max_length}")
        self.max_length = max_length

    def build(self, inputs_shape):
        features = inputs_shape[-1]
        self.embeddings = self.add_weight(
            shape=(self.max_length, features),
            initializer=keras.initializers.RandomNormal(stddev=features**-0.5),
            name="embeddings",
        )
        self.built = True

    def call(self, inputs, start_index=0):
        length = inputs.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(
                f"This layer has {self.max_length} learned positions (`max_length`): shorten the "
                f"input or build the layer longer. Received: length {length}"
            )
        positions = ops.arange(ops.shape(inputs)[1], dtype="int32")
        positions = ops.minimum(positions + ops.cast(start_index, "int32"), self.max_length - 1)
        return inputs + ops.cast(ops.take(self.embeddings, positions, axis=0), inputs.dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "max_length": self.max_length}
