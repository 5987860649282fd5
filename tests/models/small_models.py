"""Small models with weights that matter, ids with padding, and their weights as plain matrices."""

import keras
import numpy as np
from keras import ops

from keras_transformer.models import Transformer

# Heads and layers, widths, lengths and vocabulary are all different, so that a swap fails.
SIZES = {
    "num_encoder_layers": 3,
    "num_decoder_layers": 2,
    "num_heads": 5,
    "hidden_dim": 20,
    "intermediate_dim": 29,
    "max_length": 41,
}
VOCABULARY, BATCH, SOURCE, TARGET = 31, 3, 11, 7
SOURCE_LENGTHS, TARGET_LENGTHS = (11, 6, 1), (7, 2, 5)


def small_model(seed=1, **arguments):
    """A model whose biases and norms are not at their start values; the same on every backend."""
    keras.utils.set_random_seed(seed)
    model = Transformer(**{"vocabulary_size": VOCABULARY, **SIZES, **arguments})
    model.build()
    random = np.random.default_rng(seed)
    for weight in model.weights:
        noise = random.normal(size=weight.shape)
        if weight.name == "gamma":
            value = 1 + 0.1 * noise
        elif weight.name == "embeddings":
            value = noise / np.sqrt(model.hidden_dim)
        elif len(weight.shape) == 2:
            value = noise * np.sqrt(2 / sum(weight.shape))
        else:
            value = 0.1 * noise
        weight.assign(value)
    return model


def ids(batch, length, lengths, padding_id=0, seed=0, vocabulary=VOCABULARY):
    """`(batch, length)` int32; rows are real up to `lengths` and never hold `padding_id` there."""
    real = np.random.default_rng(seed).integers(0, vocabulary - 1, size=(batch, length))
    real += real >= padding_id
    hidden = np.arange(length)[None] >= np.array(lengths)[:, None]
    return np.where(hidden, padding_id, real).astype("int32")


def sentences(padding_id=0):
    """Three padded pairs, and labels."""
    return {
        "source_ids": ids(BATCH, SOURCE, SOURCE_LENGTHS, padding_id, seed=1),
        "target_ids": ids(BATCH, TARGET, TARGET_LENGTHS, padding_id, seed=2),
        "labels": ids(BATCH, TARGET, TARGET_LENGTHS, padding_id, seed=3),
    }


def widen(array, columns, padding_id=0):
    """More padding on the right."""
    return np.pad(array, ((0, 0), (0, columns)), constant_values=padding_id)


def plain_weights(model):
    """The model's weights in float64, apart, as `numpy_transformer` wants them."""

    def array(variable):
        return ops.convert_to_numpy(variable.value).astype("float64")

    def parts(kernel, bias, number):
        kernels, biases = np.split(array(kernel), number, axis=1), np.split(array(bias), number)
        return list(zip(kernels, biases, strict=True))

    def norm(layer):
        return array(layer.gamma), array(layer.beta)

    def attention(residual):
        inner = residual.sublayer
        if inner.is_cross_attention:
            query = parts(inner.query_kernel, inner.query_bias, 1)
            projections = query + parts(inner.key_value_kernel, inner.key_value_bias, 2)
        else:
            projections = parts(inner.query_key_value_kernel, inner.query_key_value_bias, 3)
        (output,) = parts(inner.output_kernel, inner.output_bias, 1)
        named = dict(zip(("query", "key", "value"), projections, strict=True))
        return {**named, "output": output, "norm": norm(residual.layer_norm)}

    def feed_forward(residual):
        inner = residual.sublayer
        names = ("gate", "inner") if model.activation.endswith("glu") else ("inner",)
        projections = parts(inner.inner_kernel, inner.inner_bias, len(names))
        (output,) = parts(inner.output_kernel, inner.output_bias, 1)
        named = dict(zip(names, projections, strict=True))
        return {**named, "output": output, "norm": norm(residual.layer_norm)}

    def block(layer):
        found = {
            "self_attention": attention(layer.self_attention),
            "feed_forward": feed_forward(layer.feed_forward),
        }
        if hasattr(layer, "cross_attention"):
            found["cross_attention"] = attention(layer.cross_attention)
        return found

    weights = {
        "source_embedding": array(model.source_embedding.embeddings),
        "target_embedding": array(model.target_embedding.embeddings),
        "encoder": [block(layer) for layer in model.encoder_blocks],
        "decoder": [block(layer) for layer in model.decoder_blocks],
    }
    if model.positions == "learned":
        weights["source_positions"] = array(model.source_positions.embeddings)
        weights["target_positions"] = array(model.target_positions.embeddings)
    if model.norm == "pre":
        weights["encoder_norm"] = norm(model.encoder_norm)
        weights["decoder_norm"] = norm(model.decoder_norm)
    return weights


def random_state(model):
    """The variables that are no weights: the states of dropout."""
    known = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in known]
