from itertools import chain

import pytest

from keras_transformer.data.sample.korean import (
    IRREGULAR_OF,
    attach,
    conjugate,
    join_syllable,
    particle,
    present_modifier,
    split_syllable,
)
from keras_transformer.data.sample.senses import SENSES
from keras_transformer.data.sample.verbs import ADJECTIVES, VERBS

# stem: 어요, 었어요, 은 (a noun modifier), 을, 으면, 고
CONJUGATIONS = {
    "먹": "먹어요 먹었어요 먹은 먹을 먹으면 먹고",
    "가": "가요 갔어요 간 갈 가면 가고",
    "오": "와요 왔어요 온 올 오면 오고",
    "보": "봐요 봤어요 본 볼 보면 보고",
    "배우": "배워요 배웠어요 배운 배울 배우면 배우고",
    "마시": "마셔요 마셨어요 마신 마실 마시면 마시고",
    "보내": "보내요 보냈어요 보낸 보낼 보내면 보내고",
    "켜": "켜요 켰어요 켠 켤 켜면 켜고",
    "쉬": "쉬어요 쉬었어요 쉰 쉴 쉬면 쉬고",
    "앉": "앉아요 앉았어요 앉은 앉을 앉으면 앉고",
    "얇": "얇아요 얇았어요 얇은 얇을 얇으면 얇고",
    "하": "해요 했어요 한 할 하면 하고",
    "공부하": "공부해요 공부했어요 공부한 공부할 공부하면 공부하고",
    "돕": "도와요 도왔어요 도운 도울 도우면 돕고",
    "줍": "주워요 주웠어요 주운 주울 주우면 줍고",
    "굽": "구워요 구웠어요 구운 구울 구우면 굽고",
    "춥": "추워요 추웠어요 추운 추울 추우면 춥고",
    "새롭": "새로워요 새로웠어요 새로운 새로울 새로우면 새롭고",
    "입": "입어요 입었어요 입은 입을 입으면 입고",
    "잡": "잡아요 잡았어요 잡은 잡을 잡으면 잡고",
    "좁": "좁아요 좁았어요 좁은 좁을 좁으면 좁고",
    "듣": "들어요 들었어요 들은 들을 들으면 듣고",
    "걷": "걸어요 걸었어요 걸은 걸을 걸으면 걷고",
    "닫": "닫아요 닫았어요 닫은 닫을 닫으면 닫고",
    "받": "받아요 받았어요 받은 받을 받으면 받고",
    "짓": "지어요 지었어요 지은 지을 지으면 짓고",
    "씻": "씻어요 씻었어요 씻은 씻을 씻으면 씻고",
    "부르": "불러요 불렀어요 부른 부를 부르면 부르고",
    "고르": "골라요 골랐어요 고른 고를 고르면 고르고",
    "주무르": "주물러요 주물렀어요 주무른 주무를 주무르면 주무르고",
    "빠르": "빨라요 빨랐어요 빠른 빠를 빠르면 빠르고",
    "쓰": "써요 썼어요 쓴 쓸 쓰면 쓰고",
    "끄": "꺼요 껐어요 끈 끌 끄면 끄고",
    "바쁘": "바빠요 바빴어요 바쁜 바쁠 바쁘면 바쁘고",
    "예쁘": "예뻐요 예뻤어요 예쁜 예쁠 예쁘면 예쁘고",
    "모으": "모아요 모았어요 모은 모을 모으면 모으고",
    "빨갛": "빨개요 빨갰어요 빨간 빨갈 빨가면 빨갛고",
    "하얗": "하얘요 하얬어요 하얀 하얄 하야면 하얗고",
    "까맣": "까매요 까맸어요 까만 까말 까마면 까맣고",
    "좋": "좋아요 좋았어요 좋은 좋을 좋으면 좋고",
    "만들": "만들어요 만들었어요 만든 만들 만들면 만들고",
    "살": "살아요 살았어요 산 살 살면 살고",
    "열": "열어요 열었어요 연 열 열면 열고",
    "길": "길어요 길었어요 긴 길 길면 길고",
    "시": "셔요 셨어요 신 실 시면 시고",
    "빌려 주": "빌려 줘요 빌려 줬어요 빌려 준 빌려 줄 빌려 주면 빌려 주고",
}
ENDINGS = ("어요", "었어요", "은", "을", "으면", "고")


