"""Constructions with two clauses: relative clauses, and, but, because, if, before, while, that."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    FORMS,
    Clause,
    NounPhrase,
    agreement_of,
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
    NOUN,
    PERSONS,
    PERSONS_OF,
    PLACES_OF,
)
from keras_transformer.data.sample.statements import details
from keras_transformer.data.sample.usage import (
    BAD,
    ERRANDS,
    EXACT,
    GOOD,
    TOGETHER,
)
from keras_transformer.data.sample.verbs import (
    BUY,
    TAKERS,
    VERBS,
)
from keras_transformer.data.sample.words import Verb

KNOWN = tuple(person for person in PERSONS if person.pronoun)


STATES = {"피곤하": "tired", "바쁘": "busy"}


# What one does with a thing after buying it.
LATER = tuple(
    verb
    for verb in VERBS
    if verb.english in ("eat", "drink", "read", "wear", "roast", "wash", "slice", "fix", "peel")
)


@construction("and", weight=1.5)
def and_then(draw: Draw) -> Draft:
    """저는 책을 읽고 음악을 들었어요. I read a book and listened to music."""
    first = details(draw, draw.clause(frozenset({"involuntary", "at"})), "past", 0.4)
    second = _other(draw, first)
    korean = f"{first.korean_with('고', raised=False)} {second.korean('past', subject='')}"
    said = f"{first.english('past')} and {second.english_predicate('past')}"
    return Draft(korean, said, [first.triple, second.triple])


def _other(draw: Draw, first: Clause) -> Clause:
    """A second event with the same subject, from daily life, without a place."""
    return _daily(draw, first.subject, first.verb)


@construction("but someone did not", weight=1.2)
def but_not(draw: Draw) -> Draft:
    """저는 책을 샀지만 민수는 안 샀어요. I bought a book, but Minsu didn't."""
    first = details(draw, draw.clause(), "past", 0.3)
    other = draw.person(first.verb)
    if other == first.subject or first.verb.article == "own" or first.company:
        raise Rejected
    second = Clause(other, first.verb)
    korean = f"{first.korean_with('었지만')} {second.korean('did not')}"
    said = f"{first.english('past')}, but {other.english} didn't"
    return Draft(korean, said, [first.triple, (first.verb.stem, other.stem, first.triple[2])])


def _bought(draw: Draw) -> tuple[Clause, Verb]:
    """Something bought, and the verb that says what is done with it."""
    if draw.sense:
        noun, later = draw.note(draw.sense.noun), draw.pick(draw.sense.later)
        bought = draw.note(BUY)
    else:
        bought = draw.pick(tuple(verb for verb in VERBS if verb.korean == "사"))
        noun = draw.pick(bought.objects)
        later = draw.pick(tuple(verb for verb in LATER if noun in verb.objects))
    clause = Clause(draw.pick(PERSONS), bought, NounPhrase(noun))
    if not draw.sense and draw.chance(0.5):
        clause = replace(clause, place=draw.pick(bought.places))
    if draw.chance(0.4):
        clause = replace(clause, time=draw.time("past", "get"))
    return clause, later


@construction("buying and using", "bought", 1.2)
def buy_and_use(draw: Draw) -> Draft:
    """저는 배를 사서 먹었어요. I bought a pear and ate it."""
    clause, later = _bought(draw)
    use = Clause(clause.subject, later)
    alone = draw.pick((None, *PERSONS_OF["peer"]))
    if alone == clause.subject or (alone and later.usage not in TOGETHER):
        raise Rejected
    together = [particle(alone.korean, "with"), "같이"] if alone else []
    words = [clause.korean_with("어서", raised=False), *together, FORMS["past"].korean(use)]
    said = (
        f"{clause.english('past')} and {english.past(later.english)} {clause.object.noun.pronoun}"
    )
    said += f" with {alone.as_object()}" if alone else ""
    used = (later.stem, clause.subject.stem, clause.object.noun.stem)
    return Draft(" ".join(words), said, [used, clause.triple])


@construction("buying but not using", "bought")
def buy_but_not_use(draw: Draw) -> Draft:
    """저는 배를 샀지만 아직 안 먹었어요. I bought a pear but didn't eat it yet."""
    clause, later = _bought(draw)
    use = Clause(clause.subject, later)
    korean = f"{clause.korean_with('었지만')} 아직 {FORMS['did not'].korean(use)}"
    said = f"{clause.english('past')} but didn't {later.english} {clause.object.noun.pronoun} yet"
    used = (later.stem, clause.subject.stem, clause.object.noun.stem)
    return Draft(korean, said, [used, clause.triple])


