"""Sums over the replicas of a `tf.distribute` strategy: the one module that knows of them."""

import keras


def sum_over_replicas(value):
    """`value` summed over all replicas that train together; unchanged where there is only one."""
    if keras.backend.backend() != "tensorflow":
        return value
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)
