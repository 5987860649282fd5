"""What Keras leaves to its backends: compiling functions outside of `fit`, sums over replicas."""

import keras


def compile_function(model, function):
    """`function`, compiled; it may use the model's weights, whose current values are always seen.

    Args:
        model: a built Keras model.
        function: takes tensors, returns tensors; traced once for every combination of shapes.

    Returns:
        A function of the same signature.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    if backend == "jax":
        return _compile_for_jax(model, function)
    return function


def _compile_for_jax(model, function):
    """JAX would bake the weights in as constants: they are passed in as arguments instead."""
    import jax

    variables = model.variables

    @jax.jit
    def stateless(values, *inputs):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*inputs)

    return lambda *inputs: stateless([variable.value for variable in variables], *inputs)


def sum_over_replicas(value):
    """`value` summed over all replicas that train together; unchanged where there is only one."""
    if keras.backend.backend() != "tensorflow":
        return value
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)