@construction("buying for a quality", "bought", 1.2)
def buying_for_quality(draw: Draw) -> Draft:
    """이 배는 아주 달아서 민수가 샀어요. Minsu bought this pear because it was very sweet."""
    phrase, adjective = draw.description()
    noun, person = phrase.noun, draw.pick(PERSONS)
    buyable = draw.sense or any(verb.korean == "사" for verb in TAKERS.get(noun, ()))
    good = adjective.english in GOOD
    if not buyable or phrase.article not in ("this", "that") or adjective.english not in GOOD | BAD:
        raise Rejected
    how = draw.degree(adjective, 0.6)
    if how and good and how.english in EXACT:
        raise Rejected
    time = draw.time("past", "get") if draw.chance(0.4) else None
    draw.note(BUY)
    clause = Clause(person, BUY, time=time)
    form = "past" if good else "did not"
    words = [particle(phrase.korean(), "topic")] + ([how.korean] if how else [])
    words += [attach(adjective.korean, "어서"), clause.korean(form, "subject")]
    quality = f"{how.english} {adjective.english}" if how else adjective.english
    it = "they were" if phrase.are_many else "it was"
    bought = replace(clause, object=phrase)
    said = f"{bought.english(form)} because {it} {quality}"
    return Draft(" ".join(words), said, [bought.triple])


@construction("because of a state")
def because_of_state(draw: Draw) -> Draft:
    """저는 바빠서 책을 못 읽었어요. I couldn't read a book because I was busy."""
    clause = draw.clause(frozenset({"involuntary", "unplanned", "at"}), subjects=KNOWN)
    stem = draw.pick(tuple(STATES))
    state = conjugate(stem, "어서", clause.subject.honorific)
    topic = clause.subject.topic()
    korean = f"{topic} {state} {clause.korean('could not', subject='')}"
    was = "were" if clause.subject.is_plural else "was"
    said = f"{clause.english('could not')} because {clause.subject.pronoun} {was} {STATES[stem]}"
    return Draft(korean, said, [clause.triple])


@construction("if a state")
def if_state(draw: Draw) -> Draft:
    """저는 시간이 있으면 책을 읽을 거예요. If I have time, I will read a book."""
    clause = draw.clause(frozenset({"involuntary", "unplanned", "at", "once"}), subjects=KNOWN)
    person = clause.subject
    third = agreement_of(person) == "third"
    stem, said = draw.pick((
        ("시간이 있", "has time" if third else "have time"),
        ("바쁘지 않", "isn't busy" if third else "am not busy" if person.pronoun == "I"
         else "aren't busy"),
        ("돈이 있", "has money" if third else "have money"),
    ))  # fmt: skip
    state = attach(stem, "으시") + "면" if person.honorific else attach(stem, "으면")
    draw.stems += [NOUN[word].stem for word in ("시간", "돈") if stem.startswith(word)]
    korean = f"{person.topic()} {state} {clause.korean('future', subject='')}"
    then = f"{person.pronoun} {clause.english_predicate('future')}"
    return Draft(korean, f"if {person.english} {said}, {then}", [clause.triple])


@construction("going for a purpose", "going", 1.2)
def go_for_purpose(draw: Draw) -> Draft:
    """저는 책을 빌리러 도서관에 갔어요. I went to the library to borrow a book."""
    places = PLACES_OF["study"][:1] + PLACES_OF["market"] + PLACES_OF["store"] + (
        *PLACES_OF["bookstore"], *PLACES_OF["flower shop"], *PLACES_OF["bakery"],
        *PLACES_OF["cafe"], *PLACES_OF["park"], *PLACES_OF["zoo"], *PLACES_OF["farm"],
        *PLACES_OF["sport"], *PLACES_OF["pool"], *PLACES_OF["post"],
    )  # fmt: skip
    place = draw.pick(places)
    fitting = [
        verb
        for verb in VERBS
        if place in verb.places
        and verb.usage in ERRANDS
        and not verb.flags & {"involuntary", "person", "at"}
    ] + [verb for verb in VERBS if verb.english == "see" and place.kind in ("zoo", "farm")]
    fitting = [verb for verb in fitting if verb.english != "see" or place in verb.places]
    verb = draw.pick(fitting)
    subject = draw.person(verb)
    clause = Clause(subject, verb, draw.object(verb, subject))
    time = draw.time("past", "hurry") if draw.chance(0.5) else None
    words = [subject.topic()] + ([time.korean] if time else [])
    words += [clause.korean_with("으러", "", raised=False), f"{place.korean}에"]
    words.append(conjugate("가", "었어요", subject.honorific))
    tail = f" {time.english}" if time else ""
    said = f"{subject.english} went {place.to} to {clause.english_base()}{tail}"
    return Draft(" ".join(words), said, [clause.triple])


