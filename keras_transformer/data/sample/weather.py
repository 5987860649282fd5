"""Constructions of weather, and of what it and pain make people do."""

from __future__ import annotations

from dataclasses import replace

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import (
    Clause,
)
from keras_transformer.data.sample.drawing import (
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
    NOUN,
    PLACES_OF,
)
from keras_transformer.data.sample.usage import (
    INDOORS,
    OUTDOORS,
)
from keras_transformer.data.sample.verbs import (
    VERBS,
)
from keras_transformer.data.sample.words import Place, Word

# Korean condition (past, conditional) and its English (past, present).
WEATHER = (
    ("비가 와서", "비가 오면", "it rained", "it rains"),
    ("날씨가 추워서", "날씨가 추우면", "the weather was cold", "the weather is cold"),
    ("날씨가 더워서", "날씨가 더우면", "the weather was hot", "the weather is hot"),
    ("날씨가 좋아서", "날씨가 좋으면", "the weather was good", "the weather is good"),
    ("바람이 불어서", "바람이 불면", "it was windy", "it is windy"),
)


SNOW = ("눈이 와서", "눈이 오면", "it snowed", "it snows")


def _weather(draw: Draw) -> tuple[str, str, str, str]:
    if draw.sense:
        draw.note(draw.sense.noun)
        return SNOW
    condition = draw.pick(WEATHER)
    draw.stems += [
        NOUN[word].stem for word in ("비", "날씨", "바람") if condition[0].startswith(word)
    ]
    return condition


def plain_clause(draw: Draw, verbs: frozenset[str]) -> Clause:
    """A clause of ordinary words, also where the sentence has to hold a sense elsewhere."""
    verb = draw.pick(tuple(
        verb for verb in VERBS if verb.usage in verbs and not verb.flags & {"rare", "point"}
    ))  # fmt: skip
    subject = draw.person(verb)
    clause = Clause(subject, verb, draw.object(verb, subject))
    inside = tuple(place for place in verb.places if (place.kind in INSIDE) == (verbs is INDOORS))
    return replace(clause, place=draw.pick(inside)) if inside and draw.chance(0.6) else clause


INSIDE = frozenset({"home", "room", "cafe", "study", "office", "hotel", "culture"})


def _weather_clause(draw: Draw, condition: tuple[str, ...], done: str, not_done: str):
    """What is done in such weather: outside when it is good, else inside or not outside."""
    if "good" in condition[2] or "hot" in condition[2]:
        return plain_clause(draw, OUTDOORS), done
    if draw.chance(0.5):
        return plain_clause(draw, INDOORS), done
    return plain_clause(draw, OUTDOORS), not_done


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


WEATHERS = (("춥", "cold"), ("덥", "hot"), ("따뜻하", "warm"), ("시원하", "cool"), ("좋", "good"),
            ("나쁘", "bad"))  # fmt: skip


FALLING = tuple(place for kind in ("city", "country") for place in PLACES_OF[kind])


@construction("weather", "plain")
def weather(draw: Draw) -> Draft:
    """어제 서울은 날씨가 추웠어요. The weather in Seoul was cold yesterday."""
    place = draw.pick(FALLING)
    stem, said = draw.pick(WEATHERS)
    draw.stems += [f"{stem}={said}", NOUN["날씨"].stem]
    time, ending, be = draw.pick((
        (draw.time("past"), "었어요", "was"), (Word("오늘", "today"), "어요", "is"),
        (draw.time("season"), "어요", "is"), (draw.time("future"), "을 거예요", "will be"),
    ))  # fmt: skip
    wrong = {"in winter": ("hot", "warm", "cool"), "in summer": ("cold", "warm")}
    if said in wrong.get(time.english, ()):
        raise Rejected
    topic = particle(place.korean, "topic")
    korean = f"{time.korean} {topic} 날씨가 {attach(stem, ending)}"
    spoken = f"the weather in {place.english} {be} {said} {time.english}"
    spoken = spoken.replace("in Jeju Island", "on Jeju Island")
    return Draft(korean, spoken, [(f"{stem}={said}", "날씨", place.stem)])


@construction("rain and snow", "falling", 0.8)
def falling(draw: Draw) -> Draft:
    """어제 서울에 비가 왔어요. It rained in Seoul yesterday."""
    place: Place = draw.pick(FALLING)
    korean_noun, past, future, present = "비", "rained", "rain", "rains"
    if draw.sense:
        draw.note(draw.sense.noun)
        korean_noun, past, future, present = "눈", "snowed", "snow", "snows"
    else:
        draw.note(NOUN["비"])
    kind = draw.pick(("past", "past", "future", "season", "not"))
    time = draw.time({"not": "past"}.get(kind, kind))
    ending = {"past": "왔어요", "future": "올 거예요", "season": "자주 와요", "not": "안 왔어요"}[
        kind
    ]
    said = {"past": past, "future": f"will {future}", "season": f"often {present}",
            "not": f"didn't {future}"}[kind]  # fmt: skip
    korean = f"{time.korean} {place.korean}에 {particle(korean_noun, 'subject')} {ending}"
    return Draft(korean, f"it {said} {place.at} {time.english}",
                 [("오=fall", korean_noun, place.stem)])  # fmt: skip


@construction("event of a thing", "event", 0.8)
def event(draw: Draw) -> Draft:
    """어제 눈이 녹았어요. The snow melted yesterday."""
    if not draw.sense:
        raise Rejected
    happening, noun = draw.pick(draw.sense.events), draw.note(draw.sense.noun)
    spot = draw.pick((None, *draw.sense.spots))
    time = draw.time("past")
    words = [time.korean] + ([spot.korean + "서"] if spot else [])
    words += [particle(noun.korean, "subject"), attach(happening.korean, "었어요")]
    place = f" {spot.english}" if spot else ""
    said = f"the {noun.english} {english.past(happening.english)}{place} {time.english}"
    return Draft(" ".join(words), said, [(happening.stem, noun.stem, "")])
