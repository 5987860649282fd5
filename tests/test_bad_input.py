"""What a user can get wrong at the command line: one sentence, status 2, nothing written."""

import gzip
import io
import re
import sys
import types

import pytest

from keras_transformer import cli

LINES = "하나\n둘\n셋\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a run, an export, some texts and some wrong files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(b"")))
    for name, text in {
        "run/config.yaml": "training:\n  seed: 7\n",
        "export/1/saved_model.pb": "",
        "empty/nothing.txt": "",
        "text.ko": LINES,
        "wrong/section.yaml": "data:\n  sample: ko-en\ntraning:\n  epochs: 3\n",
        "wrong/key.yaml": "training:\n  epoch: 3\n",
        "wrong/root_key.yaml": "vocabulary_size: 3\n",
        "wrong/type.yaml": "training:\n  epochs: many\n",
        "wrong/range.yaml": "model:\n  dropout: 1.5\n",
        "wrong/choice.yaml": "tokenizer:\n  kind: unigramm\n",
        "wrong/syntax.yaml": "training:\n  epochs: 3\n seed: 5\n",
        "wrong/twice.yaml": "training:\n  seed: 3\n  seed: 5\n",
        "wrong/list.yaml": "- training\n",
        "wrong/null.yaml": "training:\n  epochs: null\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "wrong" / "binary.yaml").write_bytes(gzip.compress(b"training:"))
    return tmp_path


CASES = {
    "no command": ("", "no command given: the commands are train, translate"),
    "wrong command": ("trian", "unknown command trian: did you mean train?"),
    "wrong main option": ("--verison", "unknown option --verison: did you mean --version?"),
    "wrong option": ("train --epoch 3", "unknown option --epoch: did you mean --epochs?"),
    "wrong option with =": ("train --traning.seed=3", "did you mean --training.seed?"),
    "key without its section": (
        "train --vocabulary-size 3",
        "did you mean --tokenizer.vocabulary_size?",
    ),
    "stray argument": ("train corpus.tsv", "unexpected argument corpus.tsv"),
    "option without value": ("train --epochs", "--epochs/--training.epochs: expected one argument"),
    "not a number": ("train --epochs x", 'training.epochs is "x": expected a whole number'),
    "fraction of an epoch": ("train --epochs 2.5", 'training.epochs is "2.5": expected a whole'),
    "out of range": ("train --model.dropout -0.1", "model.dropout is -0.1: expected a number from"),
    "not finite": ("train --training.clip_norm inf", "training.clip_norm is inf: expected a num"),
    "not a choice": ("train --preset tinny", 'model.preset is "tinny": expected one of tiny, sm'),
    "not a boolean": ("train --data.deduplicate 2", 'data.deduplicate is "2": expected true or f'),
    "heads that do not divide": (
        "train --model.hidden_dim 130 --model.num_heads 4",
        "model.hidden_dim (130) is not a multiple of model.num_heads (4)",
    ),
    "target missing": ("train --run r --source text.ko", "data.target is missing: give the files"),
    "source missing": (
        "train --run r --target text.ko",
        "data.target is given without data.source",
    ),
    "unequal numbers of files": (
        "train --run r --source text.ko text.ko --target text.ko",
        "data.source names 2 files and data.target 1 file",
    ),
    "nothing to train on": ("train --data.sample=", "data has nothing to train on: give data.so"),
    "two corpora": (
        "train --run r --data.download multi30k --source a.tsv",
        "data.source and data.download exclude each other",
    ),
    "no run folder": (
        "train --source text.ko --target text.ko",
        "--run is missing: give the folder in which the run is kept",
    ),
    "run folder is a file": ("train --run text.ko", "--run text.ko is a file: give the folder"),
    "no such file of settings": (
        "train --config nowhere.yaml",
        "nowhere.yaml cannot be read (No such file or directory): give a YAML file",
    ),
    "settings in a folder": ("train --config wrong", "wrong cannot be read (Is a directory)"),
    "settings not text": ("train --config wrong/binary.yaml", "wrong/binary.yaml is not UTF-8"),
    "unknown section": (
        "train --config wrong/section.yaml",
        "wrong/section.yaml:3: unknown key traning: did you mean training?",
    ),
    "unknown key": (
        "train --config wrong/key.yaml",
        "wrong/key.yaml:2: unknown key training.epoch: did you mean training.epochs?",
    ),
    "key outside its section": (
        "train --config wrong/root_key.yaml",
        "wrong/root_key.yaml:1: unknown key vocabulary_size: did you mean tokenizer.vocab",
    ),
    "wrong type in a file": (
        "train --config wrong/type.yaml",
        'wrong/type.yaml:2: training.epochs is "many": expected a whole number, at least 1',
    ),
    "null where a number is needed": (
        "train --config wrong/null.yaml",
        'wrong/null.yaml:2: training.epochs is "null": expected a whole number',
    ),
    "out of range in a file": (
        "train --config wrong/range.yaml",
        "wrong/range.yaml:2: model.dropout is 1.5: expected a number from 0 to 0.99 or null",
    ),
    "not a choice in a file": (
        "train --config wrong/choice.yaml",
        'wrong/choice.yaml:2: tokenizer.kind is "unigramm": expected one of unigram, bpe, '
        "wordpiece, bytes; did you mean unigram?",
    ),
    "not YAML": ("train --config wrong/syntax.yaml", "wrong/syntax.yaml:3: this is not YAML"),
    "key given twice": (
        "train --config wrong/twice.yaml",
        "wrong/twice.yaml:3: seed is given twice, first at wrong/twice.yaml:2: remove one",
    ),
    "not sections": ("train --config wrong/list.yaml", "wrong/list.yaml:1: expected sections"),
    "no model": ("translate", "the following arguments are required: RUN_OR_EXPORT"),
    "model that is not there": (
        "translate runs/dmeo",
        "runs/dmeo does not exist: expected the folder of a run or of an export",
    ),
    "model that is a file": ("info text.ko", "text.ko is a file: expected the folder of a run or"),
    "folder without a model": ("info empty", "empty holds no config.yaml and no saved_model.pb"),
    "export of an export": ("export export new", "export is an export: expected the folder of a r"),
    "export into a file": ("export run text.ko", "text.ko is a file: give a folder, new or old"),
    "input that is not there": (
        "translate run nowhere.txt",
        "nowhere.txt cannot be read (No such file or directory): give a text file",
    ),
    "input that is a folder": ("translate run empty", "empty is a folder: give text files"),
    "output that is a folder": ("translate run --output empty", "--output empty is a folder"),
    "output that is the input": (
        "translate run text.ko --output text.ko",
        "--output text.ko is also read: give the name of another file",
    ),
    "batch of none": (
        "translate run --batch-size 0",
        'argument --batch-size: "0" is not a whole number of at least 1',
    ),
    "evaluate without reference": (
        "evaluate run --source text.ko",
        "the following arguments are required: --reference",
    ),
    "reference that is not there": (
        "evaluate run --source text.ko --reference nowhere.en",
        "nowhere.en cannot be read (No such file or directory): give a text file",
    ),
    "score without target": (
        "score run --source text.ko",
        "the following arguments are required: --target",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_answered_in_one_sentence(name, folder, capsys):
    command, message = CASES[name]
    before = {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}
    try:
        status = cli.main(command.split())
    except SystemExit as leaving:
        status = leaving.code
    shown = capsys.readouterr()
    assert status == 2
    assert shown.out == ""
    assert re.fullmatch("keras-transformer: error: [^\n]+\n", shown.err)
    assert message in shown.err
    assert {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")} == before


def test_there_are_enough_kinds():
    assert len({message for _, message in CASES.values()}) >= 25
