"""Files that are whole or not there."""

import errno
import os

import h5py
import keras
import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.training import files


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(3)])
    model.build((None, 5))
    return model


def test_a_new_text_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "new" / "folder" / "text"
    files.write_text(path, "ein\n")
    files.write_text(path, "zweites, 둘\n")
    assert path.read_text(encoding="utf-8") == "zweites, 둘\n"
    assert os.listdir(path.parent) == ["text"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("written", [0, 3])
def test_what_was_there_stays_when_writing_fails(tmp_path, number, written):
    path = tmp_path / "text"
    path.write_text("before")
    message = rf"{path} cannot be written \({os.strerror(number)}\): make room or mend"
    with pytest.raises(UserError, match=message), files.replacing(path) as temporary:
        temporary.write_text("x" * written)
        raise OSError(number, os.strerror(number))
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["text"]


def test_other_errors_pass(tmp_path):
    with pytest.raises(KeyError), files.replacing(tmp_path / "text"):
        raise KeyError("no matter of files")


def test_weights_come_back(model, tmp_path):
    path = tmp_path / "model.weights.h5"
    files.save_weights(model, path)
    kernel = model.weights[0].numpy()
    model.weights[0].assign(np.zeros_like(kernel))
    model.load_weights(path)
    np.testing.assert_array_equal(model.weights[0].numpy(), kernel)
    assert os.listdir(tmp_path) == ["model.weights.h5"]


def test_weights_are_all_there_is(model, tmp_path):
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 5)), np.ones((2, 3)))
    optimizer = model.optimizer
    files.save_weights(model, tmp_path / "model.weights.h5")
    assert model.optimizer is optimizer
    with h5py.File(tmp_path / "model.weights.h5") as file:
        assert len(file["layers"]) == 1
        assert not file.get("optimizer", {}).get("vars", {})


def test_room_is_made_sure_of_before_hdf5_begins(model, tmp_path, monkeypatch):
    path = tmp_path / "model.weights.h5"
    sizes = []

    def save(self, temporary, overwrite):
        assert not temporary.exists()
        temporary.write_text("weights")

    monkeypatch.setattr(keras.Sequential, "save_weights", save)
    monkeypatch.setattr(files, "_reserve", lambda path, size: sizes.append(size))
    files.save_weights(model, path)
    assert sizes[0] > 4 * (3 * 5 + 3)
    assert path.read_text() == "weights"


def test_reserving_writes_all_of_it(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(files, "_BLOCK", 7)
    monkeypatch.setattr(files.Path, "unlink", lambda path: written.append(path.stat().st_size))
    files._reserve(tmp_path / "a", 37)
    assert written == [37]
