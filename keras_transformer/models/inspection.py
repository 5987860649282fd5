"""What happens inside a model while it reads one pair of sentences.

The numbers are those that its layers compute and hand on: nothing is computed a second time.
"""

import contextlib
import warnings
from typing import NamedTuple

import numpy as np
from keras import ops


class RecordedAttention(NamedTuple):
    """One kind of attention in all layers, float32 arrays.

    Queries and keys are as `MultiHeadAttention.attend` gets them: not scaled yet, and with their
    rotary positions, if there are any.
    """

    weights: np.ndarray  # (layers, heads, queries, keys)
    queries: np.ndarray  # (layers, heads, queries, head_dim)
    keys: np.ndarray  # (layers, heads, keys, head_dim)
    values: np.ndarray  # (layers, heads, keys, head_dim)


class Inspection(NamedTuple):
    """What `inspect_attention` finds; `S` source and `T` target ids."""

    encoder: RecordedAttention  # S queries, S keys
    decoder: RecordedAttention  # T queries, T keys
    cross: RecordedAttention  # T queries, S keys
    encoder_states: np.ndarray  # (layers + 1, S, hidden_dim), see `Explanation`
    logits: np.ndarray  # (T, vocabulary) float32


def inspect_attention(model, source_ids, target_ids):
    """Runs a model eagerly over one pair of sentences and records its layers.

    Args:
        model: a built `Transformer`, on any backend.
        source_ids: integers of one sentence, end mark last, without padding.
        target_ids: integers that the decoder reads, start mark first, without padding.

    Returns:
        `Inspection`.
    """
    encoder = [block.self_attention.sublayer for block in model.encoder_blocks]
    decoder = [block.self_attention.sublayer for block in model.decoder_blocks]
    cross = [block.cross_attention.sublayer for block in model.decoder_blocks]
    records = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        # Keras wonders about a softmax over a single token.
        warnings.simplefilter("ignore", UserWarning)
        for layer in [*encoder, *decoder, *cross]:
            stack.enter_context(_recording(layer, "attend", records))
        for block in model.encoder_blocks:
            stack.enter_context(_recording(block, "call", records))
        encoded = model.encode(_batch_of_one(source_ids), training=False)
        logits = model.decode(encoded, _batch_of_one(target_ids), training=False)
    return Inspection(
        *(_joined([records[layer] for layer in layers]) for layers in (encoder, decoder, cross)),
        np.stack([_first_row(state) for state in _states(model, records)]),
        _first_row(logits),
    )


def inspect_encoder(model, source_ids):
    """The encoder's states of a whole batch, for measurements over many sentences.

    Args:
        model: a built `Transformer`, on any backend.
        source_ids: `(B, S)` integers, padded.

    Returns:
        `(layers + 1, B, S, hidden_dim)` float32: embedding plus position, then what each block
        gave; at padding anything.
    """
    records = {}
    with contextlib.ExitStack() as stack:
        for block in model.encoder_blocks:
            stack.enter_context(_recording(block, "call", records))
        model.encode(ops.convert_to_tensor(np.asarray(source_ids, "int32")), training=False)
    return np.stack([_numpy(state) for state in _states(model, records)])


def _states(model, records):
    blocks = [records[block] for block in model.encoder_blocks]
    return [blocks[0].arguments[0], *(record.result for record in blocks)]


class _Record(NamedTuple):
    arguments: tuple
    result: object


@contextlib.contextmanager
def _recording(layer, method, records):
    """Meanwhile, keeps the positional arguments and the result of a layer's method."""
    function = getattr(layer, method)

    def recorded(*arguments, **options):
        result = function(*arguments, **options)
        records[layer] = _Record(arguments, result)
        return result

    # Past Keras's own `__setattr__`, which would take it for a part of the layer.
    vars(layer)[method] = recorded
    try:
        yield
    finally:
        del vars(layer)[method]


def _joined(records):
    """The records of `attend` of all layers."""
    fields = ((record.result[1], *record.arguments[:3]) for record in records)
    return RecordedAttention(
        *(np.stack([_first_row(layer) for layer in field]) for field in zip(*fields, strict=True))
    )


def _batch_of_one(ids):
    return ops.convert_to_tensor(np.asarray(ids, "int32")[None])


def _first_row(tensor):
    return _numpy(tensor)[0]


def _numpy(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))
