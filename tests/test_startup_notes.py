"""What TensorFlow says on every start is dropped; everything else is not."""

import os
import subprocess
import sys

import pytest

from keras_transformer.cli.startup_notes import _held_back


def test_known_notes_are_dropped_and_the_rest_comes_out(capfd):
    with _held_back():
        os.write(2, b"I0000 00:00:17.5 9 port.cc:153] oneDNN custom operations are on. And so on\n")
        os.write(2, b"E0000 00:00:17.5 9 cuda_platform.cc:52] failed call to cuInit: CUDA (999)\n")
        os.write(2, b"of Python\n")
    assert capfd.readouterr().err == (
        "E0000 00:00:17.5 9 cuda_platform.cc:52] failed call to cuInit: CUDA (999)\nof Python\n"
    )


def test_what_a_failing_import_says_comes_out(capfd):
    with pytest.raises(ImportError), _held_back():
        os.write(2, b"libcudart.so: version mismatch\n")
        raise ImportError
    assert capfd.readouterr().err == "libcudart.so: version mismatch\n"


@pytest.mark.tensorflow
def test_tensorflow_starts_quietly():
    code = (
        "from keras_transformer.cli.startup_notes import drop_startup_notes as drop; drop()\n"
        "import keras, os; os.write(2, b'after')"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    del environment["TF_CPP_MIN_LOG_LEVEL"]
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )
    assert done.stderr.decode() == "after"
