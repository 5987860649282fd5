"""Korean words with several meanings, and the words that decide between them.

Each sense lists what can be said of it and of no other sense of its word: verbs whose object it
is, adjectives, places where it is found, and so on. A sentence about it uses at least one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from keras_transformer.data.sample.verbs import parse_verb, words_of
from keras_transformer.data.sample.words import Adjective, Noun, Place, Verb, Word


@dataclass(frozen=True)
class Sense:
    """One meaning of a word.

    ``verbs`` take it as object, ``later`` follow "bought it"; ``adjectives`` describe it; ``spots``
    are where it is found; ``events`` are intransitive verbs it is the subject of; ``place`` and
    ``there`` are set when things are done at it, ``visited`` when one goes there; ``body`` when it
    hurts.
    """

    noun: Noun
    verbs: tuple[Verb, ...] = ()
    later: tuple[Verb, ...] = ()
    adjectives: tuple[Adjective, ...] = ()
    spots: tuple[Word, ...] = ()
    events: tuple[Word, ...] = ()
    place: Place | None = None
    there: tuple[Verb, ...] = ()
    features: tuple[Word, ...] = ()
    whose: bool = False
    time: bool = False
    body: bool = False
    visited: bool = False

    @property
    def word(self) -> str:
        return self.noun.korean

    @property
    def name(self) -> str:
        return self.noun.english

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of constructions that can hold this sense."""
        kinds = {
            "action": self.verbs or self.there or self.time,
            "description": self.adjectives,
            "spot": self.spots,
            "bought": self.later,
            "feature": self.features,
            "reason": self.adjectives,
            "body": self.body,
            "event": self.events,
            "weather": self.name == "snow",
            "falling": self.name == "snow",
            "going": self.visited,
        }
        return tuple(kind for kind, possible in kinds.items() if possible)

    @cached_property
    def forms(self) -> frozenset[str]:
        """English forms that show this sense."""
        extra = {"snow": {"snowed", "snowing", "snows"}}.get(self.name, set())
        return frozenset({self.noun.english, self.noun.plural} | extra)


