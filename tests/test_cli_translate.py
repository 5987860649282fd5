"""The command line's options of a translation, with a stand-in for the translator."""

import io
import json
import sys
import types

import pytest

import keras_transformer.cli as cli
from keras_transformer.cli.parser import build_parser
from keras_transformer.cli.translation_options import flag_of
from keras_transformer.config import DecodingConfig
from keras_transformer.config.translation_options import TranslationOptions, option_fields


class Hypothesis:
    """With the fields of `keras_transformer.decoding.Hypothesis`, for which Keras is imported."""

    def __init__(self, text, score, source_truncated=False, target_truncated=False):
        self.text, self.score, self.ranking_score = text, score, score / 2
        self.source_truncated, self.target_truncated = source_truncated, target_truncated

    def _replace(self, **changes):
        self.__dict__.update(changes)
        return self


class FakeTranslator:
    """Remembers what it was asked; says each text, and each text doubled."""

    def __init__(self):
        self.asked = []

    def translate(self, texts, **asked):
        self.asked.append((list(texts), asked))
        return [text.upper() for text in texts]

    def hypotheses(self, texts, **asked):
        self.asked.append((list(texts), asked))
        lists = []
        for text in texts:
            best = Hypothesis(text.upper(), -0.5, target_truncated=len(text) > 3)
            other = Hypothesis(f"{text}\t{text}\n", -1.25, True, True)
            lists.append([] if text == "none" else [best, other][: asked.get("n_best")])
        return lists

    def score(self, sources, targets):
        return [(-len(source) / 7, len(source)) for source in sources]


@pytest.fixture
def translator(monkeypatch):
    module = types.ModuleType("keras_transformer.translator")
    translator = FakeTranslator()
    module.load_translator = lambda path: translator
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return translator


@pytest.fixture
def translate(translator, tmp_path, monkeypatch, capfd):
    """`translate` on standard input: status, output and errors."""
    (tmp_path / "config.yaml").write_text("")

    def call(text, *arguments):
        stream = types.SimpleNamespace(buffer=io.BytesIO(text.encode()))
        monkeypatch.setattr(sys, "stdin", stream)
        status = cli.main(["translate", str(tmp_path), *map(str, arguments)])
        return (status, *capfd.readouterr())

    return call


def asked_options(translator):
    return [asked.get("options") for _, asked in translator.asked]


def test_every_option_of_the_table_has_its_flag(translate, translator):
    values = {
        "prefix": "ab cd",
        "forbidden": "x y",
        "beam_size": 7,
        "min_length": 3,
        "max_length": 9,
        "no_repeat_ngram": 2,
        "length_penalty": 0.25,
    }
    sampling = {"top_k": 5, "seed": 11, "temperature": 0.5, "top_p": 0.75}
    assert {*values, *sampling, "strategy"} == {field.name for field in option_fields()}

    def flags(values):
        return [word for name, value in values.items() for word in (flag_of(name), str(value))]

    assert translate("a\n", *flags(values))[:2] == (0, "A\n")
    assert translate("a\n", "--sample", *flags(sampling))[:2] == (0, "A\n")
    assert asked_options(translator) == [
        TranslationOptions(**values),
        [TranslationOptions(strategy="sample", **sampling)],
    ]


def test_each_line_has_a_seed_of_its_own(translate, translator, monkeypatch):
    monkeypatch.setattr("keras_transformer.cli.translate.CHUNK_LINES", 2)
    translate("a\nb\n\nc\n", "--sample", "--seed", 2**31 - 3)
    translate("One. Two.\n\nThree.\n", "--sample", "--seed", 5, "--document")
    translate("a\nb\n", "--sample")
    seeds = [
        [each.seed for each in options] if isinstance(options, list) else options.seed
        for options in asked_options(translator)
    ]
    assert seeds == [[2**31 - 3, 2**31 - 2], [1], [5, 6], [7], 0]


