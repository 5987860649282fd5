"""Constructions with a clause inside: relative clauses, reported speech, opinions."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    FORMS,
    Clause,
    NounPhrase,
)
from keras_transformer.data.sample.drawing import (
    THIRD,
    Draft,
    Draw,
    Rejected,
    construction,
)
from keras_transformer.data.sample.korean import (
    attach,
    conjugate,
    particle,
)
from keras_transformer.data.sample.nouns import (
    PERSON,
    PERSONS_OF,
)
from keras_transformer.data.sample.usage import (
    RELATED,
)
from keras_transformer.data.sample.verbs import (
    BUY,
    TAKERS,
)
from keras_transformer.data.sample.words import Noun, Verb

# What has been done with a thing that something else is done with now.
BEFOREHAND = frozenset(
    "make, cook, bake, roast, buy, write, borrow, send, receive, draw, take photos, fix, lose, "
    "find, pick up, plant, raise, grow, choose, boil, rent, build".split(", ")
)


def _verbs_for(draw: Draw, noun: Noun, but: Verb | None = None) -> tuple[Verb, ...]:
    if draw.sense and noun is draw.sense.noun:
        pool = draw.sense.verbs
        pool = (*pool, BUY) if draw.sense.later else pool
    else:
        pool = TAKERS.get(noun, ())
    return tuple(
        verb
        for verb in pool
        if verb.article in ("a", "the", "generic")
        and verb.usage in RELATED
        and (not but or (verb.english != but.english and verb.usage in BEFOREHAND))
    )


def _relative(draw: Draw, noun: Noun, but: Verb | None = None, place: float = 0.4) -> Clause:
    """``민수가 시장에서 산``: a past clause whose object is the noun it stands before."""
    verb = draw.pick(_verbs_for(draw, noun, but))
    subject = draw.person(verb)
    clause = Clause(subject, verb, NounPhrase(noun, "the"))
    if verb is not BUY and verb.places and draw.chance(place):
        clause = replace(clause, place=draw.pick(verb.places))
    if draw.chance(0.3):
        clause = replace(clause, time=draw.time("past", clause.verb.english))
    return clause


def _relative_korean(clause: Clause) -> str:
    return clause.without("object").korean_with("은", "subject")


def _relative_english(clause: Clause) -> str:
    return f"that {clause.without('object').english('past')}"


@construction("relative clause on a subject", "description", 1.8)
def relative_on_subject(draw: Draw) -> Draft:
    """민수가 시장에서 산 배는 아주 맛있었어요. The pear that Minsu bought was very delicious."""
    phrase, adjective = draw.description()
    noun = phrase.noun
    if phrase.article not in ("this", "that") or noun.kind == "place":
        raise Rejected
    clause = _relative(draw, noun)
    past = draw.chance(0.6)
    how = draw.degree(adjective, 0.6)
    words = [_relative_korean(clause), particle(noun.korean, "topic")]
    words += [how.korean] if how else []
    words.append(attach(adjective.korean, "었어요" if past else "어요"))
    be = ("were" if past else "are") if noun.are_many else ("was" if past else "is")
    quality = f"{how.english} {adjective.english}" if how else adjective.english
    said = f"the {noun.english} {_relative_english(clause)} {be} {quality}"
    return Draft(" ".join(words), said, [(adjective.stem, noun.stem, ""), clause.triple])


@construction("relative clause on an object", "action", 1.8)
def relative_on_object(draw: Draw) -> Draft:
    """저는 민수가 산 책을 읽었어요. I read the book that Minsu bought."""
    clause = draw.clause(transitive=True)
    phrase = clause.object
    if phrase.article not in ("a", "the") or clause.verb.usage in BEFOREHAND:
        raise Rejected
    inner = _relative(draw, phrase.noun, clause.verb, 0.3)
    if inner.subject.kind == "pronoun" or inner.subject == clause.subject:
        raise Rejected  # who "he" is would not be clear
    if draw.sense and clause.place is draw.sense.place:
        raise Rejected
    clause = clause.without("place")
    before = clause.without("object").korean_words()
    words = [*before, _relative_korean(inner), particle(phrase.noun.korean, "object")]
    words.append(FORMS["past"].korean(clause))
    head = f"the {phrase.noun.english} {_relative_english(inner)}"
    said = f"{clause.subject.english} {english.past(clause.verb.english)} {head}"
    return Draft(" ".join(words), said, [clause.triple, inner.triple])


@construction("relative clause with who", "action")
def relative_with_who(draw: Draw) -> Draft:
    """책을 읽고 있는 사람은 제 친구예요. The person who is reading a book is my friend."""
    clause = draw.clause(
        frozenset({"involuntary", "once", "point", "at"}), subjects=(PERSON["그"],)
    )
    if clause.verb.article == "own" or (draw.sense and draw.sense.time):
        raise Rejected
    who = draw.pick((*PERSONS_OF["name"], *PERSONS_OF["elder"][:4], *PERSONS_OF["peer"]))
    korean_clause = clause.korean_with("고 있는", "")
    tail = who.korean + "세요" if who.honorific else particle(who.korean, "copula")
    said = f"the person who is {clause.english_gerund()} is {who.english}"
    return Draft(f"{korean_clause} 사람은 {tail}", said,
                 [replace(clause, subject=who).triple])  # fmt: skip


@construction("reported speech")
def reported(draw: Draw) -> Draft:
    """민수는 유나가 책을 샀다고 말했어요. Minsu said that Yuna bought a book."""
    clause = draw.clause(subjects=THIRD)
    speaker = draw.pick((*PERSONS_OF["name"], *PERSONS_OF["peer"], *PERSONS_OF["elder"]))
    if speaker == clause.subject or clause.subject.kind == "pronoun":
        raise Rejected
    said = conjugate("말하", "었어요", speaker.honorific)
    korean = f"{speaker.topic()} {clause.korean_with('었다고', 'subject')} {said}"
    return Draft(korean, f"{speaker.english} said that {clause.english('past')}", [clause.triple])


@construction("opinion")
def opinion(draw: Draw) -> Draft:
    """저는 유나가 책을 샀다고 생각해요. I think that Yuna bought a book."""
    clause = draw.clause(subjects=THIRD)
    korean = f"저는 {clause.korean_with('었다고', 'subject')} 생각해요"
    return Draft(korean, f"I think that {clause.english('past')}", [clause.triple])


@construction("indirect question")
def indirect_question(draw: Draw) -> Draft:
    """유나가 언제 책을 샀는지 알아요? Do you know when Yuna bought a book?"""
    clause = draw.clause(subjects=THIRD)
    korean_word, word = draw.pick((("언제", "when"), ("왜", "why")))
    inner = clause.korean_with("었는지", "")
    korean = f"{clause.subject.subject()} {korean_word} {inner} 알아요"
    return Draft(korean, f"do you know {word} {clause.english('past')}", [clause.triple], "?")
