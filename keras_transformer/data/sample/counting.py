"""How large the grammar is, computed from its tables."""

from __future__ import annotations

from collections.abc import Iterator

from keras_transformer.data.sample.clauses import Clause, NounPhrase
from keras_transformer.data.sample.drawing import times_for
from keras_transformer.data.sample.nouns import JOBS, NOUNS_OF, PERSONS, PLACES, YOUNG
from keras_transformer.data.sample.senses import SENSES
from keras_transformer.data.sample.statements import STATEMENTS, Pattern
from keras_transformer.data.sample.verbs import (
    ADJECTIVES,
    DEGREES,
    FREQUENCIES,
    MANNERS,
    PERSON_QUALITIES,
    VERBS,
)
from keras_transformer.data.sample.words import Person, Verb, Word


def lexicon() -> tuple[Word, ...]:
    """Every noun, verb, adjective and adverb of the tables, each once."""
    words: list[Word] = [noun for nouns in NOUNS_OF.values() for noun in nouns]
    words += [*PERSONS, *PLACES, *JOBS, *VERBS, *ADJECTIVES, *PERSON_QUALITIES]
    words += [*MANNERS, *DEGREES, *FREQUENCIES]
    for sense in SENSES:
        words += [sense.noun, *sense.verbs, *sense.there, *sense.adjectives, *sense.features]
    return tuple({word.stem: word for word in words}.values())


def count_stems() -> int:
    """The number of different word stems."""
    return len(lexicon())


def _subjects(verb: Verb) -> tuple[Person, ...]:
    return YOUNG if "young" in verb.flags else PERSONS


def _times(pattern: Pattern, verb: Verb) -> tuple[Word | None, ...]:
    if not pattern.tense:
        return (None,)
    return (None, *times_for(pattern.tense, verb.usage))


def _frames(pattern: Pattern) -> Iterator[Clause]:
    """Verb, object and place of the sentences of a pattern, each once; the subject is a blank.

    Verbs with a person or a part of the body as object are left out, as are adverbs and company:
    the count is a lower bound.
    """
    blank, known = PERSONS[0], set()
    for verb in VERBS:
        if verb.flags & (pattern.avoid | {"person"}) or verb.article == "own":
            continue
        if pattern.among and verb.english not in pattern.among:
            continue
        places = verb.places if "placed" in verb.flags else (None, *verb.places)
        for noun in verb.objects or (None,):
            for place in places:
                key = verb.korean, noun and noun.korean, place and place.korean
                if key not in known:
                    known.add(key)
                    yield Clause(blank, verb, NounPhrase(noun) if noun else None, place)


def count_pairs() -> int:
    """A lower bound of the number of different pairs: the one-clause statements alone.

    Subject, time, place, object and verb stand side by side in the Korean sentence, so different
    choices give different sentences; each sum below counts choices that the grammar can make.
    """
    return sum(
        len(_subjects(clause.verb)) * len(_times(pattern, clause.verb))
        for pattern in STATEMENTS.values()
        for clause in _frames(pattern)
    )
