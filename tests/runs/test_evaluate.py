"""Scores of a run and of files."""

import io
import json
import sys
import types

import pytest

from keras_transformer import cli
from keras_transformer.decoding import TranslationOptions
from keras_transformer.errors import UserError
from keras_transformer.evaluation import corpus_scores
from keras_transformer.reverse_ranking import ReverseRanking
from keras_transformer.runs.evaluate import (
    evaluate_files,
    evaluate_set,
    print_scores,
    score_lines,
)
from keras_transformer.runs.info import describe
from keras_transformer.runs.train import train
from keras_transformer.translator import Translator
from tests.runs import tiny


def test_the_scores_of_a_run_are_those_of_its_translations(corpus, whole_run):
    scores = json.loads((whole_run / "scores.json").read_text())
    translations = (whole_run / "test.translations.txt").read_text().splitlines()
    assert (scores["set"], scores["sentences"]) == ("validation", tiny.NUM_VALIDATION)
    assert len(translations) == tiny.NUM_VALIDATION
    lines = list(zip(*(
        (corpus / f"train.{code}").read_text().splitlines() for code in ("ko", "en")
    ), strict=True))  # fmt: skip
    chosen = [lines[n * tiny.NUM_PAIRS // tiny.NUM_VALIDATION] for n in range(tiny.NUM_VALIDATION)]
    expected = corpus_scores(translations, [target for _, target in chosen], "", "char")
    assert {name: scores[name] for name in expected} == expected
    assert Translator.load(whole_run).translate([source for source, _ in chosen]) == translations
    best = max(line["val_bleu"] for line in tiny.history(whole_run))
    assert scores["bleu"] == pytest.approx(best, abs=0.01)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.ko").write_text("가 나\n\n다 라 마\n", encoding="utf-8")
    (tmp_path / "a.en").write_text("ab cd\nx\ngh ij kl\n")
    return tmp_path


def test_files_are_scored_as_the_run_was(whole_run, files):
    lines = evaluate_files(
        whole_run, [files / "a.ko"], [files / "a.en"], output=files / "out", batch_size=2
    )
    assert list(lines) == ["bleu", "chrf", "exact"]
    assert "tok:char" in lines["bleu"]
    assert lines["exact"].endswith("of 3 sentences")
    assert (files / "out").read_text().splitlines()[1] == ""


def test_reverse_scores_of_a_run(corpus, files, tmp_path, monkeypatch):
    run, options, asked = tmp_path / "run", TranslationOptions(beam_size=3), []

    def translate(self, texts, **choices):
        asked.append((self.weight, self.translator.both_directions, choices["options"]))
        return texts

    monkeypatch.setattr(ReverseRanking, "translate", translate)
    train(tiny.config(corpus, data__both_directions="true", training__epochs="1"), run)
    assert not asked  # the scores of a training are those of one direction
    evaluate_set(run, "validation", reverse_weight=0.3, options=options, output=files / "out")
    assert asked == [(0.3, True, options)]
    assert (files / "out").read_text() == (run / "test.sources.txt").read_text()


def test_reverse_scores_of_a_run_of_one_direction(whole_run, files):
    with pytest.raises(UserError, match=r"trained with data\.both_directions"):
        evaluate_files(whole_run, [files / "a.ko"], [files / "a.en"], reverse_weight=0.2)


def test_several_files_are_one_text(whole_run, files):
    sources, references = [files / "a.ko"] * 2, [files / "a.en"] * 2
    assert evaluate_files(whole_run, sources, references)["exact"].endswith("of 6 sentences")


def test_standard_input(whole_run, files, monkeypatch):
    text = io.BytesIO((files / "a.ko").read_bytes())
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=text))
    assert evaluate_files(whole_run, [None], [files / "a.en"])["exact"].endswith("of 3 sentences")


def test_lines_of_standard_input_end_as_those_of_files(whole_run, files, monkeypatch):
    text = io.BytesIO("가\u2028나\x0b다\x85 라\r\n하\n마".encode())
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=text))
    assert evaluate_files(whole_run, [None], [files / "a.en"])["exact"].endswith("of 3 sentences")


def test_the_files_of_a_run_are_not_written_over(corpus, whole_run, capsys):
    references = corpus / "train.en"
    before = references.read_bytes()
    command = ["evaluate", str(whole_run), "--set", "validation", "--output", str(references)]
    assert cli.main(command) == 2
    assert f"--output {references} is also read" in capsys.readouterr().err
    assert references.read_bytes() == before


def test_unequal_lines(whole_run, files):
    (files / "b.en").write_text("one\ntwo\n")
    with pytest.raises(UserError, match=r"a.ko has 3 lines and .*b.en 2: give one reference line"):
        evaluate_files(whole_run, [files / "a.ko"], [files / "b.en"])


def test_how_scores_are_shown(capsys):
    scores = {
        "bleu": 12.345, "bleu_signature": "tok:13a", "chrf": 45.6, "chrf_signature": "nc:6",
        "exact": 0.25, "sentences": 1234, "baselines": {"word for word": 3.2},
        "context_words": {"배": [3, 4], "눈": [1, 1]}, "context_words_right": 0.8,
    }  # fmt: skip
    assert score_lines(scores)["exact"] == "Exactly right: 25.0% of 1,234 sentences"
    print_scores(scores)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "BLEU 12.35  (tok:13a)" or lines[0] == "BLEU 12.34  (tok:13a)"
    assert lines[3] == "BLEU of a simple method (word for word): 3.20"
    assert lines[4] == "Context-dependent words right: 80.0% (배 3/4, 눈 1/1)"


def test_what_a_run_is(whole_run):
    text = describe(whole_run)
    for part in (
        f"Run {whole_run}", "Model: tiny, 1+1 layers, ", "unigram pieces", "Languages: ? to ?",
        "Trained: 30 steps, 3 epochs", "Best validation BLEU: ", "On the validation set:", "chrF",
    ):  # fmt: skip
        assert part in text
