"""What a user can get wrong at the command line: one sentence, status 2, nothing written."""

import gzip
import io
import re
import sys
import types

import pytest

from keras_transformer import cli
from tests.runs import tiny

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
    packed = gzip.compress(LINES.encode() * 99)
    for name, content in {
        "empty.en": b"",
        "short.en": b"one\ntwo\n",
        "text.en": b"one\ntwo\nthree\n",
        "blank.en": b"\n \n\t\n",
        "latin.en": "one\ncaf\xe9\nthree\n".encode("latin1"),
        "binary.en": b"one\ntwo\x00\x01\nthree\n",
        "utf16.en": "one\ntwo\nthree\n".encode("utf-16"),
        "cut.en.gz": packed[: len(packed) // 2],
        "damaged.en.gz": packed[:-6] + b"\0" + packed[-5:],
        "one.tsv": "하나\tone\n둘\n셋\tthree\n".encode(),
        "wrong.jsonl": b'{"source": "a", "target": "b"}\n{"source": "a", \n',
        "list.jsonl": b'["a", "b"]\n',
        "key.jsonl": b'{"ko": "a", "en": "b"}\n',
        "number.jsonl": b'{"source": "a", "target": 3}\n',
    }.items():
        (tmp_path / name).write_bytes(content)
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
        "--reference is missing: give --source and --reference, or --set",
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

FILES = "train --run new --source text.ko --target "
CASES |= {
    "empty file": (FILES + "empty.en", "empty.en is empty: expected a sentence on each line"),
    "a line is missing": (FILES + "short.en", "text.ko has 3 lines but short.en has 2: line by li"),
    "no such file": (FILES + "nowhere.en", "nowhere.en does not exist: check the name of the file"),
    "folder of sentences": (FILES + "empty", "empty is a folder: expected a file of sentences"),
    "another encoding": (FILES + "latin.en", "latin.en:2 is not valid UTF-8 (byte 0xe9 at byte 3"),
    "UTF-16": (FILES + "utf16.en", "utf16.en is UTF-16: expected UTF-8 text, so convert it"),
    "no text at all": (FILES + "binary.en", "binary.en:2 holds a NUL byte (at byte 3 of the line)"),
    "cut off": (FILES + "cut.en.gz", "cut.en.gz is gzipped but damaged or cut off after line"),
    "damaged": (FILES + "damaged.en.gz", "damaged.en.gz is gzipped but damaged or cut off after"),
    "only blank sides": (FILES + "blank.en", "text.ko has 0 sentence pairs, too few to hold some"),
    "too few pairs": (FILES + "text.en", "text.ko has 3 sentence pairs, too few to hold some out"),
    "no second column": (
        "train --run new --source one.tsv",
        "one.tsv:2 has one column: expected source and target with a tab between them",
    ),
    "not JSON": (
        "train --run new --source wrong.jsonl",
        "wrong.jsonl:2 is not JSON: ",
    ),
    "JSON of another shape": (
        "train --run new --source list.jsonl",
        "list.jsonl:1 holds a JSON list: expected an object with the keys 'source' and 'target'",
    ),
    "JSON with other keys": (
        "train --run new --source key.jsonl",
        "key.jsonl:1 has no key 'source': its keys are 'ko', 'en'",
    ),
    "JSON with a number": (
        "train --run new --source number.jsonl",
        "number.jsonl:1: the value of 'target' must be a string. Received: 3",
    ),
    "wrong validation file": (
        FILES + "text.en --validation-source text.ko --validation-target short.en",
        "text.ko has 3 lines but short.en has 2",
    ),
    "blank validation file": (
        FILES + "text.en --validation-source text.ko --validation-target blank.en",
        "text.ko has no pair with text on both sides: give a file with sentences",
    ),
    "wrong test file": (
        FILES + "text.en --test-source text.ko --test-target latin.en",
        "latin.en:2 is not valid UTF-8",
    ),
    "run that is none": (
        "translate run text.ko",
        "run has no translator.json: it is not the folder of a run or translator, or of a run that",
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


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run whose model is hardly one."""
    folder = tmp_path_factory.mktemp("trained")
    tiny.translator().save(folder)
    (folder / "config.yaml").write_text("training:\n  seed: 7\n")
    return folder


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


# What is done to a file of the run, the command, and the message.
RUNS = {
    "no weights yet": (
        "model.weights.h5",
        lambda path: path.unlink(),
        "translate trained text.ko",
        "trained has no model.weights.h5 yet: a run writes it after its first evaluation",
    ),
    "damaged weights": (
        "model.weights.h5",
        cut,
        "translate trained text.ko",
        "trained/model.weights.h5 does not hold the weights of the model",
    ),
    "damaged description": (
        "translator.json",
        cut,
        "info trained",
        "trained/translator.json cannot be read (",
    ),
    "damaged tokenizer": (
        "tokenizer.model",
        cut,
        "translate trained text.ko",
        "trained/tokenizer.model is not the model that tokenizer.json was saved with",
    ),
    "damaged description of the tokenizer": (
        "tokenizer.json",
        cut,
        "translate trained text.ko",
        "trained/tokenizer.json is damaged, it is not JSON",
    ),
    "no tokenizer": (
        "tokenizer.json",
        lambda path: path.unlink(),
        "score trained --source text.ko --target text.en",
        "There is no tokenizer in trained: neither tokenizer.json nor",
    ),
    "damaged settings": (
        "config.yaml",
        lambda path: path.write_bytes(b"\xff\xfe"),
        "train --run trained",
        "trained/config.yaml is not UTF-8 text",
    ),
    "damaged scores": (
        "scores.json",
        lambda path: path.write_text('{"bleu": 3'),
        "info trained",
        "trained/scores.json cannot be read (",
    ),
    "run of another configuration": (
        "config.yaml",
        lambda path: None,
        "train --run trained --data.deduplicate false",
        "trained holds a run with another configuration: data.deduplicate (True there, False now)",
    ),
    "references of another length": (
        "config.yaml",
        lambda path: None,
        "evaluate trained --source text.ko --reference short.en",
        "text.ko has 3 lines and short.en 2: give one reference line for each source line",
    ),
    "translations of another length": (
        "config.yaml",
        lambda path: None,
        "score trained --source text.ko --target short.en",
        "--target ends before line 3 and --source goes on: expected one translation for each",
    ),
    "empty references": (
        "config.yaml",
        lambda path: None,
        "evaluate trained --source text.ko --reference empty.en",
        "empty.en is empty: expected a sentence on each line",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_bad_runs_are_answered_in_one_sentence(name, folder, trained, capsys):
    file, damage, command, message = RUNS[name]
    (folder / "trained").mkdir()
    for path in trained.iterdir():
        (folder / "trained" / path.name).write_bytes(path.read_bytes())
    damage(folder / "trained" / file)
    before = {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}
    assert cli.main(command.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch("keras-transformer: error: [^\n]+\n", shown.err)
    assert message in shown.err
    assert {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")} == before


# Found out only when the corpus is prepared or trained on: some progress was shown by then.
LATE = {
    "vocabulary too small": (
        {"tokenizer__vocabulary_size": 5},
        "`vocabulary_size` must be at least",
    ),
    "no tokenizer in the folder": (
        {"tokenizer__load_from": "empty"},
        "There is no tokenizer in empty: neither tokenizer.json nor",
    ),
    "all pairs too long": (
        {"data__max_length": 1},
        "No sentence pair is left to train on: ",
    ),
    "batches too small": (
        {"training__batch_tokens": 5},
        "more than `batch_tokens`=5 holds",
    ),
    "model that cannot be": (
        {"model__hidden_dim": 15, "model__num_heads": 5},
        "There is no model of these settings: `inputs` must have an even number of features",
    ),
    "loss that is no number": (
        {"training__learning_rate_scale": 1e30, "training__epochs": 1},
        "training stops; there is no checkpoint yet",
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_what_is_found_out_later_is_one_sentence_too(name, folder, capsys):
    changes, message = LATE[name]
    tiny.write_corpus(folder)
    assert cli.main(tiny.command_line(folder, folder / "new", **changes)) == 2
    shown = capsys.readouterr()
    assert re.fullmatch("keras-transformer: error: [^\n]+\n", shown.err)
    assert message in shown.err


def test_after_a_mistake_the_mended_command_may_use_the_same_folder(folder, capsys):
    tiny.write_corpus(folder)
    right = {}
    for name, wrong, mended in (
        ("tokenizer__vocabulary_size", 5, 53),
        ("model__hidden_dim", 15, 16),
        ("training__batch_tokens", 5, 300),
    ):
        changes = {"model__num_heads": 1, **right, name: wrong}
        assert cli.main(tiny.command_line(folder, folder / "new", **changes)) == 2
        assert "another configuration" not in capsys.readouterr().err
        right[name] = mended
