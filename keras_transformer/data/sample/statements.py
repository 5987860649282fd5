"""Constructions with one event: tenses, negation, wishes, ability, duty, experience."""

from __future__ import annotations

from dataclasses import dataclass, replace

from keras_transformer.data.sample.clauses import Clause
from keras_transformer.data.sample.drawing import Draft, Draw, Rejected, construction
from keras_transformer.data.sample.korean import particle
from keras_transformer.data.sample.nouns import PERSONS
from keras_transformer.data.sample.usage import DURATIVE, NOTABLE, SKILLS
from keras_transformer.data.sample.verbs import FREQUENCIES
from keras_transformer.data.sample.words import Word

NOW, THEN = Word("지금", "now"), Word("그때", "at that time")
OUTINGS = frozenset({"city", "country", "culture", "zoo", "farm", "park", "pool", "hotel"})
ONE_AT_A_TIME = frozenset({"wear", "take off", "ride", "take", "drive", "listen to"})
INVOLUNTARY, ONCE, POINT = "involuntary", "once", "point"


@dataclass(frozen=True)
class Pattern:
    """A form of ``clauses.FORMS`` with its times, the verbs it does not take, and its weight."""

    form: str
    tense: str = ""
    time: float = 0.7
    avoid: frozenset[str] = frozenset()
    generic: bool = False
    among: frozenset[str] = frozenset()
    weight: float = 1.0


def _avoid(*flags: str) -> frozenset[str]:
    return frozenset(flags)


STATEMENTS = {
    "past": Pattern("past", "past", weight=2.5),
    "future": Pattern("future", "future", avoid=_avoid(INVOLUNTARY, "unplanned"), weight=1.5),
    "negative past": Pattern("did not", "past"),
    "negative future": Pattern("will not", "future", avoid=_avoid(INVOLUNTARY, "unplanned")),
    "inability past": Pattern("could not", "past", avoid=_avoid(INVOLUNTARY, "unplanned", "at")),
    "ability": Pattern("can", "future", 0.4, _avoid(INVOLUNTARY, "unplanned")),
    "inability": Pattern("cannot", "future", 0.4, _avoid(INVOLUNTARY, "unplanned")),
    "wish": Pattern("want", "future", 0.4, _avoid(INVOLUNTARY, "unplanned"), weight=1.3),
    "negative wish": Pattern("not want", "future", 0.3, _avoid(INVOLUNTARY, "unplanned")),
    "past wish": Pattern("wanted", "past", 0.5, _avoid(INVOLUNTARY, "unplanned")),
    "duty": Pattern("must", "future", 0.6, _avoid(INVOLUNTARY, "unplanned"), weight=1.3),
    "past duty": Pattern("had to", "past", 0.6, _avoid(INVOLUNTARY, "unplanned")),
    "no duty": Pattern("need not", "future", 0.4, _avoid(INVOLUNTARY, "unplanned")),
    "decision": Pattern("decided", "future", 0.6, _avoid(INVOLUNTARY, "unplanned")),
    "possibility": Pattern("might", "future", 0.6, _avoid(INVOLUNTARY, "unplanned")),
    "plan": Pattern("plans", "future", 0.6, _avoid(INVOLUNTARY, "unplanned")),
    "liking to do": Pattern(
        "likes", avoid=_avoid(INVOLUNTARY, ONCE, POINT, "rare", "at"), generic=True
    ),
    "disliking to do": Pattern(
        "dislikes", avoid=_avoid(INVOLUNTARY, ONCE, POINT, "rare", "at"), generic=True
    ),
    "beginning": Pattern("started", "past", 0.6, _avoid(INVOLUNTARY, ONCE, POINT), among=DURATIVE),
}


def details(draw: Draw, clause: Clause, tense: str, time: float, positive: bool = True) -> Clause:
    """The clause with, now and then, a time, an adverb of manner and company."""
    clause = draw.company(draw.manner(clause) if positive else clause)
    night = draw.sense is not None and draw.sense.time
    if tense and (draw.chance(time) or night):
        clause = replace(clause, time=draw.time(tense, clause.verb.english))
    return clause


def _statement(pattern: Pattern):
    def build(draw: Draw) -> Draft:
        clause = draw.clause(pattern.avoid, generic=pattern.generic, among=pattern.among)
        positive = pattern.form in ("past", "future", "want", "must", "had to", "plans", "decided")
        clause = details(draw, clause, pattern.tense, pattern.time, positive)
        return Draft(clause.korean(pattern.form), clause.english(pattern.form), [clause.triple])

    return build


for _name, _pattern in STATEMENTS.items():
    construction(_name, weight=_pattern.weight)(_statement(_pattern))


@construction("past, time first")
def past_time_first(draw: Draw) -> Draft:
    """어제 저는 책을 읽었어요. Yesterday, I read a book."""
    clause = draw.company(draw.clause())
    time = draw.time("past", clause.verb.english)
    korean, english = clause.korean("past"), clause.english("past")
    return Draft(f"{time.korean} {korean}", f"{time.english}, {english}", [clause.triple])


