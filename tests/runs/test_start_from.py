"""A run that begins with the weights and tokenizers of another one."""

import json
import shutil

import h5py
import numpy as np
import pytest

from keras_transformer import cli
from keras_transformer.config import Config
from keras_transformer.runs.train import train
from keras_transformer.translator import Translator
from tests.runs import tiny

# So little that the weights are still those of the origin.
HARDLY = {"training__max_steps": 1, "training__learning_rate_scale": 1e-6}


def weights(run, name="raw"):
    found = {}
    with h5py.File(run / f"{name}.weights.h5") as file:
        file.visititems(
            lambda name, node: (
                found.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None
            )
        )
    return found


def test_weights_tokenizer_and_model_are_those_of_the_origin(corpus, whole_run, tmp_path):
    run = tmp_path / "run"
    command = tiny.command_line(corpus, run, training__start_from=whole_run, **HARDLY)
    # What the origin says goes for all that the command does not say.
    at = command.index("--model.hidden_dim")
    del command[at : at + 2]
    command += ["--model.dropout", "0.3"]
    assert cli.main(command) == 0
    config = Config.load(run / "config.yaml")
    assert (config.model.hidden_dim, config.model.dropout) == (16, 0.3)
    assert config.training.start_from == str(whole_run)
    theirs, ours = weights(whole_run, "model"), weights(run)
    assert theirs.keys() == ours.keys()
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, atol=1e-5, err_msg=name)
    assert (run / "tokenizer.model").read_bytes() == (whole_run / "tokenizer.model").read_bytes()
    # A fresh optimizer, schedule and history.
    assert [line["step"] for line in tiny.history(run)] == [1]
    origin = json.loads((run / "translator.json").read_text())["origin"]
    assert origin["run"] == str(whole_run)
    assert len(origin["weights_sha256"]) == 64
    assert Translator.load(run).origin == origin


def test_going_on_needs_the_origin_no_more(corpus, whole_run, tmp_path):
    origin, run = tmp_path / "origin", tmp_path / "run"
    shutil.copytree(whole_run, origin)
    settings = {"training__start_from": origin, "training__average_decay": 0.9}
    train(tiny.config(corpus, training__max_steps=2, **settings), run)
    recorded = Translator.load(run).origin
    shutil.rmtree(origin)
    train(tiny.config(corpus, training__max_steps=4, **settings), run)
    assert [line["step"] for line in tiny.history(run)] == [4]
    assert Translator.load(run).origin == recorded


def error_of(capsys, command):
    assert cli.main(command) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_another_model_is_named(corpus, whole_run, tmp_path, capsys):
    changes = {"training__start_from": whole_run, "model__norm": "post", **HARDLY}
    error = error_of(
        capsys,
        tiny.command_line(corpus, tmp_path / "run", model__intermediate_dim=29, **changes),
    )
    assert f"The weights of {whole_run} do not fit: " in error
    assert "model.intermediate_dim is 23 there and 29 here" in error
    assert "model.norm is pre there and post here" in error
    assert "dropout" not in error


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ({"vocabulary_size": 67}, "The shared vocabulary of {run} (61 unigram pieces) is not that"),
        ({"shared": False}, "{run} has 1 vocabulary, and {place} 2 vocabularies: weights of the"),
    ],
)
def test_another_vocabulary_is_named(corpus, whole_run, tmp_path, capsys, pair, message):
    other = tmp_path / "other"
    tiny.tokenizers(**pair).save(other)
    error = error_of(
        capsys,
        tiny.command_line(
            corpus, tmp_path / "run", training__start_from=whole_run, tokenizer__load_from=other
        ),
    )
    assert message.format(run=whole_run, place=other) in error


def test_what_is_no_run_is_said(corpus, tmp_path, capsys):
    command = tiny.command_line(corpus, tmp_path / "run", training__start_from=tmp_path)
    assert f"--start-from {tmp_path} holds no config.yaml" in error_of(capsys, command)


def test_the_run_itself_is_no_origin(corpus, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    tiny.config(corpus).save(run / "config.yaml")
    command = tiny.command_line(corpus, run, training__start_from=run)
    assert f"--start-from {run} is the folder of the new run itself" in error_of(capsys, command)


def test_what_the_vocabulary_cannot_do_does_not_bind_the_run(corpus, whole_run, tmp_path, capsys):
    run = tmp_path / "run"
    settings = {"training__start_from": whole_run, **HARDLY}
    command = tiny.command_line(corpus, run, **settings, tokenizer__bpe_dropout=0.1)
    assert "bpe_dropout" in error_of(capsys, command)
    assert not list(run.glob("tokenizer*"))
    assert cli.main(tiny.command_line(corpus, run, **settings, tokenizer__bpe_dropout=0)) == 0


def test_an_origin_whose_vocabulary_came_from_elsewhere(corpus, whole_run, tmp_path):
    """The folder that it came from may be gone: the origin has its own copy."""
    origin = tmp_path / "origin"
    shutil.copytree(whole_run, origin)
    config = (origin / "config.yaml").read_text()
    (origin / "config.yaml").write_text(config.replace('load_from: ""', "load_from: /gone"))
    assert Config.load(origin / "config.yaml").tokenizer.load_from == "/gone"
    command = tiny.command_line(corpus, tmp_path / "run", training__start_from=origin, **HARDLY)
    assert cli.main(command) == 0
