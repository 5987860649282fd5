"""Equation 3 of the paper, by hand, and the schedule inside an optimizer."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.training import InverseSquareRootSchedule, WarmupSchedule


def rate(schedule, iterations):
    """The learning rate of the update after `iterations` others."""
    return float(ops.convert_to_numpy(schedule(ops.convert_to_tensor(iterations))))


@pytest.mark.parametrize(
    ("iterations", "expected"),
    [
        (0, 512**-0.5 * 1 * 4000**-1.5),  # 1.746928e-7, and not zero
        (1, 512**-0.5 * 2 * 4000**-1.5),
        (999, 512**-0.5 * 1000 * 4000**-1.5),
        (3998, 512**-0.5 * 3999 * 4000**-1.5),
        (3999, 512**-0.5 * 4000**-0.5),  # the peak, 6.987712e-4
        (4000, 512**-0.5 * 4001**-0.5),
        (99_999, 512**-0.5 * 100_000**-0.5),
    ],
)
def test_equation_3_at_the_papers_sizes(iterations, expected):
    assert rate(WarmupSchedule(512, 4000), iterations) == pytest.approx(expected, rel=1e-5)
    assert rate(WarmupSchedule(512), iterations) == pytest.approx(expected, rel=1e-5)


def test_literal_numbers():
    schedule = WarmupSchedule(512, 4000)
    assert rate(schedule, 0) == pytest.approx(1.746928e-7, rel=1e-5)
    assert rate(schedule, 3999) == pytest.approx(6.987712e-4, rel=1e-5)
    assert rate(schedule, 15_999) == pytest.approx(3.493856e-4, rel=1e-5)  # 4 times, half


def test_the_peak_is_the_highest_rate():
    schedule = WarmupSchedule(11, 7, scale=3.0)
    rates = [rate(schedule, iterations) for iterations in range(23)]
    assert max(rates) == rates[6] == pytest.approx(schedule.peak, rel=1e-5)
    assert schedule.peak == pytest.approx(3 * (11 * 7) ** -0.5)


def test_scale_multiplies_everything():
    plain, scaled = WarmupSchedule(11, 7), WarmupSchedule(11, 7, scale=2.5)
    for iterations in (0, 6, 17):
        assert rate(scaled, iterations) == pytest.approx(2.5 * rate(plain, iterations))


def test_config():
    schedule = WarmupSchedule(11, warmup_steps=7, scale=0.3)
    config = schedule.get_config()
    assert config == {
        "hidden_dim": 11,
        "warmup_steps": 7,
        "scale": 0.3,
        "batches_per_update": 1,
    }
    stored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert type(stored) is WarmupSchedule
    assert stored.get_config() == config


def test_the_optimizer_follows_it_from_its_first_update():
    schedule = WarmupSchedule(11, 5)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), loss="mse")
    seen = []
    inputs, targets = np.ones((2, 3), "float32"), np.ones((2, 1), "float32")
    for _ in range(7):
        seen.append(float(ops.convert_to_numpy(model.optimizer.learning_rate)))
        model.fit(inputs, targets, verbose=0)
    expected = [rate(schedule, iterations) for iterations in range(7)]
    np.testing.assert_allclose(seen, expected, rtol=1e-5)


def test_an_optimizer_keeps_it_through_a_keras_file(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(WarmupSchedule(11, 5, scale=0.3)), loss="mse")
    inputs, targets = np.ones((2, 3), "float32"), np.ones((2, 1), "float32")
    model.fit(inputs, targets, epochs=3, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert int(loaded.optimizer.iterations) == 3
    ours, theirs = model.optimizer.learning_rate, loaded.optimizer.learning_rate
    assert float(theirs) == float(ours) == pytest.approx(0.3 * 11**-0.5 * 4 * 5**-1.5, rel=1e-5)


@pytest.mark.parametrize("wrong", [(0, 5), (11, 0), (11, 5, 0.0), (11, 5, -1.0)])
def test_wrong_arguments(wrong):
    with pytest.raises(ValueError, match="`warmup_steps` must be at least 1 and `scale` above 0"):
        WarmupSchedule(*wrong)


def test_the_other_name_of_the_same_curve():
    paper = WarmupSchedule(11, 7, scale=0.3)
    named = InverseSquareRootSchedule(paper.peak, 7)
    for iterations in (0, 3, 6, 7, 50):
        assert rate(named, iterations) == pytest.approx(rate(paper, iterations), rel=1e-5)
    stored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(named))
    assert type(stored) is InverseSquareRootSchedule
    assert stored.get_config() == named.get_config()


@pytest.mark.parametrize(
    "make",
    [lambda n: WarmupSchedule(11, 7, 0.3, n), lambda n: InverseSquareRootSchedule(0.1, 7, n)],
)
def test_updates_of_several_batches(make):
    plain, several = make(1), make(3)
    assert [rate(several, batch) for batch in range(9)] == [rate(plain, b // 3) for b in range(9)]
    with pytest.raises(ValueError, match=r"`batches_per_update` must be at least 1. Received: 0"):
        make(0)


@pytest.mark.parametrize("arguments", [(0.0, 7), (-1.0, 7), (0.1, 0)])
def test_a_peak_and_a_warmup_are_needed(arguments):
    with pytest.raises(ValueError, match=r"`peak` must be above 0 and `warmup_steps` at least 1"):
        InverseSquareRootSchedule(*arguments)
