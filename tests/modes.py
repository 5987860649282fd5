"""The ways in which each backend runs a function, and its gradients, for the tests."""

import keras
import numpy as np
from keras import ops, tree

BACKEND = keras.backend.backend()
MODES = {"tensorflow": ["eager", "graph", "xla"], "jax": ["eager", "xla"]}.get(BACKEND, ["eager"])
# For tests where the mode is not the point: eager JAX compiles every operation by itself.
FAST = "xla" if BACKEND == "jax" else "eager"


def run(function, *inputs, mode=FAST):
    """`function(*inputs)` as numpy arrays; inputs and outputs are nested structures of arrays."""
    inputs = tree.map_structure(ops.convert_to_tensor, inputs)
    if mode != "eager":
        if BACKEND == "tensorflow":
            import tensorflow as tf

            function = tf.function(function, jit_compile=mode == "xla")
        else:
            import jax

            function = jax.jit(function)
    return tree.map_structure(to_numpy, function(*inputs))


def gradient(function, inputs, mode=FAST):
    """The scalar `function(inputs)` and its gradient, of the shape of the array `inputs`."""
    if BACKEND == "tensorflow":
        return run(lambda x: _tensorflow_gradient(function, x), inputs, mode=mode)
    if BACKEND == "jax":
        import jax

        return run(jax.value_and_grad(function), inputs, mode=mode)
    tensor = ops.convert_to_tensor(inputs).requires_grad_(True)
    value = function(tensor)
    value.backward()
    return to_numpy(value), to_numpy(tensor.grad)


def _tensorflow_gradient(function, x):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return value, tape.gradient(value, x)


def to_numpy(tensor):
    """Half precision becomes float32, which holds it exactly."""
    array = ops.convert_to_numpy(tensor)
    return array.astype("float32") if array.dtype.name == "bfloat16" else np.asarray(array)
