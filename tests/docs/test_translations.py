"""The Korean pages hold what the English ones hold: the same code, commands, links and pictures."""

import posixpath
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, links, prose, read

PAIRS = [
    ("README.md", "README.ko.md"),
    *(
        (f"docs/{page}", f"docs/ko/{page}")
        for page in (
            "index.md",
            "transformer.md",
            "how-to/train.md",
            "how-to/several-devices.md",
            "how-to/serve.md",
            "how-to/reuse-layers.md",
        )
    ),
]
BOTH = pytest.mark.parametrize(("english", "korean"), PAIRS)


def code(page):
    """The blocks of a page; comments may be in its language."""
    return [
        (block.language, re.sub(r" +# .*", "", block.text))
        for block in blocks(page)
        if "toctree" not in block.language
    ]


def destinations(page, pictures):
    """Where its links lead, from the root; to the English page where there is one."""
    found = []
    for link in links(page):
        name = link.target.partition("#")[0]
        if link.is_picture != pictures or not name or name.startswith("http"):
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), name))
        # Screenshots may be in the language of the page.
        path = re.sub(r"-(light|dark)-(en|ko)\.png$", ".png", path)
        if path not in (english for english, _ in PAIRS):
            path = dict((korean, english) for english, korean in PAIRS).get(path, path)
        found.append(path)
    return found


@BOTH
def test_the_same_code_and_commands(english, korean):
    assert code(korean) == code(english)


@BOTH
def test_the_same_pictures_in_the_same_order(english, korean):
    assert destinations(korean, pictures=True) == destinations(english, pictures=True)


@BOTH
def test_the_same_links(english, korean):
    expected, found = (set(destinations(page, pictures=False)) for page in (english, korean))
    missing = expected - found - {english}  # its own translation
    assert not missing, f"{korean} lacks links to {missing}"


@BOTH
def test_the_same_headings(english, korean):
    def levels(page):
        return [len(line.split()[0]) for line in prose(page) if re.match(r"#+ ", line)]

    assert levels(korean) == levels(english)


@BOTH
def test_the_same_numbers(english, korean):
    """Figures in the text: a number that one page has and the other has not is a mistake."""

    def numbers(page):
        text = re.sub(r"\(\S+\)|arXiv:\S+", "", "\n".join(prose(page)))
        text = re.sub(r"([\d.]+) million", lambda m: f"{float(m[1]) * 1e6:,.0f}", text)
        text = re.sub(r"(\d+)만", lambda m: f"{int(m[1]) * 10_000:,}", text)
        return set(re.findall(r"\d+\.\d+|\d{1,3}(?:,\d{3})+", text))

    assert numbers(korean) == numbers(english)


@BOTH
def test_each_leads_to_the_other(english, korean):
    for page, other in ((english, korean), (korean, english)):
        targets = [
            posixpath.normpath(posixpath.join(posixpath.dirname(page), link.target))
            for link in links(page)
        ]
        assert other in targets, f"{page} has no link to {other}"


def test_korean_pages_are_korean():
    for _, korean in PAIRS:
        text = re.sub(r"`[^`]*`|\([^)]*\)", "", "\n".join(prose(korean)))
        hangul = len(re.findall(r"[가-힣]", text))
        assert hangul > 0.5 * len(re.findall(r"[가-힣a-zA-Z]", text)), korean


def test_all_korean_pages_are_compared():
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "ko").rglob("*.md")}
    assert pages == {korean for _, korean in PAIRS if korean.startswith("docs/")}
    assert Path(ROOT / "README.ko.md").exists() and read("README.ko.md")
