# ruff: noqa: E501 (Hangul counts double, and a table row is one line)
"""Constructions about things: what they are, whose, where, how many."""

from __future__ import annotations

from keras_transformer.data.sample.clauses import (
    BE,
    COPULA,
    NATIVE_NUMBERS,
    WAS,
    NounPhrase,
    agreement_of,
)
from keras_transformer.data.sample.drawing import (
    OWNERS,
    THIRD,
    Draft,
    Draw,
    Rejected,
    construction,
)
from keras_transformer.data.sample.korean import (
    attach,
    particle,
)
from keras_transformer.data.sample.nouns import (
    PERSONS,
    PLACES,
)
from keras_transformer.data.sample.verbs import (
    nouns_named,
)
from keras_transformer.data.sample.words import Noun, Word

EXIST, HAVE = "있다=exist", "있다=have"


SPOT_TABLE = {
    "책상 위에=on the desk": "달력, book, stationery, 편지, 컴퓨터, 노트북, 램프, 안경, 신문",
    "식탁 위에=on the table": "fruit, 빵, 과자, 컵, 접시, 꽃병, 숟가락, 치즈",
    "냉장고 안에=in the refrigerator": "fruit, vegetable, drink, 치즈, 계란, 아이스크림, 고기, 김치",
    "가방 안에=in the bag": "book, 지갑, 열쇠, 우산, 카메라, 휴대폰, 연필, 표, 선글라스",
    "옷장 안에=in the wardrobe": "clothes, 모자, 담요, 장갑, 양말",
    "침대 밑에=under the bed": "shoes, 상자, 가방, 고양이, 공, 장난감",
    "방 안에=in the room": "furniture, device, 거울, 시계",
    "나무 밑에=under the tree": "pet, 자전거, 의자, 돌, 여우",
    "문 옆에=next to the door": "우산, 자전거, 의자, 상자, 거울, 구두",
    "창문 옆에=next to the window": "달력, furniture, 꽃병, 램프, 피아노, 고양이, 달력",
    "집 앞에=in front of the house": "나무, bike, 버스, 택시, pet, 상자",
    "학교 뒤에=behind the school": "산, 강, 나무, 공원, 도서관, 시장",
    "정원에=in the garden": "plant, pet, 의자, 식탁",
    "농장에=on the farm": "farm, 개, 고양이",
    "동물원에=at the zoo": "zoo",
}


SPOTS = tuple((Word(*spot.split("=")), nouns_named(names)) for spot, names in SPOT_TABLE.items())


HAVINGS = nouns_named(
    "device, bike, 가방, 우산, 시계, 지도, 사전, 카메라, pet, 질문, 꿈, 비밀, 약속, 계획, 시험, 회의, 수업, 돈, 시간, "
    "기타, 피아노, 바이올린, 반지, 모자, 사진, 표, 카드, 동전, 휴가, 선물"
)


KINDS = nouns_named("general, 책, 영화, 음악, 노래, 게임, 꽃, 운동, 그림")


THINGS = nouns_named(
    "book, text, clothes, shoes, headwear, handwear, device, thing, stationery, paper, furniture, fruit, "
    "vegetable, instrument, strings, plant, bike, zoo, farm"
)  # fmt: skip


OWNED = tuple(noun for noun in THINGS if noun.kind not in ("zoo", "farm", "plant"))


@construction("naming a thing", "thing", 1.2)
def naming(draw: Draw) -> Draft:
    """이것은 민수의 책이에요. This is Minsu's book."""
    noun, that = draw.pick(THINGS), draw.chance(0.5)
    owner = draw.pick(PERSONS) if noun in OWNED and draw.chance(0.6) else None
    phrase = NounPhrase(noun, "whose" if owner else "a", owner=owner)
    topic, pointed = ("그것은", "that is") if that else ("이것은", "this is")
    if noun.are_many:
        pointed = "those are" if that else "these are"
    korean = f"{topic} {particle(phrase.korean(), 'copula')}"
    said = f"{pointed} {phrase.english()}"
    return Draft(korean, said, [(COPULA, owner.stem if owner else "", noun.stem)])


@construction("naming a thing, negative", "thing", 0.8)
def naming_negative(draw: Draw) -> Draft:
    """이것은 제 가방이 아니에요. This is not my bag."""
    noun, owner = draw.pick(OWNED), draw.pick(PERSONS)
    phrase = NounPhrase(noun, "whose", owner=owner)
    korean = f"이것은 {particle(phrase.korean(), 'subject')} 아니에요"
    pointed = "these are" if noun.are_many else "this is"
    said = f"{pointed} not {phrase.english()}"
    return Draft(korean, said, [(COPULA, owner.stem, noun.stem)])


@construction("whose", "thing", 0.6)
def whose(draw: Draw) -> Draft:
    """이 가방은 누구의 것이에요? Whose is this bag?"""
    noun, article = draw.pick(OWNED), draw.pick(("this", "that"))
    phrase = NounPhrase(noun, article)
    korean = f"{particle(phrase.korean(), 'topic')} 누구의 것이에요"
    return Draft(korean, f"whose {phrase.be} {phrase.english()}", [(COPULA, "", noun.stem)], "?")


def _spot(draw: Draw) -> tuple[Word, Noun]:
    if draw.sense:
        return draw.pick(draw.sense.spots), draw.note(draw.sense.noun)
    spot, nouns = draw.pick(SPOTS)
    draw.note(spot)
    return spot, draw.pick(nouns)


