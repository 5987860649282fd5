"""Rotary position embedding."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_transformer")
class RotaryPositions(keras.layers.Layer):
    """Rotates each pair of features by an angle that grows with the position.

    The dot product of a rotated query and a rotated key depends on their distance alone. Features
    `2i` and `2i + 1` form a pair and turn by `position * wavelength ** (-2i / features)`.

    Args:
        wavelength: the longest wavelength divided by `2 pi`.

    Call arguments:
        inputs: `(..., length, features)`, `features` even; queries or keys of any number of heads.
        start_index: position of the first entry, an int or a scalar integer tensor.

    Returns:
        A tensor like `inputs`. Angles are float32 whatever the policy.

    Reference:
        Su et al. 2021, "RoFormer", section 3.2.2 (interleaved pairs, equation 34).
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

    def call(self, inputs, start_index=0):
        length, features = ops.shape(inputs)[-2], inputs.shape[-1]
        angles = position_angles(length, features, self.wavelength, start_index)
        cosine, sine = ops.cos(angles), ops.sin(angles)
        pairs = ops.reshape(inputs, (*ops.shape(inputs)[:-1], features // 2, 2))
        even, odd = ops.unstack(ops.cast(pairs, "float32"), 2, axis=-1)
        rotated = ops.stack([even * cosine - odd * sine, even * sine + odd * cosine], axis=-1)
        return ops.cast(ops.reshape(rotated, ops.shape(inputs)), inputs.dtype)

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {**super().get_config(), "wavelength": self.wavelength}


def position_angles(length, features, wavelength, start_index=0):
    """`(length, features / 2)` angles `position * wavelength ** (-2i / features)`, in float32."""
    frequencies = wavelength ** (-np.arange(0, features, 2, dtype="float64") / features)
    positions = ops.arange(length, dtype="int32") + ops.cast(start_index, "int32")
    # Not `*`: a tensor of PyTorch on a GPU cannot be multiplied by an array of numpy.
    return ops.multiply(
        ops.cast(positions, "float32")[:, None], frequencies.astype("float32")[None]
    )
