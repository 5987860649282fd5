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
