"""`keras-transformer export --format ctranslate2`, from a run to translations."""

import errno
import io
import json
import os
import re
import subprocess
import sys

import pytest

from keras_transformer import cli
from tests.conversion.small_translators import small_translator, texts
from tests.runs import tiny

pytest.importorskip("ctranslate2")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """What a run leaves that has evaluated once."""
    return write_run(tmp_path_factory.mktemp("runs") / "run")


def write_run(folder, **arguments):
    small_translator(num_encoder_layers=1, num_decoder_layers=1, **arguments).save(folder)
    (folder / "config.yaml").write_text("{}\n")
    return folder


def export(run_folder, folder, *options):
    words = ["export", run_folder, folder, "--format", "ctranslate2", *options]
    return cli.main([str(word) for word in words])


def error_of(capsys, *arguments):
    assert export(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("keras-transformer: error: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_from_a_run_to_translations(run_folder, tmp_path, capsys):
    folder = tmp_path / "exports" / "model"
    assert export(run_folder, folder) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{folder}\n"
    assert shown.err.splitlines()[-1].startswith("Written: ")
    description = json.loads((folder / "translation.json").read_text())
    assert description["languages"] == ["ko", "en"]
    assert description["quantization"] == "float32"
    # The commands as the last line and README.md give them.
    (command,) = re.findall(r"translate with 'python (\S+) < FILE'", shown.err)
    assert "python translate.py < input.txt" in (folder / "README.md").read_text()
    sentences = texts()
    done = subprocess.run(
        [sys.executable, command, "--threads", "1"],
        input="\n".join(sentences), capture_output=True, text=True,
    )  # fmt: skip
    expected = small_translator(num_encoder_layers=1, num_decoder_layers=1).translate(sentences)
    assert done.stdout.split("\n") == [*expected, ""]


def test_overwriting_is_asked_for(run_folder, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "model"
    assert export(run_folder, folder, "--quantization", "int8") == 0
    before = (folder / "model.bin").read_bytes()
    capsys.readouterr()
    with monkeypatch.context() as patch:  # told before the model is loaded
        patch.setattr("keras_transformer.cli.export.load_translator", lambda *_, **__: 1 / 0)
        assert "exists and is not empty" in error_of(capsys, run_folder, folder)
    assert (folder / "model.bin").read_bytes() == before
    assert export(run_folder, folder, "--overwrite") == 0
    assert (folder / "model.bin").stat().st_size > 1.2 * len(before)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    capsys.readouterr()
    (folder / "mine.txt").touch()
    assert "(mine.txt)" in error_of(capsys, run_folder, folder, "--overwrite")


def test_what_cannot_be_expressed(tmp_path, capsys):
    run = write_run(tmp_path / "run", positions="rotary", hidden_dim=30)
    assert "rotary positions" in error_of(capsys, run, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.tensorflow
@pytest.mark.parametrize("place", ["model.bin", "shared_vocabulary", "tokenizer", "translation",
                                   "README"])  # fmt: skip
def test_a_full_disk(run_folder, tmp_path, capsys, monkeypatch, place):
    really_open = io.open

    def opened(path, mode="r", *arguments, **options):
        if set(mode) & set("wax") and place in str(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return really_open(path, mode, *arguments, **options)

    folder = tmp_path / "model"
    assert export(run_folder, folder, "--quantization", "int8") == 0
    before = (folder / "model.bin").read_bytes()
    capsys.readouterr()
    monkeypatch.setattr("builtins.open", opened)
    monkeypatch.setattr(io, "open", opened)
    assert export(run_folder, folder, "--overwrite") == 2
    shown = capsys.readouterr().err.splitlines()
    assert "cannot be written to " in shown[-1]
    assert "No space left on device" in shown[-1]
    assert (folder / "model.bin").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("option", [["--quantization", "int8"], ["--overwrite"]])
def test_options_of_ctranslate2_models_alone(run_folder, tmp_path, capsys, option):
    assert cli.main(["export", str(run_folder), str(tmp_path / "exports"), *option]) == 2
    assert f"{option[0]} is about CTranslate2 models" in capsys.readouterr().err
    assert not (tmp_path / "exports").exists()


def test_unknown_quantization(run_folder, tmp_path, capsys):
    with pytest.raises(SystemExit) as leaving:
        export(run_folder, tmp_path / "model", "--quantization", "int4")
    assert leaving.value.code == 2
    assert "int4" in capsys.readouterr().err


SCRIPT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "keras_nlp", "keras_hub"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])

sys.meta_path.insert(0, Blocked())
import importlib.util

find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name.partition(".")[0] == "tensorflow" else find_spec(name, *rest)
)

from keras_transformer import cli

assert cli.main(["export", *sys.argv[1:3], "--format", "ctranslate2"]) == 0
from keras_transformer.conversion import CTranslate2Translator

print(CTranslate2Translator(sys.argv[2], intra_threads=1).translate(sys.argv[3:]))
import keras
print("backend", keras.backend.backend(), "tensorflow" in sys.modules)
"""


@pytest.mark.tensorflow  # once is enough, whatever backend the others run on
def test_where_there_is_no_tensorflow(run_folder, tmp_path):
    sentences = texts(5)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, run_folder, tmp_path / "model", *sentences],
        capture_output=True, text=True, timeout=600,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = small_translator(num_encoder_layers=1, num_decoder_layers=1).translate(sentences)
    assert repr(expected) in done.stdout
    assert "backend jax False" in done.stdout


def test_tokenizers_are_those_of_the_run(run_folder, tmp_path):
    from keras_transformer.tokenizers import TokenizerPair

    assert export(run_folder, tmp_path / "model") == 0
    assert TokenizerPair.load(tmp_path / "model").fingerprint() == tiny.tokenizers().fingerprint()
