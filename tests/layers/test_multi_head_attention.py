"""Attention: equal to Keras' own with copied weights, masks, cache, errors."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.layers import MultiHeadAttention

BATCH, QUERIES, KEYS, HEADS, HEAD_DIM, MEMORY_DIM = 3, 5, 7, 2, 11, 13
DIM = HEADS * HEAD_DIM


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def attention(memory_dim=None, **arguments):
    """A built layer whose biases are not zero."""
    layer = MultiHeadAttention(HEADS, DIM, **arguments)
    shapes = [(None, None, DIM)] + ([(None, None, memory_dim)] if memory_dim else [])
    layer.build(*shapes)
    for number, weight in enumerate(layer.weights):
        weight.assign(0.5 * normal(*weight.shape, seed=number))
    return layer


def numpy_weights(layer):
    return {w.name: ops.convert_to_numpy(w.value) for w in layer.weights}


def keras_attention(layer, memory_dim=None):
    """`keras.layers.MultiHeadAttention` with the weights of our layer."""
    ours = numpy_weights(layer)
    if layer.is_cross_attention:
        kernels = [ours["query_kernel"], *np.split(ours["key_value_kernel"], 2, axis=1)]
        biases = [ours["query_bias"], *np.split(ours["key_value_bias"], 2)]
    else:
        kernels = np.split(ours["query_key_value_kernel"], 3, axis=1)
        biases = np.split(ours["query_key_value_bias"], 3)
    theirs = keras.layers.MultiHeadAttention(HEADS, HEAD_DIM)
    memory_shape = (None, None, memory_dim or DIM)
    theirs.build((None, None, DIM), memory_shape, memory_shape)
    values = []
    for kernel, bias in zip(kernels, biases, strict=True):
        values += [kernel.reshape(-1, HEADS, HEAD_DIM), bias.reshape(HEADS, HEAD_DIM)]
    values += [ours["output_kernel"].reshape(HEADS, HEAD_DIM, DIM), ours["output_bias"]]
    theirs.set_weights(values)
    return theirs


def mask_of(lengths, keys):
    return np.arange(keys)[None, None] < np.array(lengths)[:, None, None]


@pytest.mark.parametrize("mask", ["none", "padding", "causal"])
@pytest.mark.parametrize("memory_dim", [None, MEMORY_DIM], ids=["self", "cross"])
def test_equals_keras_with_copied_weights(memory_dim, mask):
    ours = attention(memory_dim)
    theirs = keras_attention(ours, memory_dim)
    query = normal(BATCH, QUERIES, DIM)
    memory = normal(BATCH, KEYS, memory_dim) if memory_dim else query
    keys = memory.shape[1]
    allowed = {
        "none": None,
        "padding": mask_of([keys, 2, 1], keys),
        "causal": np.tri(QUERIES, keys, dtype=bool)[None],
    }[mask]
    options = {"memory": memory} if memory_dim else {}
    outputs, weights = ours(query, attention_mask=allowed, return_weights=True, **options)
    expected, their_weights = theirs(
        query,
        memory,
        attention_mask=None if allowed is None else np.repeat(allowed, BATCH // len(allowed), 0),
        return_attention_scores=True,
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs), ops.convert_to_numpy(expected), atol=1e-5
    )
    np.testing.assert_allclose(
        ops.convert_to_numpy(weights), ops.convert_to_numpy(their_weights), atol=1e-6
    )


def test_weights_of_hidden_keys_are_zero_and_rows_sum_to_one():
    layer = attention(MEMORY_DIM)
    mask = mask_of([KEYS, 3, 1], KEYS)
    _, weights = layer(
        normal(BATCH, QUERIES, DIM),
        memory=normal(BATCH, KEYS, MEMORY_DIM),
        attention_mask=mask,
        return_weights=True,
    )
    weights = ops.convert_to_numpy(weights)
    assert weights.shape == (BATCH, HEADS, QUERIES, KEYS)
    assert not weights[np.broadcast_to(~mask[:, None], weights.shape)].any()
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)


def test_a_row_without_a_key_is_the_output_bias():
    layer = attention(MEMORY_DIM)
    outputs, weights = layer(
        normal(BATCH, QUERIES, DIM),
        memory=normal(BATCH, KEYS, MEMORY_DIM),
        attention_mask=mask_of([0, 3, KEYS], KEYS),
        return_weights=True,
    )
    assert not ops.convert_to_numpy(weights)[0].any()
    expected = np.broadcast_to(numpy_weights(layer)["output_bias"], (QUERIES, DIM))
    np.testing.assert_allclose(ops.convert_to_numpy(outputs)[0], expected, atol=1e-6)


def test_dropout_scales_what_it_keeps_and_only_in_training():
    layer = attention(MEMORY_DIM, dropout=0.4)
    inputs = (normal(BATCH, QUERIES, DIM), normal(BATCH, KEYS, MEMORY_DIM))
    quiet = [ops.convert_to_numpy(layer(*inputs)) for _ in range(2)]
    assert np.array_equal(*quiet)
    noisy = ops.convert_to_numpy(layer(*inputs, training=True))
    assert np.abs(noisy - quiet[0]).max() > 0.01
    assert np.array_equal(ops.convert_to_numpy(layer(*inputs, training=False)), quiet[0])


@pytest.mark.parametrize("rotary", [False, True], ids=["plain", "rotary"])
@pytest.mark.parametrize("chunks", [[1] * QUERIES, [2, 3]], ids=["one by one", "in two parts"])
def test_cached_equals_full(chunks, rotary):
    heads, head_dim = 5, 4
    layer = MultiHeadAttention(heads, heads * head_dim, rotary=rotary)
    query = normal(BATCH, QUERIES, heads * head_dim)
    full = ops.convert_to_numpy(layer(query, attention_mask=np.tri(QUERIES, dtype=bool)[None]))
    room = QUERIES + 2  # More than is filled: the rest must not count.
    cache = tuple(ops.full((BATCH, heads, room, head_dim), 9.0) for _ in range(2))
    outputs, start = [], 0
    for length in chunks:
        visible = np.arange(room)[None, None] <= start + np.arange(length)[None, :, None]
        output, cache = layer(
            query[:, start : start + length],
            attention_mask=visible,
            cache=cache,
            cache_index=start,
        )
        outputs.append(ops.convert_to_numpy(output))
        start += length
    np.testing.assert_allclose(np.concatenate(outputs, 1), full, atol=1e-5)
    assert (ops.convert_to_numpy(cache[0])[:, :, QUERIES:] == 9).all()


def test_a_projected_memory_equals_the_memory():
    layer = attention(MEMORY_DIM)
    query, memory = normal(BATCH, QUERIES, DIM), normal(BATCH, KEYS, MEMORY_DIM)
    projected = layer.project_memory(ops.convert_to_tensor(memory))
    assert [tuple(part.shape) for part in projected] == [(BATCH, HEADS, KEYS, HEAD_DIM)] * 2
    np.testing.assert_allclose(
        ops.convert_to_numpy(layer(query, memory=projected)),
        ops.convert_to_numpy(layer(query, memory=memory)),
        atol=1e-6,
    )


def test_fused_kernels_start_like_separate_ones():
    # Glorot's limit for a (D, D) matrix; as one (D, 3 D) matrix it would be sqrt(2) smaller.
    layer = MultiHeadAttention(HEADS, 10 * DIM)
    layer.build((None, None, 10 * DIM))
    limit = np.sqrt(6 / (20 * DIM))
    parts = np.split(numpy_weights(layer)["query_key_value_kernel"], 3, axis=1)
    for part in parts:
        assert 0.99 * limit < np.abs(part).max() <= limit * (1 + 1e-6)  # it is rounded
    assert not np.array_equal(parts[0], parts[1])
    assert not numpy_weights(layer)["query_key_value_bias"].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_heads": 3, "hidden_dim": 10}, "divide `hidden_dim`. Received: num_heads=3, hidden"),
        ({"num_heads": 0, "hidden_dim": 10}, "`num_heads` must be at least 1"),
        ({"num_heads": 2, "hidden_dim": 0}, "`hidden_dim`.*hidden_dim=0"),
        ({"num_heads": 2, "hidden_dim": 10, "dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(**arguments)


def test_wrong_calls():
    with pytest.raises(ValueError, match=r"`hidden_dim` = 22 features. Received.*\(3, 5, 13\)"):
        MultiHeadAttention(HEADS, DIM)(normal(BATCH, QUERIES, MEMORY_DIM))
    with pytest.raises(ValueError, match="`rotary=True` needs self-attention"):
        MultiHeadAttention(HEADS, DIM, rotary=True)(
            normal(BATCH, QUERIES, DIM), memory=normal(BATCH, KEYS, DIM)
        )
    with pytest.raises(ValueError, match="even number of features"):
        MultiHeadAttention(HEADS, DIM, rotary=True).build((None, None, DIM))
    with pytest.raises(ValueError, match="was built as self-attention, without `memory`"):
        attention()(normal(BATCH, QUERIES, DIM), memory=normal(BATCH, KEYS, DIM))
    with pytest.raises(ValueError, match=r"`attention_mask` must have rank 3.*\(5, 5\)"):
        attention()(normal(BATCH, QUERIES, DIM), attention_mask=np.ones((5, 5), bool))
    added = np.where(mask_of([2, 3, 5], QUERIES), 0.0, -1e9).astype("float32")
    with pytest.raises(ValueError, match=r"must be boolean.*not added to the scores.*float32"):
        attention()(normal(BATCH, QUERIES, DIM), attention_mask=added)
    cache = (normal(BATCH, HEADS, KEYS, HEAD_DIM), normal(BATCH, HEADS, KEYS, HEAD_DIM))
    with pytest.raises(ValueError, match="`cache` is of self-attention and needs `cache_index`"):
        attention()(normal(BATCH, 1, DIM), cache=cache)
    with pytest.raises(ValueError, match=r"`cache` is of self-attention.*memory given"):
        attention(MEMORY_DIM)(
            normal(BATCH, 1, DIM),
            memory=normal(BATCH, KEYS, MEMORY_DIM),
            cache=cache,
            cache_index=0,
        )