_SPOTS = (
    "냉장고 안에=in the refrigerator, 식탁 위에=on the table, 접시 위에=on the plate, "
    "바구니 안에=in the basket"
)
SENSE_TABLE = """\
은행 | bank
  place at
  visited
  there: 일하 | work | | | bare; 찾 | withdraw | 돈 | | a; 빌리 | borrow | 돈 | | a;
    기다리 | wait | | | bare
  adjectives: 시끄럽=noisy, 조용하=quiet, 복잡하=crowded, 넓=spacious, 멀=far away
  spots: 역 앞에=in front of the station, 우체국 옆에=next to the post office,
    호텔 건너편에=across from the hotel
은행 | ginkgo nuts*
  verbs: 먹 | eat | | home, 마당 | a; 굽 | roast | | 마당, 부엌 | a;
    줍 | pick up | | park, 시골 | a point; 볶 | stir-fry | | 부엌 | a;
    까 | peel | | 부엌, 거실 | a
  later: 먹 | eat; 굽 | roast; 볶 | stir-fry
  adjectives: 맛있=delicious, 신선하=fresh, 딱딱하=hard, 노랗=yellow
  spots: SPOTS
배 | pear
  verbs: 먹 | eat | | home, park, 부엌 | a; 깎 | peel | | 부엌, 거실 | a;
    씻 | wash | | 부엌 | the; 썰 | slice | | 부엌 | a
  later: 먹 | eat; 깎 | peel; 씻 | wash
  adjectives: 맛있=delicious, 달=sweet, 시=sour, 신선하=fresh
  spots: SPOTS
배 | ship@척
  verbs: 타 | take | | 부산, 제주도, 일본 | a; 고치 | fix | | 부산, 바닷가 | the rare;
    만들 | build | | 부산, 일본 | a rare
  later: 타 | take; 고치 | fix
  adjectives: 빠르=fast, 느리=slow, 안전하=safe, 편하=comfortable, 시끄럽=noisy
  spots: 바다에=in the sea, 항구에=in the harbor, 섬 옆에=next to the island
배 | stomach
  body
눈 | eyes+
  verbs: 감 | close | | 방, 교실 | own point; 비비 | rub | | 방, 교실 | own rare;
    뜨 | open | | 방, 집 | own point; 씻 | wash | | 집, 화장실 | own
  features: 크=big, 작=small, 예쁘=pretty, 파랗=blue, 까맣=black
  body
눈 | snow~
  verbs: 치우 | clear away | | 마당, 집, 학교 | the; 쓸 | sweep up | | 마당, 학교 | the;
    밟 | step on | | 공원, 운동장 | the
  adjectives: 하얗=white, 미끄럽=slippery, 가볍=light
  spots: 산 위에=on the mountain, 지붕 위에=on the roof, 길 위에=on the road,
    나무 위에=on the tree
  events: 녹=melt, 쌓이=pile up
인도 | India!
  place in
  visited
  there: 여행하 | travel | | | bare over placed; 살 | live | | | bare at placed point;
    공부하 | study | 영어, 역사, 경제학 | | bare; 먹 | eat | 카레 | | a;
    가르치 | teach | 영어, 한국어, 수학 | | bare; 일하 | work | | | bare
  adjectives: 덥=hot, 멀=far away, 습하=humid
인도 | sidewalk
  place on 위
  there: 걷 | walk | | | bare; 넘어지 | fall down | | | bare involuntary once point;
    뛰 | run | | | bare; 줍 | pick up | 동전, 낙엽, 쓰레기 | | a point; 타 | ride | 자전거 | | a;
    기다리 | wait for | 버스, 택시 | | the
  adjectives: 좁=narrow, 미끄럽=slippery, 넓=wide, 위험하=dangerous
  verbs: 쓸 | sweep | | | the; 청소하 | clean | | | the
말 | horse@마리
  verbs: 타 | ride | | 농장, 제주도, 공원 | a; 키우 | raise | | 농장, 시골, 제주도 | a point;
    그리 | draw | | 교실, 방 | a; 씻기 | bathe | | 농장 | a
  later: 타 | ride; 씻기 | bathe
  adjectives: 크=big, 하얗=white, 까맣=black, 튼튼하=strong, 건강하=healthy
  spots: 농장에=on the farm, 마당에=in the yard, 나무 옆에=next to the tree
  events: 자=sleep, 뛰=run
말 | words+
  whose
  verbs: 믿 | believe | | | whose involuntary point;
    이해하 | understand | | | whose involuntary point;
    기억하 | remember | | | whose involuntary point;
    잊어버리 | forget | | | whose involuntary once point
  adjectives: 재미있=interesting, 어렵=difficult, 쉽=easy, 짧=short, 중요하=important
차 | car@대
  verbs: 운전하 | drive | | city, 시골 | a; 고치 | fix | | 집, 회사, 시골 | the rare;
    세우 | park | | 역, 호텔, 공항, 병원 | the point; 빌리 | rent | | 공항, 제주도 | a
  later: 운전하 | drive; 고치 | fix
  adjectives: 빠르=fast, 느리=slow, 편하=comfortable, 위험하=dangerous, 크=big
  spots: 집 앞에=in front of the house, 호텔 뒤에=behind the hotel, 길 위에=on the road
차 | tea~@잔
  verbs: 마시 | drink | | home, cafe, office, 호텔 | a; 끓이 | make | | 부엌, 집 | a;
    주문하 | order | | cafe, 호텔 | a
  later: 마시 | drink; 끓이 | make
  adjectives: 달=sweet, 맛있=delicious, 쓰=bitter, 맛없=bad, 진하=strong
  spots: 식탁 위에=on the table, 컵 안에=in the cup, 주전자 안에=in the teapot
밤 | night
  time
  adjectives: 길=long, 짧=short, 어둡=dark, 조용하=quiet, 춥=cold
밤 | chestnuts*
  verbs: 먹 | eat | | home, park | a; 굽 | roast | | 마당, 바닷가 | a;
    줍 | pick up | | park, 시골 | a point; 삶 | boil | | 부엌 | a; 까 | peel | | 부엌, 거실 | a
  later: 먹 | eat; 굽 | roast; 삶 | boil
  adjectives: 맛있=delicious, 달=sweet, 딱딱하=hard, 비싸=expensive, 작=small
  spots: SPOTS
다리 | leg
  verbs: 다치 | hurt | | 체육관, 운동장, 학교 | own involuntary point;
    씻 | wash | | 화장실, 바닷가 | own; 주무르 | massage | | 방, 거실 | own rare
  features: 길=long, 짧=short
  body
다리 | bridge@개
  place on 위
  there: 걷 | walk | | | bare; 뛰 | run | | | bare; 찍 | take | 사진 | | a;
    타 | ride | 자전거 | | a
  verbs: 건너 | cross | | 서울, 부산, 공원 | the; 짓 | build | | 서울, 부산, 시골 | a rare
  adjectives: 유명하=famous, 위험하=dangerous, 안전하=safe, 오래되=old, 좁=narrow
  spots: 강 위에=over the river, 호텔 앞에=in front of the hotel
사과 | apple
  verbs: 먹 | eat | | home, park, 부엌 | a; 깎 | peel | | 부엌, 거실 | a;
    씻 | wash | | 부엌 | the; 썰 | slice | | 부엌 | a
  later: 먹 | eat; 깎 | peel; 씻 | wash
  adjectives: 맛있=delicious, 달=sweet, 빨갛=red, 신선하=fresh, 시=sour
  spots: SPOTS
사과 | apology
  whose
  verbs: 받아들이 | accept | | | whose point rare; 거절하 | reject | | | whose point rare;
    요구하 | demand | | | whose point rare
  adjectives: 늦=late, 짧=short, 어색하=awkward, 진지하=serious
병 | bottle
  verbs: 깨 | break | | 부엌, 카페, 거실 | a involuntary once point; 씻 | wash | | 부엌 | the;
    버리 | throw away | | 마당, 집 | the point; 던지 | throw | | 마당, 공원 | a point
  adjectives: 예쁘=pretty, 깨끗하=clean, 비싸=expensive, 더럽=dirty, 차갑=cold
  spots: 식탁 위에=on the table, 냉장고 안에=in the refrigerator, 상자 안에=in the box
병 | illness
  verbs: 치료하 | treat | | 병원, 서울, 미국 | the rare medical;
    고치 | cure | | 병원, 서울, 미국 | the rare medical;
    연구하 | research | | 병원, 학교 | the rare medical; 이기 | overcome | | | the point
  adjectives: 심각하=serious, 무섭=scary, 심하=severe
벌 | bee@마리
  verbs: 잡 | catch | | park, garden, 학교 | a point; 키우 | raise | | 농장, 시골 | generic point;
    쫓 | chase | | 방, 교실, garden | a; 그리 | draw | | 교실, 방 | a
  adjectives: 작=small, 귀엽=cute, 시끄럽=noisy, 노랗=yellow
  spots: 꽃 위에=on the flower, 나무 위에=in the tree, 창문 옆에=next to the window
  events: 날아가=fly away
벌 | punishment
  verbs: 받 | receive | | 학교, 교실, 회사 | a involuntary point;
    피하 | avoid | | 학교, 회사 | a involuntary point;
    내리 | impose | | 학교, 회사 | a rare point; 받아들이 | accept | | | the rare point;
    취소하 | cancel | | 학교, 회사 | the rare point
  adjectives: 심하=severe, 공평하=fair, 무겁=heavy
"""


