"""The mean of the last or the best epochs, against numpy."""

import keras
import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.training import CheckpointMean
from keras_transformer.training.checkpoint import save_checkpoint

DRAW = np.random.default_rng(4)


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.build((None, 5))
    model.optimizer.build(model.trainable_variables)
    return model


def weights(model):
    return [np.array(keras.ops.convert_to_numpy(weight.value)) for weight in model.weights]


def epoch(model, mean, number):
    """Other weights; returns what they are."""
    for weight in model.weights:
        weight.assign(DRAW.normal(size=weight.shape))
    mean.set_model(model)
    mean.on_epoch_end(number)
    return weights(model)


def assert_mean(mean, members):
    for ours, theirs in zip(mean.mean(), zip(*members, strict=True), strict=True):
        assert ours.dtype == "float32"
        np.testing.assert_allclose(ours, np.mean(theirs, axis=0), rtol=1e-6, atol=1e-7)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_mean_of_the_last(model, tmp_path):
    mean = CheckpointMean(tmp_path, 3)
    assert mean.mean() is None
    seen = [epoch(model, mean, 0)]
    assert_mean(mean, seen)
    seen += [epoch(model, mean, number) for number in range(1, 5)]
    assert_mean(mean, seen[2:])
    assert mean.state() == [(2, None), (3, None), (4, None)]
    assert files(tmp_path) == ["epoch-00002.npz", "epoch-00003.npz", "epoch-00004.npz"]


def test_an_epoch_that_comes_again_takes_its_own_place(model, tmp_path):
    mean = CheckpointMean(tmp_path, 2)
    epoch(model, mean, 0)
    epoch(model, mean, 1)
    first = epoch(model, mean, 2)
    mean.restore([[1, None], [2, None]])
    second = epoch(model, mean, 2)
    assert np.abs(first[0] - second[0]).max() > 0.1
    third = epoch(model, mean, 3)
    assert_mean(mean, [second, third])


def test_the_mean_of_the_best(model, tmp_path):
    mean = CheckpointMean(tmp_path, 2, "best")
    seen = []
    for number, score in enumerate([3.0, 7.0, 1.0, 7.0, 5.0, 9.0]):
        seen.append(epoch(model, mean, number))
        mean.add(model, number, score)
        expected = {0: [0], 1: [0, 1], 2: [0, 1], 3: [1, 3], 4: [1, 3], 5: [1, 5]}[number]
        assert_mean(mean, [seen[member] for member in expected])
        assert files(tmp_path) == [f"epoch-{member:05d}.npz" for member in expected]


def test_it_is_lent_and_taken_back(model, tmp_path):
    mean = CheckpointMean(tmp_path, 2)
    seen = [epoch(model, mean, number) for number in range(3)]
    with pytest.raises(KeyError), mean.swapped_in(model):
        for ours, theirs in zip(weights(model), mean.mean(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        raise KeyError
    for ours, theirs in zip(weights(model), seen[-1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_files_stay_that_an_older_checkpoint_needs(model, tmp_path):
    checkpoints = tmp_path / "checkpoints"
    mean = CheckpointMean(tmp_path / "epochs", 2, checkpoints=checkpoints)
    seen = []
    for number in range(4):
        seen.append(epoch(model, mean, number))
        save_checkpoint(checkpoints, model, {"step": number, "mean": mean.state()}, keep=2)
    # The older checkpoint is of the epochs 1 and 2.
    assert files(tmp_path / "epochs") == [f"epoch-0000{number}.npz" for number in (0, 1, 2, 3)]
    again = CheckpointMean(tmp_path / "epochs", 2, checkpoints=checkpoints)
    again.restore([[1, None], [2, None]])
    assert_mean(again, seen[1:3])
    (checkpoints / "step-00000002.npz").write_bytes(b"damaged")
    epoch(model, mean, 4)
    assert files(tmp_path / "epochs") == [f"epoch-0000{number}.npz" for number in (2, 3, 4)]


def test_missing_and_damaged_files_are_named(model, tmp_path):
    mean = CheckpointMean(tmp_path, 2)
    for number in range(2):
        epoch(model, mean, number)
    path = tmp_path / "epoch-00001.npz"
    path.write_bytes(path.read_bytes()[:-200])
    mean.restore([[0, None], [1, None]])
    with pytest.raises(UserError, match=rf"{path}, weights at the end of an epoch, cannot be read"):
        mean.mean()
    path.unlink()
    with pytest.raises(UserError, match=rf"{path} is missing, and the mean of weights needs it"):
        mean.restore([[0, None], [1, None]])


@pytest.mark.parametrize("arguments", [(0,), (2, "first")])
def test_arguments(tmp_path, arguments):
    with pytest.raises(ValueError, match=r"`count` must be at least 1 and `choice` one of last, b"):
        CheckpointMean(tmp_path, *arguments)


def test_the_folder_may_hold_other_files(model, tmp_path):
    (tmp_path / "notes.txt").touch()
    mean = CheckpointMean(tmp_path, 1)
    for number in range(2):
        epoch(model, mean, number)
    assert files(tmp_path) == ["epoch-00001.npz", "notes.txt"]
