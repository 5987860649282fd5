"""Checkpoints: everything comes back, nothing is half there."""

import errno
import os

import keras
import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import (
    checkpoint_step,
    list_checkpoints,
    read_checkpoint,
    read_progress,
    restore_checkpoint,
    save_checkpoint,
    training_variables,
)

INPUTS = np.random.default_rng(1).normal(size=(7, 5)).astype("float32")
LABELS = INPUTS[:, :3]


def make_model(units=11, seed=3, optimizer="adam", layers=1):
    keras.utils.set_random_seed(seed)
    dense = [keras.layers.Dense(units) for _ in range(layers)]
    model = keras.Sequential([*dense, keras.layers.Dropout(0.5), keras.layers.Dense(3)])
    model.compile(optimizer, "mse", jit_compile=False)
    model.build((None, 5))
    model.optimizer.build(model.trainable_variables)
    return model


def values(model):
    return {name: np.array(v.numpy()) for name, v in training_variables(model).items()}


def train(model, steps):
    for _ in range(steps):
        model.train_on_batch(INPUTS, LABELS)


def test_a_restored_model_goes_on_as_the_saved_one(tmp_path):
    model = make_model()
    train(model, 2)
    average = np.arange(13, dtype="float32")
    path = save_checkpoint(tmp_path, model, {"step": 2, "epoch": 1}, {"average": average})
    other = make_model(seed=17)
    progress, extra = restore_checkpoint(path, other)
    assert progress == {"step": 2, "epoch": 1}
    np.testing.assert_array_equal(extra["average"], average)
    # Dropout too: the state of its random generator is part of what came back.
    train(model, 3)
    train(other, 3)
    expected = values(model)
    assert {name.split("/")[0] for name in expected} == {"weights", "random", "optimizer"}
    for name, value in values(other).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def test_the_newest_stay(tmp_path):
    model = make_model()
    for step in (9, 100, 11):
        save_checkpoint(tmp_path, model, {"step": step}, keep=2)
    assert [checkpoint_step(path) for path in list_checkpoints(tmp_path)] == [11, 100]
    assert sorted(os.listdir(tmp_path)) == ["step-00000011.npz", "step-00000100.npz"]


def test_what_is_being_written_is_no_checkpoint(tmp_path):
    assert list_checkpoints(tmp_path / "nowhere") == []
    for name in (".new-step-00000007.npz", "step-7.txt", "step-.npz", "other"):
        (tmp_path / name).touch()
    assert list_checkpoints(tmp_path) == []


def test_a_second_one_of_the_same_step_replaces_the_first(tmp_path):
    model = make_model()
    save_checkpoint(tmp_path, model, {"step": 5, "epoch": 0})
    path = save_checkpoint(tmp_path, model, {"step": 5, "epoch": 1})
    assert read_checkpoint(path)[1]["epoch"] == 1
    assert os.listdir(tmp_path) == ["step-00000005.npz"]


@pytest.mark.parametrize("place", ["numpy.savez", "os.fsync", "pathlib.Path.replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_when_it_cannot_be_written_the_older_one_is_whole(tmp_path, monkeypatch, place, number):
    model = make_model()
    old = save_checkpoint(tmp_path, model, {"step": 5}, keep=1)

    def fail(*arguments, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(place, fail)
    message = rf"step-00000006.npz cannot be written \({os.strerror(number)}\): make room or mend"
    with pytest.raises(UserError, match=message):
        save_checkpoint(tmp_path, model, {"step": 6}, keep=1)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == [old.name]
    restore_checkpoint(old, model)


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_damaged_file_is_named(tmp_path, keep):
    model = make_model()
    path = save_checkpoint(tmp_path, model, {"step": 5})
    content = path.read_bytes()
    path.write_bytes(content[: keep if keep > 1 else int(keep * len(content))])
    before = values(model)
    with pytest.raises(UserError, match=rf"The checkpoint {path} cannot be read .*remove it to go"):
        restore_checkpoint(path, model)
    for name, value in values(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_a_flipped_bit_is_noticed(tmp_path):
    path = save_checkpoint(tmp_path, make_model(), {"step": 5})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="cannot be read"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"units": 13}, r"is of shape \(5, 11\) there and of shape \(5, 13\) here"),
        ({"layers": 2}, r"is of shape \(11, 3\) there and of shape \(11, 11\) here"),
        ({"optimizer": "nadam"}, r"optimizer/\d+ is missing there and of shape .* here"),
        ({"optimizer": "sgd"}, r"optimizer/\d+ is of shape .* there and missing here"),
    ],
    ids=str,
)
def test_another_model_is_refused_before_anything_changes(tmp_path, change, message):
    path = save_checkpoint(tmp_path, make_model(), {"step": 5})
    other = make_model(**change)
    before = values(other)
    with pytest.raises(UserError, match=f"The checkpoint {path} is of another model: .*"):
        restore_checkpoint(path, other)
    with pytest.raises(UserError, match=message):
        restore_checkpoint(path, other)
    for name, value in values(other).items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision(tmp_path, precision):
    keras.config.set_dtype_policy(precision)
    try:
        model, other = make_model(), make_model(seed=17)
    finally:
        keras.config.set_dtype_policy("float32")
    train(model, 2)
    path = save_checkpoint(tmp_path, model, {"step": int(model.optimizer.iterations)})
    restore_checkpoint(path, other)
    # In float16 steps that overflow are left out and not counted.
    assert int(other.optimizer.iterations) == int(model.optimizer.iterations)
    train(model, 2)
    train(other, 2)
    expected = values(model)
    for name, value in values(other).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_saved(tmp_path, value):
    model = make_model()
    old = save_checkpoint(tmp_path, model, {"step": 5}, keep=1)
    kernel = np.array(model.weights[0].numpy())
    kernel[1, 2] = value
    model.weights[0].assign(kernel)
    with pytest.raises(UserError, match=r"The weights are not finite at step 1,006: no checkpoint"):
        save_checkpoint(tmp_path, model, {"step": 1006}, keep=1)
    assert os.listdir(tmp_path) == [old.name]


def test_the_progress_alone(tmp_path):
    path = save_checkpoint(tmp_path, make_model(), {"step": 5, "mean": [[3, None]]})
    assert read_progress(path) == {"step": 5, "mean": [[3, None]]}
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="cannot be read"):
        read_progress(path)
