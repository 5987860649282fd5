"""Keeps what TensorFlow says on every start from drowning what a command says.

TensorFlow 2.21 writes its notes on the processor and on missing CUDA libraries before its own log
levels are in force. Here standard error is held back while it is imported and looks for devices;
the notes that are known are dropped, all else is written out, also when the import fails.
"""

import contextlib
import importlib.abc
import importlib.util
import os
import re
import sys
import tempfile

# Error 303: no CUDA driver on this machine. Other errors of CUDA are worth reading.
_NOTES = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog"
    rb"|[IE]\d{4} .*(oneDNN custom operations are on|Could not find cuda drivers|cuInit.*\(303\))"
    rb"|I\d{4} .*optimized to use available CPU instructions"
    rb"|To enable the following instructions:"
)


def drop_startup_notes():
    """From now on an import of TensorFlow, which may come late or never, is quiet."""
    if "tensorflow" not in sys.modules and "TF_CPP_MIN_LOG_LEVEL" not in os.environ:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
        sys.meta_path.insert(0, _AtTensorFlow())


class _AtTensorFlow(importlib.abc.MetaPathFinder):
    """Lets the import of TensorFlow go its usual way, with standard error held back."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                with _held_back():
                    execute(module)
                    module.config.list_physical_devices()

            spec.loader.exec_module = exec_module
        return spec


@contextlib.contextmanager
def _held_back():
    """Holds back what is written to standard error, by C++ too, and drops the notes in it."""
    try:
        stderr = os.dup(2)
    except OSError:  # Started without one.
        yield
        return
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not _NOTES.match(line):
                    os.write(2, line)
