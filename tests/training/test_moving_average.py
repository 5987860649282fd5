"""The moving average against its formula."""

import keras
import numpy as np
import pytest

from keras_transformer.training import MovingAverage

DECAY, INTERVAL = 0.9, 3


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.build((None, 5))
    return model


def weights(model):
    return [np.array(weight.numpy()) for weight in model.weights]


def run(model, average, steps, draw):
    """Random weights after each step; returns what they were."""
    seen = []
    average.set_model(model)
    for _ in range(steps):
        model.optimizer.iterations.assign_add(1)
        for weight in model.weights:
            weight.assign(draw.normal(size=weight.shape))
        seen.append(weights(model))
        average.on_train_batch_end(0)
    return seen


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_the_formula(model):
    average = MovingAverage(DECAY, INTERVAL)
    seen = run(model, average, 120, np.random.default_rng(2))
    expected = seen[0]
    for step in range(INTERVAL, 121, INTERVAL):
        decay = min(DECAY, (1 + step) / (10 + step)) ** INTERVAL
        expected = [
            decay * mean + (1 - decay) * weight
            for mean, weight in zip(expected, seen[step - 1], strict=True)
        ]
    assert_equal(average.average, expected)


def test_it_is_lent_and_taken_back(model):
    average = MovingAverage(DECAY, INTERVAL)
    (*_, raw) = run(model, average, 7, np.random.default_rng(3))
    with average.swapped_in(model):
        assert_equal(weights(model), average.average)
    for ours, theirs in zip(weights(model), raw, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(KeyError), average.swapped_in(model):
        raise KeyError
    for ours, theirs in zip(weights(model), raw, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_before_the_first_step_there_is_none(model):
    average = MovingAverage(DECAY)
    before = weights(model)
    with average.swapped_in(model):
        assert_equal(weights(model), before)
    assert average.state() == {}
    average.restore({})
    assert average.average is None


def test_it_comes_back_from_a_checkpoint(model):
    average, other = MovingAverage(DECAY, INTERVAL), MovingAverage(DECAY, INTERVAL)
    draw = np.random.default_rng(5)
    run(model, average, 4, draw)
    state = {name: array.copy() for name, array in average.state().items()}
    other.restore({**state, "metrics/0000": np.zeros(())})
    other.set_model(model)
    other_draw = np.random.default_rng()
    other_draw.bit_generator.state = draw.bit_generator.state
    run(model, average, 5, draw)
    model.optimizer.iterations.assign(4)
    run(model, other, 5, other_draw)
    for ours, theirs in zip(other.average, average.average, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("decay", [0, 1, -0.5, 1.5])
def test_decay_is_between_0_and_1(decay):
    with pytest.raises(ValueError, match=rf"`decay` must be between 0 and 1. Received: .*{decay}"):
        MovingAverage(decay)


def test_batches_without_an_update_do_not_count(model):
    """Gradients that are only accumulated, and updates left out for their overflow."""
    average = MovingAverage(DECAY, 1)
    run(model, average, 3, np.random.default_rng(7))
    before = [keras.ops.convert_to_numpy(array).copy() for array in average.average]
    for _ in range(2):
        for weight in model.weights:
            weight.assign(weight + 1.0)
        average.on_train_batch_end(0)
    assert_equal(average.average, before)
    model.optimizer.iterations.assign_add(1)
    average.on_train_batch_end(0)
    assert np.abs(keras.ops.convert_to_numpy(average.average[0]) - before[0]).max() > 0.1


def test_training_that_begins_at_a_step_waits_for_the_next(model):
    average = MovingAverage(DECAY, 1)
    model.optimizer.iterations.assign(7)
    average.set_model(model)
    average.on_train_begin()
    average.on_train_batch_end(0)  # a batch that completes no update
    assert average.average is None
