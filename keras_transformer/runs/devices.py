"""On which devices a run is trained: one, several of a machine, or several machines."""

import contextlib
import json
import os

import keras

from keras_transformer.data.batch_split import BatchSplit
from keras_transformer.data.replica_iterators import Retirement, distributed
from keras_transformer.errors import UserError
from keras_transformer.training.team import Alone, Team

_BACKENDS = {"mirrored": "tensorflow", "multi_worker": "tensorflow", "data_parallel": "jax"}


class Devices:
    """What a run has to know of its devices. This one is of a single device.

    Attributes:
        description: for people; one device has none.
        num_replicas: how many replicas of the model there are, on all machines.
        first_replica: number of the first one in this process.
        split: `BatchSplit` among them.
        team: `Alone` or `Team`: the processes that take part.
    """

    description = ""
    num_replicas = 1
    first_replica = 0

    def __init__(self):
        self.split = BatchSplit()
        self.team = Alone()

    @contextlib.contextmanager
    def scope(self):
        """What is made inside is there for all replicas."""
        yield

    def close(self):
        """To be called when training is over."""


class _Replicas(Devices):
    """Under a strategy of TensorFlow."""

    def __init__(self, strategy, description, worker=0, team=None):
        self.strategy = strategy
        self.description = description
        self.num_replicas = strategy.num_replicas_in_sync
        count = len(strategy.extended.worker_devices)  # in this process
        self.first_replica = worker * count
        self.split = BatchSplit(
            self.num_replicas,
            range(self.first_replica, self.first_replica + count),
            self._distributed,
        )
        self.team = team or Alone()
        self._retirements = []

    def _distributed(self, make):
        self._retirements.append(Retirement())
        return distributed(self.strategy, make, self._retirements[-1])

    def scope(self):
        return self.strategy.scope()

    def close(self):
        for retirement in self._retirements:
            retirement.close()


class _DataParallel(Devices):
    """Devices of one process in JAX."""

    def __init__(self, devices, description):
        self.description = description
        self.num_replicas = len(devices)
        self.split = BatchSplit(self.num_replicas)
        self.team = Alone()
        distribution = keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
        keras.distribution.set_distribution(distribution)

    def close(self):
        keras.distribution.set_distribution(None)


def choose_devices(training):
    """The devices that the settings, the backend and the environment name.

    To be called before anything is computed in this process.

    Args:
        training: the `training` settings.

    Returns:
        `Devices`.

    Raises:
        UserError: they are not there, or settings exclude each other.
    """
    backend = keras.backend.backend()
    wanted = training.strategy
    needed = _BACKENDS.get(wanted, backend)
    if needed != backend:
        raise UserError(
            f"training.strategy is {wanted}, which Keras has on {needed}, and Keras runs on "
            f"{backend}: set KERAS_BACKEND={needed}, or another strategy."
        )
    if wanted == "none":
        return Devices()
    workers, worker = _cluster(os.environ.get("TF_CONFIG", ""))
    if wanted == "multi_worker" or (wanted == "auto" and len(workers) > 1):
        return _several_machines(training, workers, worker)
    if backend == "tensorflow":
        return _mirrored(training)
    if backend == "jax":
        return _data_parallel(training)
    return Devices()


def _cluster(text):
    """Addresses of the workers in `TF_CONFIG`, the chief first, and the number of this one."""
    try:
        described = json.loads(text or "{}")
        cluster = described.get("cluster", {})
        workers = [*cluster.get("chief", []), *cluster.get("worker", [])]
        task = described.get("task", {})
        worker = int(task.get("index", 0))
        if task.get("type", "worker") == "worker":
            worker += len(cluster.get("chief", []))
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"The environment variable TF_CONFIG cannot be read ({error}): expected JSON such as "
            '{"cluster": {"worker": ["one:2222", "two:2222"]}, '
            '"task": {"type": "worker", "index": 0}}.'
        ) from error
    if workers and not 0 <= worker < len(workers):
        raise UserError(
            f"TF_CONFIG says that this is worker {worker}, and names {len(workers)} workers: give "
            f"an index from 0 to {len(workers) - 1}."
        )
    return workers, worker


