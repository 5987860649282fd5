"""`keras-transformer explain`, with a stand-in for the translator, and once with a real one."""

import io
import json
import re
import sys
import types
from pathlib import Path

import pytest

import keras_transformer.cli as cli
from tests.visualization.page_browser import as_exported, explanation_of

SAMPLE = Path(__file__).parent.parent / "benchmarks" / "results" / "sample-ko-en"


@pytest.fixture
def explain(tmp_path, monkeypatch, capfd):
    """Runs the command in `tmp_path`: status, the files it names, and what is on stderr."""
    asked = []

    def explain_texts(texts):
        asked.extend(texts)
        return [explanation_of(text, seed=number) for number, text in enumerate(texts)]

    translator = types.SimpleNamespace(explain=explain_texts)
    module = types.ModuleType("keras_transformer.translator")
    module.load_translator = lambda path: translator
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("")

    def call(*arguments, text=""):
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(text.encode())))
        status = cli.main(["explain", "run", *map(str, arguments)])
        output, errors = capfd.readouterr()
        return status, output.split("\n")[:-1], errors

    call.asked, call.translator = asked, translator
    return call


def blocks(path):
    """The JSON blocks of a page by id."""
    pattern = r'<script type="application/json" id="([^"]*)">(.*?)</script>'
    found = re.findall(pattern, Path(path).read_text("utf-8"), re.DOTALL)
    return {name: json.loads(text) for name, text in found}


def test_a_page_alone(explain):
    status, files, _ = explain("나는 학생입니다.", " ", "둘", "--no-pictures", "--language", "ko")
    assert (status, files) == (0, ["explanation/explanation.html"])
    assert explain.asked == ["나는 학생입니다.", "둘"]
    page = blocks(files[0])["page-data"]
    assert (page["sentences"], page["language"]) == (["나는 학생입니다.", "둘"], "ko")


def test_lines_of_standard_input(explain):
    status, files, _ = explain("--no-pictures", "--output", "a/b", text="하나\n\n둘\n")
    assert (status, files) == (0, ["a/b/explanation.html"])
    assert explain.asked == ["하나", "둘"]


@pytest.mark.parametrize(
    ("arguments", "layers"),
    [([], {0, 1, 2}), (["all"], {0, 1, 2}), (["none"], set()), (["3,1,3"], {0, 2})],
)
def test_vectors_of_some_layers(explain, arguments, layers):
    options = [f"--vectors-of-layers={each}" for each in arguments]
    status, files, _ = explain("하나", "--no-pictures", *options)
    assert status == 0
    kept = blocks(files[0])["sentence-0"]["parts"]
    assert {int(name[-1]) for name in kept if name.startswith("encoder.keys")} == layers


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["", "", ""]),
        (["--layers", "3"], ["-layer-3"]),
        (
            ["--layers", "2,1", "--heads", "5"],
            ["-layer-1-head-5", "-layer-2-head-5"] * 3,
        ),
    ],
)
def test_pictures(explain, options, expected):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[draw]'")
    status, files, errors = explain("하나", *options)
    assert status == 0, errors
    pictures = files[1:]
    kinds = ["encoder", "decoder", "cross"]
    each = len(expected) // 3 or 1  # the decoder has no layer 3
    assert pictures == [
        f"explanation/sentence-1-{kinds[number // each]}{end}.png"
        for number, end in enumerate(expected)
    ]
    assert all(Path(name).read_bytes().startswith(b"\x89PNG") for name in pictures)


def test_of_an_export_the_weights(explain):
    explain.translator.explain = lambda texts: [as_exported(explanation_of(text)) for text in texts]
    status, files, _ = explain("하나", "--no-pictures")
    sentence = blocks(files[0])["sentence-0"]
    assert status == 0
    assert sentence["is_export"]
    assert set(sentence["parts"]) == {"encoder.weights", "decoder.weights", "cross.weights"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([" "], "there is no sentence to explain: give one that is not blank"),
        ([], "there is no sentence to explain"),
        (["a"] * 51, "51 sentences are more than a page can show: give at most 50"),
        (["a", "--output", "run/config.yaml"], "--output run/config.yaml is a file"),
        (["a", "--layers", "4"], "--layers 4: the model has no such layer, but 1 to 3"),
        (["a", "--heads", "all", "--layers", "1,9"], "--layers 9: the model has no such layer"),
        (["a", "--heads", "6"], "--heads 6: the model has no such head, but 1 to 5"),
        (["a", "--heads", "2", "--no-pictures"], "--layers and --heads are about pictures"),
        (
            ["a", "--vectors-of-layers", "4", "--no-pictures"],
            "There is no layer 4: the model has layers",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(explain, arguments, message):
    status, files, errors = explain(*arguments)
    assert (status, files) == (2, [])
    assert errors.startswith(f"keras-transformer: error: {message}")
    assert errors.count("\n") == 1
    assert not Path("explanation").exists()


@pytest.mark.parametrize("value", ["0", "1,", "x", "-1", "1;2"])
def test_lists_of_numbers_are_checked(explain, value, capfd):
    with pytest.raises(SystemExit) as left:
        explain("a", f"--layers={value}")
    assert left.value.code == 2
    assert f'"{value}" is not a list like 1,3' in capfd.readouterr().err


@pytest.mark.tensorflow
def test_a_trained_model(tmp_path, capfd):
    output = tmp_path / "explanation"
    sentences = ["나는 학생입니다.", "이 배는 빨라서 선생님께서 사셨어요."]
    arguments = ["explain", str(SAMPLE), *sentences, "--no-pictures", "--output", str(output)]
    assert cli.main(arguments) == 0
    found = blocks(output / "explanation.html")
    assert found["sentence-0"]["translation"] == "I am a student."
    assert found["sentence-0"]["languages"] == ["ko", "en"]
    assert "ship" in found["sentence-1"]["translation"]
    assert found["sentence-0"]["parts"]["cross.queries.3"]["shape"] == [4, 8, 32]
