"""The loss against Keras' own, and its gradient against automatic differentiation."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.training import MaskedCrossentropy
from tests.modes import MODES, gradient, run, to_numpy

BATCH, LENGTH, VOCABULARY = 3, 7, 11


def logits(scale=2.0):
    random = np.random.default_rng(0)
    return (scale * random.normal(size=(BATCH, LENGTH, VOCABULARY))).astype("float32")


def labels(padding_id=0, lengths=(7, 2, 4)):
    real = np.random.default_rng(1).integers(0, VOCABULARY - 1, size=(BATCH, LENGTH))
    real += real >= padding_id
    padding = np.arange(LENGTH)[None] >= np.array(lengths)[:, None]
    return np.where(padding, padding_id, real).astype("int32")


def value(loss, y_true, y_pred):
    return float(run(lambda y, x: loss(y, x), y_true, y_pred))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.37])
def test_equals_keras_on_the_real_tokens(smoothing):
    y_true, y_pred = labels(), logits()
    real = y_true != 0
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    one_hot = np.eye(VOCABULARY, dtype="float32")[y_true[real]]
    expected = float(ops.convert_to_numpy(theirs(one_hot, y_pred[real])))
    ours = value(MaskedCrossentropy(smoothing), y_true, y_pred)
    assert ours == pytest.approx(expected, rel=1e-6)


def test_by_hand():
    # Two tokens of two rows; the right one has probability 1/4 and 1/2: (ln 4 + ln 2) / 2.
    y_pred = np.log(np.array([[[1, 2, 1], [9, 1, 1]], [[1, 1, 2], [1, 9, 1]]], "float32"))
    y_true = np.array([[2, 0], [2, 0]], "int32")
    expected = (np.log(4) + np.log(2)) / 2
    assert value(MaskedCrossentropy(), y_true, y_pred) == pytest.approx(expected, rel=1e-6)
    # Smoothed: each of the three classes gets 0.3 / 3 more of the mass, the right one keeps 0.7.
    log = np.log([[0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])
    expected = np.mean([-0.7 * row[2] - 0.1 * row.sum() for row in log])
    assert value(MaskedCrossentropy(0.3), y_true, y_pred) == pytest.approx(expected, rel=1e-6)


def test_another_padding_id():
    y_pred = logits()
    y_true = labels(padding_id=4)
    real = y_true != 4
    assert (y_true == 0).any()
    expected = -np.log(np.take_along_axis(softmax(y_pred), y_true[..., None], -1))[real].mean()
    ours = value(MaskedCrossentropy(padding_id=4), y_true, y_pred)
    assert ours == pytest.approx(expected, rel=1e-5)
    assert value(MaskedCrossentropy(), y_true, y_pred) != pytest.approx(expected, rel=1e-3)


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def plain_loss(y_true, y_pred, smoothing, padding_id=0):
    """The same number with a one-hot and without a gradient of its own."""
    real = ops.cast(ops.not_equal(y_true, padding_id), "float32")
    wanted = (1 - smoothing) * ops.one_hot(y_true, VOCABULARY) + smoothing / VOCABULARY
    losses = -ops.sum(wanted * ops.log_softmax(y_pred, axis=-1), axis=-1)
    return ops.sum(losses * real) / ops.sum(real)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_gradient_equals_automatic_differentiation(smoothing, mode):
    y_true = ops.convert_to_tensor(labels(padding_id=4))
    loss = MaskedCrossentropy(smoothing, padding_id=4)
    ours = gradient(lambda x: 3.0 * loss(y_true, x), logits(), mode=mode)
    theirs = gradient(lambda x: 3.0 * plain_loss(y_true, x, smoothing, 4), logits(), mode=mode)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-7)
    assert np.abs(theirs[1]).max() > 0.01
    assert not ours[1][labels(padding_id=4) == 4].any()


def test_extreme_logits_stay_finite():
    y_pred = logits(scale=1e4)
    loss = MaskedCrossentropy(0.1)
    y_true = ops.convert_to_tensor(labels())
    found, slope = gradient(lambda x: loss(y_true, x), y_pred)
    expected = to_numpy(plain_loss(y_true, ops.convert_to_tensor(y_pred), 0.1))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.isfinite(slope).all()


def test_padding_counts_for_nothing_whatever_its_logits():
    y_true, y_pred = labels(), logits()
    loss = MaskedCrossentropy(0.1)
    noisy = np.where((y_true == 0)[..., None], 1e30, y_pred).astype("float32")
    assert value(loss, y_true, noisy) == value(loss, y_true, y_pred)
    wider = np.pad(y_true, ((0, 0), (0, 5))), np.pad(y_pred, ((0, 0), (0, 5), (0, 0)))
    assert value(loss, *wider) == pytest.approx(value(loss, y_true, y_pred), rel=1e-6)


def test_a_batch_without_a_token_is_zero():
    loss = MaskedCrossentropy(0.1)
    y_true = ops.zeros((BATCH, LENGTH), "int32")
    found, slope = gradient(lambda x: loss(y_true, x), logits())
    assert found == 0
    assert not slope.any()


def test_logits_in_half_precision_and_large_ids():
    # 1001 in bfloat16 would be 1000.
    y_pred = np.zeros((1, 2, 1013), "float32")
    y_pred[0, :, 1001] = 8.0
    y_true = np.array([[1001, 1001]], "int32")
    half = ops.cast(y_pred, "bfloat16")
    loss = MaskedCrossentropy(dtype="bfloat16")
    found = loss(ops.convert_to_tensor(y_true), half)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    expected = np.log(np.exp(8) + 1012) - 8
    assert float(to_numpy(found)) == pytest.approx(expected, rel=1e-5)


def test_config():
    loss = MaskedCrossentropy(0.1, padding_id=4, name="some_name")
    config = loss.get_config()
    assert config == {"name": "some_name", "label_smoothing": 0.1, "padding_id": 4}
    stored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert type(stored) is MaskedCrossentropy
    assert stored.get_config() == config


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_wrong_arguments(smoothing):
    with pytest.raises(ValueError, match=r"`label_smoothing` must be in \[0, 1\)"):
        MaskedCrossentropy(smoothing)


def test_weights_of_sentences_and_of_tokens():
    loss, y_true, y_pred = MaskedCrossentropy(0.1), labels(), logits()
    weights = np.float32([2.0, 0.0, 0.25])
    one_by_one = [
        float(to_numpy(loss(y_true, y_pred, sample_weight=np.eye(BATCH, dtype="float32")[row])))
        for row in range(BATCH)
    ]
    assert sum(one_by_one) == pytest.approx(value(loss, y_true, y_pred), rel=1e-6)
    ours = float(to_numpy(loss(y_true, y_pred, sample_weight=weights)))
    assert ours == pytest.approx(np.dot(weights, one_by_one), rel=1e-6)
    by_token = np.repeat(weights[:, None], LENGTH, axis=1)
    assert float(to_numpy(loss(y_true, y_pred, sample_weight=by_token))) == pytest.approx(ours)
