"""The command line, with stand-ins for the rooms that do the work."""

import gzip
import io
import os
import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest

import keras_transformer.cli as cli
from keras_transformer.cli import lines
from keras_transformer.cli.parser import COMMANDS
from keras_transformer.config import all_keys
from keras_transformer.config.translation_options import TranslationOptions
from keras_transformer.errors import UserError

ROOT = Path(__file__).parent.parent


class FakeTranslator:
    """Turns letters upside down, and remembers what it was given."""

    def __init__(self):
        self.batches = []
        self.options = []

    def translate(self, texts, **options):
        assert all(text.strip() for text in texts)
        self.batches.append(list(texts))
        self.options.append(options)
        return [text.upper() for text in texts]

    def score(self, sources, targets):
        return [(-len(s) / 7, len(t)) for s, t in zip(sources, targets, strict=True)]

    def export(self, folder, options, on_progress):
        on_progress(f"exporting for batches of {options.warmup_batch_sizes}")
        return Path(folder) / "1"


@pytest.fixture
def rooms(monkeypatch):
    """What the commands import when they start to work, replaced; calls are recorded."""
    calls = types.SimpleNamespace(translator=FakeTranslator(), trained=[], evaluated=[], loaded=[])

    def load(path):
        calls.loaded.append(path)
        return calls.translator

    def evaluate_files(*arguments, **options):
        calls.evaluated.append((arguments, options))
        return {"BLEU": "BLEU = 41.3", "chrF": "chrF2 = 67.9"}

    for name, members in {
        "translator": {"load_translator": load},
        "runs": {"__path__": []},
        "runs.train": {"train": lambda *arguments: calls.trained.append(arguments)},
        "runs.evaluate": {"evaluate_files": evaluate_files},
        "runs.info": {"describe": lambda path: f"described {path}"},
    }.items():
        module = types.ModuleType(f"keras_transformer.{name}")
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.yaml").write_text("export:\n  warmup_batch_sizes: [3, 5]\n")
    return folder


def give_input(monkeypatch, data: bytes):
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(data)))


def error_of(capsys, *arguments):
    """The one line on stderr that a wrong command is answered with."""
    try:
        status = cli.main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        status = leaving.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert captured.err.startswith("keras-transformer: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_translate_keeps_order_and_blank_lines(rooms, run_folder, monkeypatch, capfdbinary):
    give_input(monkeypatch, "eins\n\n  \r\n zwei\r\ndrei ä\xa0\nvier".encode())
    assert cli.main(["translate", str(run_folder)]) == 0
    assert capfdbinary.readouterr().out.decode() == "EINS\n\n\n ZWEI\nDREI Ä\xa0\nVIER\n"
    assert rooms.translator.batches == [["eins", " zwei", "drei ä\xa0", "vier"]]


def test_translate_reads_files_in_order(rooms, run_folder, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"no end")
    (tmp_path / "b.txt.gz").write_bytes(
        gzip.compress("gz \u2028 x\n\xff".encode("latin1", "ignore"))
    )
    give_input(monkeypatch, b"from input\n")
    files = [str(tmp_path / "a.txt"), "-", str(tmp_path / "b.txt.gz")]
    output = tmp_path / "out.txt"
    assert cli.main(["translate", str(run_folder), *files, "--output", str(output)]) == 0
    assert output.read_text(encoding="utf-8") == "NO END\nFROM INPUT\nGZ  X\n\ufffd\n"


def test_translate_hands_on_chunks(rooms, run_folder, monkeypatch, capfd):
    monkeypatch.setattr("keras_transformer.cli.translate.CHUNK_LINES", 3)
    give_input(monkeypatch, b"a\nb\nc\nd\n\ne\nf\n")
    assert cli.main(["translate", str(run_folder), "--batch-size", "5"]) == 0
    assert capfd.readouterr().out == "A\nB\nC\nD\n\nE\nF\n"
    assert rooms.translator.batches == [["a", "b", "c"], ["d", "e"], ["f"]]
    assert rooms.translator.options == [{"batch_size": 5}] * 3


def test_translate_answers_before_the_input_ends(monkeypatch):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as pipe:
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=stream))
        chunks = lines.chunks_of([None], 5)
        pipe.write(b"one\ntwo\nthr")
        # Were the chunk held back until more came, this end would come first.
        end = threading.Timer(3, pipe.close)
        end.start()
        assert next(chunks) == ["one", "two"]
        end.cancel()
        pipe.write(b"ee\n")
        assert next(chunks) == ["three"]
        pipe.write(b"4\n5")
        pipe.close()
        assert [line for chunk in chunks for line in chunk] == ["4", "5"]


def test_endless_input_needs_little_memory(monkeypatch):
    class Endless(io.RawIOBase):
        def read(self, size):
            return b"line\n" * (size // 5)

    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=Endless()))
    chunks = lines.chunks_of([None], 11)
    assert [len(next(chunks)) for _ in range(5000)] == [11] * 5000