DAILY = tuple(
    verb
    for verb in VERBS
    if verb.english in ("eat", "drink", "rest", "take a walk", "exercise", "do", "clean", "read",
                        "listen to", "swim", "watch", "study", "write", "practice", "cook")
)  # fmt: skip


def _daily(draw: Draw, subject, but: Verb | None = None) -> Clause:
    verb = draw.pick(tuple(verb for verb in DAILY if not but or verb.english != but.english))
    clause = Clause(subject, verb, draw.object(verb, subject))
    if "young" in verb.flags and subject.honorific:
        raise Rejected
    return clause


def _sequence(name: str, ending: str, word: str, joined: str) -> None:
    def build(draw: Draw) -> Draft:
        if draw.sense:
            first = draw.clause(frozenset({"involuntary", "at"}), place=0)
            if first.verb.article == "own":
                raise Rejected
            subject = first.subject
        else:
            subject = draw.pick(PERSONS)
            first = _daily(draw, subject)
        second = _daily(draw, subject, first.verb)
        inner = first.korean_with(ending, "", raised=False)
        korean = f"{subject.topic()} {inner} {joined}".strip()
        korean = f"{korean} {second.korean('past', subject='')}"
        said = f"{second.english('past')} {word} {first.english_gerund()}"
        return Draft(korean, said, [second.triple, first.triple])

    construction(name, "action", 1.0)(build)


_sequence("before", "기", "before", "전에")


_sequence("after", "은", "after", "후에")


WHILE = tuple(
    verb
    for verb in VERBS
    if verb.english in ("listen to", "drink", "walk", "talk", "laugh", "cry")
    or (verb.english == "sing" and not verb.objects)
)


@construction("while", "daily")
def while_doing(draw: Draw) -> Draft:
    """저는 음악을 들으면서 숙제를 했어요. I did the homework while listening to music."""
    verb = draw.pick(WHILE)
    subject = draw.person(verb)
    first = Clause(subject, verb, draw.object(verb, subject))
    second = _daily(draw, subject, verb)
    if verb.english == "drink" and second.verb.english in ("eat", "exercise", "swim"):
        raise Rejected
    if second.verb.english in ("drink", "rest", "swim", "take a walk") or (
        verb.english == "walk" and second.verb.english != "eat"
    ):
        raise Rejected
    inner = first.korean_with("으면서", "", raised=False)
    korean = f"{subject.topic()} {inner} {second.korean('past', subject='')}"
    said = f"{second.english('past')} while {first.english_gerund()}"
    return Draft(korean, said, [second.triple, first.triple])


ARRIVALS = (
    ("제가 집에 왔을 때", "when I came home"),
    ("제가 전화했을 때", "when I called"),
    ("비가 오기 시작했을 때", "when it started raining"),
    ("우리가 도착했을 때", "when we arrived"),
)


@construction("when")
def when_clause(draw: Draw) -> Draft:
    """제가 집에 왔을 때 민수는 책을 읽고 있었어요. When I came home, Minsu was reading a book."""
    clause = draw.clause(frozenset({"involuntary", "once", "point", "at"}), subjects=THIRD)
    when = draw.pick(ARRIVALS)
    korean = f"{when[0]} {clause.korean('past progressive')}"
    return Draft(korean, f"{when[1]}, {clause.english('past progressive')}", [clause.triple])


MONEY = NOUN["돈"]


@construction("saving for a purpose", "daily", 0.6)
def saving(draw: Draw) -> Draft:
    """저는 컴퓨터를 사려고 돈을 모았어요. I saved money to buy a computer."""
    subject = draw.pick(PERSONS)
    noun = draw.pick(tuple(noun for noun in TAKERS if noun.kind in (
        "device", "bike", "instrument", "strings", "furniture", "clothes"
    ) and any(verb.korean == "사" for verb in TAKERS[noun])))  # fmt: skip
    clause = Clause(subject, BUY, NounPhrase(noun))
    draw.note(BUY)
    inner = clause.korean_with("으려고", raised=False)
    korean = f"{inner} 돈을 {conjugate('모으', '었어요', subject.honorific)}"
    return Draft(korean, f"{subject.english} saved money to {clause.english_base()}",
                 [("모으=save", subject.stem, MONEY.stem), clause.triple])  # fmt: skip
