"""How tokens are chosen. A strategy sees logits and its own state, never the model.

A strategy has `num_hypotheses`, the number `K` of hypotheses that the model continues for each row,
and three methods:

* `start(options, max_length)` makes the state, a tuple with names, of tensors whose leading axis is
  that of the rows `B` (so that rows can be taken out of it). It has at least the fields `ids`
  `(B, K)`, what the model reads next, `parents` `(B, K)`, from which of the row's hypotheses each
  one comes (None where it is always the same one), and `done` `(B,)`.
* `advance(state, logits, step)` takes the logits `(B, K, V)`, float32, of the tokens after those
  ids, and the number of the step, from 0.
* `finish(state)` says what was found.

Nothing in a row depends on other rows, and a row that is done changes no more.
"""

import dataclasses
from typing import NamedTuple

from keras import ops

from keras_transformer.decoding.top_tokens import best_token

# The score of a hypothesis that does not exist.
NO_SCORE = -1e9


class SpecialIds(NamedTuple):
    """Special ids of the target's vocabulary."""

    start: int
    end: int
    padding: int


class Hypotheses(NamedTuple):
    """What was found: `N` hypotheses a row, best first, of at most `L` ids.

    Places after the row's `count` hold padding, length 0 and scores of -1e9. A row whose limit is 0
    has one hypothesis, empty, with score 0.
    """

    ids: object  # (B, N, L) int32: produced ids, the end mark included, then padding
    lengths: object  # (B, N) int32: number of produced ids, the end mark included
    scores: object  # (B, N) float32: sum of the natural logarithms of their probabilities
    ranking_scores: object  # (B, N) float32: what they are ordered by
    truncated: object  # (B, N) bool: stopped by the row's limit, without an end mark
    count: object  # (B,) int32: how many are real


class GreedyState(NamedTuple):
    """Between two steps of `Greedy`."""

    ids: object  # (B, 1) int32
    done: object  # (B,) bool
    scores: object  # (B,) float32
    histories: object  # (B, L) int32: produced ids, then padding
    limits: object  # (B,) int32

    parents = None  # not a field: there is nothing to reorder


@dataclasses.dataclass(frozen=True)
class Greedy:
    """Takes the most probable token at every step. Of the options it knows only `limits`.

    Args:
        special_ids: `SpecialIds`.
        length_penalty: of the ranking score; it decides nothing here.
    """

    special_ids: SpecialIds
    length_penalty: float = 0.0

    num_hypotheses = 1
    num_results = 1

    def start(self, options, max_length):
        """The state before the first step.

        Args:
            options: `SearchOptions`; all but `limits` must be None.
            max_length: at least the largest limit; an int, or a scalar tensor on TensorFlow.
        """
        unknown = [k for k, v in options._asdict().items() if k != "limits" and v is not None]
        if unknown:
            raise ValueError(f"`Greedy` takes no options but `limits`. Received: {unknown}")
        limits = ops.cast(options.limits, "int32")
        rows = ops.shape(limits)[0]
        return GreedyState(
            ids=ops.full((rows, 1), self.special_ids.start, dtype="int32"),
            done=limits <= 0,
            scores=ops.zeros((rows,), "float32"),
            histories=ops.full((rows, max_length), self.special_ids.padding, dtype="int32"),
            limits=limits,
        )

    def advance(self, state, logits, step):
        """The state after a step, see the module's docstring."""
        ids, log_probabilities = best_token(logits[:, 0])
        ids = ops.where(state.done, self.special_ids.padding, ids)
        ends = ops.equal(ids, self.special_ids.end) | (step + 1 >= state.limits)
        return GreedyState(
            ids=ids[:, None],
            done=state.done | ends,
            scores=ops.where(state.done, state.scores, state.scores + log_probabilities),
            histories=write_step(state.histories, ids, step),
            limits=state.limits,
        )

    def finish(self, state):
        """`Hypotheses` with `N = 1`."""
        lengths, ended = ends_of(state.histories, state.limits, self.special_ids.end)
        penalties = length_penalties(lengths, self.length_penalty)
        return Hypotheses(
            ids=state.histories[:, None],
            lengths=lengths[:, None],
            scores=state.scores[:, None],
            ranking_scores=(state.scores / penalties)[:, None],
            truncated=(ops.logical_not(ended) & (state.limits > 0))[:, None],
            count=ops.ones_like(state.limits),
        )


def length_penalties(lengths, power):
    """What the scores of hypotheses of so many ids are divided by: `((5 + n) / 6) ** power`."""
    return ((5.0 + ops.cast(lengths, "float32")) / 6.0) ** power


def write_step(histories, ids, step):
    """`histories` `(..., L)` with `ids` `(...)` at position `step`."""
    positions = ops.arange(ops.shape(histories)[-1], dtype="int32")
    return ops.where(ops.equal(positions, step), ids[..., None], histories)


def ends_of(histories, limits, end_id):
    """How long finished sequences are: up to their end mark, or else their limit.

    Args:
        histories: `(..., L)` int32.
        limits: int32, broadcastable to `(...)`.

    Returns:
        Lengths `(...)`, int32, end mark included; and whether there is an end mark.
    """
    is_end = ops.equal(histories, end_id)
    ended = ops.any(is_end, axis=-1)
    before = ops.cumsum(ops.cast(is_end, "int32"), axis=-1)
    to_end = ops.sum(ops.cast(ops.equal(before, 0), "int32"), axis=-1) + 1
    return ops.where(ended, to_end, ops.maximum(limits, 0)), ended
