"""Runs side by side: what differs, the test, the page, and what cannot be compared."""

import json
import shutil

import pytest

from keras_transformer import cli
from keras_transformer.config import Config, config_from, to_yaml
from keras_transformer.errors import UserError
from keras_transformer.runs.compare import compare, comparison_lines
from keras_transformer.runs.folder import RunFolder
from keras_transformer.visualization.comparison import comparison_page

WORDS = "a b c d e f g h".split()
REFERENCES = [" ".join(WORDS[start:] + WORDS[:start]) for start in range(8)] * 5


def make_run(path, wrong=0, **changes):
    """A finished run without a model; every `wrong`-th word of its translations is one."""
    folder = RunFolder(path)
    path.mkdir()
    options = {name.replace("__", "."): str(value) for name, value in changes.items()}
    folder.config.write_text(to_yaml(config_from(None, options)))
    lines = [
        " ".join("x" if wrong and (row + at) % wrong == 0 else word for at, word in enumerate(r))
        for row, r in enumerate(line.split() for line in REFERENCES)
    ]
    write(folder.translations, lines)
    write(folder.references, REFERENCES)
    write(folder.sources, [line.upper() for line in REFERENCES])
    scores = {
        "set": "test", "sentences": len(REFERENCES), "bleu": 50.0 - wrong, "chrf": 60.0,
        "exact": 0.25, "bleu_signature": "one", "chrf_signature": "two",
    }  # fmt: skip
    folder.scores.write_text(json.dumps(scores))
    history = [
        {"epoch": epoch, "step": 1000 * (epoch + 1), "loss": 3.0 - epoch, "val_loss": 2.5 - epoch,
         "val_bleu": 30.0 + epoch * (3 - epoch), "seconds": 90.0, "learning_rate": 0.001,
         "target_tokens_per_second": 1234.5 + epoch}
        for epoch in range(4)
    ]  # fmt: skip
    write(folder.history, map(json.dumps, history))
    return path


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def runs(tmp_path):
    return [
        make_run(tmp_path / "plain", wrong=4),
        make_run(tmp_path / "r-drop", wrong=9, training__r_drop=5, model__dropout=0.3),
    ]


def text(comparison):
    return "\n".join(comparison_lines(comparison))


def test_what_differs_and_whether_by_chance(runs):
    comparison = compare(runs)
    assert comparison.names == ["plain", "r-drop"]
    assert comparison.settings == [
        ("model.dropout", ["null", "0.3"]),
        ("training.r_drop", ["0.0", "5.0"]),
    ]
    facts = dict(comparison.facts)
    assert facts["BLEU"] == ["46.00", "41.00"]
    assert facts["best validation BLEU"] == ["32.00", "32.00"]
    assert facts["in epoch"] == ["2", "2"]
    assert facts["updates"] == ["4,000", "4,000"]
    assert facts["minutes"] == ["6.0", "6.0"]
    assert facts["target tokens/s, fastest epoch"] == ["1,238", "1,238"]
    assert comparison.curves[0] == (
        "BLEU on the validation set", [([1, 2, 3, 4], [30.0, 32.0, 32.0, 30.0])] * 2,
    )  # fmt: skip
    assert comparison.note == ""
    bleu = comparison.tests[0]
    assert bleu.scores[1].score > bleu.scores[0].score
    assert bleu.scores[1].p_value < 0.01
    shown = text(comparison)
    assert "training.r_drop" in shown
    assert "p = 0.0010" in shown


def test_the_page(runs):
    page = comparison_page(compare(runs))
    assert page.endswith("</html>\n")
    for expected in ("<th>plain</th>", "r-drop", "training.r_drop", "<svg", "0.0010"):
        assert expected in page, expected
    assert "<script" not in page


def test_the_command(runs, tmp_path, capsys):
    output = tmp_path / "new" / "page.html"
    assert cli.main(["compare", *map(str, runs), "--output", str(output)]) == 0
    shown = capsys.readouterr().out
    assert shown.endswith(f"Written: {output}\n")
    assert output.read_text().startswith("<!DOCTYPE html>")


def change(path, **values):
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, **values}))


def note(runs):
    comparison = compare(runs)
    assert comparison.tests == []
    assert comparison.note in text(comparison)
    assert comparison.note in comparison_page(comparison)
    return comparison.note


def test_why_there_is_no_test(runs):
    second = RunFolder(runs[1])
    second.sources.write_text(second.sources.read_text().replace("A", "B"))
    assert "scored on different sentences" in note(runs)
    change(second.scores, bleu_signature="another")
    assert "BLEU was not computed in the same way" in note(runs)
    change(second.scores, bleu_signature="one")
    second.references.unlink()  # and the validation set of the sample is another
    assert note(runs) == "The references of r-drop are not here: no test of the difference."
    second.scores.unlink()
    assert note(runs) == "r-drop has no test translations yet: no test of the difference."


def test_a_run_that_has_hardly_begun(runs):
    second = RunFolder(runs[1])
    for path in (second.scores, second.history, second.translations):
        path.unlink()
    facts = dict(compare(runs).facts)
    assert facts["BLEU"] == ["46.00", "-"]
    assert facts["updates"] == ["4,000", "-"]
    assert "<svg" in comparison_page(compare(runs))


def test_which_runs_can_be_compared(runs, tmp_path):
    with pytest.raises(UserError, match=r"^1 runs are given: compare 2 to 6 of them\.$"):
        compare(runs[:1])
    with pytest.raises(UserError, match="A run is given twice"):
        compare([runs[0], runs[0]])
    other = tmp_path / "other"
    other.mkdir()
    shutil.copytree(runs[0], other / "plain")
    assert compare([runs[0], other / "plain"]).names == [str(runs[0]), str(other / "plain")]


def test_equal_settings_are_said_to_be(runs, tmp_path):
    Config().save(runs[1] / "config.yaml")
    comparison = compare(runs)
    assert comparison.settings == []
    assert "All settings are the same." in comparison_page(comparison)
