"""The parts of the served encoder and decoder, one by one, against numpy and Keras."""

import itertools

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


def random(*shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
def test_row_numbers_of_three_axes(order):
    import tensorflow as tf

    from keras_transformer.export.blocks import row_numbers

    array = random(2, 3, 5, 7)
    rows = array.reshape(-1, 7)[np.asarray(row_numbers([2, 3, 5], order))]
    np.testing.assert_array_equal(rows, array.transpose(*order, 3).reshape(-1, 7))
    sizes = [tf.constant(2), 3, tf.constant(5)]
    np.testing.assert_array_equal(row_numbers(sizes, order), row_numbers([2, 3, 5], order))


def test_row_numbers_as_queries_keys_and_values_need_them():
    from keras_transformer.export.blocks import row_numbers

    fused = random(2 * 5, 3 * 4 * 7)  # B L, 3 H (D / H)
    numbers = np.asarray(row_numbers([2, 5, 3, 4], [2, 0, 3, 1]))
    assert numbers.dtype == np.int32
    received = fused.reshape(-1, 7)[numbers].reshape(3, 2, 4, 5, 7)
    for part, expected in zip(received, np.split(fused, 3, axis=1), strict=True):
        expected = expected.reshape(2, 5, 4, 7).transpose(0, 2, 1, 3)
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("num_queries", [1, 3])
def test_attend(num_queries):
    from keras_transformer.export.blocks import attend, mask_scores

    queries, keys = random(2, 5, num_queries, 7), random(2, 5, 11, 7, seed=5)
    values = random(2, 5, 11, 7, seed=7)
    is_masked = np.random.default_rng(9).random((2, 1, num_queries, 11)) < 0.4
    mask = np.broadcast_to(mask_scores(is_masked), (2, 5, num_queries, 11))
    received = np.asarray(attend(queries, keys, values, mask))
    scores = queries.astype("float64") @ keys.transpose(0, 1, 3, 2)
    weights = np.where(is_masked, 0, np.exp(scores))
    expected = weights / weights.sum(axis=-1, keepdims=True) @ values
    np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(expected, attend(queries, keys, values, 0 * mask), atol=1e-2)


@pytest.mark.parametrize("num_queries", [1, 3])
def test_nothing_to_attend_to_gives_finite_numbers(num_queries):
    from keras_transformer.export.blocks import attend, mask_scores

    queries, keys = random(2, 5, num_queries, 7), random(2, 5, 3, 7, seed=5)
    mask = mask_scores(np.ones((2, 5, num_queries, 3), bool))
    assert np.isfinite(attend(queries, keys, keys, mask)).all()


def test_norms_are_those_of_keras():
    import keras

    from keras_transformer.export.blocks import normalize, normalize_centered
    from keras_transformer.layers.residual import NORM_EPSILON

    hidden = random(5, 12) * 0.01  # small enough for epsilon to matter
    norm = keras.layers.LayerNormalization(epsilon=NORM_EPSILON)
    norm.build(hidden.shape)
    centred = hidden - hidden.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(normalize_centered(centred), norm(hidden), atol=1e-5)
    norm.gamma.assign(random(12, seed=5))
    norm.beta.assign(random(12, seed=7))
    received = normalize(hidden, (norm.gamma.value, norm.beta.value))
    np.testing.assert_allclose(received, norm(hidden), atol=1e-5)


def test_one_row_is_multiplied_as_many_are(make_model):
    from keras_transformer.export.blocks import Blocks

    model = make_model(29, num_encoder_layers=1, num_decoder_layers=1)
    row, kernel, bias = random(1, 12), random(12, 19, seed=5), random(19, seed=7)
    table = random(29, 12, seed=9)
    for is_single in (True, False):
        blocks = Blocks(model, is_single)
        received = blocks.affine(row, (kernel, bias))
        np.testing.assert_allclose(received, row @ kernel + bias, rtol=1e-5, atol=1e-5)
        for transposed in (None, np.ascontiguousarray(table.T)):
            received = blocks.project_to_vocabulary(row, table, transposed)
            np.testing.assert_allclose(received, row @ table.T, rtol=1e-5, atol=1e-5)


def test_rotation_is_that_of_the_layer(make_model):
    """Queries and keys turn, each head by itself, and values do not."""
    from keras_transformer.export.blocks import Blocks
    from keras_transformer.layers.rotary_positions import RotaryPositions

    model = make_model(29, positions="rotary", num_encoder_layers=1, num_decoder_layers=1)
    blocks = Blocks(model)
    fused = random(5, 36)  # five positions of one sentence
    received = np.asarray(blocks.rotate(fused, blocks.position_tables(None, 5)))
    heads = fused.reshape(5, 3, 3, 4).transpose(1, 2, 0, 3)
    turned = np.asarray(RotaryPositions()(heads))
    expected = np.stack([turned[0], turned[1], heads[2]]).transpose(2, 0, 1, 3)
    np.testing.assert_allclose(received, expected.reshape(5, 36), atol=1e-5)
    assert blocks.rotate(fused, None) is fused


def test_the_last_learned_position_stands_for_all_that_follow(make_model):
    from keras_transformer.export.blocks import Blocks

    layers = {"num_encoder_layers": 1, "num_decoder_layers": 1}
    model = make_model(29, positions="learned", max_length=5, **layers)
    (table,) = Blocks(model).position_tables(model.target_positions, 7)
    embeddings = np.asarray(model.target_positions.embeddings)
    np.testing.assert_array_equal(table, embeddings[[0, 1, 2, 3, 4, 4, 4]])


def test_half_kernels_are_made_once():
    import keras
    import tensorflow as tf

    from keras_transformer.export.blocks import HalfKernels

    first, second = keras.Variable(random(5, 7)), keras.Variable(random(5, 7, seed=5))
    half = HalfKernels()
    for kernel in (first, second):
        received = half.read(kernel)
        assert received.dtype == tf.bfloat16
        np.testing.assert_allclose(tf.cast(received, "float32"), kernel, rtol=2**-8)
    copies = half.copies
    half.read(first)
    assert len(copies) == 2
    assert all(one is other for one, other in zip(half.copies, copies, strict=True))
