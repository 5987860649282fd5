"""What a model did with one sentence, as arrays: the one thing that pictures and pages are made of.

Shape letters: `S` source tokens, `T` target tokens, end marks included; `K` candidates.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# What the decoder reads first; an export does not say how its tokenizer writes it.
START_TOKEN = "<s>"


class AttentionSteps(NamedTuple):
    """One kind of attention, step by step, in all layers and heads.

    The step from scores to weights is `softmax(queries @ keys / sqrt(head_dim))`, in which the
    decoder's self-attention sees no key after its query, and the output of a head is
    `weights @ values`. Queries and keys are as they enter that product: rotary positions, if the
    model has them, are in them already.
    """

    weights: np.ndarray  # (layers, heads, queries, keys) float32; a row sums to 1
    queries: np.ndarray | None = None  # (layers, heads, queries, head_dim); None of an export
    keys: np.ndarray | None = None  # (layers, heads, keys, head_dim)
    values: np.ndarray | None = None  # (layers, heads, keys, head_dim)


@dataclass(frozen=True, eq=False)
class Explanation:
    """A sentence, its translation, and the numbers that led from one to the other.

    Row `t` of what concerns the target belongs to the step that read `input_tokens[t]` and all
    before it, and produced `target_tokens[t]`. A blank sentence has no tokens, and arrays without
    entries.

    Attributes:
        source: the text.
        translation: the text that was produced, or given.
        languages: codes of source and target, `""` where unknown.
        score: sum of the natural logarithms of the probabilities of the target tokens.
        source_truncated, target_truncated: whether the end of the text was cut off.
        source_tokens: `S` strings, the end mark last.
        input_tokens: `T` strings that the decoder read: the start mark, then all target tokens but
            the last.
        target_tokens: `T` strings that it produced, the end mark last unless `target_truncated`.
        encoder: `AttentionSteps` of the encoder, `S` queries and `S` keys.
        decoder: of the decoder's self-attention, `T` and `T`; `0` where a key is after its query.
        cross: of the decoder to the source, `T` and `S`.
        candidate_tokens: for each of the `T` steps the `K` most probable tokens, best first; None
            of an export that does not tell them.
        candidate_probabilities: `(T, K)`, their probabilities; None likewise.
        encoder_states: `(layers + 1, S, hidden_dim)`: entry 0 is embedding plus position, entry `i`
            what block `i` gave; a pre-norm model normalises the last once more. None of an export.
        model: a short name to show.
    """

    source: str
    translation: str
    languages: tuple[str, str]
    score: float
    source_truncated: bool
    target_truncated: bool
    source_tokens: tuple[str, ...]
    input_tokens: tuple[str, ...]
    target_tokens: tuple[str, ...]
    encoder: AttentionSteps
    decoder: AttentionSteps
    cross: AttentionSteps
    candidate_tokens: tuple[tuple[str, ...], ...] | None = None
    candidate_probabilities: np.ndarray | None = None
    encoder_states: np.ndarray | None = None
    model: str = ""

    @property
    def is_blank(self):
        """Whether there was nothing to translate."""
        return not self.source_tokens


def explanations_of_served(rows):
    """What `explain` of a `ServedModel` or a `Translator` gave, as a list of `Explanation`.

    Args:
        rows: list of dicts of `ServedModel.explain`; an `Explanation` among them stays as it is.
    """
    return [row if isinstance(row, Explanation) else _of_served(row) for row in rows]


def _of_served(row):
    target_tokens = tuple(row["target_tokens"])
    candidates = row.get("candidates")
    return Explanation(
        source=row["source"],
        translation=row["translation"],
        languages=tuple(row["languages"]),
        score=row["score"],
        source_truncated=row["source_truncated"],
        target_truncated=row["target_truncated"],
        source_tokens=tuple(row["source_tokens"]),
        input_tokens=(START_TOKEN, *target_tokens)[: len(target_tokens)],
        target_tokens=target_tokens,
        encoder=AttentionSteps(np.asarray(row["encoder_attention"])),
        decoder=AttentionSteps(np.asarray(row["decoder_attention"])),
        cross=AttentionSteps(np.asarray(row["cross_attention"])),
        candidate_tokens=None if candidates is None else tuple(map(tuple, candidates)),
        candidate_probabilities=row.get("candidate_probabilities"),
        model=row["model"],
    )
