"""The ways in which each backend runs a function, and its gradients, for the tests."""

import keras
import numpy as np
from keras import ops, tree

BACKEND = keras.backend.backend()
MODES = {"tensorflow": ["eager", "graph", "xla"], "jax": ["eager", "xla"]}.get(BACKEND, ["eager"])
# For tests where the mode is not the point: eager JAX compiles every operation by itself.
FAST = "xla" if BACKEND == "jax" else "eager"


def compiled(function, mode=FAST):
    """`function` on nested structures of numpy arrays, run in one of the backend's modes."""
    if mode != "eager" and BACKEND == "tensorflow":
        import tensorflow as tf

        function = tf.function(function, jit_compile=mode == "xla")
    elif mode != "eager":
        import jax

        function = jax.jit(function)

    def call(*inputs):
        inputs = tree.map_structure(ops.convert_to_tensor, inputs)
        return tree.map_structure(to_numpy, function(*inputs))

    return call


def run(function, *inputs, mode=FAST):
    """`function(*inputs)` once."""
    return compiled(function, mode)(*inputs)


def with_gradient(function):
    """A function that returns a scalar -> one that returns it and its gradient by the first input.

    Where `function` returns a scalar and something else, so does the new one in the scalar's place.
    """
    if BACKEND == "tensorflow":
        return lambda *inputs: _tensorflow_gradient(function, *inputs)
    if BACKEND == "jax":
        return lambda *inputs: _jax_gradient(function, *inputs)
    return lambda *inputs: _torch_gradient(function, *inputs)


def _tensorflow_gradient(function, x, *others):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x, *others)
    return value, tape.gradient(value[0] if isinstance(value, tuple) else value, x)


def _jax_gradient(function, x, *others):
    import jax

    def scalar_first(x):
        value = function(x, *others)
        return (value[0] if isinstance(value, tuple) else value), value

    slope, value = jax.grad(scalar_first, has_aux=True)(x)
    return value, slope


def _torch_gradient(function, x, *others):
    x.requires_grad_(True)
    value = function(x, *others)
    (value[0] if isinstance(value, tuple) else value).backward()
    return value, x.grad


def gradient(function, *inputs, mode=FAST):
    """The scalar `function(*inputs)` and its gradient by the first of `inputs`, once."""
    return compiled(with_gradient(function), mode)(*inputs)


def to_numpy(tensor):
    """Half precision becomes float32, which holds it exactly."""
    array = ops.convert_to_numpy(tensor)
    return array.astype("float32") if array.dtype.name == "bfloat16" else np.asarray(array)
