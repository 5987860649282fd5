"""Texts of unknown origin on a page."""

import re

from keras_transformer.visualization.report.text import compared, escaped, sentence, token_label


def test_what_html_means_is_escaped():
    assert escaped("<a href=\"x\" title='y'>&") == (
        "&lt;a href=&quot;x&quot; title=&#x27;y&#x27;&gt;&amp;"
    )


def test_what_html_cannot_hold_is_replaced():
    assert escaped("a\x00\x1b\x85\ud800\uffffb\tc\nd") == "a\ufffd\ufffd\ufffd\ufffd\ufffdb\tc\nd"


def test_marks_of_direction_cannot_turn_the_page_around():
    assert escaped("\u202eabc\u2066") == "\ufffdabc\ufffd"
    assert sentence("עברית").startswith('<bdi dir="auto">')


def test_a_blank_sentence_is_said_to_be_so():
    assert "(empty)" in sentence(" \u3000")


def test_words_that_differ_are_marked_on_both_sides():
    ours, theirs = compared("the old cat sat", "the cat sat <down>")
    assert re.findall("<mark>(.*?)</mark>", ours) == ["old"]
    assert re.findall("<mark>(.*?)</mark>", theirs) == ["&lt;down&gt;"]
    assert "<mark>" not in compared("a b", "a  b")[0]
    assert "(empty)" in compared("", "a b")[0]


def test_pieces_are_shown_without_the_mark_of_a_word():
    assert [token_label(token) for token in ("▁학생", "##ing", "▁", " ")] == [
        "학생",
        "##ing",
        "␣",
        "␣",
    ]
