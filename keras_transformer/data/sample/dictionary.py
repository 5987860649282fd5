"""Word-for-word translation with the lexicon: no grammar, no context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from keras_transformer.data.sample import english
from keras_transformer.data.sample.clauses import NATIVE_NUMBERS
from keras_transformer.data.sample.counting import lexicon
from keras_transformer.data.sample.korean import attach
from keras_transformer.data.sample.verbs import GOINGS, TIMES
from keras_transformer.data.sample.words import Adjective, Noun, Verb, Word
from keras_transformer.errors import UserError

DIRECTIONS = ("ko-en", "en-ko")
ENDINGS = ("고", "었", "을", "은", "어", "으시")
FORMS = (
    (english.past, "었어요"),
    (english.participle, "었어요"),
    (english.gerund, "고"),
    (english.third_person, "어요"),
)
LONGEST_PHRASE = 4


def check_direction(direction: str) -> None:
    """Refuses anything but "ko-en" and "en-ko"."""
    if direction not in DIRECTIONS:
        raise UserError(f"The direction {direction!r} is unknown; expected 'ko-en' or 'en-ko'.")


def _words() -> Iterator[Word]:
    yield from lexicon()
    yield from (Verb(word.korean, word.english) for word in GOINGS)
    yield from (word for times in TIMES.values() for word in times)
    yield Word("지금", "now")
    for number in range(1, len(NATIVE_NUMBERS)):
        yield Word(NATIVE_NUMBERS[number], english.NUMBERS[number])


def _is_predicate(word: Word) -> bool:
    return isinstance(word, Verb | Adjective)


@cache
def _korean_entries() -> dict[str, str]:
    """Beginnings of Korean words and their English; the first entry of a word wins."""
    entries: dict[str, str] = {}
    for word in _words():
        entries.setdefault(word.korean, word.english)
        if _is_predicate(word):
            for ending in ENDINGS:
                entries.setdefault(attach(word.korean, ending), word.english)
    return entries


@cache
def _english_entries() -> dict[str, str]:
    """English words and phrases, in their inflected forms, and their Korean."""
    entries: dict[str, str] = {"a": "", "an": "", "the": "", "to": "", "at": "", "in": "", "on": ""}
    for word in _words():
        said = word.english.lower()
        if isinstance(word, Verb):
            for form, ending in FORMS:
                entries.setdefault(form(said), attach(word.korean, ending))
            entries.setdefault(said, attach(word.korean, "어요"))
        elif isinstance(word, Adjective):
            entries.setdefault(said, attach(word.korean, "어요"))
        else:
            entries.setdefault(said, word.korean)
            if isinstance(word, Noun):
                entries.setdefault(word.plural.lower(), word.korean)
    return entries


def _from_korean(sentence: str) -> str:
    entries, translated = _korean_entries(), []
    for word in re.findall(r"\w+", sentence):
        ends = [end for end in range(len(word), 0, -1) if word[:end] in entries]
        translated.append(entries[word[: ends[0]]] if ends else word)
    return english.capitalise(" ".join(translated)) + sentence[-1]


def _from_english(sentence: str) -> str:
    entries, translated = _english_entries(), []
    words = re.findall(r"[\w']+", sentence.lower())
    start = 0
    while start < len(words):
        for length in range(LONGEST_PHRASE, 0, -1):
            phrase = " ".join(words[start : start + length])
            if phrase in entries or length == 1:
                translated.append(entries.get(phrase, phrase))
                start += length
                break
    return " ".join(filter(None, translated)) + sentence[-1]


def word_for_word(sources: Sequence[str], direction: str = "ko-en") -> list[str]:
    """Every word looked up by itself, in the order of the source.

    Raises:
        UserError: where ``direction`` is neither "ko-en" nor "en-ko".
    """
    check_direction(direction)
    translate = _from_korean if direction == "ko-en" else _from_english
    return [translate(source) if source else "" for source in sources]
