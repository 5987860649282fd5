"""The decoding loop: one step after the other, with a key/value cache, on every Keras backend."""

from typing import NamedTuple

from keras import ops, tree

from keras_transformer.backend import gather_rows
from keras_transformer.decoding.options import SearchOptions
from keras_transformer.decoding.strategies import Greedy, SpecialIds


class Decoded(NamedTuple):
    """The best translations as ids. `B` rows, `L` the most steps any row could take."""

    ids: object  # (B, L) int32: produced ids, the end mark included, then padding
    lengths: object  # (B,) int32: number of produced ids, the end mark included
    scores: object  # (B,) float32: sum of the natural logarithms of their probabilities
    truncated: object  # (B,) bool: stopped by its limit, without an end mark


def search(model, source_ids, options, max_length, strategy):
    """Translates a batch of sentences step by step.

    The result of a row depends neither on the other rows nor on padding. The loop ends when all
    rows are done.

    Args:
        model: a `Transformer`.
        source_ids: `(B, S)` integers, each row with its end mark, then padding.
        options: `SearchOptions`.
        max_length: at least the largest limit; the size of the cache, a Python int where the
            backend compiles for static shapes.
        strategy: chooses the tokens, see `strategies`.

    Returns:
        `Hypotheses`.
    """
    width = strategy.num_hypotheses
    encoded = model.encode(ops.cast(source_ids, "int32"), training=False)
    memories, caches = model.start_decoding(encoded, max_length)
    mask = encoded.mask
    if width > 1:
        # Hypotheses of a row read the same source: it is repeated here, once, and never reordered.
        memories, caches, mask = tree.map_structure(
            lambda tensor: ops.repeat(tensor, width, axis=0), (memories, caches, mask)
        )

    def keep_going(step, state, caches):
        return ops.logical_and(step < max_length, ops.logical_not(ops.all(state.done)))

    def advance(step, state, caches):
        ids = ops.reshape(state.ids, (-1, 1))
        logits, caches = model.decode_step(memories, mask, ids, caches, step)
        logits = ops.reshape(logits, (-1, width, logits.shape[-1]))
        state = strategy.advance(state, logits, step)
        return step + 1, state, _reorder(caches, state.parents)

    first = ops.convert_to_tensor(0, "int32")
    state = strategy.start(options, max_length)
    _, state, _ = ops.while_loop(keep_going, advance, (first, state, caches))
    return strategy.finish(state)


def _reorder(caches, parents):
    """The caches `(B K, ...)` of the hypotheses from which those that go on come."""
    if parents is None:
        return caches
    width = parents.shape[1]

    def reorder(tensor):
        rows = ops.reshape(tensor, (-1, width, *tensor.shape[1:]))
        return ops.reshape(gather_rows(rows, parents), (-1, *tensor.shape[1:]))

    return tree.map_structure(reorder, caches)


def decode(model, source_ids, limits, max_length, start_id, end_id):
    """Greedy search: `search` with limits alone and special ids by name.

    Returns:
        `Decoded`.
    """
    strategy = Greedy(SpecialIds(start_id, end_id, model.padding_id))
    return best_of(search(model, source_ids, SearchOptions(limits), max_length, strategy))


def best_of(hypotheses):
    """The first of the `Hypotheses` of every row, as `Decoded`."""
    return Decoded(
        hypotheses.ids[:, 0],
        hypotheses.lengths[:, 0],
        hypotheses.scores[:, 0],
        hypotheses.truncated[:, 0],
    )
