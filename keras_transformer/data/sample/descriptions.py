"""Constructions without an event: adjectives, copula, existence, possession, comparison."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    BE,
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
    conjugate,
    final_of,
    particle,
    present_modifier,
)
from keras_transformer.data.sample.nouns import (
    JOBS,
    NOUNS_OF,
    PERSONS,
    PERSONS_OF,
    PLACES,
    PLACES_OF,
)
from keras_transformer.data.sample.usage import ART_FAME, BAD, CHANGING, GOOD
from keras_transformer.data.sample.verbs import (
    DEGREES,
    PERSON_QUALITIES,
    nouns_named,
    words_of,
)
from keras_transformer.data.sample.words import Adjective, Noun, Person, Word

COPULA, EXIST, HAVE = "이다=be", "있다=exist", "있다=have"
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
SPOT_TABLE = {
    "책상 위에=on the desk": "book, stationery, 편지, 컴퓨터, 노트북, 램프, 안경, 신문",
    "식탁 위에=on the table": "fruit, 빵, 과자, 컵, 접시, 꽃병, 숟가락, 치즈",
    "냉장고 안에=in the refrigerator": "fruit, vegetable, drink, 치즈, 계란, 아이스크림, 고기, 김치",
    "가방 안에=in the bag": "book, 지갑, 열쇠, 우산, 카메라, 휴대폰, 연필, 표, 선글라스",
    "옷장 안에=in the wardrobe": "clothes, 모자, 담요, 장갑, 양말",
    "침대 밑에=under the bed": "shoes, 상자, 가방, 고양이, 공, 장난감",
    "방 안에=in the room": "furniture, device, 거울, 시계",
    "나무 밑에=under the tree": "pet, 자전거, 의자, 돌, 여우",
    "문 옆에=next to the door": "우산, 자전거, 의자, 상자, 거울, 구두",
    "창문 옆에=next to the window": "furniture, 꽃병, 램프, 피아노, 고양이, 달력",
    "집 앞에=in front of the house": "나무, bike, 버스, 택시, pet, 상자",
    "학교 뒤에=behind the school": "산, 강, 나무, 공원, 도서관, 시장",
    "정원에=in the garden": "plant, pet, 의자, 식탁",
    "농장에=on the farm": "farm, 개, 고양이",
    "동물원에=at the zoo": "zoo",
}
SPOTS = tuple(
    (Word(*spot.split("=")), nouns_named(names)) for spot, names in SPOT_TABLE.items()
)
HAVINGS = nouns_named(
    "device, bike, 가방, 우산, 시계, 지도, 사전, 카메라, pet, 질문, 꿈, 비밀, 약속, 계획, 시험, 회의, 수업, 돈, 시간, "
    "기타, 피아노, 바이올린, 반지, 모자, 사진, 표, 카드, 동전, 휴가, 선물"
)
KINDS = nouns_named("general, book, 시, 영화, 드라마, 음악, 노래, 게임, 꽃, 운동, 모자, 구두, 그림, 이야기")
THINGS = nouns_named(
    "book, text, clothes, shoes, headwear, handwear, device, thing, stationery, paper, furniture, fruit, "
    "vegetable, instrument, strings, plant, bike, zoo, farm"
)  # fmt: skip


def _be(phrase: NounPhrase) -> str:
    return "are" if phrase.are_many else "is"


def _was(phrase: NounPhrase) -> str:
    return "were" if phrase.are_many else "was"


def _triple(word: Word, noun: Noun | Person) -> tuple[str, str, str]:
    return word.stem, noun.stem, ""


def _describe(name: str, ending: str, verb, negated: str = "", mark: str = ".", degree=0.5):
    """Register ``이 책은 아주 비싸요`` in one tense."""

    def build(draw: Draw) -> Draft:
        phrase, adjective = draw.description()
        how = draw.degree(adjective, degree)
        words = [particle(phrase.korean(), "topic")] + ([how.korean] if how else [])
        words.append(attach(adjective.korean, ending))
        quality = f"{how.english} {adjective.english}" if how else adjective.english
        be = verb(phrase)
        if mark == "?":
            said = f"{be} {phrase.english()} {quality}"
        else:
            said = f"{phrase.english()} {be}{negated} {quality}"
        return Draft(" ".join(words), said, [_triple(adjective, phrase.noun)], mark)

    construction(name, "description", 1.0)(build)


_describe("description", "어요", _be)
_describe("past description", "었어요", _was)
_describe("negative description", "지 않아요", _be, "n't", degree=0)
_describe("negative past description", "지 않았어요", _was, "n't", degree=0)
_describe("question about a quality", "어요", _be, mark="?", degree=0)
_describe("question about a past quality", "었어요", _was, mark="?", degree=0)


@construction("supposition", "description")
def supposition(draw: Draw) -> Draft:
    """이 책은 아마 비쌀 거예요. This book is probably expensive."""
    phrase, adjective = draw.description()
    korean = f"{particle(phrase.korean(), 'topic')} 아마 {attach(adjective.korean, '을')} 거예요"
    said = f"{phrase.english()} {_be(phrase)} probably {adjective.english}"
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
    second = _compared(draw, phrase, adjective)
    korean = (
        f"{particle(phrase.korean(), 'topic')} {second.korean()}보다 더 {attach(adjective.korean, '어요')}"
    )
    said = f"{phrase.english()} {_be(phrase)} {adjective.comparative} than {second.english()}"
    return Draft(korean, said, [_triple(adjective, phrase.noun)])


@construction("superlative", "description")
def superlative(draw: Draw) -> Draft:
    """이 책이 제일 비싸요. This book is the most expensive."""
    phrase, adjective = draw.description()
    if phrase.article == "the" or phrase.noun.number == "name":
        raise Rejected
    korean = f"{particle(phrase.korean(), 'subject')} 제일 {attach(adjective.korean, '어요')}"
    said = f"{phrase.english()} {_be(phrase)} the {adjective.superlative}"
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


@construction("liking for a quality", "reason", 1.5)
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
    if quality.english in ("tired", "busy") or (quality.english, job.english) == ("good", "foreigner"):
        raise Rejected
    return quality


def _honorific_copula(job: Noun, ending: str) -> str:
    """이십니다 after a consonant, 십니다 after a vowel."""
    return ("이" if final_of(job.korean) else "") + ending


@construction("occupation", "person", 1.5)
def occupation(draw: Draw) -> Draft:
    """나는 학생입니다. I am a student."""
    person, job = draw.pick(EMPLOYED), draw.pick(JOBS)
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


@construction("negative occupation", "person", 0.8)
def negative_occupation(draw: Draw) -> Draft:
    """저는 학생이 아니에요. I am not a student."""
    person, job = draw.pick(EMPLOYED), draw.pick(JOBS)
    phrase = NounPhrase(job, "generic" if person.is_plural else "a")
    ending = "아니세요" if person.honorific else "아니에요"
    korean = f"{person.topic()} {particle(job.korean, 'subject')} {ending}"
    be = BE[agreement_of(person)]
    return Draft(korean, f"{person.english} {be} not {phrase.english()}",
                 [(COPULA, person.stem, job.stem)])  # fmt: skip


@construction("past occupation", "person", 0.8)
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


@construction("naming a thing", "thing", 1.2)
def naming(draw: Draw) -> Draft:
    """이것은 민수의 책이에요. This is Minsu's book."""
    noun, that = draw.pick(THINGS), draw.chance(0.5)
    owned = noun.kind not in ("zoo", "farm", "plant")
    owner = draw.pick(PERSONS) if owned and draw.chance(0.6) else None
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
    noun, owner = draw.pick(THINGS), draw.pick(PERSONS)
    if noun.kind in ("zoo", "farm", "plant"):
        raise Rejected
    phrase = NounPhrase(noun, "whose", owner=owner)
    korean = f"이것은 {particle(phrase.korean(), 'subject')} 아니에요"
    pointed = "these are" if noun.are_many else "this is"
    said = f"{pointed} not {phrase.english()}"
    return Draft(korean, said, [(COPULA, owner.stem, noun.stem)])


