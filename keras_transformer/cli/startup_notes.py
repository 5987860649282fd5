"""Keeps what TensorFlow says on every start from drowning what a command says.

TensorFlow 2.21 writes its notes on the processor and on missing CUDA libraries before its own log
levels are in force. Here standard error is held back while it is imported and looks for devices;
the notes that are known are dropped, all else is written out, also when the import fails.
"""

import contextlib
import os
import re
import sys
import tempfile

from keras_transformer._import_hook import around_import_of

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
        around_import_of("tensorflow", _import_quietly)


def _import_quietly(usual, tensorflow):
    with _held_back():
        usual(tensorflow)
        tensorflow.config.list_physical_devices()


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
