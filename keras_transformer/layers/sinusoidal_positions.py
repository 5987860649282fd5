"""Sinusoidal positional encoding."""

import keras
from keras import ops

from keras_transformer.layers.rotary_positions import position_angles


@keras.saving.register_keras_serializable(package="keras_transformer")
class SinusoidalPositions(keras.layers.Layer):
    """Adds `PE(pos, 2i) = sin(pos / 10000^(2i/d))` and `PE(pos, 2i+1) = cos(...)`, interleaved.

    Computed in float32 whatever the policy: in half precision neighbouring positions would become
    equal. No weights and no maximal length.

    Args:
        wavelength: the longest wavelength divided by `2 pi`.

    Call arguments:
        inputs: `(batch, length, features)`, `features` even.
        start_index: position of the first entry, an int or a scalar integer tensor.

    Returns:
        A tensor like `inputs`.

    Reference:
        Vaswani et al. 2017, section 3.5.
    """

    def __init__(self, wavelength=10_000, **kwargs):
        super().__init__(**kwargs)
        self.wavelength = wavelength

    def build(self, inputs_shape):
        if inputs_shape[-1] % 2:
            raise ValueError(
                f"`inputs` must have an even number of features. Received: {tuple(inputs_shape)}"
            )
        self.built = True

    def encoding(self, length, features, start_index=0):
        """The table itself: `(length, features)` in float32."""
        angles = position_angles(length, features, self.wavelength, start_index)
        pairs = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
        return ops.reshape(pairs, (-1, features))

    def call(self, inputs, start_index=0):
        encoding = self.encoding(ops.shape(inputs)[1], inputs.shape[-1], start_index)
        return inputs + ops.cast(encoding, inputs.dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "wavelength": self.wavelength}
