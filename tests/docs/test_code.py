"""The Python on the pages: it compiles, runs, prints what stands there, and is what it quotes."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, difference, documents, links, programs, prose, run

PAGES = documents()
# Blocks that need what a reader would have (data, a run), on pages that do not say so themselves.
NEED_MORE = {
    ("docs/design.md", "import keras"),
    ("docs/ctranslate2.md", "from keras_transformer.conversion import CTranslate2Translator"),
}


def first_line(block):
    return block.text.partition("\n")[0].partition("  #")[0]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_block_compiles(page):
    for block in blocks(page):
        if block.language == "python" and "code" not in block.notes:
            compile(block.text, f"{page}:{block.line}", "exec")


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_explanation_prints_what_it_shows(monkeypatch):
    check(Path("docs/transformer.md"), monkeypatch)


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/reuse-layers.md"])
def test_layers_can_be_reused_as_shown(page, monkeypatch):
    check(Path(page), monkeypatch)


def check(page, monkeypatch):
    """Runs the programs of a page in one session and compares what they print."""
    monkeypatch.chdir(ROOT)
    namespace = {"__name__": "__main__"}
    for block, expected in programs(page):
        printed = run(block, page, namespace)
        if expected is None:
            assert not printed, f"{page}:{block.line} prints {printed!r}, and nothing is shown"
        else:
            assert not difference(printed, expected.text), f"{page}:{block.line}"


def test_every_program_is_run():
    """By the tests above, or with its translation; the exceptions still exist."""
    run_here = {"docs/transformer.md", "docs/how-to/reuse-layers.md", "README.md"}
    exceptions = set()
    for page in PAGES:
        name = page.as_posix()
        if name in run_here or name.startswith("docs/ko/") or name == "README.ko.md":
            continue
        exceptions |= {(name, first_line(block)) for block, _ in programs(page)}
    assert exceptions == NEED_MORE


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_quoted_code_is_the_code(page):
    """Its lines stand in the file that it names, in this order; `...` is where some are missing."""
    for block in blocks(page):
        if "code" in block.notes:
            rest = (ROOT / block.notes["code"]).read_text(encoding="utf-8")
            for part in re.split(r"\n +\.\.\.\n", block.text):
                _, found, rest = rest.partition("\n" + part + "\n")
                assert found, f"{page}:{block.line} is not in the file any more: {part}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_named_tests_exist(page):
    """`[test_x](file.py)`: the file has that test."""
    for link in links(page):
        if re.fullmatch(r"test_\w+", link.text):
            path = (ROOT / page).parent / link.target
            names = {
                node.name
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.FunctionDef)
            }
            assert link.text in names, f"{page}:{link.line}: no {link.text} in {link.target}"


@pytest.mark.parametrize("page", ["docs/transformer.md", "docs/ko/transformer.md"])
def test_numbers_in_the_text_were_printed(page):
    """Every number with decimals in the text of the explanation stands in an output, rounded."""
    printed = " ".join(block.text for block in blocks(page) if block.language == "text")
    values = [float(number) for number in re.findall(r"\d+\.\d+", printed)]
    text = re.sub(r"\(http\S+\)|arXiv:\S+|`[^`]*`", "", "\n".join(prose(page)))
    for number in re.findall(r"(?<![\d.,])\d+\.\d+(?!\.?\d)", text):
        decimals = len(number.partition(".")[2])
        known = [f"{value:.{decimals}f}" for value in values]
        assert number in [*known, *KNOWN], f"{page}: where does {number} come from?"


# Of arithmetic that the text itself explains: e, the square root of 32, millions of parameters,
# the logarithm of 2,000, and the probability of which it says how great a mistake it is.
KNOWN = {"2.718", "5.66", "1.6", "7.6", "0.01"}
