"""The decoding loop: one step after the other, with a key/value cache, on every Keras backend."""

from typing import NamedTuple

from keras import ops

from keras_transformer.decoding.strategies import Greedy


class Decoded(NamedTuple):
    """Translations as ids. `B` rows, `L` the most steps any row could take."""

    ids: object  # (B, L) int32: produced ids, the end mark included, then padding
    lengths: object  # (B,) int32: number of produced ids, the end mark included
    scores: object  # (B,) float32: sum of the natural logarithms of their probabilities
    truncated: object  # (B,) bool: stopped by its limit, without an end mark


def decode(model, source_ids, limits, max_length, start_id, end_id, strategy=None):
    """Translates a batch of sentences step by step.

    The result of a row depends neither on the other rows nor on padding: a finished row emits
    padding and its score is frozen. The loop ends when all rows are finished.

    Args:
        model: a `Transformer`.
        source_ids: `(B, S)` integers, each row with its end mark, then padding.
        limits: `(B,)` integers, the most ids a row may produce, the end mark included.
        max_length: at least the largest of `limits`; the size of the cache, a Python int where
            the backend compiles for static shapes.
        start_id, end_id: special ids of the target's tokenizer.
        strategy: how a token is chosen; `Greedy()` if None.

    Returns:
        `Decoded`.
    """
    strategy = strategy or Greedy()
    padding_id = model.padding_id
    source_ids = ops.cast(source_ids, "int32")
    limits = ops.cast(limits, "int32")
    encoded = model.encode(source_ids, training=False)
    memories, caches = model.start_decoding(encoded, max_length)
    batch = ops.shape(source_ids)[0]

    def keep_going(step, ids, scores, lengths, finished, buffer, caches):
        return ops.logical_and(step < max_length, ops.logical_not(ops.all(finished)))

    def advance(step, ids, scores, lengths, finished, buffer, caches):
        logits, caches = model.decode_step(memories, encoded.mask, ids[:, None], caches, step)
        choice = strategy.choose(logits)
        ids = ops.where(finished, padding_id, choice.ids)
        scores = ops.where(finished, scores, scores + choice.log_probabilities)
        lengths = ops.where(finished, lengths, lengths + 1)
        finished = finished | ops.equal(ids, end_id) | (step + 1 >= limits)
        buffer = ops.slice_update(buffer, (0, step), ids[:, None])
        return step + 1, ids, scores, lengths, finished, buffer, caches

    state = (
        ops.convert_to_tensor(0, "int32"),
        ops.full((batch,), start_id, dtype="int32"),
        ops.zeros((batch,), "float32"),
        ops.zeros((batch,), "int32"),
        limits <= 0,
        ops.full((batch, max_length), padding_id, dtype="int32"),
        caches,
    )
    _, _, scores, lengths, _, buffer, _ = ops.while_loop(keep_going, advance, state)
    ended = ops.any(ops.equal(buffer, end_id), axis=1)
    truncated = ops.logical_and(ops.logical_not(ended), limits > 0)
    return Decoded(buffer, lengths, scores, truncated)
