"""What Keras leaves to its backends."""

import keras
import numpy as np
import pytest

from keras_transformer.backend import compile_function, sum_over_replicas


def test_a_compiled_function_sees_the_current_weights():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    compiled = compile_function(model, lambda inputs: model(inputs) * 2)
    inputs = np.arange(6, dtype="float32").reshape(2, 3)
    for kernel in (np.ones((3, 2)), np.full((3, 2), -7.0)):
        model.layers[0].kernel.assign(kernel)
        expected = 2 * inputs @ kernel
        np.testing.assert_allclose(keras.ops.convert_to_numpy(compiled(inputs)), expected)


def test_a_compiled_function_is_traced_once_a_shape():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    traced = []

    def function(inputs):
        traced.append(1)
        return model(inputs)

    compiled = compile_function(model, function)
    for rows in (2, 5, 2, 5):
        compiled(np.ones((rows, 3), "float32"))
    if keras.backend.backend() in ("tensorflow", "jax"):
        assert len(traced) == 2


def test_one_replica_is_its_own_sum():
    assert sum_over_replicas(13.0) == 13.0


@pytest.mark.tensorflow
def test_the_sum_of_two_replicas():
    import subprocess
    import sys

    # Two virtual CPUs have to be asked for before TensorFlow starts.
    program = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from keras_transformer.backend import sum_over_replicas
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
def step():
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group
    return sum_over_replicas(tf.cast(replica, tf.float32) + 5.0)
sums = strategy.experimental_local_results(strategy.run(tf.function(step)))
print([float(one) for one in sums])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[11.0, 11.0]", done.stderr[-2000:]
