"""Paragraphs into sentences and back."""

import random

import pytest

from keras_transformer.sentences import join_sentences, split_sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["Hello there.", "How are you?", "Fine!"],
        ["Mr. Smith met Dr. J. Brown at 3.5 p.m. on Jan. 3.", "They left."],
        ["See fig. 7 and no. 11.", "He said no.", "She did not."],
        ["1. Open the box.", "2. Close it."],
        ['"Why?" he asked.', '"Because."', "She left."],
        ["Wait... what?", "No…", "Yes."],
        ["OK?!", "(It is.)", "Then a.b.c is one word."],
        ["Das kostet z.B. 3 Euro.", "Gut."],
        ["나는 학생입니다.", "너는?", "우리는 갔다!"],
        ['"안녕." 하고 그가 말했다.', "끝."],
        ['그는 "가자."라고 말했다.', "그리고 갔다."],
        ["no end"],
        ["Ends in white space. "],
        [],
    ],
)
def test_splits_and_joins(sentences):
    paragraph = " ".join(sentences)
    stripped = [sentence.strip() for sentence in sentences]
    assert split_sentences(paragraph) == stripped
    assert join_sentences(stripped) == paragraph.strip()
    assert split_sentences(f"  {paragraph}\t") == stripped


@pytest.mark.parametrize(
    "sentences",
    [
        ["我是学生。", "你呢？", "好！"],
        ["「好。」他说。", "她走了。"],
        ["私は学生です。", "（はい。）", "行こう｡", "はい"],
    ],
)
def test_full_width_stops_need_no_space(sentences):
    paragraph = "".join(sentences)
    assert split_sentences(paragraph) == sentences
    assert join_sentences(sentences) == paragraph


@pytest.mark.parametrize("paragraph", ["", " ", "\t \u3000", "..."])
def test_blank_and_bare_marks(paragraph):
    assert split_sentences(paragraph) == ([paragraph] if paragraph.strip() else [])


def test_no_character_is_lost():
    generator = random.Random(3)
    alphabet = [
        "a",
        "B",
        "가",
        "好",
        "7",
        ".",
        "?",
        "…",
        "。",
        "！",
        '"',
        "」",
        "'",
        "(",
        ")",
        " ",
        "  ",
    ]
    for _ in range(2000):
        paragraph = "".join(generator.choices(alphabet, k=generator.randint(0, 23)))
        sentences = split_sentences(paragraph)
        assert "".join("".join(sentences).split()) == "".join(paragraph.split())
        assert all(sentence == sentence.strip() and sentence for sentence in sentences)


def test_a_long_paragraph_takes_linear_time():
    paragraph = "He went home. " * 20011
    assert len(split_sentences(paragraph)) == 20011
    assert len(split_sentences("." * 100003)) == 1
