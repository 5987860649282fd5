"""Context words of a run, and the command that shows them."""

import numpy as np
import pytest

from keras_transformer import cli
from keras_transformer.errors import UserError
from keras_transformer.runs.context_words import EXAMPLES, examples_for, words_in
from tests.runs import tiny


@pytest.fixture(scope="module")
def translator():
    return tiny.translator()


def test_the_same_word_at_the_same_place_parts_after_the_first_block(translator):
    first, second = words_in(translator, "가", ["나 가 나", "나 가 가"])
    assert first.positions == second.positions
    np.testing.assert_array_equal(first.states[:2], second.states[:2])
    assert (np.abs(first.states[2:] - second.states[2:]).max(axis=1) > 1e-4).all()
    np.testing.assert_allclose(first.attention.sum(axis=-1), 1, atol=1e-5)
    assert first.sentence == "나 가 나" and first.word == "가"
    assert first.stages[0] == "embedding"


@pytest.mark.parametrize("word", ["", "가 나", "\t"])
def test_what_is_no_word(translator, word):
    with pytest.raises(UserError, match="is not one word"):
        words_in(translator, word, ["가", "나"])


def test_a_sentence_without_the_word(translator):
    with pytest.raises(UserError, match='No word of "나 다" begins with "가"'):
        words_in(translator, "가", ["가 나", "나 다"])


def test_examples_are_for_korean(translator):
    assert examples_for(translator) is EXAMPLES
    other = tiny.translator()
    other.languages = ("de", "en")
    with pytest.raises(UserError, match="this run translates from de: give a word and two sent"):
        examples_for(other)
    for word, sentences in EXAMPLES.items():
        assert all(any(each.startswith(word) for each in text.split()) for text in sentences)


def test_the_command(whole_run, tmp_path, capsys):
    folder = tmp_path / "pictures"
    command = ["words", str(whole_run), "가", "나 가 다", "가 라 마", "--output", str(folder)]
    assert cli.main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "가"
    assert lines[1].startswith("  나 가 다  →  ")
    assert lines[3].startswith("    layer 1 looks at ")
    assert lines[-2].startswith("  distance of the two: embedding 0.000, with its position ")
    assert lines[-1] == f"  {folder / '가.png'}"
    assert (folder / "가.png").read_bytes()[:4] == b"\x89PNG"
    assert cli.main([*command[:-2], "--no-pictures"]) == 0
    assert capsys.readouterr().out.splitlines() == lines[:-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["가"], "1 texts after the run: give a word and two sentences in quotes, or nothing"),
        (["가", "가", "가", "가"], "4 texts after the run"),
        (["가", "가", "나"], 'No word of "나" begins with "가"'),
        (["가", "가", "가", "--output", "FILE"], "is a file: give the name of a folder"),
    ],
)
def test_wrong_arguments(whole_run, tmp_path, capsys, words, message):
    (tmp_path / "file").touch()
    words = [str(tmp_path / "file") if word == "FILE" else word for word in words]
    assert cli.main(["words", str(whole_run), *words]) == 2
    assert message in capsys.readouterr().err


def test_without_matplotlib(whole_run, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    assert cli.main(["words", str(whole_run), "가", "가 나", "가 다"]) == 2
    assert "matplotlib" in capsys.readouterr().err