@construction("habit", weight=1.5)
def habit(draw: Draw) -> Draft:
    """저는 매일 책을 읽어요. I read books every day."""
    clause = draw.clause(frozenset({ONCE, INVOLUNTARY, "rare"}), generic=True)
    return _habit(draw, clause, "present")


@construction("negative habit")
def negative_habit(draw: Draw) -> Draft:
    """그는 자주 책을 읽지 않아요. He doesn't often read books."""
    clause = draw.clause(frozenset({ONCE, INVOLUNTARY, "rare"}), generic=True)
    return _habit(draw, clause, "do not")


def _habit(draw: Draw, clause: Clause, form: str) -> Draft:
    night = draw.sense is not None and draw.sense.time
    if draw.chance(0.5) or night:
        clause = replace(clause, time=draw.time("habit", clause.verb.english))
    else:
        often = FREQUENCIES[:1] if form == "do not" else FREQUENCIES
        clause = replace(clause, frequency=draw.pick(often))
    return Draft(clause.korean(form), clause.english(form), [clause.triple])


@construction("progressive", weight=1.5)
def progressive(draw: Draw) -> Draft:
    """저는 지금 책을 읽고 있어요. I am reading a book now."""
    clause = draw.clause(frozenset({ONCE, INVOLUNTARY, POINT, "at"}))
    clause = draw.company(draw.manner(clause))
    clause = replace(clause, time=draw.note(NOW))
    return Draft(clause.korean("progressive"), clause.english("progressive"), [clause.triple])


@construction("past progressive")
def past_progressive(draw: Draw) -> Draft:
    """저는 그때 책을 읽고 있었어요. I was reading a book at that time."""
    clause = draw.clause(frozenset({ONCE, INVOLUNTARY, POINT, "at"}))
    clause = replace(clause, time=draw.note(THEN))
    form = "past progressive"
    return Draft(clause.korean(form), clause.english(form), [clause.triple])


def _notable(draw: Draw) -> Clause:
    """Something worth telling once, at a place worth naming."""
    clause = draw.clause(frozenset({ONCE}), among=NOTABLE)
    here = clause.place and clause.place.kind not in OUTINGS
    return clause.without("place") if here and not (draw.sense and draw.sense.there) else clause


@construction("experience")
def experience(draw: Draw) -> Draft:
    """저는 파리에서 그림을 그린 적이 있어요. I have drawn a picture in Paris before."""
    clause = _notable(draw)
    return Draft(
        clause.korean("experience"), clause.english("experience") + " before", [clause.triple]
    )


@construction("no experience")
def no_experience(draw: Draw) -> Draft:
    """저는 말을 탄 적이 없어요. I have never ridden a horse."""
    clause = _notable(draw)
    return Draft(clause.korean("never"), clause.english("never"), [clause.triple])


@construction("skill")
def skill(draw: Draw) -> Draft:
    """저는 자전거를 고칠 줄 알아요. I know how to fix bicycles."""
    clause = draw.clause(
        frozenset({INVOLUNTARY, ONCE, POINT, "at"}), True, generic=True, among=SKILLS
    )
    clause = clause.without("place") if not (draw.sense and draw.sense.there) else clause
    return Draft(clause.korean("knows how"), clause.english("knows how"), [clause.triple])


@construction("also")
def also(draw: Draw) -> Draft:
    """저도 책을 읽었어요. I read a book, too."""
    clause = details(draw, draw.clause(), "past", 0.5)
    return Draft(clause.korean("past", "also"), clause.english("past") + ", too", [clause.triple])


@construction("counted object", weight=1.5)
def counted_object(draw: Draw) -> Draft:
    """저는 책을 세 권 샀어요. I bought three books."""
    clause = draw.clause(transitive=True, subjects=PERSONS)
    phrase = clause.object
    if not phrase.noun.is_countable or phrase.article not in ("a", "generic"):
        raise Rejected
    if clause.verb.usage in ONE_AT_A_TIME:
        raise Rejected
    number = draw.pick(range(2, 11))
    clause = replace(clause, object=replace(phrase, number=number))
    clause = details(draw, clause, "past", 0.5)
    return Draft(clause.korean("past"), clause.english("past"), [clause.triple])


@construction("fronted object", "action", 1.2)
def fronted_object(draw: Draw) -> Draft:
    """배는 민수가 어제 먹었어요. Minsu ate the pear yesterday."""
    clause = draw.clause(transitive=True)
    phrase = clause.object
    if phrase.article != "a":
        raise Rejected
    if draw.chance(0.6) or (draw.sense and draw.sense.time):
        clause = replace(clause, time=draw.time("past", clause.verb.english))
    rest = clause.without("object").korean("past", "subject")
    clause = replace(clause, object=replace(phrase, article="the"))
    korean = f"{particle(phrase.korean(), 'topic')} {rest}"
    return Draft(korean, clause.english("past"), [clause.triple])
