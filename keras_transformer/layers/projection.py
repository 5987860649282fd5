"""Matrix products shared by the layers, in the shape that is fastest on every backend."""

import keras
from keras import ops


def project(inputs, kernel, bias=None):
    """`inputs @ kernel + bias` over the last axis, as one two-dimensional product.

    A 3-D times 2-D product makes TensorFlow's gradient slow; folding batch and time into one axis
    does not. The kernel is cast here, so that it also works outside `Layer.__call__`.

    Args:
        inputs: `(..., input_dim)`.
        kernel: `(input_dim, output_dim)`.
        bias: `(output_dim,)` or None.

    Returns:
        `(..., output_dim)` in the dtype of `inputs`.
    """
    leading = tuple(ops.shape(inputs)[:-1])
    rows = ops.reshape(inputs, (-1, inputs.shape[-1]))
    outputs = ops.matmul(rows, ops.cast(kernel, inputs.dtype))
    if bias is not None:
        outputs = ops.add(outputs, ops.cast(bias, inputs.dtype))
    return ops.reshape(outputs, (*leading, outputs.shape[-1]))


def fused_glorot_uniform(num_matrices):
    """Initialises `num_matrices` kernels that lie side by side, each as a matrix of its own.

    Glorot's limit depends on the number of outputs: drawing the fused kernel as one wide matrix
    would start query, key and value smaller than the paper's.
    """

    def initialize(shape, dtype=None):
        rows, columns = shape
        draw = keras.initializers.GlorotUniform
        parts = [draw()((rows, columns // num_matrices), dtype) for _ in range(num_matrices)]
        return ops.concatenate(parts, axis=1)

    return initialize
