"""Beam search; and, as rows of the same program, greedy search and sampling."""

import dataclasses
from typing import NamedTuple

from keras import ops

from keras_transformer.backend import gather_rows
from keras_transformer.config.translation_options import MAX_LENGTH_PENALTY
from keras_transformer.decoding.constraints import (
    CONSTRAINTS,
    constrain,
    extend_suffixes,
    is_constrained,
)
from keras_transformer.decoding.strategies import (
    NO_SCORE,
    Hypotheses,
    SpecialIds,
    ends_of,
    length_penalties,
    write_step,
)
from keras_transformer.decoding.top_tokens import (
    FLOOR,
    IMPOSSIBLE,
    in_blocks,
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
    say: stopping early never changes the result.

    A row with a beam of its own (`SearchOptions.beam_sizes`) keeps only so many hypotheses, and has
    the results of a search with that beam. A beam of 1 is greedy: one candidate a step, and the end
    at the first end mark. So is a sampled row, whose candidate is drawn.

    Args:
        special_ids: `SpecialIds`.
        num_hypotheses: `K`.
        num_results: `N`, at most `K`.
        length_penalty: from 0 to 3; for rows without a penalty of their own.

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
        if not 0 <= self.length_penalty <= MAX_LENGTH_PENALTY:
            raise ValueError(
                f"`length_penalty` must be from 0 to {MAX_LENGTH_PENALTY}. "
                f"Received: {self.length_penalty}"
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
        if "sampled" in rows:
            beam_sizes = rows.get("beam_sizes", ops.full_like(limits, width))
            rows["beam_sizes"] = ops.where(rows["sampled"], 1, beam_sizes)
        constrained = is_constrained(rows)
        if constrained is not None:
            rows["constrained"] = constrained
        if "no_repeat_ngrams" in rows:
            rows["suffixes"] = ops.zeros((batch, width, max_length), "int32")
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
        num_results = self.num_results
        values, parents, ids = self._candidates(state, logits, step)

        at_limit = step + 1 >= state.rows["limits"]
        ends = ops.equal(ids, self.special_ids.end) | at_limit[:, None]
        ranking = self._ranking(state.rows, values, step + 1)
        ranking = ops.where(ends, ranking, IMPOSSIBLE)
        rankings, finished = ops.top_k(
            ops.concatenate([state.rankings, ranking], axis=1), num_results
        )
        scores, live = ops.top_k(ops.where(ends, IMPOSSIBLE, values), self.num_hypotheses)
        if "beam_sizes" in state.rows:
            scores = _first(scores, state.rows["beam_sizes"])

        # Who each finished and each live hypothesis was, and what it says now: one number each.
        slots = num_results + self.num_hypotheses
        stay = ops.arange(num_results, dtype="int32") + self.special_ids.padding * slots
        codes = ops.concatenate(
            [ops.zeros_like(finished) + stay, parents + num_results + ids * slots], axis=1
        )
        chosen = ops.concatenate([finished, live + num_results], axis=1)
        codes = gather_rows(codes, chosen)
        ids = ops.floor_divide(codes, slots)
        sources = codes - ids * slots
        histories = write_step(gather_rows(state.histories, sources), ids, step)

        rows = state.rows
        if "suffixes" in rows:
            parents = sources[:, num_results:] - num_results
            suffixes = gather_rows(rows["suffixes"], parents)
            suffixes = extend_suffixes(suffixes, histories[:, num_results:], ids[:, num_results:])
            rows = {**rows, "suffixes": suffixes}
        done = at_limit | ops.logical_not(self._can_improve(state.rows, scores, rankings))
        return BeamState(
            ids=ids[:, num_results:],
            parents=sources[:, num_results:] - num_results,
            done=done,
            scores=ops.where(done[:, None], IMPOSSIBLE, scores),
            rankings=rankings,
            histories=histories,
            rows=rows,
        )

    def _candidates(self, state, logits, step):
        """The best continuations: values `(B, C)`, best first, parents and ids `(B, C)`."""
        rows, width = state.rows, self.num_hypotheses
        blocks = in_blocks(logits)
        offsets = state.scores - log_normalizer(logits, ops.max(blocks.maxima, axis=2))
        if any(name in rows for name in CONSTRAINTS):
            histories = state.histories[:, self.num_results :]
            blocks = in_blocks(constrain(logits, rows, histories, step, self.special_ids))
        values, parents, ids = top_tokens(blocks, offsets, 2 * width if width > 1 else 1)
        if "beam_sizes" in rows:
            beam_sizes = rows["beam_sizes"]
            values = _first(values, ops.where(beam_sizes > 1, 2 * beam_sizes, 1))
        return values, parents, ids

    def finish(self, state):
        """`Hypotheses`."""
        limits = state.rows["limits"]
        rankings = state.rankings
        if "beam_sizes" in state.rows:
            rankings = _first(rankings, state.rows["beam_sizes"])
        is_real = rankings > FLOOR
        padding = self.special_ids.padding
        ids = ops.where(is_real[..., None], state.histories[:, : self.num_results], padding)
        lengths, ended = ends_of(ids, limits[:, None], self.special_ids.end)
        lengths = ops.where(is_real, lengths, 0)
        first = ops.equal(ops.arange(self.num_results, dtype="int32"), 0)
        is_empty = (limits <= 0)[:, None] & first
        missing = ops.where(is_empty, ops.zeros_like(rankings), NO_SCORE)
        penalties = self._penalties(state.rows, lengths)
        scores = rankings if penalties is None else rankings * penalties
        return Hypotheses(
            ids=ids,
            lengths=lengths,
            scores=ops.where(is_real, scores, missing),
            ranking_scores=ops.where(is_real, rankings, missing),
            truncated=is_real & ops.logical_not(ended),
            count=ops.sum(ops.cast(is_real | is_empty, "int32"), axis=1),
        )

    def _penalties(self, rows, lengths):
        """What scores of hypotheses of so many ids are divided by, `(B, ...)`; None: by nothing."""
        powers = rows.get("length_penalties")
        if powers is None and not self.length_penalty:
            return None
        powers = self.length_penalty if powers is None else powers[:, None]
        return length_penalties(lengths, powers)

    def _ranking(self, rows, scores, length):
        penalties = self._penalties(rows, length)
        return scores if penalties is None else scores / penalties

    def _can_improve(self, rows, scores, rankings):
        """Whether a row's best live hypothesis can still become one of its best, `(B,)`.

        Its score can only fall, and at most be divided by the penalty at the row's limit.
        """
        worst = rankings[:, -1:]
        if "beam_sizes" in rows:
            last = ops.minimum(rows["beam_sizes"], self.num_results) - 1
            worst = gather_rows(rankings, last[:, None])
        penalties = self._penalties(rows, rows["limits"][:, None])
        # The product may be infinite where there is none yet.
        bound = worst if penalties is None else ops.maximum(worst * penalties, IMPOSSIBLE)
        return (scores[:, :1] > bound)[:, 0]


def _first(scores, counts):
    """`scores` `(B, N)`, IMPOSSIBLE after the first `counts` `(B,)`."""
    places = ops.arange(scores.shape[1], dtype="int32")
    return ops.where(places < counts[:, None], scores, IMPOSSIBLE)
