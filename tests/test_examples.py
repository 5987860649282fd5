"""The examples run, and do what they say."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

EXAMPLES = Path(__file__).parent.parent / "examples"
TEXTS = ["the soup was not bad", "honestly, the train is awful!", "a word unheard of: 배", ""]

RELOADED = """
import keras_transformer
import keras
import sys

model = keras.models.load_model(sys.argv[1])

import numpy as np

texts = np.load(sys.argv[2], allow_pickle=True)
np.save(sys.argv[3], model.predict(texts, verbose=0))
"""


def load_example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def example():
    return load_example("text_classifier")


def test_text_classifier(example, tmp_path, capsys):
    """Trained, saved, and loaded by a process that knows nothing but the package."""
    path = tmp_path / "classifier.keras"
    model = example.main(str(path))
    printed = capsys.readouterr().out
    accuracy = float(printed.split("other sentences: ")[1].split("%")[0])
    assert accuracy > 95
    texts, found = tmp_path / "texts.npy", tmp_path / "found.npy"
    np.save(texts, np.array(TEXTS, dtype=object))
    command = [sys.executable, "-c", RELOADED, str(path), str(texts), str(found)]
    subprocess.run(command, check=True, timeout=300)
    predicted = np.load(found)
    expected = model.predict(np.array(TEXTS, dtype=object), verbose=0)
    np.testing.assert_allclose(predicted, expected, atol=1e-6)
    np.testing.assert_allclose(predicted.sum(-1), 1, atol=1e-5)
    assert [example.LABELS[i] for i in predicted[:2].argmax(-1)] == ["praise", "blame"]


def test_no_single_word_decides(example):
    reviews = example.make_reviews()
    assert len({text for text, _ in reviews}) == len(reviews) == 1536
    words = {word for text, _ in reviews for word in text.split()}
    for word in words:
        labels = [label for text, label in reviews if word in text.split()]
        assert sum(labels) * 2 == len(labels)