@construction("existence", "spot", 1.2)
def existence(draw: Draw) -> Draft:
    """책상 위에 책이 있어요. There is a book on the desk."""
    spot, noun = _spot(draw)
    phrase = NounPhrase(noun)
    korean = f"{spot.korean} {particle(noun.korean, 'subject')} 있어요"
    said = f"there {phrase.be} {phrase.english()} {spot.english}"
    return Draft(korean, said, [(EXIST, spot.stem, noun.stem)])


@construction("absence", "spot")
def absence(draw: Draw) -> Draft:
    """책상 위에 책이 없어요. There is no book on the desk."""
    spot, noun = _spot(draw)
    now = draw.pick(("", "이제", "어제"))
    be = "was" if now == "어제" else "is"
    if noun.are_many:
        be = "were" if now == "어제" else "are"
    parts = [now] if now else []
    ending = "없었어요" if now == "어제" else "없어요"
    korean = " ".join([*parts, spot.korean, particle(noun.korean, "subject"), ending])
    tail = {"": "", "이제": " now", "어제": " yesterday"}[now]
    said = f"there {be} no {noun.english} {spot.english}{tail}"
    return Draft(korean, said, [(EXIST, spot.stem, noun.stem)])


@construction("counted existence", "spot", 1.2)
def counted_existence(draw: Draw) -> Draft:
    """책상 위에 책이 세 권 있어요. There are three books on the desk."""
    spot, noun = _spot(draw)
    if not noun.is_countable or noun.kind == "place":
        raise Rejected
    if noun.measure.startswith(("cups", "glasses")) and "refrigerator" in spot.english:
        raise Rejected
    number, past = draw.pick(range(2, 11)), draw.chance(0.3)
    counted = f"{particle(noun.korean, 'subject')} {NATIVE_NUMBERS[number]} {noun.counter}"
    korean = f"{spot.korean} {counted} {'있었어요' if past else '있어요'}"
    said = f"there {'were' if past else 'are'} {noun.counted(number)} {spot.english}"
    return Draft(korean, said, [(EXIST, spot.stem, noun.stem)])


@construction("place of a thing", "spot")
def place_of_thing(draw: Draw) -> Draft:
    """민수의 책은 책상 위에 있어요. Minsu's book is on the desk."""
    spot, noun = _spot(draw)
    if noun.kind in ("place", "nature", "zoo"):
        raise Rejected
    shared = draw.sense and (not draw.sense.later or noun.counter == "척")
    owner = None if shared else draw.pick(OWNERS)
    phrase = NounPhrase(noun, "whose" if owner else "the", owner=owner)
    past = draw.chance(0.3)
    korean = (
        f"{particle(phrase.korean(), 'topic')} {spot.korean} {'있었어요' if past else '있어요'}"
    )
    said = f"{phrase.english()} {phrase.was if past else phrase.be} {spot.english}"
    return Draft(korean, said, [(EXIST, spot.stem, noun.stem)])


@construction("place of a person", "person")
def place_of_person(draw: Draw) -> Draft:
    """할머니께서는 지금 부엌에 계세요. My grandmother is in the kitchen now."""
    person, place = draw.pick(PERSONS), draw.pick(PLACES)
    if place.kind == "pool":
        raise Rejected
    past = draw.chance(0.4)
    stem = "계시" if person.honorific else "있"
    ending = ("계셨어요" if past else "계세요") if person.honorific else attach(
        stem, "었어요" if past else "어요"
    )  # fmt: skip
    time = draw.time("past") if past else Word("지금", "now")
    be = (WAS if past else BE)[agreement_of(person)]
    korean = f"{person.topic()} {time.korean} {place.korean}에 {ending}"
    said = f"{person.english} {be} {place.at} {time.english}"
    return Draft(korean, said, [("있다=be at", person.stem, place.stem)])


@construction("possession", "thing")
def possession(draw: Draw) -> Draft:
    """저는 질문이 있어요. I have a question."""
    person, noun = draw.pick(PERSONS), draw.pick(HAVINGS)
    ending = "있으세요" if person.honorific else "있어요"
    korean = f"{person.topic()} {particle(noun.korean, 'subject')} {ending}"
    have = "has" if agreement_of(person) == "third" else "have"
    return Draft(korean, f"{person.english} {have} {noun.indefinite()}",
                 [(HAVE, person.stem, noun.stem)])  # fmt: skip


@construction("lack", "thing")
def lack(draw: Draw) -> Draft:
    """저는 시간이 없어요. I don't have time."""
    person, noun = draw.pick(PERSONS), draw.pick(HAVINGS)
    ending = "없으세요" if person.honorific else "없어요"
    korean = f"{person.topic()} {particle(noun.korean, 'subject')} {ending}"
    do = "doesn't" if agreement_of(person) == "third" else "don't"
    return Draft(korean, f"{person.english} {do} have {noun.indefinite()}",
                 [(HAVE, person.stem, noun.stem)])  # fmt: skip


@construction("question about a kind", "thing", 2.0)
def which_kind(draw: Draw) -> Draft:
    """민수는 어떤 책을 좋아해요? What kind of books does Minsu like?"""
    noun = draw.pick(KINDS)
    person = draw.pick(THIRD)
    verb = "좋아하세요" if person.honorific else "좋아해요"
    korean = f"{person.topic()} 어떤 {particle(noun.korean, 'object')} {verb}"
    said = f"what kind of {noun.plural} does {person.english} like"
    return Draft(korean, said, [("좋아하=like", person.stem, noun.stem)], "?")
