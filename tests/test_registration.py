"""Loading saved models in a fresh process, and the warning about a namesake."""

import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest

from keras_transformer import Residual, WarmupSchedule, _import_hook, _registration

DIM = 6


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model with our layers and our schedule, saved as users do, and what it answers."""
    from keras_transformer import EncoderBlock, SinusoidalPositions

    inputs = keras.Input((None, DIM))
    hidden = SinusoidalPositions()(inputs)
    outputs = EncoderBlock(num_heads=2, hidden_dim=DIM, intermediate_dim=11)(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(WarmupSchedule(DIM, 17)), "mse")
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    answer = model.predict(np.ones((1, 3, DIM), "float32"), verbose=0)
    np.save(path.with_suffix(".npy"), answer)
    return path


def python(code, *arguments):
    """What a fresh process prints."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LOAD = """
import sys
import numpy as np
model = keras.saving.load_model(sys.argv[1])
answer = model.predict(np.ones((1, 3, 6), "float32"), verbose=0)
np.testing.assert_allclose(answer, np.load(sys.argv[2]), rtol=1e-5, atol=1e-6)
print(type(model.optimizer._learning_rate).__name__)
"""


@pytest.mark.parametrize("first", ["keras", "keras_transformer"])
def test_load_model_in_safe_mode_without_custom_objects(saved, first):
    second = {"keras": "keras_transformer", "keras_transformer": "keras"}[first]
    code = f"import {first}\nimport {second}\n{LOAD}"
    assert python(code, saved, saved.with_suffix(".npy")) == "WarmupSchedule"


def test_importing_is_quick_and_brings_no_keras():
    code = """
import sys
import keras_transformer, keras_transformer.cli
from keras_transformer import Config, UserError
heavy = {"keras", "tensorflow", "jax", "numpy", "yaml", "sentencepiece", "h5py"}
print(sorted(heavy & set(sys.modules)), len([n for n in sys.modules if "." not in n]) < 150)
"""
    assert python(code) == "[] True"


def test_the_finder_serves_keras_once_and_nothing_else(monkeypatch):
    finder = _import_hook.Finder("keras", lambda usual, module: usual(module))
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    assert finder.find_spec("keras.layers") is None
    assert finder.find_spec("kerasx") is None
    assert finder in sys.meta_path
    assert finder.find_spec("keras").name == "keras"
    assert finder not in sys.meta_path


def test_every_class_of_keras_is_registered():
    for value in (Residual, WarmupSchedule):
        name = f"keras_transformer>{value.__name__}"
        assert keras.saving.get_registered_object(name) is value


def put_distribution(folder, name, version):
    folder = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_a_namesake_is_told(tmp_path, monkeypatch):
    put_distribution(tmp_path, "keras-transformer", "0.40.0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match=r"PyPI project keras-transformer 0\.40\.0 .* overwrite"):
        _registration.warn_of_namesake()


def test_our_own_distribution_is_no_namesake(tmp_path, monkeypatch):
    put_distribution(tmp_path, "keras-transformer-mt", "0.1.0")
    monkeypatch.syspath_prepend(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _registration.warn_of_namesake()
