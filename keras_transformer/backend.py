"""What Keras leaves to its backends: compiling outside of `fit`, sums over replicas, gathering."""

import os

import keras
import numpy as np
from keras import ops


def compile_function(model, function):
    """`function`, compiled; it may use the model's weights, whose current values are always seen.

    Args:
        model: a built Keras model.
        function: takes tensors, returns tensors; traced once for every combination of shapes.

    Returns:
        A function of the same signature, through which no gradient flows.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        # Nothing here needs AutoGraph, and its conversion takes longer than all the tracing.
        return tf.function(function, autograph=False)
    if backend == "jax":
        return _compile_for_jax(model, function)
    import torch

    # Nothing that is compiled here is trained; recording it would keep every cache of every step.
    return torch.no_grad()(function)


def _compile_for_jax(model, function):
    """JAX would bake the weights in as constants: they are passed in as arguments instead."""
    import jax

    variables = model.variables

    @jax.jit
    def stateless(values, *inputs):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*inputs)

    return lambda *inputs: stateless([variable.value for variable in variables], *inputs)


def make_deterministic():
    """Has the backend use only operations that give the same bits every time, where it has a say.

    To be called before the first computation of the process.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif backend == "jax":
        flags = os.environ.get("XLA_FLAGS", "")
        if "--xla_gpu_deterministic_ops" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()
    else:
        import torch

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else products on a GPU fail
        torch.use_deterministic_algorithms(True)


def num_replicas():
    """How many replicas train together under the strategy of TensorFlow that is in force."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(value):
    """Summed over all replicas that train together; unchanged where there is only one.

    Args:
        value: a tensor, or a list of tensors, in which None stays None.
    """
    if keras.backend.backend() != "tensorflow":
        return value
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    if not isinstance(value, list):
        return context.all_reduce(tf.distribute.ReduceOp.SUM, value)
    present = [each for each in value if each is not None]
    sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, present))
    return [None if each is None else next(sums) for each in value]


def copies_of(variable):
    """The copies of a Keras variable in this process: one a replica, or the variable itself."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        value = getattr(variable, "value", None)
        if isinstance(value, tf.distribute.DistributedValues):
            return list(value.values)
    return [variable]


def dense(gradient):
    """A gradient as one tensor of the variable's shape; None stays None.

    TensorFlow gives the gradient of an embedding as one row for each token of the batch. The
    optimizers of Keras would square and measure these rows one by one instead of their sums.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if isinstance(gradient, tf.IndexedSlices):
            return tf.convert_to_tensor(gradient)
    return gradient


def read(variable):
    """The value of a Keras variable, or a number, as numpy: of its first copy in this process."""
    copy = copies_of(variable)[0]
    return np.array(
        ops.convert_to_numpy(getattr(copy, "value", copy) if copy is variable else copy)
    )


def steps_of(model):
    """The number of updates that a compiled model has had."""
    return int(read(model.optimizer.iterations))


def gather_rows(values, indices):
    """For each row `b`, the entries `indices[b]` of `values[b]`.

    Args:
        values: `(B, N, ...)`.
        indices: `(B, M)` integers from 0 to N - 1.

    Returns:
        `(B, M, ...)`.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # One operation; `ops.take_along_axis` would be twenty.
        return tf.gather(values, indices, batch_dims=1)
    shape = (*indices.shape, *(1 for _ in values.shape[2:]))
    return ops.take_along_axis(values, ops.reshape(indices, shape), axis=1)
