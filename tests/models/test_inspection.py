"""What is recorded is what the layers computed."""

import contextlib

import numpy as np
import pytest

from keras_transformer.models.inspection import inspect_attention, inspect_encoder
from keras_transformer.models.transformer import POSITIONS
from tests.models.small_models import SIZES, VOCABULARY, ids, small_model
from tests.modes import to_numpy

SOURCE, TARGET = 11, 7
HEADS = SIZES["num_heads"]
HEAD_DIM = SIZES["hidden_dim"] // HEADS
LAYERS = {"encoder": SIZES["num_encoder_layers"], "decoder": SIZES["num_decoder_layers"]}
LAYERS["cross"] = LAYERS["decoder"]
LENGTHS = {"encoder": (SOURCE, SOURCE), "decoder": (TARGET, TARGET), "cross": (TARGET, SOURCE)}
MODELS = [(norm, positions) for norm in ("post", "pre") for positions in POSITIONS]


def sentence(length, seed):
    return ids(1, length, (length,), seed=seed)[0]


@pytest.fixture(scope="module", params=MODELS, ids="-".join)
def case(request):
    """A model, ids of a source and a target, and what was recorded."""
    norm, positions = request.param
    model = small_model(norm=norm, positions=positions)
    source, target = sentence(SOURCE, 1), sentence(TARGET, 2)
    return model, source, target, inspect_attention(model, source, target)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_shapes(case):
    _, _, _, inspection = case
    for kind, (queries, keys) in LENGTHS.items():
        start = (LAYERS[kind], HEADS)
        recorded = getattr(inspection, kind)
        assert recorded.weights.shape == (*start, queries, keys)
        assert recorded.queries.shape == (*start, queries, HEAD_DIM)
        assert recorded.keys.shape == recorded.values.shape == (*start, keys, HEAD_DIM)
        assert {field.dtype for field in recorded} == {np.dtype("float32")}
    assert inspection.encoder_states.shape == (LAYERS["encoder"] + 1, SOURCE, SIZES["hidden_dim"])
    assert inspection.logits.shape == (TARGET, VOCABULARY)


@pytest.mark.parametrize("kind", LENGTHS)
def test_weights_follow_from_queries_and_keys(case, kind):
    recorded = getattr(case[3], kind)
    scores = recorded.queries @ np.swapaxes(recorded.keys, -1, -2) / np.sqrt(HEAD_DIM)
    assert scores.std() > 0.2
    hidden = np.zeros(LENGTHS[kind], bool)
    if kind == "decoder":
        hidden = np.arange(TARGET) > np.arange(TARGET)[:, None]
    expected = softmax(np.where(hidden, -np.inf, scores))
    np.testing.assert_allclose(recorded.weights, expected, atol=1e-5)
    np.testing.assert_allclose(recorded.weights.sum(axis=-1), 1, atol=1e-5)
    assert not recorded.weights[..., hidden].any()


def test_weights_are_those_of_the_model(case):
    model, source, target, inspection = case
    expected = model.attention_weights(source[None], target[None])
    for kind in LENGTHS:
        layers = [to_numpy(layer)[0] for layer in getattr(expected, kind)]
        np.testing.assert_allclose(getattr(inspection, kind).weights, layers, atol=1e-6)


def test_weighted_values_are_what_a_layer_gives(case):
    """The contexts of the last cross-attention, projected, are its output."""
    model, source, _, inspection = case
    layer = model.decoder_blocks[-1].cross_attention.sublayer
    memory = to_numpy(model.encode(source[None], training=False).states)
    queries = np.random.default_rng(4).normal(size=(1, TARGET, SIZES["hidden_dim"]))
    keys, values = (to_numpy(part)[0] for part in layer.project_memory(memory))
    np.testing.assert_allclose(inspection.cross.keys[-1], keys, atol=1e-5)
    np.testing.assert_allclose(inspection.cross.values[-1], values, atol=1e-5)
    output, weights = layer(queries.astype("float32"), memory=memory, return_weights=True)
    contexts = (to_numpy(weights)[0] @ inspection.cross.values[-1]).transpose(1, 0, 2)
    expected = contexts.reshape(TARGET, -1) @ to_numpy(layer.output_kernel)
    np.testing.assert_allclose(
        to_numpy(output)[0], expected + to_numpy(layer.output_bias), atol=1e-4
    )


def test_states_begin_with_the_embedding_and_end_with_the_encoder(case):
    model, source, _, inspection = case
    embedded = model.source_embedding(source[None])
    if model.source_positions is not None:
        embedded = model.source_positions(embedded)
    np.testing.assert_allclose(inspection.encoder_states[0], to_numpy(embedded)[0], atol=1e-6)
    last = inspection.encoder_states[-1]
    if model.encoder_norm is not None:
        last = to_numpy(model.encoder_norm(last))
    expected = to_numpy(model.encode(source[None], training=False).states)[0]
    np.testing.assert_allclose(last, expected, atol=1e-5)
    steps = np.abs(np.diff(inspection.encoder_states, axis=0)).mean(axis=(1, 2))
    assert (steps > 0.1).all()


def test_logits_are_those_of_decode(case):
    model, source, target, inspection = case
    expected = model.decode(model.encode(source[None]), target[None])
    np.testing.assert_allclose(inspection.logits, to_numpy(expected)[0], atol=1e-5)


@pytest.mark.parametrize("length", [5, SIZES["max_length"] + 1])
def test_layers_are_left_as_they_were(length):
    model = small_model(positions="learned")
    blocks = [*model.encoder_blocks, *model.decoder_blocks]
    layers = [*blocks, *(block.self_attention.sublayer for block in blocks)]
    before = [set(vars(layer)) for layer in layers]
    with contextlib.suppress(ValueError):  # too long for the model
        inspect_attention(model, sentence(length, 1), sentence(2, 1))
    assert [set(vars(layer)) for layer in layers] == before


def test_half_precision_is_told_in_float32():
    model = small_model(dtype="mixed_bfloat16")
    inspection = inspect_attention(model, sentence(5, 1), sentence(3, 2))
    assert inspection.encoder.queries.dtype == np.float32
    np.testing.assert_allclose(inspection.encoder.weights.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_a_single_token_is_no_reason_to_warn():
    inspection = inspect_attention(small_model(), sentence(1, 1), sentence(1, 2))
    assert inspection.cross.weights.min() == 1


def test_a_batch_has_the_states_of_its_sentences(case):
    model, source, _, inspection = case
    batch = np.zeros((2, SOURCE + 3), "int32")
    batch[0, :5], batch[1, :SOURCE] = sentence(5, 3), source
    states = inspect_encoder(model, batch)
    assert states.shape == (LAYERS["encoder"] + 1, *batch.shape, SIZES["hidden_dim"])
    np.testing.assert_allclose(states[:, 1, :SOURCE], inspection.encoder_states, atol=1e-5)
