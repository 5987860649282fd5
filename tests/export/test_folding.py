"""A folded model gives the answers that it gave before, and its norms have nothing left to do."""

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

ACTIVATIONS = ["relu", "gelu", "reglu", "geglu", "swiglu"]
KINDS = [("pre", activation) for activation in ACTIVATIONS] + [("post", "relu"), ("post", "swiglu")]
SOURCE = np.array([[5, 7, 11, 3, 0], [13, 3, 0, 0, 0]], "int32")
TARGET = np.array([[2, 17, 19, 23], [2, 5, 0, 0]], "int32")


def answers(model):
    """Logits, and all attention weights."""
    logits = model.decode(model.encode(SOURCE), TARGET)
    weights = model.attention_weights(SOURCE, TARGET)
    layers = [*weights.encoder, *weights.decoder, *weights.cross]
    return [np.asarray(value) for value in (logits, *layers)]


def parts(model):
    """Every residual part of every block."""
    names = ("self_attention", "cross_attention", "feed_forward")
    for block in [*model.encoder_blocks, *model.decoder_blocks]:
        yield from (getattr(block, name) for name in names if hasattr(block, name))


@pytest.mark.parametrize(("norm", "activation"), KINDS)
@pytest.mark.parametrize("positions", ["sinusoidal", "rotary"])
def test_a_folded_model_gives_the_same_answers(make_model, norm, activation, positions):
    from keras_transformer.export.folding import fold

    kinds = {"norm": norm, "activation": activation, "positions": positions}
    model = make_model(29, num_encoder_layers=1, num_decoder_layers=1, **kinds)
    expected = answers(model)
    before = [np.asarray(weight) for weight in model.weights]
    fold(model)
    assert any((np.asarray(w) != b).any() for w, b in zip(model.weights, before, strict=True))
    for received, value in zip(answers(model), expected, strict=True):
        np.testing.assert_allclose(received, value, atol=2e-5, rtol=2e-5)


def test_norms_inside_blocks_are_plain_and_outputs_centred(make_model):
    from keras_transformer.export.folding import fold

    model = make_model(29, norm="pre", activation="geglu")
    last = np.asarray(model.decoder_norm.gamma)
    fold(model)
    for part in parts(model):
        np.testing.assert_array_equal(part.layer_norm.gamma, np.ones(12))
        np.testing.assert_array_equal(part.layer_norm.beta, np.zeros(12))
        kernel, bias = part.sublayer.output_kernel, part.sublayer.output_bias
        np.testing.assert_allclose(np.asarray(kernel).mean(axis=1), 0, atol=1e-7)
        np.testing.assert_allclose(np.asarray(bias).mean(), 0, atol=1e-7)
        assert getattr(part.sublayer, "query_scale", 1.0) == 1.0
    # The norm after a stack is left as it is.
    np.testing.assert_array_equal(model.decoder_norm.gamma, last)


def test_norms_on_the_residual_path_stay(make_model):
    from keras_transformer.export.folding import fold

    model = make_model(29, norm="post")
    before = [np.asarray(part.layer_norm.gamma) for part in parts(model)]
    kernel = np.asarray(model.encoder_blocks[0].feed_forward.sublayer.output_kernel)
    fold(model)
    for part, gamma in zip(parts(model), before, strict=True):
        np.testing.assert_array_equal(part.layer_norm.gamma, gamma)
        assert getattr(part.sublayer, "query_scale", 1.0) == 1.0
    after = model.encoder_blocks[0].feed_forward.sublayer.output_kernel
    np.testing.assert_array_equal(after, kernel)


def test_folding_twice_changes_nothing_more(make_model):
    from keras_transformer.export.folding import fold

    model = make_model(29, norm="pre", num_encoder_layers=1, num_decoder_layers=1)
    fold(model)
    once = [np.asarray(weight) for weight in model.weights]
    fold(model)
    for weight, before in zip(model.weights, once, strict=True):
        np.testing.assert_allclose(weight, before, atol=1e-6)