def _several_machines(training, workers, worker):
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            "TF_CONFIG names several machines, and Keras trains on several machines on tensorflow "
            f"only, not on {keras.backend.backend()}: set KERAS_BACKEND=tensorflow, or "
            "training.strategy to none."
        )
    if len(workers) < 2:
        raise UserError(
            "training.strategy is multi_worker, and the environment variable TF_CONFIG names fewer "
            "than two workers: set it on every machine, as docs/how-to/several-devices.md shows."
        )
    if training.devices:
        raise UserError(
            "training.devices is for the devices of one machine: set it to 0 with several "
            "machines, and CUDA_VISIBLE_DEVICES to choose GPUs."
        )
    _check_settings(training)
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    count = strategy.num_replicas_in_sync
    description = (
        f"multi_worker, {count} replicas on {len(workers)} machines; this is worker {worker + 1}"
    )
    return _Replicas(strategy, description, worker, Team(strategy, worker))


def _mirrored(training):
    import tensorflow as tf

    gpus = [f"GPU:{n}" for n in range(len(tf.config.list_physical_devices("GPU")))]
    names = _chosen(training, gpus, "tensorflow")
    if len(names) < 2:
        return Devices()
    _check_settings(training)
    if not gpus:
        _divide_processor(len(names))
    return _Replicas(tf.distribute.MirroredStrategy(names), f"mirrored, {_list(names)}")


def _divide_processor(count):
    """Makes the processor look like several devices."""
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * count
    if len(tf.config.get_logical_device_configuration(processor) or []) == count:
        return
    try:
        tf.config.set_logical_device_configuration(processor, parts)
    except RuntimeError as error:
        raise UserError(
            f"training.devices is {count}, and TensorFlow has started without as many in this "
            "process: start a new one."
        ) from error


def _data_parallel(training):
    import jax

    if training.devices > 1 and "host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        # Too late where JAX has started: then there are as many as there are.
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", training.devices)
    names = keras.distribution.list_devices()
    gpus = [] if jax.default_backend() == "cpu" else names
    chosen = _chosen(training, gpus, "jax")
    if len(chosen) < 2:
        return Devices()
    if len(names) < len(chosen):
        raise UserError(
            f"training.devices is {len(chosen)}, and jax has started with {len(names)} in this "
            "process: start a new one."
        )
    return _DataParallel(chosen, f"data_parallel, {_list(chosen)}")


def _chosen(training, accelerators, backend):
    """Names of the devices to use; of parts of the processor where that is asked for."""
    count, wanted = training.devices, training.strategy
    if not accelerators:
        if wanted == "auto" and count < 2:
            return []
        if count < 2:
            raise UserError(
                f"training.strategy is {wanted}, and {backend} sees no GPU: set "
                "training.strategy to none, or training.devices to 2 to divide the processor."
            )
        return [f"{'CPU' if backend == 'tensorflow' else 'cpu'}:{n}" for n in range(count)]
    if count > len(accelerators):
        raise UserError(
            f"training.devices is {count}, and {backend} sees {len(accelerators)}: "
            f"{_list(accelerators)}; give a smaller number, or 0 for all."
        )
    return accelerators[: count or None]


def _list(names):
    return f"{len(names)} replicas on {', '.join(names)}"


def _check_settings(training):
    """What TensorFlow does not do with several replicas.

    float16: a gradient that overflows on one replica only would make the weights not finite.
    Accumulation: Keras asks for a condition in which replicas cannot wait for each other.
    """
    reason = None
    if training.precision == "mixed_float16":
        reason = "training.precision mixed_float16 does not work", "set it to mixed_bfloat16"
    elif training.batches_per_update > 1:
        reason = (
            "training.update_tokens does not work",
            "set it to 0 and raise training.batch_tokens, which all devices share",
        )
    elif training.jit_compile == "true":
        reason = "training.jit_compile true does not work", "set it to auto"
    if reason:
        raise UserError(
            f"{reason[0]} with several replicas in TensorFlow: {reason[1]}, or "
            "training.strategy to none."
        )