def _noun(text: str) -> tuple[str, str, str]:
    text, _, counter = text.partition("@")
    number = {"~": "mass", "+": "pair", "*": "many", "!": "name"}.get(text[-1], "count")
    return text.rstrip("~+*!"), number, counter or "개"


def _verbs(text: str, noun: Noun | None) -> tuple[Verb, ...]:
    objects = (noun,) if noun else None
    found = []
    for line in text.split("; "):
        line = line if line.count("|") > 1 else f"{line} | | | a"
        verb = parse_verb(line, objects)
        flags = verb.flags | ({"transitive"} if noun else set())
        found.append(
            Verb(verb.korean, verb.english, verb.objects, verb.places, verb.article, flags)
        )
    return tuple(found)


def _adjectives(text: str, noun: Noun) -> tuple[Adjective, ...]:
    return tuple(Adjective(word.korean, word.english, (noun,)) for word in words_of(text))


def _sense(head: str, lines: list[str]) -> Sense:
    korean, text = head.split(" | ")
    name, number, counter = _noun(text)
    noun = Noun(korean, name, "sense", number, counter)
    options: dict[str, object] = {}
    for line in lines:
        key, _, value = line.strip().partition(": ")
        if key in ("verbs", "later"):
            options[key] = _verbs(value, noun)
        elif key == "there":
            options[key] = _verbs(value, None)
        elif key == "adjectives":
            options[key] = _adjectives(value, noun)
        elif key in ("spots", "events", "features"):
            options[key] = words_of(_SPOTS if value == "SPOTS" else value)
        elif key.startswith("place"):
            the = "" if number == "name" else "the "
            _, preposition, *part = key.split()  # 위: said of what is on top
            at, to = f"{preposition} {the}{name}", f"to {the}{name}"
            kind = "sense" if the else "country"
            options["place"] = Place(" ".join([korean, *part]), name, at, to, kind)
        else:
            options[key.strip()] = True
    return Sense(noun, **options)


def _parse(table: str) -> tuple[Sense, ...]:
    senses: list[tuple[str, list[str]]] = []
    for line in table.splitlines():
        if line.startswith("    "):  # goes on
            senses[-1][1][-1] += " " + line.strip()
        elif line.startswith("  "):
            senses[-1][1].append(line)
        else:
            senses.append((line, []))
    return tuple(_sense(head, lines) for head, lines in senses)


SENSES = _parse(SENSE_TABLE)
SENSES_OF: dict[str, tuple[Sense, ...]] = {
    word: tuple(sense for sense in SENSES if sense.word == word)
    for word in dict.fromkeys(sense.word for sense in SENSES)
}
