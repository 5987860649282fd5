"""The rule that makes any bytes a text: what it does, and that both twins do the same."""

import itertools
import unicodedata

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import clean_text, clean_text_in_graph
from keras_transformer.tokenizers.cleaning import (
    NEWER_COMBINING,
    single_spaces,
    single_spaces_in_graph,
)


def _members(ranges):
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain\t\0", "plain\t\0"),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
        ("한국".encode(), "한국"),
        ("a\u0301\u0316", "\u00e1\u0316"),
        ("\ufeff\u200b", "\ufeff\u200b"),
        (b"a\xff\xfeb\xed\xa0\x80", "a\ufffdb\ufffd"),
        (b"\xed\x95", "\ufffd"),
        ("\ud83dx\udcff", "\ufffdx\ufffd"),
        ("\ufffd\ufffd", "\ufffd"),
        ("\ufffda\ufffd", "\ufffda\ufffd"),
    ],
)
def test_gives_valid_composed_text(text, expected):
    assert clean_text(text) == expected
    assert clean_text(clean_text(text)) == expected


def test_hangul_is_never_left_apart():
    syllables = "".join(chr(code) for code in range(0xAC00, 0xD7A4))
    assert clean_text(unicodedata.normalize("NFD", syllables)) == syllables


def test_leaves_a_text_with_a_newer_mark_as_it_is():
    text = "e\u0301\U00011f41"
    assert clean_text(text) == text


@pytest.mark.parametrize("text", [None, 3, ["a"]])
def test_refuses_what_is_no_text(text):
    with pytest.raises(UserError, match=f"must be str or bytes; received {type(text).__name__}"):
        clean_text(text)


def test_spaces():
    assert single_spaces("\t a\u3000\u00a0b\r\n") == "a b"
    assert single_spaces(" \u2028\u0085 ") == ""
    assert single_spaces("a\u200bb\0") == "a\u200bb\0"


@pytest.mark.tensorflow
def test_the_graph_does_the_same(hard_texts):
    cleaned = clean_text_in_graph(hard_texts)
    assert [text.decode() for text in cleaned.numpy()] == [clean_text(text) for text in hard_texts]
    spaced = single_spaces_in_graph(cleaned).numpy()
    expected = [single_spaces(clean_text(text)) for text in hard_texts]
    assert [text.decode() for text in spaced] == expected


@pytest.mark.tensorflow
def test_the_graph_does_the_same_with_every_broken_sequence_of_three_bytes():
    edges = b"\x00A\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef"
    edges += b"\xf0\xf1\xf3\xf4\xf5\xf8\xfc\xfe\xff"
    texts = [b"".join((*three, b"!")) for three in itertools.product(_bytes(edges), repeat=3)]
    cleaned = clean_text_in_graph(texts).numpy()
    wrong = [
        text
        for text, graph in zip(texts, cleaned, strict=True)
        if graph != clean_text(text).encode()
    ]
    assert wrong == []


def _bytes(content):
    return [content[index : index + 1] for index in range(len(content))]


@pytest.mark.tensorflow
def test_the_graph_composes_every_character_the_same():
    newer = set(_members(NEWER_COMBINING))
    codes = [
        code
        for code in range(0x20, 0x110000)
        if code in newer
        or unicodedata.combining(chr(code))
        or unicodedata.decomposition(chr(code))
        or unicodedata.normalize("NFD", chr(code)) != chr(code)
    ]
    assert len(codes) > 10_000
    texts = [f"a{chr(code)}\u0301" for code in codes]
    texts += [f"a\u0301\u0316{chr(code)}" for code in codes]
    texts += [unicodedata.normalize("NFD", chr(code)) for code in codes]
    cleaned = clean_text_in_graph([text.encode() for text in texts]).numpy()
    wrong = [
        text
        for text, graph in zip(texts, cleaned, strict=True)
        if graph.decode() != clean_text(text)
    ]
    assert wrong == []


@pytest.mark.tensorflow
def test_the_graph_keeps_the_shape():
    cleaned = clean_text_in_graph([["a", "b"], ["\u1100\u1161", ""], ["e\u0301", "d"]])
    assert cleaned.shape == (3, 2)
    assert cleaned.numpy()[1, 0].decode() == "가"