def test_lines_longer_than_a_block(monkeypatch):
    long = b"x" * (3 * lines.BLOCK_BYTES + 7)
    give_input(monkeypatch, long + b"\n" + "가".encode() * lines.BLOCK_BYTES)
    assert [len(line) for chunk in lines.chunks_of([None], 3) for line in chunk] == [
        len(long),
        lines.BLOCK_BYTES,
    ]


def test_translate_documents(rooms, run_folder, monkeypatch, capfd):
    give_input(monkeypatch, "One. Two? three.\n\n나는 간다. 너는?\n好。不。".encode())
    assert cli.main(["translate", str(run_folder), "--document"]) == 0
    assert capfd.readouterr().out == "ONE. TWO? THREE.\n\n나는 간다. 너는?\n好。不。\n"
    assert rooms.translator.batches == [
        ["One.", "Two? three.", "나는 간다.", "너는?", "好。", "不。"]
    ]


def test_a_translation_stays_on_its_line(rooms, run_folder, monkeypatch, capfd):
    monkeypatch.setattr(rooms.translator, "translate", lambda texts: ["a\nb\rc" for _ in texts])
    give_input(monkeypatch, b"1\n2\n")
    assert cli.main(["translate", str(run_folder)]) == 0
    assert capfd.readouterr().out == "a b c\na b c\n"


def test_score_prints_one_line_a_pair(rooms, run_folder, tmp_path, capsys):
    (tmp_path / "s").write_text("a\n\nccccccc\n")
    (tmp_path / "t").write_text("AA\nB\n\n")
    arguments = ["score", run_folder, "--source", tmp_path / "s", "--target", tmp_path / "t"]
    assert cli.main([*map(str, arguments), "--tokens"]) == 0
    assert capsys.readouterr().out == "-0.142857\t2\n0.000000\t1\n-1.000000\t0\n"
    assert cli.main([*map(str, arguments)]) == 0
    assert capsys.readouterr().out == "-0.142857\n0.000000\n-1.000000\n"


def test_evaluate_prints_scores(rooms, run_folder, tmp_path, capsys):
    source, reference = tmp_path / "s", tmp_path / "r"
    source.write_text("a\n")
    reference.write_text("b\n")
    files = ["--source", str(source), "--reference", str(reference), "--output", "o"]
    assert cli.main(["evaluate", str(run_folder), *files]) == 0
    assert capsys.readouterr().out == "BLEU = 41.3\nchrF2 = 67.9\n"
    assert rooms.evaluated == [
        (
            (run_folder, [source], [reference]),
            {
                "output": "o",
                "batch_size": None,
                "options": None,
                "weights": None,
                "reverse_weight": None,
            },
        )
    ]
    options = ["--beam", "4", "--length-penalty", "0.5"]
    assert cli.main(["evaluate", str(run_folder), *files, *options]) == 0
    assert rooms.evaluated[1][1]["options"] == TranslationOptions(beam_size=4, length_penalty=0.5)


@pytest.mark.parametrize(
    ("output", "message"),
    [("r", "--output {} is also read"), ("no/o", "there is no folder"), (".", "is a folder")],
)
def test_evaluate_writes_over_nothing(rooms, run_folder, tmp_path, capsys, output, message):
    source, reference, output = tmp_path / "s", tmp_path / "r", tmp_path / output
    source.write_text("a\n")
    reference.write_text("b\n")
    files = ["--source", str(source), "--reference", str(reference), "--output", str(output)]
    assert cli.main(["evaluate", str(run_folder), *files]) == 2
    assert message.format(output) in capsys.readouterr().err
    assert reference.read_text() == "b\n" and rooms.evaluated == []


def test_export_and_info(rooms, run_folder, tmp_path, capsys):
    assert cli.main(["export", str(run_folder), str(tmp_path / "exports")]) == 0
    assert cli.main(["info", str(run_folder)]) == 0
    output = capsys.readouterr()
    assert output.out == f"{tmp_path}/exports/1\ndescribed {run_folder}\n"
    assert output.err == "exporting for batches of (3, 5)\n"  # as the run's configuration has it


@pytest.mark.parametrize("file", ["saved_model.pb", "3/saved_model.pb"])
def test_an_export_can_be_given_where_it_makes_sense(rooms, tmp_path, file, capsys):
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    assert cli.main(["info", str(tmp_path)]) == 0
    capsys.readouterr()
    assert "is an export: expected the folder of a run" in error_of(
        capsys, "export", tmp_path, tmp_path / "new"
    )


