"""What a score has to beat: copying the nearest training sentence, and a dictionary.

``context_word_accuracy`` measures what neither can do: choosing the English of a word that means
several things.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from keras_transformer.data.sample.dictionary import check_direction
from keras_transformer.data.sample.sampling import SamplePair
from keras_transformer.data.sample.senses import SENSES_OF
from keras_transformer.errors import UserError

CANDIDATES = 200


def _sides(pair: SamplePair, direction: str) -> tuple[str, str]:
    ours = (pair.korean, pair.english)
    return ours if direction == "ko-en" else ours[::-1]


def _features(text: str) -> set[str]:
    """Words, pairs of neighbouring words, and the beginnings of words (Korean stems)."""
    words = re.findall(r"\w+|[.?,]", text.lower())
    pairs = {f"{left} {right}" for left, right in pairwise(words)}
    return set(words) | pairs | {word[:2] + "*" for word in words if len(word) > 2}


def nearest_neighbour(
    train: Sequence[SamplePair], sources: Sequence[str], direction: str = "ko-en"
) -> list[str]:
    """The target of the most similar training source (Dice coefficient of the features)."""
    check_direction(direction)
    features = [_features(_sides(pair, direction)[0]) for pair in train]
    rows_with: dict[str, list[int]] = defaultdict(list)
    for row, found in enumerate(features):
        for feature in found:
            rows_with[feature].append(row)
    translations = []
    for source in sources:
        wanted = _features(source)
        # Frequent features hardly tell sentences apart: the rare ones pick the candidates.
        shared: Counter[int] = Counter()
        for feature in wanted:
            rows = rows_with.get(feature, ())
            if len(rows) < len(train) / 8:
                shared.update(rows)
        candidates = [row for row, _ in shared.most_common(CANDIDATES)] or [0]
        best = max(
            candidates,
            key=lambda row: (
                2 * len(wanted & features[row]) / (len(wanted) + len(features[row])), -row
            ),
        )  # fmt: skip
        translations.append(_sides(train[best], direction)[1])
    return translations


def context_word_accuracy(
    test: Sequence[SamplePair], translations: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """How often each context-dependent word got the English of its sense and of no other.

    Returns:
        ``{word: (right, total)}``.
    """
    if len(test) != len(translations):
        raise UserError(
            f"There are {len(translations)} translations for {len(test)} test sentences; "
            "expected as many."
        )
    counts: dict[str, list[int]] = {}
    for pair, translation in zip(test, translations, strict=True):
        padded = " " + re.sub(r"[^\w']+", " ", translation.lower()) + " "
        for word in pair.words:
            shown = {
                sense.name
                for sense in SENSES_OF[word.word]
                if any(f" {form.lower()} " in padded for form in sense.forms)
            }
            right, total = counts.setdefault(word.word, [0, 0])
            counts[word.word] = [right + (shown == {word.sense}), total + 1]
    return {word: (right, total) for word, (right, total) in counts.items()}
