"""The model against an independent one in numpy, and what Keras asks of a model."""

import inspect
import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.layers.feed_forward import ACTIVATIONS
from keras_transformer.models import AttentionWeights, Encoded, Transformer
from keras_transformer.models.transformer import POSITIONS
from tests.models.numpy_transformer import NumpyTransformer
from tests.models.small_models import (
    BATCH,
    SIZES,
    SOURCE,
    SOURCE_LENGTHS,
    TARGET,
    TARGET_LENGTHS,
    VOCABULARY,
    plain_weights,
    sentences,
    small_model,
)
from tests.modes import run, to_numpy

EVERY_NORM_AND_POSITION = [(norm, kind, "relu") for norm in ("post", "pre") for kind in POSITIONS]
EVERY_ACTIVATION = [
    (("pre", "post")[i % 2], POSITIONS[i % 3], name)
    for i, name in enumerate(ACTIVATIONS)
    if name != "relu"
]


def inputs(padding_id=0):
    arrays = sentences(padding_id)
    del arrays["labels"]
    return arrays


def assert_equals_numpy(model, arrays, padding_id=0):
    """Real positions only: what the model says at padding is nobody's business."""
    logits = run(lambda x: model(x), arrays)
    oracle = NumpyTransformer(
        plain_weights(model), model.num_heads, model.norm, model.positions, model.activation
    )
    assert 0.3 < logits.std() < 10
    for row, (source, target) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        source_ids = arrays["source_ids"][row, :source]
        target_ids = arrays["target_ids"][row, :target]
        assert padding_id not in source_ids and padding_id not in target_ids
        expected = oracle.logits(source_ids, target_ids)
        np.testing.assert_allclose(logits[row, :target], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("norm", "positions", "activation"), EVERY_NORM_AND_POSITION + EVERY_ACTIVATION
)
def test_equals_numpy_with_copied_weights(norm, positions, activation):
    model = small_model(norm=norm, positions=positions, activation=activation)
    assert_equals_numpy(model, inputs())


def test_equals_numpy_with_two_vocabularies_and_another_padding():
    model = small_model(target_vocabulary_size=37, padding_id=4, positions="learned", norm="pre")
    assert model.target_embedding.embeddings.shape == (37, SIZES["hidden_dim"])
    assert_equals_numpy(model, inputs(padding_id=4), padding_id=4)


def test_one_table_serves_three_purposes():
    model = small_model()
    tables = [w for w in model.weights if w.name == "embeddings"]
    assert len(tables) == 1
    assert model.source_embedding is model.target_embedding
    assert len(small_model(target_vocabulary_size=VOCABULARY).weights) == len(model.weights) + 1


def test_call_is_decode_of_encode():
    model = small_model(norm="pre")
    arrays = inputs()
    encoded = model.encode(ops.convert_to_tensor(arrays["source_ids"]))
    assert isinstance(encoded, Encoded)
    assert tuple(encoded.states.shape) == (BATCH, SOURCE, SIZES["hidden_dim"])
    assert np.array_equal(to_numpy(encoded.mask)[:, 0], arrays["source_ids"] != 0)
    logits = model.decode(encoded, ops.convert_to_tensor(arrays["target_ids"]))
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert logits.shape == (BATCH, TARGET, VOCABULARY)
    assert np.array_equal(to_numpy(model(arrays)), to_numpy(logits))


def test_attention_weights_of_every_layer_and_head():
    model = small_model(norm="pre", positions="rotary")
    arrays = inputs()
    weights = model.attention_weights(**arrays)
    assert isinstance(weights, AttentionWeights)
    heads = SIZES["num_heads"]
    assert [tuple(w.shape) for w in weights.encoder] == [(BATCH, heads, SOURCE, SOURCE)] * 3
    assert [tuple(w.shape) for w in weights.decoder] == [(BATCH, heads, TARGET, TARGET)] * 2
    assert [tuple(w.shape) for w in weights.cross] == [(BATCH, heads, TARGET, SOURCE)] * 2
    padding = arrays["source_ids"] == 0
    for tensor in (*weights.encoder, *weights.cross):
        array = to_numpy(tensor)
        np.testing.assert_allclose(array.sum(-1), 1, atol=1e-5)
        assert not array[np.broadcast_to(padding[:, None, None], array.shape)].any()
    for tensor in weights.decoder:
        array = to_numpy(tensor)
        assert not array[..., ~np.tri(TARGET, dtype=bool)].any()


