"""Constructions that ask or ask for: yes/no and wh-questions, requests, orders, permission."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample.clauses import YOU, Clause, NounPhrase
from keras_transformer.data.sample.drawing import THIRD, Draft, Draw, Rejected, construction
from keras_transformer.data.sample.korean import attach, particle
from keras_transformer.data.sample.nouns import PERSON
from keras_transformer.data.sample.statements import ONE_AT_A_TIME
from keras_transformer.data.sample.usage import (
    ASKED_FOR,
    COLOURS,
    RULE_PLACES,
    RULE_VERBS,
    RULED,
    TOGETHER,
)
from keras_transformer.data.sample.verbs import places_named
from keras_transformer.data.sample.words import Person

ASKED = {
    "yes/no past": ("past", "past", frozenset()),
    "yes/no future": ("future", "future", frozenset({"involuntary", "unplanned"})),
    "yes/no progressive": ("progressive", "", frozenset({"involuntary", "once", "point", "at"})),
    "yes/no wish": ("want", "future", frozenset({"involuntary", "unplanned"})),
    "yes/no ability": ("can", "future", frozenset({"involuntary", "unplanned"})),
    "yes/no duty": ("must", "future", frozenset({"involuntary", "unplanned"})),
}
ORDERABLE = frozenset({"involuntary", "unplanned", "young"})
SPEAKER = PERSON["저"]
# Only the object tells which verb is meant: 쓰다 is to write, use or wear; "play" is 치다 or 하다.
TOLD_BY_OBJECT = frozenset({"쓰", "켜", "굽", "찾", "play", "take", "wear", "wash", "peel"})


def asked(draw: Draw, avoid: frozenset[str] = frozenset(), **options) -> Clause:
    """A clause about the person spoken to or a third person."""
    subjects = (YOU,) if draw.chance(0.4) else THIRD
    return draw.clause(avoid, subjects=subjects, **options)


def _timed(draw: Draw, clause: Clause, tense: str, probability: float = 0.5) -> Clause:
    night = draw.sense is not None and draw.sense.time
    if tense and (draw.chance(probability) or night):
        return replace(clause, time=draw.time(tense, clause.verb.english))
    return clause


def _yes_no(form: str, tense: str, avoid: frozenset[str]):
    def build(draw: Draw) -> Draft:
        clause = _timed(draw, asked(draw, avoid), tense)
        if clause.subject is YOU and not (clause.object or clause.place or clause.time):
            raise Rejected
        return Draft(clause.korean(form), clause.english_question(form), [clause.triple], "?")

    return build


for _name, _options in ASKED.items():
    construction(_name, weight=0.8)(_yes_no(*_options))


def _asking(clause: Clause, word: str) -> str:
    """The question word stands after subject and time."""
    words = [] if clause.subject is YOU else [clause.subject.topic()]
    words += [clause.time.korean] if clause.time else []
    return " ".join([*words, word, clause.without("time").korean("past", subject="")])


def _question(draw: Draw, word: str, english: str, place: float = 0.4) -> Draft:
    clause = _timed(draw, asked(draw, place=place), "past", 0.4)
    korean = _asking(clause, word)
    return Draft(korean, f"{english} {clause.english_question('past')}", [clause.triple], "?")


@construction("why")
def why(draw: Draw) -> Draft:
    """민수는 왜 책을 샀어요? Why did Minsu buy a book?"""
    return _question(draw, "왜", "why")


@construction("when")
def when(draw: Draw) -> Draft:
    """민수는 언제 책을 샀어요? When did Minsu buy a book?"""
    clause = asked(draw)
    return Draft(
        _asking(clause, "언제"), f"when {clause.english_question('past')}", [clause.triple], "?"
    )


@construction("where")
def where(draw: Draw) -> Draft:
    """민수는 어디에서 책을 샀어요? Where did Minsu buy a book?"""
    clause = asked(draw)
    if not clause.verb.places or clause.verb.flags & {"at", "go"}:
        raise Rejected
    if draw.sense and draw.sense.place is clause.place:
        raise Rejected
    clause = _timed(draw, clause.without("place"), "past", 0.4)
    return Draft(
        _asking(clause, "어디에서"),
        f"where {clause.english_question('past')}",
        [clause.triple],
        "?",
    )


@construction("who", weight=0.8)
def who(draw: Draw) -> Draft:
    """누가 책을 샀어요? Who bought a book?"""
    clause = draw.clause(subjects=(PERSON["그"],))
    if clause.verb.article == "own" or isinstance(clause.object, Person):
        raise Rejected
    clause = _timed(draw, clause, "past")
    nobody = Person("누구", "who", "")
    clause = replace(clause, subject=nobody)
    korean = f"누가 {clause.korean('past', subject='')}"
    return Draft(korean, clause.english("past"), [clause.triple], "?")


@construction("what")
def what(draw: Draw) -> Draft:
    """민수는 시장에서 무엇을 샀어요? What did Minsu buy at the market?"""
    clause = asked(draw, transitive=True, place=0.9)
    if not isinstance(clause.object, NounPhrase) or not clause.place:
        raise Rejected
    if draw.sense and draw.sense.noun is clause.object.noun:
        raise Rejected
    if clause.verb.korean in TOLD_BY_OBJECT or clause.verb.english in TOLD_BY_OBJECT:
        raise Rejected
    draw.stems.remove(clause.object.noun.stem)
    clause = _timed(draw, clause.without("object"), "past")
    words = clause.korean_words()
    korean = " ".join([*words, "무엇을", clause.korean_verb("었어요")])
    return Draft(korean, f"what {clause.english_question('past')}", [clause.triple], "?")


@construction("how many")
def how_many(draw: Draw) -> Draft:
    """민수는 책을 몇 권 샀어요? How many books did Minsu buy?"""
    clause = asked(draw, transitive=True)
    phrase = clause.object
    if not phrase.noun.is_countable or phrase.article not in ("a", "generic"):
        raise Rejected
    if clause.verb.usage in ONE_AT_A_TIME:
        raise Rejected
    clause = _timed(draw, clause, "past", 0.3)
    words = [*clause.korean_words(), "몇", phrase.noun.counter, clause.korean_verb("었어요")]
    question = clause.without("object").english_question("past")
    things = f"{phrase.noun.measure} {phrase.noun.plural}".strip()
    english = f"how many {things} {question}"
    return Draft(" ".join(words), english, [clause.triple], "?")


def _among(
    draw: Draw,
    verbs: frozenset[str],
    subject: Person,
    transitive: bool = False,
    generic: bool = False,
) -> Clause:
    """A clause whose verb is one of those named."""
    clause = draw.clause(
        ORDERABLE | {"at"}, transitive, (subject,), generic=generic, among=verbs
    )  # fmt: skip
    if clause.verb.article == "own":
        raise Rejected
    ruled = verbs is RULED and clause.verb.usage in RULE_VERBS
    if ruled and clause.place and not (draw.sense and draw.sense.there):
        return replace(clause, place=draw.pick(places_named(RULE_PLACES)))
    return clause


@construction("request", weight=0.8)
def request(draw: Draw) -> Draft:
    """창문을 열어 주세요. Please open the window."""
    clause = draw.manner(_among(draw, ASKED_FOR, YOU, True), 0.25)
    korean = clause.korean_with("어") + " 주세요"
    return Draft(korean, f"please {clause.english_base()}", [clause.triple])


@construction("order", weight=0.8)
def order(draw: Draw) -> Draft:
    """도서관에서 책을 읽으세요. Read a book at the library."""
    clause = draw.manner(_among(draw, ASKED_FOR | RULED, YOU), 0.25)
    if not (clause.object or clause.place):
        raise Rejected
    return Draft(clause.korean_with("으세요"), clause.english_base(), [clause.triple])


@construction("negative order", weight=0.8)
def negative_order(draw: Draw) -> Draft:
    """교실에서 빵을 먹지 마세요. Don't eat bread in the classroom."""
    clause = _among(draw, RULED, YOU, generic=True)
    if not (clause.object or clause.place):
        raise Rejected
    korean = clause.korean_with("지") + " 마세요"
    return Draft(korean, f"don't {clause.english_base()}", [clause.triple])


