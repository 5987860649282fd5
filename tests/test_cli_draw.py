"""`keras-transformer draw`."""

import json
import sys

import pytest

import keras_transformer.cli as cli
from keras_transformer.config import to_yaml
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.visualization.style import PNG_SIGNATURE
from tests.runs import tiny

TEXT = "가 나 다"


@pytest.fixture(scope="module")
def translator():
    return tiny.translator(max_length_factor=1.0, max_length_constant=3)


@pytest.fixture(scope="module")
def run(translator, tmp_path_factory):
    """The folder of a run whose model was never trained."""
    folder = tmp_path_factory.mktemp("runs") / "demo"
    translator.save(folder)
    (folder / "config.yaml").write_text(to_yaml(tiny.config(folder)), encoding="utf-8")
    TokenCorpus.build(folder / "data", tiny.sentences(), translator.tokenizers)
    lines = [{"epoch": epoch, "step": 9 * epoch, "learning_rate": 0.001} for epoch in (1, 2, 3)]
    history = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "history.jsonl").write_text(history, encoding="utf-8")
    return folder


@pytest.fixture
def draw(run, translator, tmp_path, monkeypatch, capfd):
    """Runs the command in `tmp_path`: status, names of files, and what is on stderr.

    `RUN` among the arguments stands for the folder of the run, which is not loaded anew each time.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("keras_transformer.translator.load_translator", lambda path: translator)

    def call(*arguments):
        words = [str(run) if word == "RUN" else str(word) for word in arguments]
        status = cli.main(["draw", *words])
        output, errors = capfd.readouterr()
        files = output.split("\n")[:-1]
        for file in files:
            assert (tmp_path / file).read_bytes().startswith(PNG_SIGNATURE)
        return status, files, errors

    return call


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["positions", "--length", "7", "--hidden-dim", "6"], ["positions"]),
        (["masks", "RUN"], ["masks"]),
        (["masks", "RUN", TEXT, "라"], ["masks"]),
        (["schedule", "RUN"], ["schedule"]),
        (["smoothing", "RUN"], ["smoothing"]),
        (["smoothing", "RUN", TEXT, "ab cd ef"], ["smoothing"]),
        (["heads", "RUN", TEXT, "--kind", "decoder"], ["heads-decoder-layer-1"]),
        (["heads", "RUN", TEXT, "--kind", "cross", "--layer", "2"], ["heads-cross-layer-2"]),
        (
            ["attention", "RUN", TEXT],
            ["attention-encoder", "attention-decoder", "attention-cross"],
        ),
        (
            ["attention", "RUN", TEXT, "라", "--kinds", "cross", "--layers", "2"],
            ["sentence-1-attention-cross-layer-2", "sentence-2-attention-cross-layer-2"],
        ),
        (
            ["attention", "RUN", TEXT, "--kinds", "decoder", "--heads", "all"],
            [f"attention-decoder-layer-{layer}-head-{head}" for layer in (1, 2) for head in (1, 2)],
        ),
        (
            ["attention", "RUN", TEXT, "--layers", "1", "--heads", "2", "--kinds", "encoder"],
            ["attention-encoder-layer-1-head-2"],
        ),
    ],
    ids=lambda value: " ".join(value[:1]),
)
def test_pictures(draw, arguments, names):
    status, files, _ = draw(*arguments, "--output", "some/where")
    assert status == 0
    assert files == [f"some/where/{name}.png" for name in names]


def test_the_folder_is_called_pictures(draw):
    assert draw("positions")[1] == ["pictures/positions.png"]


def test_masks_are_those_of_the_batch(draw, monkeypatch):
    """Padding is hidden, and the decoder's input is that of the first sentence."""
    drawn = []
    parts = pytest.importorskip("keras_transformer.visualization.parts")
    original = parts.draw_masks
    monkeypatch.setattr(parts, "draw_masks", lambda *all: drawn.append(all) or original(*all))
    assert draw("masks", "RUN", TEXT, "라")[0] == 0
    batch, padding_mask, target, look_ahead_mask = drawn[0]
    assert [row[-1] for row in batch] == ["</s>", "</s>"]
    assert padding_mask.sum(axis=1).tolist() == [len(row) for row in batch]
    assert padding_mask.shape == (2, len(batch[0])) and len(batch[1]) < len(batch[0])
    assert target[0] == "<s>" and look_ahead_mask.shape == (len(target),) * 2
    assert look_ahead_mask.tolist() == [[k <= q for k in range(len(target))]
                                        for q in range(len(target))]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["positions", "--hidden-dim", "7"], "--hidden-dim 7 is odd"),
        (["masks", "nowhere"], "nowhere does not exist: expected the folder of a run"),
        (["smoothing", "RUN", TEXT], "there are 1 texts: put each into quotation marks"),
        (["smoothing", "RUN", "  ", "ab"], "a sentence is blank"),
        (["masks", "RUN", " "], "a sentence is blank"),
        (["masks", "RUN", *"가" * 51], "51 sentences are more than a picture can show"),
        (["heads", "RUN", ""], "a sentence is blank: there is nothing to draw of it"),
        (
            ["heads", "RUN", TEXT, "--layer", "2"],
            "--layer 2: there is none; the layers of this attention are 1 to 1",
        ),
        (
            ["attention", "RUN", TEXT, "--heads", "3"],
            "--heads 3: there is none; the heads of this attention are 1 to 2",
        ),
        (["positions", "--output", "notes"], "--output notes is a file: give the name of a folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_drawn(draw, tmp_path, arguments, words):
    (tmp_path / "notes").write_text("mine")
    status, files, errors = draw(*arguments)
    assert (status, files) == (2, [])
    assert f"keras-transformer: error: {words}" in errors or words in errors
    assert [each.name for each in tmp_path.iterdir()] == ["notes"]


def test_nothing_but_pictures_is_overwritten(draw, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "positions.png").write_text("mine")
    status, files, errors = draw("positions")
    assert (status, files) == (2, [])
    assert "positions.png is there already and is no PNG picture" in errors
    assert (tmp_path / "pictures" / "positions.png").read_text() == "mine"
    (tmp_path / "pictures" / "positions.png").unlink()
    assert draw("positions")[0] == draw("positions")[0] == 0


def test_without_matplotlib(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, _, errors = draw("masks", "RUN")
    assert status == 2
    assert "run pip install 'keras-transformer-mt[draw]'" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the following arguments are required: PICTURE"),
        (["hed"], "invalid choice: 'hed'"),
        (["positions", "--lenth", "3"], "unknown option --lenth: did you mean --length?"),
        (["positions", "--length", "1"], "1 is not from 2 to 2048"),
        (["attention", "x", TEXT, "--layers", "0"], '"0" is not a list like 1,3'),
    ],
)
def test_wrong_arguments(capsys, arguments, words):
    with pytest.raises(SystemExit) as leaving:
        cli.main(["draw", *arguments])
    assert leaving.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.tensorflow
def test_a_run_is_loaded(run, tmp_path, capfd):
    assert cli.main(["draw", "heads", str(run), "가", "--output", str(tmp_path)]) == 0
    assert capfd.readouterr().out == f"{tmp_path / 'heads-encoder-layer-1.png'}\n"
