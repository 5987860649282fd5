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


def machine():
    """Processor, memory, accelerators and versions, as a dict for JSON."""
    here = {
        "processor": _processor(),
        "cores": _cores(),
        "memory_gib": _memory(),
        "accelerators": _accelerators(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
        "packages": {name: found for name in _packages() if (found := _version(name))},
    }
    return {name: value for name, value in here.items() if value is not None}


def note_machine(path, step):
    """Writes down on which machine a run goes on, unless it is where it was before.

    Args:
        path: of `machine.json`.
        step: at which the run goes on there.
    """
    machines, here = read_machines(path), machine()
    if machines and {**machines[-1], "from_step": step} == {**here, "from_step": step}:
        return
    machines = [each for each in machines if each.get("from_step", 0) < step]
    text = json.dumps([*machines, {"from_step": step, **here}], indent=1, ensure_ascii=False)
    write_text(path, text + "\n")


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


def _packages():
    backend = keras.backend.backend()
    return (*PACKAGES, backend) if backend not in PACKAGES else PACKAGES


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
