"""The Markdown pages of the project, taken apart for their tests.

Run as a program, it runs the Python of a page and writes what it prints under it:

    python tests/docs/pages.py docs/transformer.md docs/ko/transformer.md
"""

import ast
import contextlib
import io
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^( *)```(\S*)\s*$")
_COMMENT = re.compile(r"<!-- (\w+): (.+?) -->")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|!?\[[^\]]*\]\([^)]*\))*)\]\(([^()\s]+)\)")
_NUMBER = re.compile(r"-?\d+(?:,\d{3})+|-?\d+(?:\.\d+)?(?:e-?\d+)?")


class Block(NamedTuple):
    """A fenced block."""

    line: int  # number of the first line of its text, from 1
    end: int  # number of the line that closes it
    language: str
    text: str
    notes: dict  # of the HTML comment right before it: `<!-- name: value -->`


class Link(NamedTuple):
    """A link or a picture."""

    line: int
    is_picture: bool
    text: str
    target: str


def documents():
    """All pages that people read, as paths relative to the root."""
    found = [*ROOT.glob("*.md")]
    for folder in ("docs", "serve", "benchmarks", "examples", "recipes"):
        found += (ROOT / folder).rglob("*.md")
    return sorted(path.relative_to(ROOT) for path in found)


def read(page):
    """The text of a page given by its path from the root."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    """The fenced blocks of a page, in order."""
    found, lines, inside, notes = [], [], None, {}
    for number, line in enumerate(read(page).split("\n"), 1):
        fence = _FENCE.match(line)
        if inside is None:
            if fence:
                inside, lines = (number + 1, fence[2], len(fence[1])), []
            elif line.strip():
                notes = dict(_COMMENT.findall(line))
        elif fence and not fence[2]:
            start, language, indent = inside
            text = "\n".join(each[indent:] for each in lines)
            found.append(Block(start, number, language, text, notes))
            inside, notes = None, {}
        else:
            lines.append(line)
    return found


def prose(page):
    """The lines of a page without those of its fenced blocks, which become empty."""
    lines = read(page).split("\n")
    for block in blocks(page):
        for number in range(block.line - 1, block.end + 1):
            lines[number - 1] = ""
    return lines


def links(page):
    """Links and pictures of a page; those in code are none."""
    found = []
    for number, line in enumerate(prose(page), 1):
        line = re.sub(r"`[^`]*`(?!\])", "", line)
        for mark, text, target in _LINK.findall(line):
            found.append(Link(number, bool(mark), text, target))
            found += [Link(number, bool(m), t, u) for m, t, u in _LINK.findall(text)]
    return found


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    found, counts = [], {}
    for line in prose(page):
        heading = re.match(r"#{1,6} +(.+?) *#*$", line)
        if not heading:
            continue
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = counts.get(anchor, 0)
        counts[anchor] = count + 1
        found.append(f"{anchor}-{count}" if count else anchor)
    return found


def programs(page):
    """The Python blocks of a page to be run, with what they should print.

    Code that is quoted from the package (`code`) or that needs what a reader would have (`needs`)
    is none.

    Returns:
        List of pairs: a `Block`, and the `text` block after it or None.
    """
    found, previous = [], None
    for block in blocks(page):
        if block.language == "python" and not {"code", "needs"} & set(block.notes):
            found.append((block, None))
        # Right under it: its fence, and at most one empty line between.
        elif block.language == "text" and previous and block.line - previous.end <= 3:
            found[-1] = (previous, block)
        previous = block if found and found[-1][0] is block else None
    return found


def run(block, page, namespace):
    """Runs a block in a namespace; returns what it printed."""
    # The numbers of lines in a traceback are those of the page.
    tree = ast.increment_lineno(ast.parse(block.text), block.line - 1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, str(ROOT / page), "exec"), namespace)
    return printed.getvalue().rstrip("\n")


def difference(printed, expected):
    """What is different between two texts, numbers to the last digit shown; empty if nothing."""
    if _NUMBER.sub("0", printed) != _NUMBER.sub("0", expected):
        return f"printed:\n{printed}\nexpected:\n{expected}"
    for one, other in zip(_NUMBER.findall(printed), _NUMBER.findall(expected), strict=True):
        decimals = len(other.partition("e")[0].partition(".")[2])
        one, other = float(one.replace(",", "")), float(other.replace(",", ""))
        tolerance = 1.01 * 10**-decimals if decimals else 0
        if abs(one - other) > tolerance:
            return f"printed {one}, expected {other} in:\n{expected}"
    return ""


def refresh(page):
    """Runs the programs of a page and writes what they print into it."""
    namespace = {"__name__": "__main__"}
    lines = read(page).split("\n")
    shift = 0
    for block, expected in programs(page):
        printed = run(block, page, namespace)
        if expected is None:
            continue
        start, end = expected.line - 1 + shift, expected.end - 1 + shift
        new_lines = printed.split("\n")
        lines[start:end] = new_lines
        shift += len(new_lines) - (end - start)
    (ROOT / page).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        refresh(Path(argument).resolve().relative_to(ROOT))
