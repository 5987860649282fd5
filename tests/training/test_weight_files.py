"""Weights by name in files of their own."""

import keras
import numpy as np
import pytest

from keras_transformer.training import MovingAverage
from keras_transformer.training.weight_files import WeightFiles


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.build((None, 1))
    return model


def kept(path):
    other = keras.Sequential([keras.layers.Dense(1, use_bias=False)])
    other.build((None, 1))
    other.load_weights(path)
    return float(keras.ops.convert_to_numpy(other.weights[0].value)[0, 0])


def test_after_every_evaluation_each_kind_to_its_file(model, tmp_path):
    average = MovingAverage(0.9)
    average.average = [np.float32([[17.0]])]
    files = WeightFiles(lambda name: tmp_path / f"{name}.weights.h5", {"ema": average})
    files.set_model(model)
    model.weights[0].assign([[3.0]])
    files.on_epoch_end(0, {"loss": 1.0})
    assert list(tmp_path.iterdir()) == []
    files.on_epoch_end(1, {"loss": 1.0, "val_bleu": 2.0})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ema.weights.h5", "raw.weights.h5"]
    assert kept(tmp_path / "raw.weights.h5") == 3.0
    assert kept(tmp_path / "ema.weights.h5") == 17.0
    assert float(keras.ops.convert_to_numpy(model.weights[0].value)[0, 0]) == 3.0
