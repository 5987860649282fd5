"""The whole way from files to translations on JAX, where TensorFlow cannot be imported."""

import os
import subprocess
import sys

import pytest

from tests.runs import tiny

pytestmark = pytest.mark.tensorflow  # once is enough, whatever backend the others run on

SCRIPT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "keras_nlp", "keras_hub"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])

sys.meta_path.insert(0, Blocked())
import importlib.util

find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name.partition(".")[0] == "tensorflow" else find_spec(name, *rest)
)

from pathlib import Path
from keras_transformer import Translator
from keras_transformer.runs.train import train
from tests.runs import tiny

corpus, run = map(Path, sys.argv[1:])
# TensorBoard is asked for, and left out.
changes = {"training__tensorboard": "true", "training__checkpoint_steps": 1}
train(tiny.config(corpus, training__max_steps=2, **changes), run)
print("translations", len(Translator.load(run).translate(["가 나", "", "다"])))
train(tiny.config(corpus, training__max_steps=3, **changes), run)
import keras
print("backend", keras.backend.backend(), "tensorflow" in sys.modules)
"""


def test_train_translate_resume(tmp_path):
    tiny.write_corpus(tmp_path)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    environment["XLA_FLAGS"] = "--xla_backend_optimization_level=0"  # half the time
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path, tmp_path / "run"],
        capture_output=True, text=True, env=environment, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "translations 3" in done.stdout
    assert "Resuming at step 2, epoch 1." in done.stdout
    assert "backend jax False" in done.stdout
    assert [line["step"] for line in tiny.history(tmp_path / "run")] == [3]
    assert not (tmp_path / "run" / "logs").exists()
