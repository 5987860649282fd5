"""The shared check of `tests/layer_check.py`, on every layer of the package."""

import keras
import numpy as np
import pytest

from keras_transformer import layers
from tests.layer_check import check_layer

BATCH, LENGTH, SOURCE, MEMORY_DIM = 3, 7, 11, 13
HEADS, DIM, INNER, VOCABULARY = 5, 10, 17, 19


def normal(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def mask(keys):
    """Padding of another length in each row; the first row has none."""
    lengths = np.array([keys, keys - 2, keys - 5])
    return np.arange(keys)[None, None] < lengths[:, None, None]


STATES = {"inputs": normal(BATCH, LENGTH, DIM)}
SELF = {"query": normal(BATCH, LENGTH, DIM), "attention_mask": mask(LENGTH)}
CROSS = {
    "query": normal(BATCH, LENGTH, DIM),
    "memory": normal(BATCH, SOURCE, MEMORY_DIM),
    "attention_mask": mask(SOURCE),
}
ENCODER = {**STATES, "attention_mask": mask(LENGTH)}
DECODER = {
    **STATES,
    "memory": normal(BATCH, SOURCE, MEMORY_DIM),
    "attention_mask": np.repeat(np.tri(LENGTH, dtype=bool)[None], BATCH, axis=0),
    "cross_attention_mask": mask(SOURCE),
}
BLOCK = {
    "num_heads": HEADS,
    "hidden_dim": DIM,
    "intermediate_dim": INNER,
    "dropout": 0.2,
    "attention_dropout": 0.3,
    "activation": "swiglu",
    "norm": "pre",
    "rotary": True,
}
ATTENTION = {"num_heads": HEADS, "hidden_dim": DIM, "dropout": 0.2}
WEIGHTS = {"return_weights": True}
IDS = {"inputs": np.arange(BATCH * LENGTH, dtype="int32").reshape(BATCH, LENGTH) % VOCABULARY}
TABLE = {"vocabulary_size": VOCABULARY, "hidden_dim": DIM}
EMBED = layers.TokenEmbedding


def residual(**attention):
    """Constructor arguments of `Residual` around attention; `dtype` is the policy's name."""

    def arguments(policy):
        inner = layers.MultiHeadAttention(**{**ATTENTION, **attention}, dtype=policy, name="inner")
        return {"sublayer": inner, "norm": "pre", "dropout": 0.3}

    return arguments


def dense(policy):
    inner = keras.layers.Dense(DIM, activation="tanh", dtype=policy, name="inner")
    return {"sublayer": inner, "norm": "pre", "dropout": 0.3}


# Name -> class, constructor arguments, inputs, other call arguments, number of weights,
# dtypes of the outputs under a mixed policy.
CASES = {
    "sinusoidal": (layers.SinusoidalPositions, {"wavelength": 100}, STATES, {"start_index": 3}, 0),
    "learned": (layers.LearnedPositions, {"max_length": 23}, STATES, {"start_index": 3}, 1),
    "rotary": (layers.RotaryPositions, {"wavelength": 100}, STATES, {"start_index": 3}, 0),
    "embedding": (EMBED, TABLE, IDS, {}, 1),
    "embedding reversed": (EMBED, TABLE, STATES, {"reverse": True}, 1, ["float32"]),
    "self-attention": (
        layers.MultiHeadAttention,
        {**ATTENTION, "rotary": True},
        SELF,
        WEIGHTS,
        4,
        ["half", "float32"],
    ),
    "cross-attention": (
        layers.MultiHeadAttention,
        {**ATTENTION, "rotary": False},
        CROSS,
        WEIGHTS,
        6,
        ["half", "float32"],
    ),
    "feed-forward": (
        layers.FeedForward,
        {"intermediate_dim": INNER, "activation": "gelu"},
        STATES,
        {},
        4,
    ),
    "gated": (
        layers.FeedForward,
        {"intermediate_dim": INNER, "activation": "geglu"},
        STATES,
        {},
        4,
    ),
    "residual of Keras' layer": (layers.Residual, dense, STATES, {}, 4),
    "residual": (
        layers.Residual,
        residual(rotary=True),
        {**STATES, "attention_mask": mask(LENGTH)},
        WEIGHTS,
        6,
        ["half", "float32"],
    ),
    "residual with memory": (
        layers.Residual,
        residual(),
        {**STATES, "memory": CROSS["memory"], "attention_mask": mask(SOURCE)},
        {},
        8,
    ),
    "encoder block": (layers.EncoderBlock, BLOCK, ENCODER, WEIGHTS, 12, ["half", "float32"]),
    "decoder block": (
        layers.DecoderBlock,
        BLOCK,
        DECODER,
        WEIGHTS,
        20,
        ["half", "float32", "float32"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layer(name, tmp_path):
    cls, init, inputs, options, num_weights, *half_dtypes = CASES[name]
    check_layer(
        cls,
        init,
        inputs,
        tmp_path,
        options=options,
        num_weights=num_weights,
        half_dtypes=half_dtypes[0] if half_dtypes else None,
        # Rotary positions are for self-attention only.
        at_default=("rotary",) if name == "cross-attention" else (),
    )


def test_no_layer_is_forgotten():
    assert {case[0].__name__ for case in CASES.values()} == set(layers.__all__)
