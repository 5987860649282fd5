"""A small helping of `benchmarks/resume/kill.py`: two kills of a real process."""

import importlib.util
import shutil

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.tensorflow  # once is enough, whatever backend the others run on


@pytest.fixture(scope="module")
def kill():
    path = ROOT / "benchmarks" / "resume" / "kill.py"
    spec = importlib.util.spec_from_file_location("kill", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_two_kills(kill, capsys):
    arguments = ["--kills", "2", "--terms", "1", "--pairs", "400", "--epochs", "2", "--seed", "7"]
    status = kill.main([*arguments, "--no-comparison"])
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert "at last:" in shown
    assert shown.endswith("0 problems\n")


def test_torn_files_are_noticed(kill, whole_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole_run, run)
    assert kill.torn_files(run) == []
    for name in ("config.yaml", "history.jsonl", "scores.json", "translator.json",
                 "tokenizer.json", "tokenizer.model", "model.weights.h5", "data/source.ids",
                 "checkpoints/step-00000030.npz"):  # fmt: skip
        path = run / name
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        assert kill.torn_files(run), name
        path.write_bytes(content)
    (run / "stray.tmp").touch()
    assert kill.torn_files(run) == ["stray.tmp: nobody knows what this is"]
