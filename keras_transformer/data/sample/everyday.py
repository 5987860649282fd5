# ruff: noqa: E501 (Hangul counts double, and a table row is one line)
"""Constructions of everyday talk: going, giving, clock times, durations, prices, likes, weather."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    NATIVE_NUMBERS,
    YOU,
    Clause,
    NounPhrase,
    agreement_of,
)
from keras_transformer.data.sample.drawing import (
    THIRD,
    UNIQUE,
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
    PLACES_OF,
)
from keras_transformer.data.sample.verbs import (
    VERBS,
    nouns_named,
)
from keras_transformer.data.sample.words import Noun, Verb, Word

DESTINATIONS = tuple(
    place
    for kind in ("home", "study", "cafe", "market", "store", "bookstore", "bakery", "post", "public",
                 "culture", "zoo", "station", "sport", "park", "farm", "hotel", "city", "country",
                 "office")
    for place in PLACES_OF[kind]
)  # fmt: skip


GO = Verb("가", "go", flags=frozenset({"go"}))


COME = Verb("오", "come", flags=frozenset({"go"}))


RETURN = Verb("돌아가", "go back", flags=frozenset({"go"}))


ARRIVE = Verb("도착하", "arrive", flags=frozenset({"go"}))


RIDES = NOUNS_OF["transport"] + NOUNS_OF["bike"]


def _go(draw: Draw, options=PERSONS) -> Clause:
    subject = draw.pick(options)
    place = draw.pick(DESTINATIONS)
    if draw.sense and draw.sense.place:
        place = draw.sense.place
        draw.note(draw.sense.noun)
    return Clause(subject, GO, place=place)


def _going(name: str, form: str, tense: str, question: bool = False, weight: float = 0.6) -> None:
    def build(draw: Draw) -> Draft:
        subjects = ((YOU,) if draw.chance(0.4) else THIRD) if question else PERSONS
        clause = _go(draw, subjects)
        if not question and form == "past":
            clause = replace(clause, verb=draw.pick((GO, GO, RETURN, COME, ARRIVE)))
        draw.note(clause.verb)
        clause = replace(clause, time=draw.time(tense, "go") if draw.chance(0.7) else None)
        said = clause.english_question(form) if question else clause.english(form)
        return Draft(clause.korean(form), said, [clause.triple], "?" if question else ".")

    construction(name, "going", weight)(build)


_going("going, past", "past", "past")


_going("going, future", "future", "future")


_going("going, wish", "want", "future")


_going("going, duty", "must", "future")


_going("going, question", "past", "past", question=True)


@construction("means of transport", "going")
def by_transport(draw: Draw) -> Draft:
    """저는 어제 버스로 서울에 갔어요. I went to Seoul by bus yesterday."""
    clause, ride = _go(draw), draw.pick(RIDES)
    far = clause.place.kind == "country"
    if far != (ride.korean == "비행기") or clause.place.korean in ("제주도", "집"):
        raise Rejected
    draw.note(GO)
    time = draw.time("past", "go") if draw.chance(0.5) else None
    words = [clause.subject.topic()] + ([time.korean] if time else [])
    words += [particle(ride.korean, "by"), clause.korean_place(), clause.korean_verb("었어요")]
    tail = f" {time.english}" if time else ""
    said = f"{clause.english('past')} by {ride.english}{tail}"
    return Draft(" ".join(words), said, [clause.triple])


NEARBY = tuple(
    place
    for place in DESTINATIONS
    if place.korean
    in ("집", "학교", "회사", "도서관", "시장", "병원", "역", "공원", "호텔", "우체국")
)


@construction("from and to", "plain", 0.8)
def from_to(draw: Draw) -> Draft:
    """그는 서울에서 부산까지 기차로 갔어요. He went from Seoul to Busan by train."""
    subject = draw.pick(PERSONS)
    places, rides = draw.pick(
        (
            (PLACES_OF["city"][:4], ("기차", "버스", "오토바이")),
            (NEARBY, ("버스", "택시", "자전거", "지하철")),
        )
    )
    start, end, ride = (
        draw.pick(places),
        draw.pick(places),
        draw.pick(nouns_named(", ".join(rides))),
    )
    island = "제주도" in (start.korean, end.korean)
    if start == end or end.korean == "집" or island:
        raise Rejected
    verb = conjugate("가", "었어요", subject.honorific)
    way = f"{start.korean}에서 {end.korean}까지 {particle(ride.korean, 'by')}"
    korean = f"{subject.topic()} {way} {verb}"
    origin = start.to.removeprefix("to ")
    said = f"{subject.english} went from {origin} {end.to} by {ride.english}"
    return Draft(korean, said, [(f"{GO.stem} from", subject.stem, end.stem)])


@construction("near", "plain", 0.5)
def near(draw: Draw) -> Draft:
    """학교는 역에서 가까워요. The school is close to the station."""
    place = draw.pick([place for place in DESTINATIONS if place.kind not in ("country", "home")])
    korean_word, said = draw.pick((("에서 가까워요", "close to"), ("에서 멀어요", "far from")))
    other = draw.pick(
        [item for item in DESTINATIONS if item.kind in ("study", "station", "office", "culture")]
    )
    if other == place or place.kind == "city":
        raise Rejected
    korean = f"{particle(place.korean, 'topic')} {other.korean}{korean_word}"
    return Draft(korean, f"{place.the} is {said} {other.the}",
                 [(korean_word, place.stem, other.stem)])  # fmt: skip


GIVING = (
    ("주", "드리", "give", "선물, 꽃, 장미, book, 카드, 돈, 사진, 반지, 인형"),
    ("보내", "보내 드리", "send", "편지, 이메일, 선물, 카드, 사진, 꽃"),
    ("보여 주", "보여 드리", "show", "사진, 그림, 지도, 편지, 표, 반지, 시"),
    ("빌려 주", "빌려 드리", "lend", "book, 우산, 카메라, 자전거, 돈, 연필"),
    ("가르쳐 주", "가르쳐 드리", "teach", "language, lesson, 수학, 역사"),
)


FAVOURS = (
    ("만들어 주", "만들어 드리", "make", "샌드위치, 김밥, 샐러드, 의자, 인형, 카드, 만두"),
    ("사 주", "사 드리", "buy", "clothes, shoes, 빵, 커피, 아이스크림, 가방, book, 장갑"),
    ("읽어 주", "읽어 드리", "read", "책, 신문, 편지, 시, 동화"),
    ("그려 주", "그려 드리", "draw", "그림, 꽃, 고양이, 지도"),
    ("불러 주", "불러 드리", "sing", "노래"),
    ("구워 주", "구워 드리", "bake", "빵, 과자, 피자"),
)


def _give(name: str, table, preposition: str, weight: float) -> None:
    """``저는 할머니께 선물을 드렸어요``: the humble verb where the receiver is an elder."""
    rows = [(plain, humble, said, nouns_named(names)) for plain, humble, said, names in table]

    def build(draw: Draw) -> Draft:
        plain, humble, said, nouns = draw.pick(rows)
        subject, receiver, noun = draw.pick(PERSONS), draw.pick(PERSONS[4:]), draw.pick(nouns)
        if subject == receiver or (subject.honorific and receiver.honorific):
            raise Rejected
        verb = Verb(humble if receiver.honorific else plain, said)
        draw.stems.append(f"{plain}={said}")
        article = "bare" if noun.kind in ("language", "subject", "lesson") else "a"
        phrase = NounPhrase(noun, article)
        form, tense = draw.pick((("past", "past"), ("past", "past"), ("future", "future"),
                                 ("want", "future"), ("progressive", "")))  # fmt: skip
        time = draw.time(tense, said) if tense and draw.chance(0.5) else None
        clause = Clause(subject, verb, phrase)
        words = [subject.topic()] + ([time.korean] if time else [])
        words += [receiver.to(), phrase.korean_object()]
        words.append(clause.korean(form, "").removeprefix(phrase.korean_object()).strip())
        tail = f" {time.english}" if time else ""
        spoken = f"{clause.english(form)} {preposition} {receiver.as_object()}{tail}"
        return Draft(" ".join(words), spoken, [(f"{plain}={said}", subject.stem, noun.stem)])

    construction(name, "giving", weight)(build)


_give("giving to", GIVING, "to", 1.5)


_give("doing for", FAVOURS, "for", 1.2)


CLOCK_VERBS = (
    ("일어나", "get up"),
    ("자", "go to bed"),
    ("집에 돌아오", "come back home"),
    ("아침을 먹", "eat breakfast"),
    ("점심을 먹", "eat lunch"),
    ("저녁을 먹", "eat dinner"),
    ("일을 시작하", "start working"),
    ("출근하", "go to work"),
    ("도착하", "arrive"),
    ("출발하", "leave"),
    ("운동하", "exercise"),
)


CLOCK_DAYS = (
    (None, "past"), (Word("어제", "yesterday"), "past"), (Word("매일", "every day"), "present"),
    (Word("그저께", "the day before yesterday"), "past"), (Word("내일", "tomorrow"), "future"),
    (Word("모레", "the day after tomorrow"), "future"),
)  # fmt: skip


@construction("clock time", "plain", 2.5)
def clock(draw: Draw) -> Draft:
    """저는 일곱 시 반에 일어났어요. I got up at seven thirty."""
    subject = draw.pick(PERSONS)
    stem, said = draw.pick(CLOCK_VERBS)
    draw.stems.append(f"{stem.split(' ')[-1]}={said}")
    hour, half = draw.pick(range(1, 13)), draw.chance(0.4)
    time, form = draw.pick(CLOCK_DAYS)
    korean_time = f"{NATIVE_NUMBERS[hour]} 시{' 반' if half else ''}에"
    ending = {"past": "었어요", "present": "어요", "future": "을"}[form]
    verb = conjugate(stem, ending, subject.honorific) + (" 거예요" if form == "future" else "")
    day = [time.korean] if time else []
    spoken = Clause(subject, Verb(stem, said)).english(form)
    clock_time = f"at {english.NUMBERS[hour]} {'thirty' if half else 'o' + chr(39) + 'clock'}"
    tail = f" {time.english}" if time else ""
    return Draft(" ".join([subject.topic(), *day, korean_time, verb]),
                 f"{spoken} {clock_time}{tail}",
                 [(f"{stem}={said}", subject.stem, "")])  # fmt: skip


LONG = tuple(
    verb
    for verb in VERBS
    if verb.english in ("study", "practice", "walk", "sleep", "rest", "swim", "read", "listen to",
                        "wait for", "watch", "exercise", "work", "clean", "talk", "ride", "dance")
    and verb.article != "own"
)  # fmt: skip


@construction("duration", "plain", 1.2)
def duration(draw: Draw) -> Draft:
    """저는 도서관에서 세 시간 동안 책을 읽었어요. I read a book at the library for three hours."""
    verb = draw.pick(LONG)
    subject, number = draw.person(verb), draw.pick(range(2, 8))
    item = draw.object(verb, subject)
    place = draw.pick(verb.places) if verb.places and draw.chance(0.5) else None
    clause = Clause(subject, verb, item, place)
    length = f"{NATIVE_NUMBERS[number]} 시간 동안"
    head = clause.without("object").korean_words()
    tail = clause.without("place").korean("past", subject="")
    said = f"{clause.english('past')} for {english.NUMBERS[number]} hours"
    return Draft(" ".join([*head, length, tail]), said, [clause.triple])


PRICES = {"만": "ten thousand", "이만": "twenty thousand", "삼만": "thirty thousand",
          "사만": "forty thousand", "오만": "fifty thousand", "육만": "sixty thousand",
          "칠만": "seventy thousand", "팔만": "eighty thousand", "구만": "ninety thousand",
          "십만": "one hundred thousand"}  # fmt: skip


SMALL_PRICES = {"천": "one thousand", "이천": "two thousand", "삼천": "three thousand",
                "사천": "four thousand", "오천": "five thousand", "육천": "six thousand",
                "칠천": "seven thousand", "팔천": "eight thousand", "구천": "nine thousand"}  # fmt: skip


CHEAP = nouns_named(
    "fruit, 빵, 과자, 커피, 주스, 연필, 공책, 지우개, 카드, 비누, 칫솔, 우유, 물, 치즈, 표, 신문"
)


DEAR = nouns_named(
    "clothes, shoes, headwear, 가방, 시계, 사전, 인형, 담요, 램프, 의자, 장갑, 우산, 지갑, 장난감"
)


@construction("price", "plain")
def price(draw: Draw) -> Draft:
    """이 가방은 삼만 원이에요. This bag costs thirty thousand won."""
    nouns, prices = draw.pick(((CHEAP, SMALL_PRICES), (DEAR, PRICES)))
    noun, number = draw.pick(nouns), draw.pick(tuple(prices))
    phrase = NounPhrase(noun, draw.pick(("this", "that")))
    korean = f"{particle(phrase.korean(), 'topic')} {number} 원이에요"
    cost = "cost" if phrase.are_many else "costs"
    return Draft(korean, f"{phrase.english()} {cost} {prices[number]} won",
                 [("원=won", noun.stem, number)])  # fmt: skip


LIKABLE = nouns_named(
    "dish, food, fruit, meat, drink, vegetable, pet, farm, zoo, music, show, ball sport, racket sport, "
    "language, subject, 소설, 시, 만화책, 꽃, 장미, 비, 바람, 바다, 산, 모자, 반지, 여행, 게임, 동화, 구름, 별, 달, 하늘, 강"
)  # fmt: skip


ALIKE = tuple(
    tuple(noun for noun in LIKABLE if noun.kind in kinds)
    for kinds in (("dish", "food", "meat"), ("fruit", "vegetable"), ("drink",), ("pet", "farm", "zoo"),
                  ("ball sport", "racket sport"), ("subject", "language"), ("show", "book"))
)  # fmt: skip


def _likes(draw: Draw, korean: str, said: str, noun: Noun) -> Draft:
    person = draw.pick(PERSONS)
    alone = noun.korean in UNIQUE and not noun.are_many  # the sea, but stars
    phrase = NounPhrase(noun, "the" if alone else "generic")
    topic, verb = person.topic(), conjugate(korean, "어요", person.honorific)
    draw.stems.append(f"{korean}={said}")
    spoken = Clause(person, Verb(korean, said), phrase).english("present")
    text = f"{topic} {phrase.korean_object()} {verb}"
    return Draft(text, spoken, [(f"{korean}={said}", person.stem, noun.stem)])


@construction("liking", "plain", 1.6)
def liking(draw: Draw) -> Draft:
    """저는 사과를 좋아해요. I like apples."""
    noun = draw.pick(LIKABLE)
    return _likes(draw, *draw.pick((("좋아하", "like"), ("싫어하", "hate"))), noun)


@construction("feelings for a person", "plain", 0.8)
def liking_a_person(draw: Draw) -> Draft:
    """민수는 유나를 사랑해요. Minsu loves Yuna."""
    person, other = draw.pick(PERSONS), draw.pick(THIRD)
    if person == other or other.kind == "pronoun" or person.honorific:
        raise Rejected
    stem, said = draw.pick((("좋아하", "like"), ("싫어하", "hate"), ("사랑하", "love")))
    draw.stems.append(f"{stem}={said}")
    clause = Clause(person, Verb(stem, said), other)
    return Draft(clause.korean("present"), clause.english("present"), [clause.triple])


@construction("preference", "plain")
def preference(draw: Draw) -> Draft:
    """저는 커피보다 주스를 더 좋아해요. I like juice more than coffee."""
    group = draw.pick(ALIKE)
    noun, other, person = draw.pick(group), draw.pick(group), draw.pick(PERSONS)
    if noun is other:
        raise Rejected
    phrase, second = NounPhrase(noun, "generic"), NounPhrase(other, "generic")
    verb = conjugate("좋아하", "어요", person.honorific)
    draw.stems.append("좋아하=like")
    korean = f"{person.topic()} {other.korean}보다 {phrase.korean_object()} 더 {verb}"
    like = "likes" if agreement_of(person) == "third" else "like"
    said = f"{person.english} {like} {phrase.english()} more than {second.english()}"
    return Draft(korean, said, [("좋아하=like", person.stem, noun.stem)])


@construction("described object", "described", 1.5)
def described_object(draw: Draw) -> Draft:
    """저는 비싼 책을 샀어요. I bought an expensive book."""
    phrase, adjective = draw.description()
    takers = tuple(verb for verb in VERBS if phrase.noun in verb.objects and verb.article == "a"
                   and verb.english in ("buy", "see", "draw", "wear", "read", "watch", "drink",
                                        "eat", "borrow", "send", "receive", "write", "listen to",
                                        "choose", "raise"))  # fmt: skip
    verb = draw.pick(takers)
    subject = draw.person(verb)
    said = NounPhrase(phrase.noun, "a", adjective)
    place = draw.pick(verb.places) if verb.places and draw.chance(0.4) else None
    form, tense = draw.pick((("past", "past"), ("past", "past"), ("future", "future"),
                             ("want", "future"), ("did not", "past")))  # fmt: skip
    if "involuntary" in verb.flags and form in ("future", "want"):
        raise Rejected
    clause = Clause(subject, verb, said, place)
    if draw.chance(0.4):
        clause = replace(clause, time=draw.time(tense, verb.english))
    return Draft(clause.korean(form), clause.english(form), [clause.triple])
