"""R-Drop against its paper's equation, and a training that uses it."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.training import MaskedCrossentropy
from keras_transformer.training.r_drop import r_drop_loss
from keras_transformer.training.training_model import TrainingTransformer
from tests.modes import MODES, gradient, to_numpy
from tests.training.test_masked_crossentropy import BATCH, LENGTH, VOCABULARY, labels, plain_loss


def two_passes(scale=2.0):
    random = np.random.default_rng(3)
    shape = (2, BATCH, LENGTH, VOCABULARY)
    return (scale * random.normal(size=shape)).astype("float32")


def plain_r_drop(y_true, passes, smoothing, weight, padding_id):
    """The same number in the paper's words, differentiated by the backend."""
    one, other = (ops.log_softmax(passes[i], axis=-1) for i in range(2))
    apart = ops.sum(ops.exp(one) * (one - other) + ops.exp(other) * (other - one), axis=-1) / 2
    real = ops.cast(ops.not_equal(y_true, padding_id), "float32")
    losses = [plain_loss(y_true, passes[i], smoothing, padding_id) for i in range(2)]
    return (losses[0] + losses[1] + weight * ops.sum(apart * real) / ops.sum(real)) / 2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("smoothing", "weight"), [(0.0, 5.0), (0.1, 0.7)])
def test_value_and_gradient(mode, smoothing, weight):
    y_true = ops.convert_to_tensor(labels(padding_id=4))
    loss = MaskedCrossentropy(smoothing, padding_id=4)
    ours = gradient(
        lambda x: 3.0 * r_drop_loss(loss, y_true, x[0], x[1], weight), two_passes(), mode=mode
    )
    theirs = gradient(
        lambda x: 3.0 * plain_r_drop(y_true, x, smoothing, weight, 4), two_passes(), mode=mode
    )
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5)
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-6)
    assert np.abs(theirs[1]).max() > 0.01
    assert not ours[1][:, labels(padding_id=4) == 4].any()


def test_passes_that_agree_are_one_pass():
    y_true = ops.convert_to_tensor(labels())
    loss = MaskedCrossentropy(0.1)
    same = ops.convert_to_tensor(two_passes()[0])
    ours = to_numpy(r_drop_loss(loss, y_true, same, same, 5.0))
    np.testing.assert_allclose(ours, to_numpy(loss(y_true, same)), rtol=1e-6)


def test_extreme_logits_stay_finite():
    y_true = ops.convert_to_tensor(labels())
    loss = MaskedCrossentropy(0.1)
    found = gradient(lambda x: r_drop_loss(loss, y_true, x[0], x[1], 5.0), two_passes(1e4))
    assert np.isfinite(found[0])
    assert np.isfinite(found[1]).all()


def test_weights_of_sentences():
    y_true = ops.convert_to_tensor(labels())
    loss = MaskedCrossentropy(0.1)
    first, second = map(ops.convert_to_tensor, two_passes())
    rows = [
        to_numpy(r_drop_loss(loss, y_true, first, second, 5.0, sample_weight=np.eye(BATCH)[row]))
        for row in range(BATCH)
    ]
    weights = np.float32([3.0, 0.0, 0.5])
    ours = to_numpy(r_drop_loss(loss, y_true, first, second, 5.0, sample_weight=weights))
    np.testing.assert_allclose(ours, np.dot(weights, rows), rtol=1e-5)


IDS = np.random.default_rng(5).integers(1, 13, size=(5, 7)).astype("int32")


def trained(r_drop, dropout, steps=3, **options):
    """Loss of each step, and the model."""
    keras.utils.set_random_seed(7)
    model = TrainingTransformer(
        13, num_encoder_layers=1, num_decoder_layers=1, hidden_dim=8, intermediate_dim=11,
        num_heads=2, dropout=dropout,
    )  # fmt: skip
    model.build()
    model.r_drop = r_drop
    model.compile(keras.optimizers.SGD(0.1), MaskedCrossentropy(0.1), **options)
    batch = {"source_ids": IDS, "target_ids": IDS[:, ::-1].copy()}
    return [float(model.train_on_batch(batch, IDS)) for _ in range(steps)], model


@pytest.mark.tensorflow  # once is enough: five programs to compile
def test_two_passes_differ_by_their_dropout_only():
    plain, _ = trained(0.0, dropout=0.0)
    agreeing, _ = trained(5.0, dropout=0.0)
    np.testing.assert_allclose(agreeing, plain, rtol=1e-5)
    apart, model = trained(5.0, dropout=0.4)
    assert apart[0] > trained(1e-6, dropout=0.4)[0][0] + 0.001
    # Validation sees one pass, without dropout.
    batch = {"source_ids": IDS, "target_ids": IDS[:, ::-1].copy()}
    expected = to_numpy(MaskedCrossentropy(0.1)(IDS, model(batch, training=False)))
    assert model.test_on_batch(batch, IDS) == pytest.approx(float(expected), rel=1e-5)


def test_the_loss_is_learned():
    losses, _ = trained(5.0, dropout=0.2, steps=30)
    assert losses[-1] < losses[0] - 0.1
