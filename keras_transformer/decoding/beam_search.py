"""Beam search."""

import dataclasses
from typing import NamedTuple

from keras import ops

from keras_transformer.backend import gather_rows
from keras_transformer.decoding.strategies import (
    NO_SCORE,
    Hypotheses,
    SpecialIds,
    ends_of,
    write_step,
)
from keras_transformer.decoding.top_tokens import (
    FLOOR,
    IMPOSSIBLE,
    log_normalizer,
    top_tokens,
)


class BeamState(NamedTuple):
    """Between two steps. `K` live hypotheses, `N` finished ones, best first each."""

    ids: object  # (B, K) int32
    parents: object  # (B, K) int32
    done: object  # (B,) bool
    scores: object  # (B, K) float32, of the live ones; IMPOSSIBLE where there is none
    rankings: object  # (B, N) float32, of the finished ones; IMPOSSIBLE where there is none
    histories: object  # (B, N + K, L) int32: ids of the finished ones, then of the live ones
    rows: dict  # options that are in use, and what follows from them; each (B, ...)


@dataclasses.dataclass(frozen=True)
class BeamSearch:
    """Keeps the `K` most probable beginnings, and the `N` best of all translations that ended.

    A finished hypothesis is out of the beam and frozen. Of `2 K` candidates a step at most `K` end,
    so that `K` go on. A hypothesis that ended ranks by `score / ((5 + n) / 6) ** length_penalty`
    (`n` ids, the end mark included); one that its row's limit cuts off competes in the same way. A
    row is done when no live hypothesis could enter its `N` best any more, whatever it would still
    say: stopping early never changes the result. A beam of 1 is greedy: it stops at the first end.

    Args:
        special_ids: `SpecialIds`.
        num_hypotheses: `K`.
        num_results: `N`, at most `K`.
        length_penalty: at least 0; for rows without a penalty of their own.

    Reference:
        Wu et al. 2016 (arXiv:1609.08144), section 7: the length penalty.
    """

    special_ids: SpecialIds
    num_hypotheses: int
    num_results: int = 1
    length_penalty: float = 0.0

    def __post_init__(self):
        if not 1 <= self.num_results <= self.num_hypotheses:
            raise ValueError(
                "`num_results` must be from 1 to `num_hypotheses`. Received: "
                f"num_results={self.num_results}, num_hypotheses={self.num_hypotheses}"
            )
        if self.length_penalty < 0:
            raise ValueError(
                f"`length_penalty` must be at least 0. Received: {self.length_penalty}"
            )

    def start(self, options, max_length):
        """The state before the first step.

        Args:
            options: `SearchOptions`.
            max_length: at least the largest limit; an int, or a scalar tensor on TensorFlow.
        """
        limits = ops.cast(options.limits, "int32")
        batch, width = ops.shape(limits)[0], self.num_hypotheses
        rows = {k: ops.convert_to_tensor(v) for k, v in options._asdict().items() if v is not None}
        rows["limits"] = limits
        # All hypotheses begin alike: one of them is enough.
        is_first = ops.equal(ops.arange(width, dtype="int32"), 0) & (limits > 0)[:, None]
        nothing = ops.full((batch, width), IMPOSSIBLE, dtype="float32")
        padding = self.special_ids.padding
        return BeamState(
            ids=ops.full((batch, width), self.special_ids.start, dtype="int32"),
            parents=ops.zeros((batch, width), "int32"),
            done=limits <= 0,
            scores=ops.where(is_first, ops.zeros_like(nothing), nothing),
            rankings=nothing[:, : self.num_results],
            histories=ops.full(
                (batch, self.num_results + width, max_length), padding, dtype="int32"
            ),
            rows=rows,
        )

    def advance(self, state, logits, step):
        """The state after a step, see `strategies`."""
        num_results, width = self.num_results, self.num_hypotheses
        num_candidates = 2 * width if width > 1 else 1
        offsets = state.scores - log_normalizer(logits, ops.max(logits, axis=-1))
        values, parents, ids = top_tokens(logits, offsets, num_candidates)

        at_limit = step + 1 >= state.rows["limits"]
        ends = ops.equal(ids, self.special_ids.end) | at_limit[:, None]
        ranking = self._ranking(state.rows, values, step + 1)
        ranking = ops.where(ends, ranking, IMPOSSIBLE)
        rankings, finished = ops.top_k(
            ops.concatenate([state.rankings, ranking], axis=1), num_results
        )
        scores, live = ops.top_k(ops.where(ends, IMPOSSIBLE, values), width)

        # Who each finished and each live hypothesis was, and what it says now: one number each.
        slots = num_results + width
        stay = ops.arange(num_results, dtype="int32") + self.special_ids.padding * slots
        codes = ops.concatenate(
            [ops.zeros_like(finished) + stay, parents + num_results + ids * slots], axis=1
        )
        chosen = ops.concatenate([finished, live + num_results], axis=1)
        codes = gather_rows(codes, chosen)
        ids = ops.floor_divide(codes, slots)
        sources = codes - ids * slots
        histories = write_step(gather_rows(state.histories, sources), ids, step)

        done = at_limit | ops.logical_not(self._can_improve(state.rows, scores, rankings))
        return BeamState(
            ids=ids[:, num_results:],
            parents=sources[:, num_results:] - num_results,
            done=done,
            scores=ops.where(done[:, None], IMPOSSIBLE, scores),
            rankings=rankings,
            histories=histories,
            rows=state.rows,
        )

    def finish(self, state):
        """`Hypotheses`."""
        limits = state.rows["limits"]
        is_real = state.rankings > FLOOR
        padding = self.special_ids.padding
        ids = ops.where(is_real[..., None], state.histories[:, : self.num_results], padding)
        lengths, ended = ends_of(ids, limits[:, None], self.special_ids.end)
        lengths = ops.where(is_real, lengths, 0)
        first = ops.equal(ops.arange(self.num_results, dtype="int32"), 0)
        is_empty = (limits <= 0)[:, None] & first
        missing = ops.where(is_empty, ops.zeros_like(state.rankings), NO_SCORE)
        penalties = self._penalties(state.rows, lengths)
        scores = state.rankings if penalties is None else state.rankings * penalties
        return Hypotheses(
            ids=ids,
            lengths=lengths,
            scores=ops.where(is_real, scores, missing),
            ranking_scores=ops.where(is_real, state.rankings, missing),
            truncated=is_real & ops.logical_not(ended),
            count=ops.sum(ops.cast(is_real | is_empty, "int32"), axis=1),
        )

    def _penalties(self, rows, lengths):
        """What scores of hypotheses of so many ids are divided by, `(B, ...)`; None: by nothing."""
        powers = rows.get("length_penalties")
        if powers is None and not self.length_penalty:
            return None
        powers = self.length_penalty if powers is None else powers[:, None]
        return ((5.0 + ops.cast(lengths, "float32")) / 6.0) ** powers

    def _ranking(self, rows, scores, length):
        penalties = self._penalties(rows, length)
        return scores if penalties is None else scores / penalties

    def _can_improve(self, rows, scores, rankings):
        """Whether a row's best live hypothesis can still become one of its best, `(B,)`.

        Its score can only fall, and at most be divided by the penalty at the row's limit.
        """
        worst = rankings[:, -1:]
        penalties = self._penalties(rows, rows["limits"][:, None])
        bound = worst if penalties is None else worst * penalties
        return (scores[:, :1] > bound)[:, 0]