@construction("whose", "thing", 0.6)
def whose(draw: Draw) -> Draft:
    """이 가방은 누구의 것이에요? Whose is this bag?"""
    noun, article = draw.pick(THINGS), draw.pick(("this", "that"))
    phrase = NounPhrase(noun, article)
    korean = f"{particle(phrase.korean(), 'topic')} 누구의 것이에요"
    return Draft(korean, f"whose {_be(phrase)} {phrase.english()}", [(COPULA, "", noun.stem)], "?")


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
    said = f"there {_be(phrase)} {phrase.english()} {spot.english}"
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
    korean = f"{particle(phrase.korean(), 'topic')} {spot.korean} {'있었어요' if past else '있어요'}"
    said = f"{phrase.english()} {(_was if past else _be)(phrase)} {spot.english}"
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
    how = draw.pick(DEGREES[:1] + DEGREES[2:4]) if draw.chance(0.6) else None
    words = [person.topic(), particle(noun.korean, "subject")] + ([how.korean] if how else [])
    words.append(conjugate(quality.korean, "어요", person.honorific))
    have = "has" if agreement_of(person) == "third" else "have"
    said = f"{how.english} {quality.english}" if how else quality.english
    many = noun.are_many or noun.english not in ("face", "neck", "nose") or person.is_plural
    things = f"{said} {noun.plural}" if many else english.with_article(f"{said} {noun.english}")
    return Draft(" ".join(words), f"{person.english} {have} {things}",
                 [(quality.stem, person.stem, noun.stem)])  # fmt: skip


@construction("question about a kind", "thing", 1.2)
def which_kind(draw: Draw) -> Draft:
    """민수는 어떤 책을 좋아해요? What kind of books does Minsu like?"""
    noun = draw.pick(KINDS)
    person = draw.pick(THIRD)
    verb = "좋아하세요" if person.honorific else "좋아해요"
    korean = f"{person.topic()} 어떤 {particle(noun.korean, 'object')} {verb}"
    said = f"what kind of {noun.plural} does {person.english} like"
    return Draft(korean, said, [("좋아하=like", person.stem, noun.stem)], "?")