def test_config_holds_every_argument():
    arguments = {
        "vocabulary_size": 31,
        "target_vocabulary_size": 37,
        "num_encoder_layers": 3,
        "num_decoder_layers": 2,
        "hidden_dim": 20,
        "intermediate_dim": 29,
        "num_heads": 5,
        "dropout": 0.2,
        "attention_dropout": 0.3,
        "activation": "geglu",
        "norm": "pre",
        "positions": "learned",
        "max_length": 41,
        "padding_id": 4,
    }
    signature = dict(inspect.signature(Transformer.__init__).parameters)
    assert set(arguments) == set(signature) - {"self", "kwargs"}
    assert all(value != signature[name].default for name, value in arguments.items())
    model = Transformer(**arguments, name="some_name")
    config = model.get_config()
    assert config.items() >= arguments.items()
    again = Transformer.from_config(config)
    assert again.get_config() == config
    assert again.name == "some_name"
    model.build()
    again.build()
    described = [(w.path, tuple(w.shape)) for w in model.weights]
    assert [(w.path, tuple(w.shape)) for w in again.weights] == described
    assert len({path for path, _ in described}) == len(described)
    # The options reach the parts.
    rates = sorted({part.rate for part in model._flatten_layers() if hasattr(part, "rate")})
    assert rates == [0.2, 0.3]
    assert model.decoder_blocks[1].feed_forward.sublayer.activation == "geglu"


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_keras_file_of_a_compiled_model(policy, tmp_path):
    from keras_transformer.training import MaskedCrossentropy, Perplexity, WarmupSchedule

    model = small_model(
        num_encoder_layers=1,
        num_decoder_layers=1,
        positions="learned",
        norm="pre",
        dtype=policy,
    )
    model.compile(
        keras.optimizers.Adam(WarmupSchedule(20, 5)),
        loss=MaskedCrossentropy(0.1),
        metrics=[Perplexity()],
    )
    arrays = sentences()
    labels = arrays.pop("labels")
    model.fit(arrays, labels, batch_size=BATCH, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is Transformer
    assert np.array_equal(run(lambda x: loaded(x), arrays), run(lambda x: model(x), arrays))
    assert int(loaded.optimizer.iterations) == 2
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.loss.get_config() == model.loss.get_config()
    for ours, theirs in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        assert np.array_equal(to_numpy(ours.value), to_numpy(theirs.value))


def test_mixed_policy_reaches_every_part_but_the_logits():
    model = small_model(norm="pre", dtype="mixed_bfloat16")
    assert {layer.dtype_policy.name for layer in model._flatten_layers()} == {"mixed_bfloat16"}
    assert {keras.backend.standardize_dtype(w.dtype) for w in model.weights} == {"float32"}
    arrays = inputs()
    encoded = model.encode(ops.convert_to_tensor(arrays["source_ids"]))
    assert keras.backend.standardize_dtype(encoded.states.dtype) == "bfloat16"
    logits = model(arrays)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    exact = small_model(norm="pre")
    np.testing.assert_allclose(to_numpy(logits), to_numpy(exact(arrays)), atol=0.15)


def test_dropout_acts_in_training_only():
    model = small_model(dropout=0.3)
    arrays = inputs()
    quiet = to_numpy(model(arrays))
    assert np.array_equal(to_numpy(model(arrays, training=False)), quiet)
    assert np.abs(to_numpy(model(arrays, training=True)) - quiet).max() > 0.1


def test_dropout_of_the_embeddings():
    model = small_model(dropout=0.3)
    for block in (*model.encoder_blocks, *model.decoder_blocks):
        for part in block._flatten_layers():
            if hasattr(part, "rate"):
                part.rate = 0.0
    arrays = inputs()
    quiet = to_numpy(model(arrays))
    assert np.abs(to_numpy(model(arrays, training=True)) - quiet).max() > 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positions": "none"}, "one of sinusoidal, learned, rotary. Received: 'none'"),
        ({"norm": "sandwich"}, "`norm` must be 'post' or 'pre'. Received: norm='sandwich'"),
        ({"num_decoder_layers": 0}, "`num_decoder_layers` must be at least 1. Received: 3 and 0"),
        ({"num_heads": 3}, "divide `hidden_dim`. Received: num_heads=3, hidden_dim=20"),
        ({"hidden_dim": 15, "num_heads": 5}, r"even number of features"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        Transformer(**{"vocabulary_size": VOCABULARY, **SIZES, **arguments}).build()


def torch_model(model, torch):
    """`torch.nn.Transformer` with the weights of ours."""
    width, heads = model.hidden_dim, model.num_heads
    options = {
        "dropout": 0.0,
        "activation": model.activation,
        "batch_first": True,
        "norm_first": model.norm == "pre",
        "dtype": torch.float64,
    }
    weights = plain_weights(model)

    def tensor(array):
        return torch.nn.Parameter(torch.from_numpy(np.array(array)))

    def set_norm(norm, pair):
        norm.weight, norm.bias = map(tensor, pair)

    def set_linear(linear, pair):
        linear.weight, linear.bias = tensor(pair[0].T), tensor(pair[1])

    def set_attention(attention, ours):
        kernels, biases = zip(ours["query"], ours["key"], ours["value"], strict=True)
        attention.in_proj_weight = tensor(np.concatenate(kernels, axis=1).T)
        attention.in_proj_bias = tensor(np.concatenate(biases))
        set_linear(attention.out_proj, ours["output"])

    def stack(side, layer_class, stack_class):
        last = torch.nn.LayerNorm(width, dtype=torch.float64) if model.norm == "pre" else None
        layer = layer_class(width, heads, model.intermediate_dim, **options)
        return stack_class(layer, len(weights[side]), norm=last)

    nn = torch.nn
    theirs = nn.Transformer(
        width,
        heads,
        custom_encoder=stack("encoder", nn.TransformerEncoderLayer, nn.TransformerEncoder),
        custom_decoder=stack("decoder", nn.TransformerDecoderLayer, nn.TransformerDecoder),
        batch_first=True,
    )
    # Only now: the constructor draws all weights anew.
    for side in ("encoder", "decoder"):
        made = getattr(theirs, side)
        if model.norm == "pre":
            set_norm(made.norm, weights[f"{side}_norm"])
        for layer, ours in zip(made.layers, weights[side], strict=True):
            set_attention(layer.self_attn, ours["self_attention"])
            set_norm(layer.norm1, ours["self_attention"]["norm"])
            if side == "decoder":
                set_attention(layer.multihead_attn, ours["cross_attention"])
                set_norm(layer.norm2, ours["cross_attention"]["norm"])
            last = layer.norm3 if side == "decoder" else layer.norm2
            set_norm(last, ours["feed_forward"]["norm"])
            set_linear(layer.linear1, ours["feed_forward"]["inner"])
            set_linear(layer.linear2, ours["feed_forward"]["output"])
    return theirs.eval()


@pytest.mark.parametrize(("norm", "activation"), [("post", "relu"), ("pre", "gelu")])
def test_equals_torch_with_copied_weights(norm, activation):
    torch = pytest.importorskip("torch")
    model = small_model(norm=norm, activation=activation, positions="learned")
    arrays = inputs()
    weights = plain_weights(model)

    def embed(side, ids):
        scaled = weights[f"{side}_embedding"][ids] * math.sqrt(model.hidden_dim)
        return torch.from_numpy(scaled + weights[f"{side}_positions"][: ids.shape[1]])

    hidden = torch.from_numpy(arrays["source_ids"] == 0)
    with torch.no_grad():
        states = torch_model(model, torch)(
            embed("source", arrays["source_ids"]),
            embed("target", arrays["target_ids"]),
            tgt_mask=torch.triu(torch.ones(TARGET, TARGET, dtype=torch.bool), 1),
            src_key_padding_mask=hidden,
            memory_key_padding_mask=hidden,
        )
    expected = states.numpy() @ weights["target_embedding"].T
    np.testing.assert_allclose(run(lambda x: model(x), arrays), expected, atol=1e-5, rtol=1e-5)
