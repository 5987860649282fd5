"""Updates of several batches equal one of all their tokens; decay spares biases and norms."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.training import (
    Adam,
    AdamW,
    InverseSquareRootSchedule,
    MaskedCrossentropy,
)
from keras_transformer.training.training_model import TrainingTransformer

DRAW = np.random.default_rng(6)
VOCABULARY = 13


def batch(padded):
    """Random ids of four sentences; the last `padded` ones have two tokens only."""
    ids = DRAW.integers(1, VOCABULARY, size=(4, 7)).astype("int32")
    ids[4 - padded :, 2:] = 0
    return {"source_ids": ids, "target_ids": ids[:, ::-1].copy()}, ids


def joined(batches):
    """All sentences in one batch."""
    inputs = {
        name: np.concatenate([inputs[name] for inputs, _ in batches])
        for name in ("source_ids", "target_ids")
    }
    return inputs, np.concatenate([labels for _, labels in batches])


def make_model(optimizer, precision="float32", target_vocabulary_size=None):
    keras.utils.set_random_seed(7)
    model = TrainingTransformer(
        VOCABULARY, target_vocabulary_size, num_encoder_layers=1, num_decoder_layers=1,
        hidden_dim=8, intermediate_dim=11, num_heads=2, dropout=0.0, norm="pre", dtype=precision,
    )  # fmt: skip
    model.build()
    model.compile(optimizer, MaskedCrossentropy(0.1), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def weights(model):
    return [ops.convert_to_numpy(weight.value).copy() for weight in model.weights]


def apart(ours, theirs):
    return max(np.abs(one - other).max() for one, other in zip(ours, theirs, strict=True))


# Numbers of tokens that differ a lot: a mean of the means of batches would be another gradient.
GROUPS = [[batch(0), batch(4), batch(3)], [batch(2), batch(4), batch(1)]]


def train(model, batches):
    for inputs, labels in batches:
        model.train_on_batch(inputs, labels)


@pytest.mark.parametrize(
    ("kind", "clip", "target_vocabulary_size"), [(Adam, 0.05, None), (AdamW, None, VOCABULARY)]
)
def test_an_update_of_batches_is_one_of_all_their_tokens(kind, clip, target_vocabulary_size):
    options = {"epsilon": 1e-3, "global_clipnorm": clip}
    rates = [InverseSquareRootSchedule(0.02, 4, batches) for batches in (3, 1)]
    several = make_model(
        kind(rates[0], gradient_accumulation_steps=3, **options),
        target_vocabulary_size=target_vocabulary_size,
    )
    at_once = make_model(kind(rates[1], **options), target_vocabulary_size=target_vocabulary_size)
    before = weights(several)
    for group in GROUPS:
        train(several, group[:2])
        np.testing.assert_array_equal(before[0], weights(several)[0])  # nothing moves before
        rates = [ops.convert_to_numpy(each.optimizer.learning_rate) for each in (several, at_once)]
        assert rates[0] == rates[1]  # it counts updates
        train(several, group[2:])
        train(at_once, [joined(group)])
        assert apart(weights(several), before) > 1e-3
        assert apart(weights(several), weights(at_once)) < 2e-6
        before = weights(several)
    assert int(several.optimizer.iterations) == int(at_once.optimizer.iterations) == 2


def test_clipping_acts_on_the_gradient_of_the_update():
    """With SGD's step the length of the update is the learning rate times the clipped norm."""

    class ClippedStep(Adam):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_sub(variable, gradient * ops.cast(learning_rate, gradient.dtype))

    model = make_model(ClippedStep(1.0, gradient_accumulation_steps=3, global_clipnorm=0.01))
    before = weights(model)
    train(model, GROUPS[0])
    squares = [((a - b) ** 2).sum() for a, b in zip(weights(model), before, strict=True)]
    assert np.sqrt(sum(squares)) == pytest.approx(0.01, rel=1e-3)


def test_decay_spares_biases_and_norms():
    with_decay = make_model(AdamW(0.01, weight_decay=0.5))
    without = make_model(AdamW(0.01, weight_decay=0.0))
    before = weights(without)
    train(with_decay, GROUPS[0][:1])
    train(without, GROUPS[0][:1])
    for variable, start, ours, theirs in zip(
        with_decay.weights, before, weights(with_decay), weights(without), strict=True
    ):
        spared = any(word in variable.name for word in ("bias", "gamma", "beta"))
        expected = theirs if spared else theirs - 0.01 * 0.5 * start
        np.testing.assert_allclose(ours, expected, atol=1e-6, err_msg=variable.path)
    assert {variable.name for variable in with_decay.weights} >= {"embeddings", "gamma", "beta"}


@pytest.mark.parametrize("kind", [Adam, AdamW])
def test_it_survives_being_saved(kind):
    optimizer = kind(0.01, gradient_accumulation_steps=3)
    stored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(stored) is kind
    assert stored.gradient_accumulation_steps == 3
    if kind is AdamW:
        assert stored._exclude_from_weight_decay_pattern


def test_a_gradient_that_overflows_in_float16_is_left_out_whole():
    model = make_model(Adam(0.01, gradient_accumulation_steps=3), "mixed_float16")
    optimizer = model.optimizer
    assert type(optimizer).__name__ == "LossScaleOptimizer"
    train(model, GROUPS[0][:1])
    kept = float(ops.convert_to_numpy(optimizer.inner_optimizer.update_tokens.value))
    assert kept == 28
    optimizer.dynamic_scale.assign(1e38)
    before = weights(model)
    train(model, GROUPS[0][1:2])
    assert float(ops.convert_to_numpy(optimizer.dynamic_scale.value)) == pytest.approx(5e37)
    assert float(ops.convert_to_numpy(optimizer.inner_optimizer.update_tokens.value)) == kept
    optimizer.dynamic_scale.assign(1024.0)
    train(model, GROUPS[0][1:])
    assert int(optimizer.iterations) == 1
    assert apart(weights(model), before) > 1e-4
    assert all(np.isfinite(array).all() for array in weights(model))
