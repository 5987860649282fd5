"""Korean morphology: Hangul arithmetic, particles, conjugation, honorific stems.

A Hangul syllable is one code point, ``0xAC00 + (lead * 21 + vowel) * 28 + final`` (The Unicode
Standard, section 3.12), so that sound changes are arithmetic on three small numbers.

Endings are written in one spelling, from which the right shape follows:

* with ``어`` or ``었`` first (``어요``, ``었어요``, ``어서``): vowel harmony and contraction;
* with ``으`` first, or ``은``, ``을`` (``으면``, ``을``): the vowel drops after a vowel or ㄹ;
* any other (``고``, ``지만``, ``는``): attached to the stem as it is.
"""

from __future__ import annotations

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]

# Dictionary forms without 다. ㅂ, ㄷ, ㅅ, ㅎ and 르 are irregular only in these words.
IRREGULAR = {
    "ㅂ": "돕 줍 굽 눕 맵 덥 춥 쉽 어렵 무겁 가볍 뜨겁 차갑 두껍 어둡 시끄럽 더럽 귀엽 아름답 무섭 "
    "미끄럽 부드럽 새롭 조심스럽 고맙 가깝 즐겁".split(),
    "ㄷ": "듣 걷 싣 깨닫".split(),
    "ㅅ": "짓 낫 붓".split(),
    "ㅎ": "빨갛 파랗 노랗 하얗 까맣".split(),
    "르": "부르 고르 자르 빠르 게으르 모르 오르 다르 기르 주무르".split(),
}
IRREGULAR_OF = {stem: kind for kind, stems in IRREGULAR.items() for stem in stems}

# Verbs whose polite form is another word. All other verbs take -(으)시-.
HONORIFIC = {"먹": "드시", "마시": "드시", "자": "주무시", "있": "계시", "말하": "말씀하시"}

PARTICLES = {
    "topic": ("은", "는"),
    "subject": ("이", "가"),
    "object": ("을", "를"),
    "with": ("과", "와"),
    "by": ("으로", "로"),
    "copula": ("이에요", "예요"),
    "was": ("이었어요", "였어요"),
}


def split_syllable(syllable: str) -> tuple[str, str, str]:
    """Lead, vowel and final (may be empty) of one Hangul syllable."""
    code = ord(syllable) - 0xAC00
    return LEADS[code // 588], VOWELS[code % 588 // 28], FINALS[code % 28]


def join_syllable(lead: str, vowel: str, final: str = "") -> str:
    """The syllable made of a lead consonant, a vowel and a final consonant."""
    index = (LEADS.index(lead) * 21 + VOWELS.index(vowel)) * 28 + FINALS.index(final)
    return chr(0xAC00 + index)


def final_of(word: str) -> str:
    """Final consonant of the last syllable, empty after a vowel."""
    return split_syllable(word[-1])[2]


def with_final(word: str, final: str) -> str:
    """The word with the final consonant of its last syllable replaced."""
    lead, vowel, _ = split_syllable(word[-1])
    return word[:-1] + join_syllable(lead, vowel, final)


def particle(word: str, role: str) -> str:
    """The word with its particle: ``particle("책", "object") == "책을"``."""
    after_consonant, after_vowel = PARTICLES[role]
    final = final_of(word)
    closed = bool(final) and not (role == "by" and final == "ㄹ")
    return word + (after_consonant if closed else after_vowel)


def _open_stem(stem: str) -> str:
    """The stem before an ending in 으: irregular finals are changed or dropped."""
    kind = IRREGULAR_OF.get(stem)
    if kind == "ㅂ":
        return with_final(stem, "") + "우"
    if kind == "ㄷ":
        return with_final(stem, "ㄹ")
    if kind in ("ㅅ", "ㅎ"):
        return with_final(stem, "")
    return stem


def _attach_eu(stem: str, ending: str) -> str:
    kind, opened = IRREGULAR_OF.get(stem), _open_stem(stem)
    final, rest = final_of(ending[0]), ending[1:]
    if kind in ("ㄷ", "ㅅ"):  # 들으면, 지으면: 으 stays
        return opened + ending
    if final_of(opened) not in ("", "ㄹ"):
        return opened + ending
    if final:  # 은, 을: the consonant closes the last syllable
        return with_final(opened, final) + rest
    if final_of(opened) == "ㄹ" and rest[0] in "시세니":
        opened = with_final(opened, "")
    return opened + rest


def _infinitive(stem: str) -> str:
    """The stem with 아 or 어: 먹어, 가, 봐, 해, 도와, 불러, 써, 빨개."""
    kind, (lead, vowel, final) = IRREGULAR_OF.get(stem), split_syllable(stem[-1])
    if stem[-1] == "하":
        return stem[:-1] + "해"
    if kind == "ㅂ":
        return with_final(stem, "") + ("와" if stem == "돕" else "워")
    if kind == "ㅎ":
        return stem[:-1] + join_syllable(lead, "ㅒ" if vowel in "ㅑㅕ" else "ㅐ")
    before = split_syllable(stem[-2])[1] if len(stem) > 1 else ""
    if kind == "르":
        return with_final(stem[:-1], "ㄹ") + ("라" if before in "ㅏㅗ" else "러")
    if vowel == "ㅡ" and not final:
        return stem[:-1] + join_syllable(lead, "ㅏ" if before and before in "ㅏㅗ" else "ㅓ")
    if kind in ("ㄷ", "ㅅ"):
        return _open_stem(stem) + ("아" if vowel in "ㅏㅗ" else "어")
    if final:
        return stem + ("아" if vowel in "ㅏㅑㅗ" else "어")
    merged = {"ㅗ": "ㅘ", "ㅜ": "ㅝ", "ㅣ": "ㅕ", "ㅚ": "ㅙ"}.get(vowel, vowel)
    if vowel in "ㅟㅢ":
        return stem + "어"
    return stem[:-1] + join_syllable(lead, merged)


def attach(stem: str, ending: str) -> str:
    """A verb or adjective stem (dictionary form without 다) with an ending."""
    before, space, stem = stem.rpartition(" ")
    return before + space + _attach(stem, ending)


def _attach(stem: str, ending: str) -> str:
    if ending[0] in "어었":
        return with_final(_infinitive(stem), final_of(ending[0])) + ending[1:]
    if ending[0] in "으은을":
        return _attach_eu(stem, ending)
    if final_of(stem) == "ㄹ" and split_syllable(ending[0])[0] == "ㄴ":
        stem = with_final(stem, "")
    return stem + ending


def polite_stem(stem: str) -> str:
    """The honorific stem: 읽으시, 가시, 만드시, 드시."""
    before, space, last = stem.rpartition(" ")
    return before + space + (HONORIFIC.get(last) or attach(last, "으시"))


def conjugate(stem: str, ending: str, honorific: bool = False) -> str:
    """A stem with an ending, raised by -(으)시- where the subject asks for it."""
    if not honorific:
        return attach(stem, ending)
    raised = polite_stem(stem)
    if ending == "어요":
        return raised[:-1] + "세요"
    return attach(raised, ending)


def present_modifier(stem: str, adjective: bool = False) -> str:
    """The form before a noun: 읽는 (verb), 큰 (adjective), 맛있는 (made with 있다, 없다)."""
    plain = adjective and not stem.endswith(("있", "없"))
    return attach(stem, "은" if plain else "는")
