"""Every command that a page shows exists, with the options shown."""

import configparser
import itertools
import re
import shlex

import pytest

from keras_transformer.cli.parser import build_parser
from tests.docs.pages import ROOT, blocks, documents, prose

SHELL = ("", "bash", "sh", "console")
PAGES = documents()
# What a shell command of ours may begin with; the others are programs that people have.
OTHERS = {
    "cd", "curl", "diff", "docker", "echo", "git", "grep", "paste", "printf", "sacrebleu",
    "tensorboard", "zcat",
}  # fmt: skip


def commands(page):
    """The commands in the blocks of a page as lists of words, with the number of their line."""
    for block in blocks(page):
        if block.language not in SHELL:
            continue
        text = block.text.replace("\\\n", " ")
        for number, line in enumerate(text.split("\n")):
            for words in split(line):
                if words[0] in ("keras-transformer", "python", "make", "pip") or words[0] in OTHERS:
                    yield block.line + number, words


def split(line):
    """The commands of a line between pipes, without comments and redirections."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quotation over several lines: only `curl` has them
        words = line.split()
    current, skip = [], False
    for word in [*words, "|"]:
        if word in ("|", "&&", ";"):
            if current:
                yield current
            current = []
        elif skip:
            skip = False
        elif word in ("<", ">", "2>", ">>"):
            skip = True
        elif not re.fullmatch(r"[A-Z_]+=\S*", word) or current:
            current.append(word)


def snippets(page):
    """Commands within the text, in code spans: often without what they work on."""
    text = re.sub(r"\n(?=\S)", " ", "\n".join(prose(page)))
    for code in re.findall(r"`([^`]+)`", text):
        words = code.split()
        if words and words[0] in ("keras-transformer", "python", "make"):
            yield words


# In the design, of what is still to be built.
PLANNED = {"keras-transformer serve exports/ko-en"}
ALL = [(page, line, words) for page in PAGES for line, words in commands(page)]


def parser_of(command):
    (group,) = build_parser()._subparsers._group_actions
    return group.choices.get(command)


def test_commands_are_found():
    shown = {" ".join(words[:2]) for _, _, words in ALL}
    for command in ("make demo", "python train.py", "keras-transformer draw", "curl -d"):
        assert command in shown
    assert any("--seed" not in words and "export" in words for words in snippets(PAGES[0]))


@pytest.mark.parametrize(("page", "line", "words"), ALL, ids=lambda value: str(value)[:60])
def test_a_command_in_a_block(page, line, words, capsys):
    where = f"{page}:{line}: {' '.join(words)}"
    if " ".join(words) in PLANNED:
        assert page.name == "design.md" and parser_of(words[1]) is None, f"{where}: it is there now"
    elif words[0] == "keras-transformer":
        check_ours(words[1:], where, capsys)
    elif words[:2] == ["python", "train.py"]:
        check_ours(["train", *words[2:]], where, capsys)
    elif words[0] == "make":
        check_targets(words[1:], where)
    elif words[0] == "python":
        check_script(words[1:], where)
    elif words[0] == "pip":
        check_extras(words, where)
    else:
        assert words[0] in OTHERS
        for word in words[1:]:  # files of ours that other programs are given
            if word.startswith(("serve/", "benchmarks/", "recipes/")):
                assert (ROOT / word).exists(), where


def check_ours(words, where, capsys):
    """The parser takes the command; nothing is run."""
    try:
        build_parser().parse_args(words)
    except SystemExit as stop:
        if stop.code:
            pytest.fail(f"{where}\n{capsys.readouterr().err}")
    for option, value in itertools.pairwise(words):
        if option == "--config":
            assert (ROOT / value).exists(), where


def check_targets(words, where):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in words:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.M), where


def check_script(words, where):
    """A script of the repository has the options it is shown with."""
    if words[0] in ("-c", "-m"):
        return
    if words[0].startswith("exports/"):  # what an export brings along
        words = ["keras_transformer/conversion/translate.py", *words[1:]]
    script = ROOT / words[0]
    assert script.exists(), where
    texts = "".join(path.read_text(encoding="utf-8") for path in script.parent.glob("*.py"))
    for word in words[1:]:
        if word.startswith("--"):
            assert f'"{word.partition("=")[0]}"' in texts, where


def check_extras(words, where):
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    for word in words:
        for extras in re.findall(r"^\.\[(.+)\]$", word):
            for extra in extras.split(","):
                assert extra in setup["options.extras_require"], where


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_within_the_text(page):
    for words in snippets(page):
        if words[0] == "make":
            check_targets([word for word in words[1:] if word.islower()], f"{page}: {words}")
            continue
        if words[0] == "python":
            if words[1:2] and words[1].endswith(".py"):
                assert (ROOT / words[1]).exists(), f"{page}: {words}"
            continue
        if len(words) == 1 or words[1].isupper():
            continue
        parser = parser_of(words[1])
        assert parser is not None, f"{page}: no command {words[1]}"
        for word in words[2:]:
            if word.startswith("--"):
                assert word.partition("=")[0] in parser._option_string_actions, f"{page}: {words}"
