"""The weights of a `Transformer` in the places where CTranslate2 wants them."""

import numpy as np
from keras import ops

from keras_transformer.errors import UserError
from keras_transformer.layers.residual import NORM_EPSILON

# Name -> (activation of CTranslate2, whether it gates a second projection).
_ACTIVATIONS = {
    "relu": ("RELU", False),
    "gelu": ("GELU", False),  # the exact one; `GELUTanh` is the approximation
    "reglu": ("RELU", True),
    "geglu": ("GELU", True),
    "swiglu": ("SWISH", True),
}


def check_expressible(model, tokenizers):
    """Raises `UserError` for a model or vocabulary that is not written for CTranslate2."""
    if model.positions not in ("sinusoidal", "learned"):
        raise UserError(
            f"This model has {model.positions} positions, and models for CTranslate2 are written "
            "with sinusoidal or learned ones only: export it as a SavedModel, or train one with "
            "--model.positions sinusoidal."
        )
    if model.activation not in _ACTIVATIONS:
        raise UserError(
            f"CTranslate2 has no activation {model.activation}: export this model as a SavedModel, "
            "or train one with --model.activation relu."
        )
    for side, tokenizer in (("source", tokenizers.source), ("target", tokenizers.target)):
        pieces = vocabulary(tokenizer)
        if len(set(pieces)) < len(pieces):
            twice = next(piece for piece in pieces if pieces.count(piece) > 1)
            raise UserError(
                f"The {side} tokenizer has the piece {twice!r} more than once, and CTranslate2 "
                "knows pieces by their names: export this model as a SavedModel."
            )
    source, target = (_shared_marks(tokenizer) for tokenizer in (tokenizers.source,
                                                                 tokenizers.target))  # fmt: skip
    if source != target:
        raise UserError(
            f"The source tokenizer calls unknown and end {source}, the target's {target}, and "
            "CTranslate2 wants the same names on both sides: export this model as a SavedModel."
        )


def vocabulary(tokenizer):
    """The piece of every id, as a list; for strings."""
    return list(tokenizer.tokens(np.arange(tokenizer.vocabulary_size)))


def _shared_marks(tokenizer):
    return tokenizer.tokens([tokenizer.unknown_id, tokenizer.end_id])


def specification(model, tokenizers, num_source_positions, num_target_positions):
    """The `ctranslate2.specs.TransformerSpec` of a model.

    Args:
        model: a built `Transformer` that `check_expressible` lets pass.
        tokenizers: its `TokenizerPair`.
        num_source_positions, num_target_positions: for how many positions tables are written;
            CTranslate2's own sinusoids are not the paper's (not interleaved, and they begin at 1).

    Returns:
        The specification; all its arrays are float32.
    """
    from ctranslate2 import specs

    name, gated = _ACTIVATIONS[model.activation]
    spec = specs.TransformerSpec.from_config(
        (model.num_encoder_layers, model.num_decoder_layers),
        model.num_heads,
        pre_norm=model.norm == "pre",
        activation=specs.Activation[name],
        ffn_glu=gated,
    )
    _set_stack(spec.encoder, model.encoder_blocks, model.encoder_norm, gated)
    _set_stack(spec.decoder, model.decoder_blocks, model.decoder_norm, gated)
    # CTranslate2 stores equal arrays once, so tied tables stay tied.
    spec.encoder.embeddings[0].weight = _array(model.source_embedding.embeddings)
    spec.decoder.embeddings.weight = _array(model.target_embedding.embeddings)
    spec.decoder.projection.weight = _array(model.target_embedding.embeddings)
    spec.encoder.position_encodings.encodings = _positions(
        model, model.source_positions, num_source_positions
    )
    spec.decoder.position_encodings.encodings = _positions(
        model, model.target_positions, num_target_positions
    )
    _describe(spec, tokenizers)
    return spec


def _describe(spec, tokenizers):
    target = tokenizers.target
    unknown, end = _shared_marks(target)
    (start,) = target.tokens([target.start_id])
    config = spec.config
    config.unk_token, config.eos_token = unknown, end
    config.bos_token = config.decoder_start_token = start
    config.add_source_bos, config.add_source_eos = False, True
    config.layer_norm_epsilon = NORM_EPSILON
    spec.register_source_vocabulary(vocabulary(tokenizers.source))
    spec.register_target_vocabulary(vocabulary(target))


def _set_stack(spec, blocks, norm, gated):
    for layer, block in zip(spec.layer, blocks, strict=True):
        _set_attention(layer.self_attention, block.self_attention)
        if hasattr(block, "cross_attention"):
            _set_attention(layer.attention, block.cross_attention)
        _set_feed_forward(layer.ffn, block.feed_forward, gated)
    if norm is not None:
        _set_norm(spec.layer_norm, norm)


def _set_attention(spec, residual):
    attention = residual.sublayer
    _set_norm(spec.layer_norm, residual.layer_norm)
    if attention.is_cross_attention:
        _set_linear(spec.linear[0], attention.query_kernel, attention.query_bias)
        _set_linear(spec.linear[1], attention.key_value_kernel, attention.key_value_bias)
    else:
        _set_linear(
            spec.linear[0], attention.query_key_value_kernel, attention.query_key_value_bias
        )
    _set_linear(spec.linear[-1], attention.output_kernel, attention.output_bias)


def _set_feed_forward(spec, residual, gated):
    layer = residual.sublayer
    _set_norm(spec.layer_norm, residual.layer_norm)
    kernel, bias = _array(layer.inner_kernel), _array(layer.inner_bias)
    if gated:
        gate_kernel, kernel = np.split(kernel, 2, axis=1)
        gate_bias, bias = np.split(bias, 2)
        _set_linear(spec.linear_0, gate_kernel, gate_bias)
        _set_linear(spec.linear_0_noact, kernel, bias)
    else:
        _set_linear(spec.linear_0, kernel, bias)
    _set_linear(spec.linear_1, layer.output_kernel, layer.output_bias)


def _set_norm(spec, norm):
    spec.gamma, spec.beta = _array(norm.gamma), _array(norm.beta)


def _set_linear(spec, kernel, bias):
    """Ours are `(inputs, outputs)`, theirs `(outputs, inputs)`."""
    spec.weight = np.ascontiguousarray(_array(kernel).T)
    spec.bias = _array(bias)


def _positions(model, layer, length):
    """The table `(length, hidden_dim)`; past its end a learned one goes on with its last row."""
    if model.positions == "sinusoidal":
        return _array(layer.encoding(length, model.hidden_dim))
    table = _array(layer.embeddings)
    return table[np.minimum(np.arange(length), len(table) - 1)]


def _array(values):
    return np.ascontiguousarray(ops.convert_to_numpy(values).astype("float32"))
