"""Texts of unknown origin on a page: escaped, visible, and kept where they belong."""

import difflib
import html
import re

# What HTML cannot hold or what would reorder the text around it: controls, halves of pairs of
# UTF-16, marks of direction.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_WORD_START = "\u2581"  # of SentencePiece


def escaped(text):
    """A text as HTML, for content and for attributes in double quotes."""
    return html.escape(_UNFIT.sub("\ufffd", str(text)))


def sentence(text):
    """A sentence as HTML, in its own direction; a blank one is said to be so."""
    if not text.strip():
        return '<span class="soft">(empty)</span>'
    return f'<bdi dir="auto">{escaped(text)}</bdi>'


def token_label(token):
    """A piece of a vocabulary as it is shown: the mark of a word's start is left out.

    A piece that is nothing but that mark, and blank ones, are shown as U+2423, an open box.
    """
    return token.removeprefix(_WORD_START).strip() or "\u2423"


def compared(translation, reference):
    """Both sentences as HTML, with the words marked that the other one lacks."""
    if not translation.strip() or not reference.strip():
        return sentence(translation), sentence(reference)
    ours, theirs = translation.split(), reference.split()
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    blocks = matcher.get_matching_blocks()
    common = [{i for b in blocks for i in range(b[side], b[side] + b.size)} for side in (0, 1)]
    return tuple(
        '<bdi dir="auto">'
        + " ".join(
            escaped(word) if number in kept else f"<mark>{escaped(word)}</mark>"
            for number, word in enumerate(words)
        )
        + "</bdi>"
        for words, kept in zip((ours, theirs), common, strict=True)
    )