@pytest.mark.parametrize("stem", CONJUGATIONS)
def test_conjugation(stem):
    expected = CONJUGATIONS[stem]
    assert " ".join(attach(stem, ending) for ending in ENDINGS) == expected


@pytest.mark.parametrize(
    ("stem", "ending", "expected"),
    [
        ("만들", "는", "만드는"),
        ("만들", "으세요", "만드세요"),
        ("만들", "으려고", "만들려고"),
        ("만들", "을까요", "만들까요"),
        ("빨", "을지도", "빨지도"),
        ("돕", "으세요", "도우세요"),
        ("듣", "으러", "들으러"),
        ("듣", "는", "듣는"),
        ("짓", "으려고", "지으려고"),
        ("먹", "을지도", "먹을지도"),
        ("쓰", "어서", "써서"),
        ("어렵", "어졌어요", "어려워졌어요"),
        ("빨갛", "어졌어요", "빨개졌어요"),
        ("고르", "었다고", "골랐다고"),
    ],
)
def test_other_endings(stem, ending, expected):
    assert attach(stem, ending) == expected


@pytest.mark.parametrize(
    ("stem", "ending", "expected"),
    [
        ("가", "어요", "가세요"),
        ("가", "었어요", "가셨어요"),
        ("읽", "어요", "읽으세요"),
        ("읽", "을", "읽으실"),
        ("만들", "었어요", "만드셨어요"),
        ("듣", "어요", "들으세요"),
        ("돕", "었어요", "도우셨어요"),
        ("먹", "어요", "드세요"),
        ("마시", "었어요", "드셨어요"),
        ("자", "을", "주무실"),
        ("말하", "었어요", "말씀하셨어요"),
        ("빨갛", "어요", "빨가세요"),
        ("예쁘", "어서", "예쁘셔서"),
        ("구워 드리", "었어요", "구워 드리셨어요"),
        ("점심을 먹", "었어요", "점심을 드셨어요"),
    ],
)
def test_honorific(stem, ending, expected):
    assert conjugate(stem, ending, honorific=True) == expected


@pytest.mark.parametrize(
    ("word", "role", "expected"),
    [
        ("책", "topic", "책은"),
        ("사과", "topic", "사과는"),
        ("책", "subject", "책이"),
        ("배", "subject", "배가"),
        ("빵", "object", "빵을"),
        ("우유", "object", "우유를"),
        ("형", "with", "형과"),
        ("누나", "with", "누나와"),
        ("버스", "by", "버스로"),
        ("지하철", "by", "지하철로"),
        ("트럭", "by", "트럭으로"),
        ("책", "copula", "책이에요"),
        ("의사", "copula", "의사예요"),
        ("학생", "was", "학생이었어요"),
        ("가수", "was", "가수였어요"),
    ],
)
def test_particles(word, role, expected):
    assert particle(word, role) == expected


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("크", "큰"),
        ("맛있", "맛있는"),
        ("맛없", "맛없는"),
        ("길", "긴"),
        ("가볍", "가벼운"),
        ("하얗", "하얀"),
    ],
)
def test_adjectives_before_a_noun(stem, expected):
    assert present_modifier(stem, adjective=True) == expected


def test_verbs_before_a_noun():
    assert [present_modifier(stem) for stem in ("읽", "만들", "가", "걷")] == [
        "읽는",
        "만드는",
        "가는",
        "걷는",
    ]


def test_syllables_split_and_join():
    for syllable in "가각힣뷁값":
        assert join_syllable(*split_syllable(syllable)) == syllable


def test_every_adjective_in_ㅂ_but_narrow_is_irregular():
    for adjective in ADJECTIVES:
        closed = split_syllable(adjective.korean[-1])[2] == "ㅂ"
        assert (IRREGULAR_OF.get(adjective.korean) == "ㅂ") == (closed and adjective.korean != "좁")


def test_every_stem_in_르_is_known():
    for word in (*VERBS, *ADJECTIVES, *chain.from_iterable(sense.verbs for sense in SENSES)):
        if word.korean.endswith("르"):
            assert IRREGULAR_OF.get(word.korean) == "르", word.korean
