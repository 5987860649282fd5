"""Settings of every test run: the backend, no GPU, and no more threads than there are cores."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

# Before Keras, TensorFlow or JAX is imported by any test.
BACKEND = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if "PYTEST_XDIST_WORKER" in os.environ:  # as many workers as cores: one thread each
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
# Most of the time of tests on JAX goes into compiling: less care, and nothing twice.
COMPILED = ""
if BACKEND == "jax":
    os.environ["XLA_FLAGS"] = " ".join(
        [os.environ.get("XLA_FLAGS", ""), "--xla_backend_optimization_level=0"]
    )
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # Workers have that of the first process.
        COMPILED = os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp()
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"

# The package of this folder, installed or not, here and in the processes that tests start.
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
)


def pytest_report_header(config):
    """Says which backend is under test."""
    return f"Keras backend: {BACKEND}"


def pytest_unconfigure(config):
    """Removes what was compiled for this test run."""
    if COMPILED:
        shutil.rmtree(COMPILED, ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    """Leaves out what needs TensorFlow when another backend is under test."""
    if BACKEND == "tensorflow":
        return
    left_out = [item for item in items if item.get_closest_marker("tensorflow")]
    items[:] = [item for item in items if not item.get_closest_marker("tensorflow")]
    config.hook.pytest_deselected(items=left_out)
