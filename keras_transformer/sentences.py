"""Paragraphs into sentences and back, by punctuation: Latin, Korean, Chinese and Japanese.

It would rather leave two sentences together than cut one in two: a long input costs a little
quality, half a sentence a lot.
"""

import re
from collections.abc import Sequence

_CLOSING = "\"'”’»›)]}」』）】》〉"
_CLOSERS = re.escape(_CLOSING)
# A full stop of full width ends a sentence by itself; the others only before white space.
_END = re.compile(f"(?:[。！？｡]+[{_CLOSERS}]*\\s*)|(?:(?<![.?!…])[.?!…]+[{_CLOSERS}]*\\s+)")
# Words that a full stop shortens wherever they stand, and those that it shortens before a number.
_SHORTENED = re.compile(
    "(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|gen|col|sgt|rev|hon|dept|inc|ltd|corp|eds?|al|cf|approx"
    "|e\\.g|i\\.e|bzw|ca|evtl|ggf|hr|usw|vgl|z\\.b|d\\.h|u\\.a|s\\.o)"
)
_SHORTENED_BEFORE_NUMBER = re.compile(
    "(?:nos?|figs?|eqs?|vol|ch|sec|pp?|nr|abb|bd|tel|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
# After a closing quotation mark, Korean goes on with a particle of quotation.
_QUOTING = re.compile("(?:하고|이?라고|이?라는|이?라며|하며|하면서)")
_OPENERS = "\"'“‘«‹([{「『（【《〈¿¡-–— "


def split_sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph, without the white space around them; none of a blank one."""
    sentences, start = [], 0
    for match in _END.finditer(paragraph):
        if match.end() < len(paragraph) and _ends_here(paragraph, start, match):
            sentences.append(paragraph[start : match.end()].strip())
            start = match.end()
    sentences.append(paragraph[start:].strip())
    return [sentence for sentence in sentences if sentence]


def join_sentences(sentences: Sequence[str]) -> str:
    """A paragraph of sentences: a space between them, except after a full stop of full width."""
    parts = []
    for sentence in sentences:
        tight = not parts or parts[-1].rstrip(_CLOSING).endswith(("。", "！", "？", "｡"))
        parts.append(sentence if tight else f" {sentence}")
    return "".join(parts)


def _ends_here(paragraph, start, match):
    mark = match.group()
    next_character = paragraph[match.end()]
    if mark[0] in "。！？｡":
        # Speech may go on after its closing mark: 「好。」他说。
        return mark[-1] not in "\"'”’»」』" or next_character in _OPENERS
    following = paragraph[match.end() :].lstrip(_OPENERS)[:6]
    if following[:1].islower():
        return False
    if any(closer in mark for closer in "\"'”’»") and _QUOTING.match(following):
        return False
    return mark.strip() != "." or not _is_shortened(paragraph[start : match.start()], following)


def _is_shortened(before, following):
    words = before.split()
    last = words[-1].lstrip(_OPENERS).lower() if words else ""
    if len(last) == 1 and words[-1][-1].isupper():
        return True  # an initial, as in "J. Smith"
    if last.isdigit() and len(words) == 1:
        return True  # the number of an item in a list, as in "1. Open the box."
    if following[:1].isdigit() and _SHORTENED_BEFORE_NUMBER.fullmatch(last):
        return True
    return bool(_SHORTENED.fullmatch(last))
