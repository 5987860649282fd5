"""Constructions with two clauses: relative clauses, and, but, because, if, before, while, that."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import FORMS, Clause, NounPhrase, agreement_of, own
from keras_transformer.data.sample.drawing import (
    THIRD,
    Draft,
    Draw,
    Rejected,
    construction,
)
from keras_transformer.data.sample.korean import attach, conjugate, particle
from keras_transformer.data.sample.nouns import NOUN, NOUNS_OF, PERSON, PERSONS, PERSONS_OF, PLACES_OF
from keras_transformer.data.sample.statements import details
from keras_transformer.data.sample.usage import BAD, ERRANDS, EXACT, GOOD, INDOORS, OUTDOORS, RELATED, TOGETHER
from keras_transformer.data.sample.verbs import VERBS
from keras_transformer.data.sample.words import Noun, Verb

KNOWN = tuple(person for person in PERSONS if person.pronoun)
# Korean condition (past, conditional) and its English (past, present).
WEATHER = (
    ("비가 와서", "비가 오면", "it rained", "it rains"),
    ("날씨가 추워서", "날씨가 추우면", "the weather was cold", "the weather is cold"),
    ("날씨가 더워서", "날씨가 더우면", "the weather was hot", "the weather is hot"),
    ("날씨가 좋아서", "날씨가 좋으면", "the weather was good", "the weather is good"),
    ("바람이 불어서", "바람이 불면", "it was windy", "it is windy"),
)
SNOW = ("눈이 와서", "눈이 오면", "it snowed", "it snows")
STATES = {"피곤하": "tired", "바쁘": "busy"}
BUY = next(verb for verb in VERBS if verb.korean == "사")
TAKERS: dict[Noun, tuple[Verb, ...]] = {}
for _verb in VERBS:
    for _noun in _verb.objects:
        TAKERS[_noun] = (*TAKERS.get(_noun, ()), _verb)
# What has been done with a thing that something else is done with now.
BEFOREHAND = frozenset(
    "make, cook, bake, roast, buy, write, borrow, send, receive, draw, take, fix, lose, find, pick up, "
    "plant, raise, grow, choose, boil, rent, build".split(", ")
)
# What one does with a thing after buying it.
LATER = tuple(
    verb
    for verb in VERBS
    if verb.english in ("eat", "drink", "read", "wear", "roast", "wash", "slice", "fix", "peel")
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
        and verb.english in RELATED
        and (not but or (verb.english != but.english and verb.english in BEFOREHAND))
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
    if phrase.article not in ("a", "the") or clause.verb.english in BEFOREHAND:
        raise Rejected
    inner = _relative(draw, phrase.noun, clause.verb, 0.3)
    if inner.subject == clause.subject and inner.subject.pronoun != "I":
        raise Rejected
    if inner.subject != clause.subject and inner.subject.pronoun in ("he", "she"):
        if inner.subject.kind == "pronoun":
            raise Rejected
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
    clause = draw.clause(frozenset({"involuntary", "once", "point", "at"}), subjects=(PERSON["그"],))
    if clause.verb.article == "own" or draw.sense and draw.sense.time:
        raise Rejected
    who = draw.pick((*PERSONS_OF["name"], *PERSONS_OF["elder"][:4], *PERSONS_OF["peer"]))
    korean_clause = clause.korean_with("고 있는", "")
    if who.honorific:
        tail = who.korean + "세요"
    else:
        tail = particle(who.korean, "copula")
    said = f"the person who is {clause.english_gerund()} is {who.english}"
    return Draft(f"{korean_clause} 사람은 {tail}", said,
                 [replace(clause, subject=who).triple])  # fmt: skip


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
    if alone == clause.subject or (alone and later.english not in TOGETHER):
        raise Rejected
    together = [particle(alone.korean, "with"), "같이"] if alone else []
    words = [clause.korean_with("어서", raised=False), *together, FORMS["past"].korean(use)]
    said = f"{clause.english('past')} and {english.past(later.english)} {clause.object.noun.pronoun}"
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


def _weather(draw: Draw) -> tuple[str, str, str, str]:
    if draw.sense:
        draw.note(draw.sense.noun)
        return SNOW
    return draw.pick(WEATHER)


def _plain_clause(draw: Draw, verbs: frozenset[str]) -> Clause:
    """A clause of ordinary words, also where the sentence has to hold a sense elsewhere."""
    verb = draw.pick(tuple(
        verb for verb in VERBS if verb.english in verbs and not verb.flags & {"rare", "point"}
    ))  # fmt: skip
    subject = draw.person(verb)
    clause = Clause(subject, verb, draw.object(verb, subject))
    inside = tuple(place for place in verb.places if (place.kind in INSIDE) == (verbs is INDOORS))
    return replace(clause, place=draw.pick(inside)) if inside and draw.chance(0.6) else clause


INSIDE = frozenset({"home", "room", "cafe", "study", "office", "hotel"})


def _weather_clause(draw: Draw, condition: tuple[str, ...], done: str, not_done: str):
    """What is done in such weather: outside when it is good, else inside or not outside."""
    if "good" in condition[2] or "hot" in condition[2]:
        return _plain_clause(draw, OUTDOORS), done
    if draw.chance(0.5):
        return _plain_clause(draw, INDOORS), done
    return _plain_clause(draw, OUTDOORS), not_done


@construction("because of the weather", "weather", 1.0)
def because_of_weather(draw: Draw) -> Draft:
    """비가 와서 저는 집에서 책을 읽었어요. I read a book at home because it rained."""
    condition = _weather(draw)
    clause, form = _weather_clause(draw, condition, "past", "could not")
    korean = f"{condition[0]} {clause.korean(form)}"
    return Draft(korean, f"{clause.english(form)} because {condition[2]}", [clause.triple])


@construction("if the weather", "weather", 1.0)
def if_weather(draw: Draw) -> Draft:
    """비가 오면 저는 집에서 책을 읽을 거예요. If it rains, I will read a book at home."""
    condition = _weather(draw)
    clause, form = _weather_clause(draw, condition, "future", "will not")
    korean = f"{condition[1]} {clause.korean(form)}"
    return Draft(korean, f"if {condition[3]}, {clause.english(form)}", [clause.triple])


@construction("because of a pain", "body", 1.2)
def because_of_pain(draw: Draw) -> Draft:
    """저는 배가 아파서 책을 못 읽었어요. I couldn't read a book because my stomach hurt."""
    clause = _plain_clause(draw, draw.pick((INDOORS, OUTDOORS)))
    person = clause.subject
    if not person.pronoun:
        raise Rejected
    noun = draw.note(draw.sense.noun) if draw.sense else draw.pick(NOUNS_OF["body"][:10])
    pain = f"{particle(noun.korean, 'subject')} {conjugate('아프', '어서', person.honorific)}"
    korean = f"{person.topic()} {pain} {clause.korean('could not', subject='')}"
    many = noun.plural if person.is_plural else noun.english
    said = f"{clause.english('could not')} because {own(person)} {many} hurt"
    return Draft(korean, said, [clause.triple])


@construction("because of a state")
def because_of_state(draw: Draw) -> Draft:
    """저는 바빠서 책을 못 읽었어요. I couldn't read a book because I was busy."""
    clause = draw.clause(frozenset({"involuntary", "at"}), subjects=KNOWN)
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
    clause = draw.clause(frozenset({"involuntary", "at", "once"}), subjects=KNOWN)
    person = clause.subject
    third = agreement_of(person) == "third"
    stem, said = draw.pick((
        ("시간이 있", "has time" if third else "have time"),
        ("바쁘지 않", "isn't busy" if third else "am not busy" if person.pronoun == "I"
         else "aren't busy"),
        ("돈이 있", "has money" if third else "have money"),
    ))  # fmt: skip
    state = attach(stem, "으시") + "면" if person.honorific else attach(stem, "으면")
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
        and verb.english in ERRANDS
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
    or verb.english == "sing" and not verb.objects
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
