"""The kinds of words the lexicon holds, and noun phrases made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from keras_transformer.data.sample import english
from keras_transformer.data.sample.korean import particle


@dataclass(frozen=True)
class Word:
    """A Korean stem and its English; ``stem`` names it in triples and counts."""

    korean: str
    english: str

    @cached_property
    def stem(self) -> str:
        return f"{self.korean}={self.english}"


@dataclass(frozen=True)
class Noun(Word):
    """``number`` is "count", "mass" (rice), "pair" (pants), "many" (eggs) or "name" (India)."""

    kind: str = ""
    number: str = "count"
    counter: str = "개"

    @property
    def plural(self) -> str:
        return english.plural(self.english) if self.number == "count" else self.english

    @property
    def are_many(self) -> bool:
        """Whether the bare English noun takes a plural verb."""
        return self.number in ("pair", "many")

    @property
    def pronoun(self) -> str:
        return "them" if self.are_many else "it"

    def indefinite(self, adjective: str = "") -> str:
        """``a book``, ``an old book``, ``rice``, ``pants``."""
        phrase = f"{adjective} {self.english}".strip()
        return english.with_article(phrase) if self.number == "count" else phrase

    def generic(self) -> str:
        """``books``, ``rice``, ``pants``."""
        return self.plural

    @property
    def measure(self) -> str:
        """``cups of`` for what is counted in cups, empty for what is counted itself."""
        if self.counter == "잔":
            return "cups of" if self.english in ("coffee", "tea") else "glasses of"
        if self.number == "mass" or self.counter == "그릇":
            return {"그릇": "bowls of", "장": "sheets of"}.get(self.counter, "")
        return "pairs of" if self.number == "pair" else ""

    @property
    def is_countable(self) -> bool:
        return self.number in ("count", "many") or bool(self.measure)

    def counted(self, number: int, quality: str = "") -> str:
        """``three books``, ``three cups of coffee``, ``three pairs of socks``."""
        name = f"{self.measure} {quality}{self.plural}".strip()
        return f"{english.NUMBERS[number]} {name}"


@dataclass(frozen=True)
class Person(Word):
    """Someone who can be a subject. ``pronoun`` is empty where Korean does not tell it."""

    pronoun: str = ""
    honorific: bool = False
    kind: str = "person"

    @property
    def is_plural(self) -> bool:
        return self.pronoun in ("we", "they")

    @property
    def agreement(self) -> str:
        """Which verb form English takes: "I", "plural" or "third"."""
        return "I" if self.pronoun == "I" else "plural" if self.is_plural else "third"

    def topic(self) -> str:
        return self.korean + "께서는" if self.honorific else particle(self.korean, "topic")

    def subject(self) -> str:
        if self.honorific:
            return self.korean + "께서"
        return {"저": "제가", "나": "내가"}.get(self.korean) or particle(self.korean, "subject")

    def also(self) -> str:
        return self.korean + ("께서도" if self.honorific else "도")

    def to(self) -> str:
        return self.korean + ("께" if self.honorific else "에게")

    def possessor(self) -> str:
        return {"저": "제", "나": "내", "우리": "우리"}.get(self.korean) or self.korean + "의"

    def as_object(self) -> str:
        """English after a verb: ``me``, ``him``."""
        cases = {"I": "me", "he": "him", "she": "her", "we": "us", "they": "them"}
        return cases.get(self.english, self.english)

    def as_possessor(self) -> str:
        cases = {"I": "my", "he": "his", "she": "her", "we": "our", "they": "their"}
        return cases.get(self.english) or english.possessive(self.english)


@dataclass(frozen=True)
class Place(Word):
    """``english`` is the bare name; ``at`` and ``to`` are whole phrases (``at home``, ``home``)."""

    at: str = ""
    to: str = ""
    kind: str = ""

    @property
    def the(self) -> str:
        """The place as a subject or object: ``the library``, ``Seoul``."""
        bare = self.kind in ("city", "country") or self.english == "home"
        return self.english if bare else f"the {self.english}"


@dataclass(frozen=True)
class Time(Word):
    """A time adverbial; ``tense`` says which tenses it goes with."""

    tense: str = ""


@dataclass(frozen=True)
class Adjective(Word):
    """``nouns`` are what it can be said of."""

    nouns: tuple[Noun, ...] = field(default=(), repr=False)

    @property
    def comparative(self) -> str:
        return english.compare(self.english)[0]

    @property
    def superlative(self) -> str:
        return english.compare(self.english)[1]


@dataclass(frozen=True)
class Verb(Word):
    """A verb with the objects and the places it goes with.

    ``article`` says how the object stands in English: "a", "the", "bare" (languages, sports).
    ``flags``: ``involuntary`` (no wishes, plans or orders), ``once`` (no habits), ``point`` (no
    progressive), ``young`` (not of one's elders), ``unsplit`` (the object is a person).
    """

    objects: tuple[Noun, ...] = field(default=(), repr=False)
    places: tuple[Place, ...] = field(default=(), repr=False)
    article: str = "a"
    flags: frozenset[str] = frozenset()

    @property
    def usage(self) -> str:
        """The name of the verb in ``usage.py``: taking photos is not taking a bus."""
        return "take photos" if self.korean == "찍" else self.english

    @property
    def is_compound(self) -> bool:
        """Noun + 하다 (공부하다): negated by -지 않다 only."""
        return self.korean.endswith("하") and len(self.korean) > 1