def test_nothing_asked_is_left_to_the_settings(translate, translator):
    assert translate("a\n\nb\n")[:2] == (0, "A\n\nB\n")
    assert translator.asked == [(["a", "b"], {})]


def test_lists_in_lines(translate, translator):
    assert translate("ab\n\nnone\n", "--n-best", 2)[:2] == (
        0,
        "1\t1\tAB\n1\t2\tab ab \n2\t1\t\n2\t2\t  \n",
    )
    texts, asked = translator.asked[0]
    assert texts == ["ab", "", "none"]
    assert asked == {"options": TranslationOptions(beam_size=2), "n_best": 2}


def test_tab_separated_values(translate):
    _, output, _ = translate("abcd\nx\n", "--format", "tsv", "--n-best", 2, "--batch-size", 3)
    assert output == (
        "1\t1\t-0.500000\t-0.250000\ttarget\tABCD\n"
        "1\t2\t-1.250000\t-0.625000\tsource,target\tabcd abcd \n"
        "2\t1\t-0.500000\t-0.250000\t\tX\n"
        "2\t2\t-1.250000\t-0.625000\tsource,target\tx x \n"
    )


def test_json_lines(translate, translator):
    _, output, _ = translate("äb\n", "--format", "jsonl")
    assert [json.loads(line) for line in output.splitlines()] == [
        {
            "line": 1,
            "rank": 1,
            "text": "ÄB",
            "score": -0.5,
            "ranking_score": -0.25,
            "source_truncated": False,
            "target_truncated": False,
        }
    ]
    assert "ÄB" in output
    assert translator.asked[0][1] == {"options": None, "n_best": 1}


def test_lines_are_numbered_through(translate, translator, monkeypatch):
    monkeypatch.setattr("keras_transformer.cli.translate.CHUNK_LINES", 2)
    _, output, _ = translate("a\nb\nc\n", "--format", "tsv", "--batch-size", 5)
    assert [line.split("\t")[0] for line in output.splitlines()] == ["1", "2", "3"]
    assert [asked["batch_size"] for _, asked in translator.asked] == [5, 5]


def test_a_beam_is_as_wide_as_the_list(translate, translator):
    translate("a\n", "--n-best", 4)
    translate("a\n", "--n-best", 4, "--beam", 6)
    translate("a\n", "--n-best", 1)
    assert asked_options(translator) == [
        TranslationOptions(beam_size=4),
        TranslationOptions(beam_size=6),
        None,
    ]


