"""Drawing words that go together, and the register of constructions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from keras_transformer.data.sample.clauses import YOU, Clause, NounPhrase
from keras_transformer.data.sample.nouns import PERSONS, PERSONS_OF, YOUNG
from keras_transformer.data.sample.senses import Sense
from keras_transformer.data.sample.usage import (
    COLOURS,
    EXACT,
    LASTING,
    MANNER_OF,
    MEASURABLE,
    TOGETHER,
)
from keras_transformer.data.sample.verbs import ADJECTIVES, DEGREES, MANNERS, TIMES, VERBS
from keras_transformer.data.sample.words import Adjective, Person, Place, Verb, Word

Item = TypeVar("Item")
NIGHT = Word("밤에", "at night")
UNIQUE = frozenset({"하늘", "달", "별", "구름", "바다", "바람"})
MEDICAL = tuple(
    person
    for kind in ("speaker", "pronoun", "name", "other", "elder")
    for person in PERSONS_OF[kind]
    if kind not in ("other", "elder")
    or person.korean in ("의사", "간호사", "삼촌", "이모", "교수님")
)
FAR = frozenset({"작년에", "지난달에", "다음 달에", "내년에"})
THIRD = tuple(person for person in PERSONS if person.kind != "speaker")
OWNERS = (*PERSONS_OF["name"], *PERSONS_OF["peer"])


def times_for(tense: str, verb: str) -> tuple[Word, ...]:
    """The time adverbials of a tense that suit an (English) verb."""
    if verb == "live" and tense in ("past", "future"):
        return tuple(time for time in TIMES[tense] if time.korean in FAR)
    return tuple(time for time in TIMES[tense] if verb in LASTING or time.korean not in FAR)


class Rejected(Exception):
    """The words drawn so far do not fit the construction; draw again."""


@dataclass
class Draft:
    """A sentence pair before it is capitalised and closed with its mark."""

    korean: str
    english: str
    triples: list[tuple[str, str, str]]
    mark: str = "."


@dataclass(frozen=True)
class Construction:
    """A named pattern. ``kind`` says what it is made of: "action", "description" or its own."""

    name: str
    kind: str
    weight: float
    build: Callable[[Draw], Draft]


REGISTER: dict[str, Construction] = {}


def construction(name: str, kind: str = "action", weight: float = 1.0):
    """Put a function from a ``Draw`` to a ``Draft`` into the register."""

    def add(build: Callable[[Draw], Draft]) -> Callable[[Draw], Draft]:
        REGISTER[name] = Construction(name, kind, weight, build)
        return build

    return add


@dataclass
class Draw:
    """Random choices for one sentence; remembers the words chosen.

    ``sense``: the sentence has to contain this meaning of a context-dependent word.
    """

    random: random.Random
    sense: Sense | None = None
    seen: Counter[str] = field(default_factory=Counter)
    stems: list[str] = field(default_factory=list)
    used_sense: bool = False

    def pick(self, options: Sequence[Item]) -> Item:
        """One of the options; of three random words the one that was used least so far."""
        if not options:
            raise Rejected
        chosen = options[int(self.random.random() * len(options))]
        if len(options) > 2 and isinstance(chosen, Word):
            for _ in range(2):
                other = options[int(self.random.random() * len(options))]
                if isinstance(other, Word) and self.seen[other.stem] < self.seen[chosen.stem]:
                    chosen = other
        return self.note(chosen)

    def note(self, item: Item) -> Item:
        if isinstance(item, Word) and item is not YOU:
            self.stems.append(item.stem)
            if self.sense and item is self.sense.noun:
                self.used_sense = True
        return item

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def person(self, verb: Verb | None = None, options: Sequence[Person] = PERSONS) -> Person:
        """A subject fit for the verb."""
        if verb and "young" in verb.flags:
            options = [person for person in options if person in YOUNG]
        if verb and "medical" in verb.flags:
            options = [person for person in options if person in MEDICAL]
        if verb and verb.article == "own":
            options = [person for person in options if person.pronoun]
        return self.pick(options)

    def time(self, tense: str, verb: str = "be") -> Word:
        """A time adverbial that suits the tense and the (English) verb."""
        if self.sense and self.sense.time and tense in ("past", "habit"):
            self.used_sense = True
            self.stems.append(self.sense.noun.stem)
            return NIGHT
        return self.pick(times_for(tense, verb))

    def _verb(
        self, avoid: frozenset[str], transitive: bool, among: frozenset[str]
    ) -> tuple[Verb, Place | None]:
        sense, pool, place = self.sense, VERBS, None
        if sense and sense.verbs and not (sense.there and self.chance(0.5)):
            pool = sense.verbs
        elif sense and sense.there:
            pool, place = sense.there, sense.place
            self.used_sense = True
            self.stems.append(sense.noun.stem)
        elif sense and not sense.time:
            raise Rejected
        wanted = [
            verb
            for verb in pool
            if not verb.flags & avoid
            and (not transitive or "transitive" in verb.flags)
            and not (sense and sense.time and verb.usage in ("travel", "live"))
            and (not among or verb.usage in among)
        ]
        return self.pick(wanted), place

    def clause(
        self,
        avoid: frozenset[str] = frozenset(),
        transitive: bool = False,
        subjects: Sequence[Person] = PERSONS,
        place: float = 0.5,
        generic: bool = False,
        among: frozenset[str] = frozenset(),
    ) -> Clause:
        """A clause whose words go together.

        ``avoid``: flags of verbs that do not fit; ``among``: the only verbs that do. ``place``: how
        often the place is said. ``generic``: of things in general (``I read books``).
        """
        verb, where = self._verb(avoid, transitive, among)
        subject = subjects[0] if len(subjects) == 1 else self.person(verb, subjects)
        clause = Clause(subject, verb, self.object(verb, subject, generic), where)
        if not where and verb.places and (self.chance(place) or "placed" in verb.flags):
            clause = replace(clause, place=self.pick(verb.places))
        if verb.article == "own" and not subject.pronoun:
            raise Rejected
        return clause

    def object(self, verb: Verb, subject: Person, generic: bool = False):
        """An object of the verb: a noun phrase, a person or nothing."""
        if "person" in verb.flags:
            other = self.pick(THIRD)
            if other.honorific or other is subject or other.pronoun == subject.pronoun != "":
                raise Rejected
            return other
        if not verb.objects:
            return None
        noun = self.pick(verb.objects)
        article = "generic" if generic and verb.article == "a" else verb.article
        owner = subject if article == "own" else None
        if article == "whose":
            owner = self.pick(OWNERS)
            if owner == subject:
                raise Rejected
        return NounPhrase(noun, article, owner=owner)

    def manner(self, clause: Clause, probability: float = 0.15) -> Clause:
        """The clause with an adverb of manner that suits the verb."""
        fitting = [word for word in MANNERS if clause.verb.usage in MANNER_OF[word.korean]]
        if fitting and self.chance(probability) and clause.verb.article != "own":
            return replace(clause, manner=self.pick(fitting))
        return clause

    def company(self, clause: Clause, probability: float = 0.12) -> Clause:
        """The clause with someone along."""
        if clause.verb.usage not in TOGETHER or clause.manner or not self.chance(probability):
            return clause
        other = self.pick((*PERSONS_OF["name"], *PERSONS_OF["peer"]))
        if other == clause.subject or clause.verb.article == "own":
            raise Rejected
        return replace(clause, company=other)

    def description(self) -> tuple[NounPhrase, Adjective]:
        """A noun and an adjective that can be said of it."""
        if self.sense:
            adjective = self.pick(self.sense.adjectives)
            noun = self.note(self.sense.noun)
            if self.sense.whose:
                return NounPhrase(noun, "whose", owner=self.pick(OWNERS)), adjective
            if self.sense.time:
                return NounPhrase(noun, "the"), adjective
        else:
            adjective = self.pick(ADJECTIVES)
            noun = self.pick(adjective.nouns)
            if noun.kind in ("language", "subject", "instrument") and noun.number == "mass":
                return NounPhrase(noun, "generic"), adjective
            if noun.korean in UNIQUE:
                return NounPhrase(noun, "the"), adjective
        return NounPhrase(noun, self.pick(("this", "that"))), adjective

    def degree(self, adjective: Word, probability: float) -> Word | None:
        """``very``; ``too`` and ``a little`` only of what can be too much."""
        if not self.chance(probability):
            return None
        fitting = tuple(
            word for word in DEGREES if word.english not in EXACT or adjective.english in MEASURABLE
        )
        if adjective.english in COLOURS:
            fitting = tuple(word for word in DEGREES if word.english in ("very", "really"))
        return self.pick(fitting)
