"""Constructions without an event: adjectives, copula, existence, possession, comparison."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    BE,
    COPULA,
    WAS,
    NounPhrase,
    agreement_of,
)
from keras_transformer.data.sample.drawing import (
    Draft,
    Draw,
    Rejected,
    construction,
)
from keras_transformer.data.sample.korean import (
    attach,
    conjugate,
    final_of,
    particle,
    present_modifier,
)
from keras_transformer.data.sample.nouns import (
    JOBS,
    PERSONS,
    PLACES_OF,
)
from keras_transformer.data.sample.usage import (
    ART_FAME,
    BAD,
    CHANGING,
    COLOURS,
    GOOD,
)
from keras_transformer.data.sample.verbs import (
    PERSON_QUALITIES,
)
from keras_transformer.data.sample.words import Adjective, Noun, Person, Word


def _triple(word: Word, noun: Noun | Person) -> tuple[str, str, str]:
    return word.stem, noun.stem, ""


def _describe(
    name: str, ending: str, negated: str = "", mark: str = ".", degree: float = 0.5
) -> None:
    """Register ``이 책은 아주 비싸요`` in one tense."""

    def build(draw: Draw) -> Draft:
        phrase, adjective = draw.description()
        how = draw.degree(adjective, degree)
        words = [particle(phrase.korean(), "topic")] + ([how.korean] if how else [])
        words.append(attach(adjective.korean, ending))
        quality = f"{how.english} {adjective.english}" if how else adjective.english
        be = phrase.was if "었" in ending or "았" in ending else phrase.be
        if mark == "?":
            said = f"{be} {phrase.english()} {quality}"
        else:
            said = f"{phrase.english()} {be}{negated} {quality}"
        return Draft(" ".join(words), said, [_triple(adjective, phrase.noun)], mark)

    construction(name, "description", 1.0)(build)


_describe("description", "어요")
_describe("past description", "었어요")
_describe("negative description", "지 않아요", "n't", degree=0)
_describe("negative past description", "지 않았어요", "n't", degree=0)
_describe("question about a quality", "어요", mark="?", degree=0)
_describe("question about a past quality", "었어요", mark="?", degree=0)


@construction("supposition", "description")
def supposition(draw: Draw) -> Draft:
    """이 책은 아마 비쌀 거예요. This book is probably expensive."""
    phrase, adjective = draw.description()
    korean = f"{particle(phrase.korean(), 'topic')} 아마 {attach(adjective.korean, '을')} 거예요"
    said = f"{phrase.english()} {phrase.be} probably {adjective.english}"
    return Draft(korean, said, [_triple(adjective, phrase.noun)])


def _compared(draw: Draw, phrase: NounPhrase, adjective: Adjective) -> NounPhrase:
    """What a thing is compared with: the other one, or a thing of its kind."""
    if phrase.noun.number == "name":
        country = draw.pick(PLACES_OF["country"])
        return NounPhrase(Noun(country.korean, country.english, "country", "name"))
    if phrase.article == "generic":
        alike = [noun for noun in adjective.nouns if noun.kind == phrase.noun.kind]
        other = draw.pick(alike)
        if other is phrase.noun:
            raise Rejected
        return NounPhrase(other, "generic")
    if phrase.article not in ("this", "that"):
        raise Rejected
    other = phrase.noun
    mixed = other.kind in ("talk", "work", "thing", "nature", "place", "body")
    if not draw.sense and not mixed and draw.chance(0.6):
        other = draw.pick([noun for noun in adjective.nouns if noun.kind == phrase.noun.kind])
    if other is phrase.noun:
        return replace(phrase, article="that" if phrase.article == "this" else "this")
    return NounPhrase(other, draw.pick(("this", "that")))


@construction("comparison", "description", 1.2)
def comparison(draw: Draw) -> Draft:
    """이 책은 그 책보다 더 비싸요. This book is more expensive than that book."""
    phrase, adjective = draw.description()
    if adjective.english in COLOURS:
        raise Rejected
    second = _compared(draw, phrase, adjective)
    more = f"{second.korean()}보다 더 {attach(adjective.korean, '어요')}"
    korean = f"{particle(phrase.korean(), 'topic')} {more}"
    said = f"{phrase.english()} {phrase.be} {adjective.comparative} than {second.english()}"
    return Draft(korean, said, [_triple(adjective, phrase.noun)])


@construction("superlative", "description")
def superlative(draw: Draw) -> Draft:
    """이 책이 제일 비싸요. This book is the most expensive."""
    phrase, adjective = draw.description()
    if phrase.article == "the" or phrase.noun.number == "name" or adjective.english in COLOURS:
        raise Rejected
    korean = f"{particle(phrase.korean(), 'subject')} 제일 {attach(adjective.korean, '어요')}"
    said = f"{phrase.english()} {phrase.be} the {adjective.superlative}"
    return Draft(korean, said, [_triple(adjective, phrase.noun)])


@construction("change", "description", 0.8)
def change(draw: Draw) -> Draft:
    """이 방은 더러워졌어요. This room became dirty."""
    phrase, adjective = draw.description()
    if adjective.english not in CHANGING or phrase.noun.number == "name":
        raise Rejected
    korean = f"{particle(phrase.korean(), 'topic')} {attach(adjective.korean, '어졌어요')}"
    said = f"{phrase.english()} became {adjective.english}"
    return Draft(korean, said, [_triple(adjective, phrase.noun)])


@construction("seeming", "description", 0.8)
def seeming(draw: Draw) -> Draft:
    """이 책은 비싼 것 같아요. This book seems expensive."""
    phrase, adjective = draw.description()
    korean = (
        f"{particle(phrase.korean(), 'topic')} {present_modifier(adjective.korean, True)} 것 같아요"
    )
    seem = "seem" if phrase.are_many else "seems"
    return Draft(korean, f"{phrase.english()} {seem} {adjective.english}",
                 [_triple(adjective, phrase.noun)])  # fmt: skip


@construction("liking for a quality", "reason", 0.8)
def liking_for_quality(draw: Draw) -> Draft:
    """민수는 이 은행이 조용해서 좋아해요. Minsu likes this bank because it is quiet."""
    phrase, adjective = draw.description()
    korean_verb, verb = ("좋아하", "like") if adjective.english in GOOD else ("싫어하", "hate")
    person = draw.pick(PERSONS)
    if adjective.english not in GOOD | BAD or phrase.owner == person:
        raise Rejected
    how = draw.degree(adjective, 0.4) if verb == "hate" else None
    words = [person.topic(), particle(phrase.korean(), "subject")] + ([how.korean] if how else [])
    words += [attach(adjective.korean, "어서"), conjugate(korean_verb, "어요", person.honorific)]
    verb_said = english.third_person(verb) if agreement_of(person) == "third" else verb
    it = "they are" if phrase.are_many else "it is"
    quality = f"{how.english} {adjective.english}" if how else adjective.english
    draw.stems.append(f"{korean_verb}={verb}")
    return Draft(" ".join(words),
                 f"{person.english} {verb_said} {phrase.english()} because {it} {quality}",
                 [(f"{korean_verb}={verb}", person.stem, phrase.noun.stem)])  # fmt: skip


@construction("quality of a person", "person")
def person_quality(draw: Draw) -> Draft:
    """선생님께서는 아주 친절하세요. The teacher is very kind."""
    person, quality = draw.pick(PERSONS), draw.pick(PERSON_QUALITIES)
    how = draw.degree(quality, 0.5)
    past = draw.chance(0.3)
    words = [person.topic()] + ([how.korean] if how else [])
    words.append(conjugate(quality.korean, "었어요" if past else "어요", person.honorific))
    be = (WAS if past else BE)[agreement_of(person)]
    said = f"{how.english} {quality.english}" if how else quality.english
    return Draft(" ".join(words), f"{person.english} {be} {said}", [_triple(quality, person)])


EMPLOYED = tuple(
    person
    for person in PERSONS
    if person.kind != "other" and person.korean not in ("선생님", "교수님", "사장님")
)


def _job_quality(draw: Draw, job: Noun, probability: float) -> Word | None:
    if job.number != "count" or not draw.chance(probability):
        return None
    quality = draw.pick(PERSON_QUALITIES)
    if quality.english == "famous" and job.english not in ART_FAME:
        raise Rejected
    if quality.english in ("tired", "busy") or (quality.english, job.english) == (
        "good",
        "foreigner",
    ):
        raise Rejected
    return quality


def _honorific_copula(job: Noun, ending: str) -> str:
    """이십니다 after a consonant, 십니다 after a vowel."""
    return ("이" if final_of(job.korean) else "") + ending


@construction("occupation", "person", 3.0)
def occupation(draw: Draw) -> Draft:
    """나는 학생입니다. I am a student."""
    person = draw.note(PERSONS[0]) if draw.chance(0.25) else draw.pick(EMPLOYED)
    job = draw.pick(JOBS)
    topic = {"저": "나는"}.get(person.korean) or person.topic()
    quality = _job_quality(draw, job, 0.75)
    phrase = NounPhrase(job, "a", quality)
    if person.is_plural:
        phrase = replace(phrase, article="generic")
    be = BE[agreement_of(person)]
    ending = _honorific_copula(job, "십니다") if person.honorific else "입니다"
    korean = f"{topic} {phrase.korean()}{ending}"
    return Draft(korean, f"{person.english} {be} {phrase.english()}",
                 [(COPULA, person.stem, job.stem)])  # fmt: skip


@construction("negative occupation", "person", 1.2)
def negative_occupation(draw: Draw) -> Draft:
    """저는 학생이 아니에요. I am not a student."""
    person, job = draw.pick(EMPLOYED), draw.pick(JOBS)
    phrase = NounPhrase(job, "generic" if person.is_plural else "a")
    ending = "아니세요" if person.honorific else "아니에요"
    korean = f"{person.topic()} {particle(job.korean, 'subject')} {ending}"
    be = BE[agreement_of(person)]
    return Draft(korean, f"{person.english} {be} not {phrase.english()}",
                 [(COPULA, person.stem, job.stem)])  # fmt: skip


@construction("past occupation", "person", 1.4)
def past_occupation(draw: Draw) -> Draft:
    """그녀는 유명한 가수였어요. She was a famous singer."""
    person, job = draw.pick(EMPLOYED), draw.pick(JOBS)
    if job.english in ("Korean", "foreigner"):
        raise Rejected
    quality = _job_quality(draw, job, 0.6)
    phrase = NounPhrase(job, "generic" if person.is_plural else "a", quality)
    ended = particle(phrase.korean(), "was")
    if person.honorific:
        ended = phrase.korean() + _honorific_copula(job, "셨어요")
    be = WAS[agreement_of(person)]
    return Draft(f"{person.topic()} {ended}", f"{person.english} {be} {phrase.english()}",
                 [(COPULA, person.stem, job.stem)])  # fmt: skip
