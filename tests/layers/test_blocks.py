"""Embedding, feed-forward, residual and blocks against their equations, written out in numpy."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.layers import (
    DecoderBlock,
    EncoderBlock,
    FeedForward,
    Residual,
    TokenEmbedding,
)

BATCH, LENGTH, DIM, INNER, VOCABULARY = 3, 7, 10, 17, 19


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def erf(array):
    return np.vectorize(math.erf)(array)


FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize(
    ("activation", "function", "gated"),
    [
        ("relu", "relu", False),
        ("gelu", "gelu", False),
        ("reglu", "relu", True),
        ("geglu", "gelu", True),
        ("swiglu", "silu", True),
    ],
)
def test_feed_forward(activation, function, gated):
    layer = FeedForward(INNER, activation)
    inputs = normal(BATCH, LENGTH, DIM)
    layer.build(inputs.shape)
    for weight in layer.weights:
        weight.assign(normal(*weight.shape))
    inner_kernel, inner_bias, kernel, bias = layer.get_weights()
    hidden = inputs @ inner_kernel + inner_bias
    if gated:
        assert hidden.shape[-1] == 2 * INNER
        hidden = FUNCTIONS[function](hidden[..., :INNER]) * hidden[..., INNER:]
    else:
        hidden = FUNCTIONS[function](hidden)
    np.testing.assert_allclose(numpy(layer(inputs)), hidden @ kernel + bias, atol=1e-4)


def test_embedding_is_scaled_and_its_reverse_is_not():
    layer = TokenEmbedding(VOCABULARY, DIM)
    ids = np.array([[3, 1, 18]], "int32")
    vectors = numpy(layer(ids))
    table = numpy(layer.embeddings.value)
    np.testing.assert_allclose(vectors, table[ids] * math.sqrt(DIM), rtol=1e-6)
    states = normal(BATCH, LENGTH, DIM)
    np.testing.assert_allclose(numpy(layer(states, reverse=True)), states @ table.T, atol=1e-5)


@pytest.mark.parametrize("kind", ["float32", "uint8", "int64"])
def test_ids_of_any_kind(kind):
    layer = TokenEmbedding(300, DIM, dtype="mixed_bfloat16")
    ids = np.array([[0, 255, 129]])
    expected = numpy(layer(ids.astype("int32")))
    np.testing.assert_array_equal(numpy(layer(ids.astype(kind))), expected)


def test_gradients_of_a_frequent_token_are_added_up_in_float32():
    """In bfloat16 1,000 equal numbers would add up to 256 of them at most."""
    layer = TokenEmbedding(VOCABULARY, DIM, dtype="mixed_bfloat16")
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, keras.ops.sum(layer(inputs), axis=(1, 2), keepdims=True)[..., 0])
    model.compile(keras.optimizers.SGD(1.0), loss=lambda wanted, found: found)
    before = numpy(layer.embeddings.value)
    ids = np.full((1, 1000), 7, "int32")
    model.fit(ids, np.zeros((1, 1), "float32"), verbose=0)
    change = before - numpy(layer.embeddings.value)
    np.testing.assert_allclose(change[7], 1000 * math.sqrt(DIM), rtol=0.01)
    assert not change[:7].any()


def test_embedding_starts_with_the_deviation_that_its_scale_undoes():
    layer = TokenEmbedding(997, 64)
    layer.build()
    table = numpy(layer.embeddings.value)
    assert table.std() == pytest.approx(1 / 8, rel=0.02)
    assert numpy(layer(np.arange(997)[None])).std() == pytest.approx(1, rel=0.02)


def normalised(x):
    deviation = np.sqrt(((x - x.mean(-1, keepdims=True)) ** 2).mean(-1, keepdims=True) + 1e-5)
    return (x - x.mean(-1, keepdims=True)) / deviation


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_residual_is_its_equation(norm):
    layer = Residual(keras.layers.Dense(DIM), norm, dropout=0.5)
    inputs = 0.01 * normal(BATCH, LENGTH, DIM)  # small, so that the norm's epsilon counts
    outputs = numpy(layer(inputs))
    kernel = numpy(layer.sublayer.kernel.value)
    if norm == "post":
        expected = normalised(inputs + inputs @ kernel)
    else:
        expected = inputs + normalised(inputs) @ kernel
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_residual_drops_the_sublayer_and_never_the_input():
    layer = Residual(keras.layers.Dense(DIM), "pre", dropout=0.5)
    inputs = normal(BATCH, LENGTH, DIM)
    quiet = numpy(layer(inputs)) - inputs
    noisy = numpy(layer(inputs, training=True)) - inputs
    dropped = np.abs(noisy) < 1e-6
    assert 0.3 < dropped.mean() < 0.7
    np.testing.assert_allclose(noisy[~dropped], 2 * quiet[~dropped], atol=1e-5)


def test_dropout_of_a_block_is_in_all_its_parts():
    block = DecoderBlock(2, DIM, INNER, dropout=0.3, attention_dropout=0.2)
    rates = [part.rate for part in block._flatten_layers() if hasattr(part, "rate")]
    assert sorted(rates) == [0.2, 0.2, 0.3, 0.3, 0.3]


def test_decoder_block_from_a_memory_projected_before():
    block = DecoderBlock(2, DIM, INNER, norm="pre", dropout=0.0)
    inputs, memory = normal(BATCH, LENGTH, DIM), normal(BATCH, 11, 13)
    outputs = numpy(block(inputs, memory))
    projected = block.project_memory(ops.convert_to_tensor(memory))
    np.testing.assert_allclose(numpy(block(inputs, projected)), outputs, atol=1e-6)


def test_hidden_masks_of_keras_change_nothing():
    """Masks are explicit arguments, also where memory and inputs bring some of their own."""
    block = DecoderBlock(2, DIM, INNER, dropout=0.0)
    source, target = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    table = keras.layers.Embedding(VOCABULARY, DIM, mask_zero=True)
    hidden = keras.Model([source, target], block(table(target), table(source)))
    ids = [np.array([[4, 5, 6, 0, 0]]), np.array([[7, 8, 0]])]
    with_masks = numpy(hidden(ids))
    without = [ops.convert_to_tensor(numpy(table(each))) for each in ids]
    np.testing.assert_allclose(with_masks, numpy(block(without[1], without[0])), atol=1e-5)


def test_paths_of_weights_are_the_places_in_the_layer():
    block = DecoderBlock(2, DIM, INNER, name="block")
    block.build((None, None, DIM), (None, None, DIM))
    paths = {weight.path for weight in block.weights}
    assert len(paths) == len(block.weights)
    assert {
        "block/self_attention/attention/query_key_value_kernel",
        "block/cross_attention/attention/key_value_bias",
        "block/cross_attention/layer_norm/gamma",
        "block/feed_forward/feed_forward/output_kernel",
    } <= paths


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FeedForward(5, "tanh"), "one of relu, gelu, reglu, geglu, swiglu. .*'tanh'"),
        (lambda: FeedForward(0), "`intermediate_dim` must be at least 1"),
        (lambda: Residual(keras.layers.Dense(3), "middle"), "'post' or 'pre'. Received: norm='mi"),
        (lambda: EncoderBlock(3, 10, 5), "divide `hidden_dim`"),
        (lambda: EncoderBlock(2, 10, 5, norm="no"), "'post' or 'pre'"),
        (lambda: TokenEmbedding(0, 5), "vocabulary_size=0, hidden_dim=5"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