def test_prefixes_of_a_file(translate, translator, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_transformer.cli.translate.CHUNK_LINES", 2)
    (tmp_path / "prefixes").write_text("p\n\nq\n")
    prefix = ["--prefix", f"@{tmp_path / 'prefixes'}"]
    assert translate("a\n\nb\n", *prefix, "--beam", 3)[:2] == (0, "A\n\nB\n")
    assert translator.asked == [
        (["a"], {"options": [TranslationOptions(prefix="p", beam_size=3)]}),
        (["b"], {"options": [TranslationOptions(prefix="q", beam_size=3)]}),
    ]
    status, _, error = translate("a\nb\nc\nd\n", *prefix)
    assert status == 2
    assert "prefixes ends before line 4 and the input goes on: expected one prefix" in error
    status, _, error = translate("a\nb\n", *prefix)
    assert status == 2
    assert "the input ends after 2 lines and" in error
    status, _, error = translate("a\n", *prefix, "--output", tmp_path / "prefixes")
    assert status == 2
    assert "is also read: give the name of another file" in error
    assert (tmp_path / "prefixes").read_text() == "p\n\nq\n"
    status, _, error = translate("a\n", "--prefix", "@nowhere")
    assert status == 2
    assert "nowhere cannot be read" in error


def test_documents_take_options_too(translate, translator):
    assert translate("One. Two.\n", "--document", "--beam", 3)[:2] == (0, "ONE. TWO.\n")
    assert asked_options(translator) == [TranslationOptions(beam_size=3)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sample", "--beam", "3"], "--sample draws one translation of each line: leave --beam"),
        (["--sample", "--n-best", "3"], "leave --n-best out"),
        (["--top-k", "3"], "--top-k is about sampling: give --sample, too"),
        (["--seed", "3", "--beam", "2"], "--seed is about sampling"),
        (["--n-best", "5", "--beam", "3"], "--n-best 5 is more than --beam 3 keeps"),
        (["--min-length", "5", "--max-length", "3"], "min_length (5) is more than max_length (3)"),
        (["--document", "--n-best", "3"], "--document translates sentence by sentence: leave --n"),
        (["--document", "--format", "tsv"], "leave --format tsv out"),
        (["--document", "--prefix", "a"], "leave --prefix out"),
    ],
)
def test_options_that_contradict_each_other(translate, translator, arguments, message):
    status, output, error = translate("a\n", *arguments)
    assert (status, output) == (2, "")
    assert error.count("\n") == 1
    assert message in error
    assert not translator.asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--beam", "500"], '--beam: "500" is not a whole number from 1 to 200'),
        (["--beam", "1.5"], '--beam: "1.5" is not a whole number'),
        (["--top-p", "2"], '--top-p: "2" is not a number from 0.001 to 1.0'),
        (["--length-penalty", "-3"], '--length-penalty: "-3" is not a number from 0.0 to 3.0'),
        (["--reverse-weight", "0"], '--reverse-weight: "0" is not a number above 0, up to 100'),
        (["--reverse-weight", "nan"], '"nan" is not a number above 0'),
        (["--format", "xml"], "argument --format: invalid choice: 'xml'"),
    ],
)
def test_options_out_of_range_are_one_sentence(arguments, message, capsys):
    with pytest.raises(SystemExit) as left:
        build_parser().parse_args(["translate", "run", *arguments])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_a_model_that_takes_no_options(translate, translator, monkeypatch):
    monkeypatch.delattr(FakeTranslator, "hypotheses")
    assert translate("a\n")[0] == 0
    for arguments in (["--beam", "3"], ["--format", "tsv"], ["--n-best", "1"]):
        status, output, error = translate("a\n", *arguments)
        assert (status, output) == (2, "")
        assert "cannot take options of a translation: export the model again" in error


def test_reverse_scores_rank_the_hypotheses(translate, translator):
    translator.both_directions, translator.options = True, DecodingConfig(beam_size=2)
    translator.score = lambda sources, targets: [(-100.0 * ("\t" not in s), 1) for s in sources]
    assert translate("a\n", "--reverse-weight", "0.2")[:2] == (0, "a\ta \n")
    status, output, _ = translate("a\n", "--reverse-weight", "0.2", "--n-best", "2")
    assert (status, output.splitlines()) == (0, ["1\t1\ta a ", "1\t2\tA"])


def test_reverse_scores_of_a_model_of_one_direction(translate, translator):
    status, output, error = translate("a\n", "--reverse-weight", "0.2", "--beam", "3")
    assert (status, output) == (2, "")
    assert "need a model that translates both ways" in error
    assert not translator.asked


def test_formats_of_scores(translator, tmp_path, capsys):
    for name, text in (("config.yaml", ""), ("s", "a\n\nccccccc\n"), ("t", "A\nB\nC\n")):
        (tmp_path / name).write_text(text)
    score = ["score", tmp_path, "--source", tmp_path / "s", "--target", tmp_path / "t"]
    score = list(map(str, score))
    assert cli.main([*score, "--format", "tsv"]) == 0
    assert capsys.readouterr().out == "1\t-0.142857\t1\n2\t0.000000\t0\n3\t-1.000000\t7\n"
    assert cli.main([*score, "--format", "jsonl"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"line": 1, "score": -0.142857, "tokens": 1}
    assert len(lines) == 3
    assert cli.main([*score, "--format", "tsv", "--tokens"]) == 2
    assert "--format tsv has the tokens: leave --tokens out" in capsys.readouterr().err