@construction("suggestion", weight=0.8)
def suggestion(draw: Draw) -> Draft:
    """내일 같이 영화를 볼까요? Shall we watch a movie together tomorrow?"""
    clause = _among(draw, TOGETHER, PERSON["우리"])
    time = draw.time("future", clause.verb.english) if draw.chance(0.5) else None
    words = [time.korean] if time else []
    korean = " ".join([*words, "같이", clause.korean_with("을까요", subject="")])
    english = f"shall we {clause.english_base()} together" + (f" {time.english}" if time else "")
    return Draft(korean, english, [clause.triple], "?")


@construction("permission", weight=0.8)
def permission(draw: Draw) -> Draft:
    """여기에서 사진을 찍어도 돼요. You may take a photo here."""
    clause = _among(draw, RULED, YOU)
    if not (clause.object or clause.place):
        raise Rejected
    korean = clause.korean_with("어도") + " 돼요"
    return Draft(korean, f"you may {clause.english_base()}", [clause.triple])


@construction("asking permission", weight=0.8)
def asking_permission(draw: Draw) -> Draft:
    """제가 창문을 열어도 돼요? May I open the window?"""
    clause = _among(draw, RULED, SPEAKER)
    korean = clause.korean_with("어도", "subject") + " 돼요"
    return Draft(korean, f"may I {clause.english_base()}", [clause.triple], "?")


@construction("prohibition", weight=0.8)
def prohibition(draw: Draw) -> Draft:
    """교실에서 빵을 먹으면 안 돼요. You must not eat bread in the classroom."""
    clause = _among(draw, RULED, YOU, generic=True)
    if not (clause.object or clause.place):
        raise Rejected
    korean = clause.korean_with("으면") + " 안 돼요"
    return Draft(korean, f"you must not {clause.english_base()}", [clause.triple])


@construction("offer", weight=0.8)
def offer(draw: Draw) -> Draft:
    """제가 창문을 열까요? Shall I open the window?"""
    clause = _among(draw, ASKED_FOR, SPEAKER, True)
    korean = clause.korean_with("을까요", "subject")
    return Draft(korean, f"shall I {clause.english_base()}", [clause.triple], "?")


@construction("which of two", "description", 0.6)
def which_of_two(draw: Draw) -> Draft:
    """이 책과 그 책 중에서 어느 것이 더 길어요? Which is longer, this book or that book?"""
    phrase, adjective = draw.description()
    if phrase.article not in ("this", "that") or phrase.are_many or phrase.noun.number == "name":
        raise Rejected
    if adjective.english in COLOURS:
        raise Rejected
    this, that = replace(phrase, article="this"), replace(phrase, article="that")
    korean = (
        f"{particle(this.korean(), 'with')} {that.korean()} 중에서 어느 것이 더 "
        f"{attach(adjective.korean, '어요')}"
    )
    english = f"which is {adjective.comparative}, {this.english()} or {that.english()}"
    return Draft(korean, english, [(adjective.stem, phrase.noun.stem, "")], "?")
