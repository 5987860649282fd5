"""Constructions about the body: aches, features, washing and hurting."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    Clause,
    NounPhrase,
    agreement_of,
    own,
)
from keras_transformer.data.sample.drawing import (
    THIRD,
    Draft,
    Draw,
    Rejected,
    construction,
)
from keras_transformer.data.sample.korean import (
    conjugate,
    particle,
)
from keras_transformer.data.sample.nouns import (
    NOUNS_OF,
    PERSONS,
    PERSONS_OF,
)
from keras_transformer.data.sample.usage import (
    INDOORS,
    OUTDOORS,
)
from keras_transformer.data.sample.verbs import (
    DEGREES,
    parse_verb,
    words_of,
)
from keras_transformer.data.sample.weather import plain_clause
from keras_transformer.data.sample.words import Word

ACHES = NOUNS_OF["body"][:10]


FEATURES = {
    "손": "크=big, 작=small",
    "얼굴": "작=small, 예쁘=pretty",
    "손가락": "길=long, 짧=short",
    "목": "길=long, 짧=short",
    "코": "높=high, 작=small",
    "귀": "크=big, 작=small",
    "팔": "길=long, 짧=short",
}


@construction("ache", "body", 1.0)
def ache(draw: Draw) -> Draft:
    """저는 머리가 아파요. My head hurts."""
    person = draw.pick(PERSONS_OF["speaker"][:1] + THIRD)
    noun = draw.note(draw.sense.noun) if draw.sense else draw.pick(ACHES)
    past = draw.chance(0.5)
    time = draw.time("past", "hurt") if past else draw.note(Word("지금", "now"))
    words = [person.topic(), time.korean, particle(noun.korean, "subject")]
    words.append(conjugate("아프", "었어요" if past else "어요", person.honorific))
    verb = "hurt" if past or noun.are_many else "hurts"
    said = f"{person.as_possessor()} {noun.english} {verb} {time.english}"
    return Draft(" ".join(words), said, [("아프=hurt", person.stem, noun.stem)])


@construction("feature", "feature", 0.8)
def feature(draw: Draw) -> Draft:
    """그녀는 눈이 아주 커요. She has very big eyes."""
    person = draw.pick(PERSONS)
    if draw.sense:
        noun, quality = draw.note(draw.sense.noun), draw.pick(draw.sense.features)
    else:
        noun = draw.pick(tuple(noun for noun in NOUNS_OF["body"] if noun.korean in FEATURES))
        quality = draw.pick(words_of(FEATURES[noun.korean]))
    how = draw.pick(DEGREES[:1] + DEGREES[2:3]) if draw.chance(0.6) else None
    words = [person.topic(), particle(noun.korean, "subject")] + ([how.korean] if how else [])
    words.append(conjugate(quality.korean, "어요", person.honorific))
    have = "has" if agreement_of(person) == "third" else "have"
    said = f"{how.english} {quality.english}" if how else quality.english
    many = noun.are_many or noun.english not in ("face", "neck", "nose") or person.is_plural
    things = f"{said} {noun.plural}" if many else english.with_article(f"{said} {noun.english}")
    return Draft(" ".join(words), f"{person.english} {have} {things}",
                 [(quality.stem, person.stem, noun.stem)])  # fmt: skip


BODY_VERBS = tuple(
    parse_verb(line)
    for line in (
        "씻 | wash | 손, 얼굴, 발, 목 | 화장실, 집 | own",
        "다치 | hurt | 손, 발, 팔, 무릎, 어깨, 손가락, 머리 | 체육관, 운동장, 학교 "
        "| own involuntary point",
    )
)


@construction("parts of the body", "plain")
def parts_of_body(draw: Draw) -> Draft:
    """저는 화장실에서 손을 씻었어요. I washed my hand in the bathroom."""
    verb = draw.pick(BODY_VERBS)
    subject = draw.person(verb)
    noun = draw.pick(verb.objects)
    many = verb.english == "wash" and noun.korean in ("손", "발")
    phrase = NounPhrase(replace(noun, english=noun.plural, number="pair") if many else noun,
                        "own", owner=subject)  # fmt: skip
    place = draw.pick(verb.places) if draw.chance(0.5) else None
    time = draw.time("past", verb.english) if draw.chance(0.5) else None
    form = draw.pick(("past", "past", "did not"))
    clause = Clause(subject, verb, phrase, place, time)
    return Draft(clause.korean(form), clause.english(form),
                 [(verb.stem, subject.stem, noun.stem)])  # fmt: skip


@construction("because of a pain", "body", 1.2)
def because_of_pain(draw: Draw) -> Draft:
    """저는 배가 아파서 책을 못 읽었어요. I couldn't read a book because my stomach hurt."""
    clause = plain_clause(draw, draw.pick((INDOORS, OUTDOORS)))
    person = clause.subject
    if not person.pronoun:
        raise Rejected
    noun = draw.note(draw.sense.noun) if draw.sense else draw.pick(NOUNS_OF["body"][:10])
    pain = f"{particle(noun.korean, 'subject')} {conjugate('아프', '어서', person.honorific)}"
    korean = f"{person.topic()} {pain} {clause.korean('could not', subject='')}"
    many = noun.plural if person.is_plural else noun.english
    said = f"{clause.english('could not')} because {own(person)} {many} hurt"
    return Draft(korean, said, [clause.triple])
