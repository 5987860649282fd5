"""Draws sentence pairs from the constructions and keeps the splits apart."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from keras_transformer.data.sample import (  # noqa: F401  (they fill the register)
    body,
    combined,
    descriptions,
    everyday,
    questions,
    relative,
    statements,
    things,
    weather,
)
from keras_transformer.data.sample.drawing import REGISTER, Construction, Draw, Rejected
from keras_transformer.data.sample.english import capitalise
from keras_transformer.data.sample.senses import SENSES, Sense
from keras_transformer.errors import UserError

MAX_TRAIN = 30_000
MAX_WORDS = 17  # of an English sentence
TEST_PERCENT, VALIDATION_PERCENT = 10, 5
CONTEXT_EVERY = 3  # one sentence in three holds a context-dependent word
# The sentence of the manual is learned, not tested; and what decides between the senses of a word
# (that ships are fast and pears are sweet) can only be learned, so it is tested in other clauses.
MANUAL = ("이다=be", "저=I", "학생=student")
TAUGHT = frozenset(
    {MANUAL}
    | {(quality.stem, sense.noun.stem, "") for sense in SENSES for quality in sense.adjectives}
    | {("있다=exist", spot.stem, sense.noun.stem) for sense in SENSES for spot in sense.spots}
    | {(event.stem, sense.noun.stem, "") for sense in SENSES for event in sense.events}
)
KIND_WEIGHTS = {
    "action": 3.0,
    "bought": 2.5,
    "spot": 1.8,
    "reason": 0.4,
}  # of sentences with a sense
TAUGHT_KINDS = ("description", "spot", "event")


class ContextWord(NamedTuple):
    """A context-dependent word of a sentence: the word, its sense here, the English of it."""

    word: str
    sense: str
    english: str


@dataclass(frozen=True)
class SamplePair:
    """A Korean sentence and its English.

    ``triple`` is (verb, subject, object) of the main clause as stems; a clause without one of them
    has an empty string there. ``words`` are the context-dependent words, ``stems`` all words drawn.
    """

    korean: str
    english: str
    construction: str
    triple: tuple[str, str, str]
    words: tuple[ContextWord, ...] = ()
    stems: tuple[str, ...] = ()
    other_triples: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Splits:
    """Three lists of pairs; no triple of ``train`` is the triple of a pair in another list."""

    train: list[SamplePair]
    validation: list[SamplePair]
    test: list[SamplePair]


def split_of(triple: tuple[str, str, str]) -> str:
    """Which split a triple belongs to, by a hash that is the same everywhere."""
    if triple in TAUGHT:
        return "train"
    bucket = zlib.crc32("|".join(triple).encode()) % 100
    if bucket < TEST_PERCENT:
        return "test"
    return "validation" if bucket < TEST_PERCENT + VALIDATION_PERCENT else "train"


def _by_kind(kind: str) -> tuple[Construction, ...]:
    return tuple(item for item in REGISTER.values() if item.kind == kind)


class _Choice:
    """Constructions and their running weights."""

    def __init__(self, items: tuple[Construction, ...]):
        self.items = items
        self.weights = tuple(accumulate(item.weight for item in items))

    def draw(self, random_: random.Random) -> Construction:
        return random_.choices(self.items, cum_weights=self.weights)[0]


ORDINARY = _Choice(tuple(item for item in REGISTER.values() if item.kind != "event"))
KINDS = {kind: _Choice(_by_kind(kind)) for kind in {item.kind for item in REGISTER.values()}}


def _context_words(sense: Sense | None, english: str) -> tuple[ContextWord, ...]:
    if sense is None:
        return ()
    padded = f" {english.lower().replace('.', '').replace('?', '').replace(',', '')} "
    shown = [form for form in sorted(sense.forms, key=len) if f" {form.lower()} " in padded]
    if not shown:
        raise Rejected
    return (ContextWord(sense.word, sense.name, shown[-1]),)


def draw_pair(
    random_: random.Random,
    sense: Sense | None = None,
    seen: Counter[str] | None = None,
    kinds: tuple[str, ...] = (),
) -> SamplePair | None:
    """One random pair, with the sense in it if given; None where the words did not fit."""
    choice = ORDINARY
    if sense:
        kinds = kinds or sense.kinds
        weights = [KIND_WEIGHTS.get(kind, 1.0) for kind in kinds]
        choice = KINDS[random_.choices(kinds, weights)[0]]
    chosen = choice.draw(random_)
    draw = Draw(random_, sense, Counter() if seen is None else seen)
    try:
        draft = chosen.build(draw)
        if sense and not draw.used_sense:
            return None
        english = capitalise(draft.english) + draft.mark
        words = _context_words(sense, english)
        if len(english.split()) > MAX_WORDS:
            return None
    except Rejected:
        return None
    first, *others = draft.triples
    stems = tuple(dict.fromkeys(draw.stems))
    return SamplePair(
        draft.korean + draft.mark, english, chosen.name, first, words, stems, tuple(others)
    )


class _Sampler:
    """Fills splits with pairs that are new in both languages."""

    def __init__(self, seed: int):
        self.seed = seed
        self.english_of: dict[str, str] = {}
        self.korean_of: dict[str, str] = {}
        self.seen: Counter[str] = Counter()

    def _accept(self, pair: SamplePair, split: str) -> bool:
        if split_of(pair.triple) != split:
            return False
        if split == "train" and any(split_of(other) != "train" for other in pair.other_triples):
            return False
        if pair.korean in self.english_of or pair.english in self.korean_of:
            return False
        self.english_of[pair.korean] = pair.english
        self.korean_of[pair.english] = pair.korean
        return True

    def _next(self, random_: random.Random, split: str, sense: Sense | None) -> SamplePair:
        kinds = sense.kinds if sense else ()
        if split != "train":
            kinds = tuple(kind for kind in kinds if kind not in TAUGHT_KINDS)
        for _ in range(20_000):
            pair = draw_pair(random_, sense, self.seen, kinds)
            if pair and self._accept(pair, split):
                self.seen.update(pair.stems)
                return pair
        raise UserError(
            f"The sample corpus has no further {split} sentence"
            f"{f' with {sense.word} ({sense.name})' if sense else ''}: ask for fewer pairs."
        )

    def fill(self, split: str, size: int, first: tuple[SamplePair, ...] = ()) -> list[SamplePair]:
        self.seen.clear()
        random_ = random.Random(f"sample corpus {self.seed} {split}")
        pairs = [pair for pair in first if self._accept(pair, split)][:size]
        while len(pairs) < size:
            turn, rest = divmod(len(pairs), CONTEXT_EVERY)
            sense = SENSES[turn % len(SENSES)] if rest == CONTEXT_EVERY - 1 else None
            pairs.append(self._next(random_, split, sense))
        random_.shuffle(pairs)
        return pairs


FIRST = SamplePair("나는 학생입니다.", "I am a student.", "occupation", MANUAL, (),
                   ("저=I", "학생=student"))  # fmt: skip


def sample_splits(
    seed: int = 1, num_train: int = MAX_TRAIN, num_validation: int = 500, num_test: int = 1_000
) -> Splits:
    """The sample corpus: the same pairs for the same arguments, everywhere.

    Raises:
        UserError: where a size is negative or ``num_train`` is over 30,000.
    """
    for name, size in (("num_train", num_train), ("num_validation", num_validation),
                       ("num_test", num_test)):  # fmt: skip
        if not isinstance(size, int) or size < 0 or (name == "num_train" and size > MAX_TRAIN):
            raise UserError(
                f"The sample corpus was asked for {name}={size}, but it takes a whole number "
                f"from 0 (and at most {MAX_TRAIN} training pairs)."
            )
    sampler = _Sampler(seed)
    test = sampler.fill("test", num_test)
    validation = sampler.fill("validation", num_validation)
    train = sampler.fill("train", num_train, (FIRST,))
    return Splits(train, validation, test)