@pytest.mark.parametrize(
    ("arguments", "folder", "values"),
    [
        ([], "runs/sample_ko_en", {"data.sample": "ko-en"}),
        (["--data.sample", "en-ko"], "runs/sample_en_ko", {"data.sample": "en-ko"}),
        (["--run", "r", "--epochs", "3"], "r", {"training.epochs": 3}),
        (["--training.epochs=3", "--preset", "base", "--run", "r"], "r", {"model.preset": "base"}),
        (
            ["--run", "r", "--source", "a", "b", "--target", "c", "d", "--data.deduplicate", "no"],
            "r",
            {"data.source": ("a", "b"), "data.target": ("c", "d"), "data.deduplicate": False},
        ),
        (["--run", "r", "--export.warmup_batch_sizes", "3", "5"], "r", {}),
    ],
)
def test_train_options(rooms, arguments, folder, values, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["train", *arguments]) == 0
    ((config, given),) = rooms.trained
    assert given == Path(folder)
    for name, value in values.items():
        section, _, field = name.partition(".")
        assert getattr(getattr(config, section), field) == value


def test_train_starts_from_the_file_and_goes_on_with_the_run(rooms, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("some.yaml").write_text("training:\n  seed: 5\n")
    assert cli.main(["train", "--config", "some.yaml", "--epochs", "3"]) == 0
    (config, folder) = rooms.trained.pop()
    assert folder == Path("runs/some")
    assert (config.training.seed, config.training.epochs) == (5, 3)
    folder.mkdir(parents=True)
    config.save(folder / "config.yaml")
    assert cli.main(["train", "--run", "runs/some"]) == 0
    assert rooms.trained == [(config, folder)]


def test_every_key_is_an_option_shown_in_help(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as leaving:
        cli.main(["train", "--help"])
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    for name in all_keys():
        assert f"--{name} " in shown
    assert "Adam: decay of the mean of gradients. Default: 0.9." in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command, capsys):
    with pytest.raises(SystemExit) as leaving:
        cli.main([command, "--help"])
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: keras-transformer {command} ")
    assert max(map(len, shown.splitlines())) <= 130


def test_the_main_help_names_all_commands(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    for command in COMMANDS:
        assert f"    {command} " in shown


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["train", "--epoch", "3"], ["translate", "nowhere"],
     ["train", "--epochs", "x"], ["--version"]],
    ids=" ".join,
)  # fmt: skip
def test_quick_answers_import_nothing_heavy(arguments):
    code = f"""
import sys
from keras_transformer.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
heavy = {{"tensorflow", "keras", "keras_nlp", "jax", "torch", "numpy", "yaml", "rich"}}
print("imported:", sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "imported: []"


def test_train_py_is_the_train_command(tmp_path):
    for program in (["-m", "keras_transformer", "train"], [str(ROOT / "train.py")]):
        done = subprocess.run(
            [sys.executable, *program, "--epochs", "x"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 2
        assert done.stderr.startswith('keras-transformer: error: training.epochs is "x": expected')


def failing(error):
    def describe(path):
        raise error

    return describe


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (UserError("no  such\nthing"), 2, "keras-transformer: error: no such thing\n"),
        (OSError(28, "No space left on device", "a"), 2, "a: No space left on device: make room"),
        (OSError(30, "Read-only file system", "b"), 2, "b: Read-only file system: choose a folder"),
        (PermissionError(13, "Permission denied", "c"), 2, "c: Permission denied: choose a place"),
        (ModuleNotFoundError("x", name="sacrebleu.y"), 2, "package sacrebleu.y is not installed"),
        (KeyboardInterrupt(), 130, "keras-transformer: stopped\n"),
    ],
)
def test_failures_are_one_line(rooms, run_folder, monkeypatch, capsys, error, status, words):
    monkeypatch.setattr(sys.modules["keras_transformer.runs.info"], "describe", failing(error))
    assert cli.main(["info", str(run_folder)]) == status
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.strip().count("\n") == 0
    assert captured.out == ""


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "Input/output error"),
        RuntimeError("a bug"),
        ModuleNotFoundError("x", name="keras_transformer.y"),
    ],
)
def test_bugs_are_not_hidden(rooms, run_folder, monkeypatch, error):
    monkeypatch.setattr(sys.modules["keras_transformer.runs.info"], "describe", failing(error))
    with pytest.raises(type(error)):
        cli.main(["info", str(run_folder)])


def test_a_stopped_training_says_how_to_go_on(rooms, monkeypatch, capsys, tmp_path):
    def train(config, folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["keras_transformer.runs.train"], "train", train)
    assert cli.main(["train", "--run", str(tmp_path)]) == 130
    assert "stopped; the same command continues it" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_error(run_folder, tmp_path):
    module = "import types, sys\nmodule = types.ModuleType('keras_transformer.translator')\n"
    module += "class Translator:\n    translate = lambda self, texts: texts\n"
    module += "module.load_translator = lambda path: Translator()\n"
    module += "sys.modules[module.__name__] = module\n"
    module += "from keras_transformer.cli import main\nsys.exit(main())\n"
    (tmp_path / "program.py").write_text(module)
    (tmp_path / "many.txt").write_text("some line\n" * 50021)
    command = (
        f"{sys.executable} program.py translate run many.txt | head -n 3; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout == "some line\n" * 3 + "141\n"
