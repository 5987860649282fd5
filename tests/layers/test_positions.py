"""The three kinds of positions against their equations, written out."""

import math

import numpy as np
import pytest
from keras import ops

from keras_transformer.layers import LearnedPositions, RotaryPositions, SinusoidalPositions

BATCH, LENGTH, FEATURES = 3, 7, 10


def normal(*shape):
    return np.random.default_rng(5).normal(size=shape).astype("float32")


def sinusoid(position, feature, features=FEATURES):
    """Vaswani et al. 2017, section 3.5."""
    angle = position / 10000 ** (2 * (feature // 2) / features)
    return math.sin(angle) if feature % 2 == 0 else math.cos(angle)


@pytest.mark.parametrize("start", [0, 4])
def test_sinusoidal_is_the_equation_of_the_paper(start):
    inputs = normal(BATCH, LENGTH, FEATURES)
    outputs = ops.convert_to_numpy(SinusoidalPositions()(inputs, start_index=start))
    table = [[sinusoid(start + p, f) for f in range(FEATURES)] for p in range(LENGTH)]
    np.testing.assert_allclose(outputs - inputs, np.broadcast_to(table, inputs.shape), atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_sinusoidal_in_half_precision_is_the_rounded_float32(policy):
    layer = SinusoidalPositions(dtype=policy)
    outputs = layer(np.zeros((1, 1021, FEATURES), "float32"))
    outputs = ops.convert_to_numpy(ops.cast(outputs, "float32"))[0]
    exact = ops.convert_to_numpy(layer.encoding(1021, FEATURES))
    np.testing.assert_allclose(outputs, exact, atol=4e-3)  # half a unit of bfloat16 at 1


def rotate(vector, position):
    """Su et al. 2021, equation 34, pair by pair as complex numbers."""
    pairs = vector[0::2] + 1j * vector[1::2]
    frequencies = [10000 ** (-2 * i / len(vector)) for i in range(len(pairs))]
    turned = pairs * np.exp(1j * position * np.array(frequencies))
    return np.stack([turned.real, turned.imag], -1).reshape(-1)


@pytest.mark.parametrize("start", [0, 4])
def test_rotary_is_a_turn_in_the_complex_plane(start):
    inputs = normal(BATCH, 2, LENGTH, FEATURES)
    outputs = ops.convert_to_numpy(RotaryPositions()(inputs, start_index=start))
    for row, head, position in np.ndindex(BATCH, 2, LENGTH):
        expected = rotate(inputs[row, head, position], start + position)
        np.testing.assert_allclose(outputs[row, head, position], expected, atol=1e-5)


def test_rotary_products_depend_on_distance_alone():
    layer = RotaryPositions()
    query, key = normal(1, 2, FEATURES)[:, :1], normal(1, 2, FEATURES)[:, 1:]

    def product(query_position, key_position):
        turned = layer(query, start_index=query_position), layer(key, start_index=key_position)
        return float(ops.sum(turned[0] * turned[1]))

    assert product(3, 1) == pytest.approx(product(20, 18), abs=1e-5)
    assert product(3, 1) != pytest.approx(product(3, 2), abs=1e-2)


def test_learned_adds_one_row_a_position():
    layer = LearnedPositions(11)
    inputs = normal(BATCH, LENGTH, FEATURES)
    outputs = ops.convert_to_numpy(layer(inputs, start_index=3))
    table = ops.convert_to_numpy(layer.embeddings.value)
    expected = np.broadcast_to(table[3 : 3 + LENGTH], inputs.shape)
    np.testing.assert_allclose(outputs - inputs, expected, atol=1e-6)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="`max_length` must be at least 1"):
        LearnedPositions(0)
    with pytest.raises(ValueError, match=r"5 learned positions.*Received: length 7"):
        LearnedPositions(5)(normal(BATCH, LENGTH, FEATURES))
    for layer in (SinusoidalPositions(), RotaryPositions()):
        with pytest.raises(ValueError, match=r"even number of features. Received: \(3, 7, 5\)"):
            layer(normal(BATCH, LENGTH, 5))
