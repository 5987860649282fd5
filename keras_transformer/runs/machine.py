"""The machines that a run was trained on: what they are and the versions of what ran there."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras

from keras_transformer.training.files import write_text

PACKAGES = (
    "keras-transformer-mt",
    "tensorflow",
    "keras",
    "tensorflow-text",
    "keras-nlp",
    "sentencepiece",
    "sacrebleu",
    "numpy",
)

# Environment variables that decide in which order numbers are added up.
_SUMMATION = (
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_DETERMINISTIC_OPS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
)
# What the bits of a training depend on; packages by name.
_BITS = ("processor", "cores", "accelerators", "devices", "threads", "backend")
_BIT_PACKAGES = ("keras-transformer-mt", "tensorflow", "jax", "jaxlib", "torch", "keras", "numpy")


def machine():
    """Processor, memory, accelerators and versions, as a dict for JSON."""
    here = {
        "processor": _processor(),
        "cores": _cores(),
        "memory_gib": _memory(),
        "accelerators": _accelerators(),
        "threads": _threads(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
        "packages": {name: found for name in _packages() if (found := _version(name))},
    }
    return {name: value for name, value in here.items() if value is not None}


def note_machine(path, step, devices=""):
    """Writes down on which machine a run goes on, unless it is where it was before.

    Args:
        path: of `machine.json`.
        step: at which the run goes on there.
        devices: those that train together, for people; empty: one.

    Returns:
        In what the machine before differs that bits depend on, see `differences`.
    """
    machines, here = read_machines(path), machine()
    if devices:
        here["devices"] = devices
    if machines and {**machines[-1], "from_step": step} == {**here, "from_step": step}:
        return []
    different = differences(machines[-1], here) if machines and step else []
    machines = [each for each in machines if each.get("from_step", 0) < step]
    text = json.dumps([*machines, {"from_step": step, **here}], indent=1, ensure_ascii=False)
    write_text(path, text + "\n")
    return different


def differences(before, here):
    """In what two machines differ that bits depend on: one text a difference, for people."""
    one = {"devices": "one"}
    pairs = [(name, {**one, **before}.get(name), {**one, **here}.get(name)) for name in _BITS]
    packages = [each.get("packages", {}) for each in (before, here)]
    pairs += [(name, *(each.get(name) for each in packages)) for name in _BIT_PACKAGES]
    return [f"{name} {there} there, {now} here" for name, there, now in pairs if there != now]


def read_machines(path):
    """The machines of a run, the first one first; none where the file is missing or damaged."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    found = found if isinstance(found, list) else [found]
    return [each for each in found if isinstance(each, dict)]


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores():
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _memory():
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (ValueError, OSError):  # a system that does not tell
        return None


def _accelerators():
    """Names of the devices other than processors that Keras' backend sees."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return [
            tf.config.experimental.get_device_details(device).get("device_name", device.name)
            for device in tf.config.list_physical_devices()
            if device.device_type != "CPU"
        ]
    if keras.backend.backend() == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    import torch

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def _threads():
    """Numbers of threads that were asked for, and what else decides the order of sums."""
    named = {name: os.environ[name] for name in _SUMMATION if os.environ.get(name)}
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        threading = tf.config.threading
        named["intra_op"] = threading.get_intra_op_parallelism_threads()
        named["inter_op"] = threading.get_inter_op_parallelism_threads()
    return named


def _packages():
    backend = keras.backend.backend()
    return (*PACKAGES, backend) if backend not in PACKAGES else PACKAGES


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
