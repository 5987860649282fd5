"""`report.html` of real, small runs."""

import dataclasses
import json
import shlex
import shutil

import pytest

from keras_transformer import cli
from keras_transformer.cli.parser import build_parser
from keras_transformer.cli.train import settings_of
from keras_transformer.config import Config
from keras_transformer.errors import UserError
from keras_transformer.runs import report as module
from keras_transformer.runs import train as script
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.folder import RunFolder
from keras_transformer.runs.report import report_of, write_report
from keras_transformer.runs.train import train
from tests.runs import tiny
from tests.runs.test_resume import BATCHES, Killed, kill_at  # noqa: F401  (a fixture)
from tests.visualization.report.pages import Page

AVERAGE = {"training__average_decay": 0.9}


@pytest.fixture
def finished(whole_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole_run, run)
    return run


def test_a_run_ends_with_its_report(whole_run):
    page = Page((whole_run / "report.html").read_text(encoding="utf-8"))
    scores = json.loads((whole_run / "scores.json").read_text())
    assert page.problems == []
    for part in (
        "finished", f"{scores['bleu']:.2f}", scores["chrf_signature"], "3 epochs, 30 steps",
        "The validation set has 13 sentences. There is no test set.", "hidden_dim: 16",
        "training.average_decay", "keras-transformer train", "unigram pieces for both languages",
        "decoder layer 1 of 1", "processor", "numpy",
    ):  # fmt: skip
        assert part in page.text, part
    assert 'class="missing"' not in (whole_run / "report.html").read_text(encoding="utf-8")


def test_what_the_report_of_a_finished_run_says(corpus, whole_run):
    config = Config.load(whole_run / "config.yaml")
    found = report_of(RunFolder(whole_run))
    assert found.missing == {}
    assert [line["epoch"] for line in found.history] == [0, 1, 2]
    facts = found.corpus
    assert facts.num_read == facts.num_pairs + sum(facts.dropped.values())
    assert len(facts.source_lengths) == facts.num_pairs
    assert sum(group.sentences for group in found.by_length) == tiny.NUM_VALIDATION
    pairs = open_corpus(config.data).validation
    translations = (whole_run / "test.translations.txt").read_text().split("\n")[:-1]
    triples = list(zip(pairs.source, pairs.target, translations, strict=True))
    assert (len(found.best), len(found.worst)) == (4, 4)
    for sample in [*found.best, *found.worst]:
        assert (sample.source, sample.reference, sample.translation) in triples
        assert sample.attention.shape == (len(sample.target_tokens), len(sample.source_tokens))
        assert sample.attention.sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert sample.source_tokens[-1] == sample.target_tokens[-1] == "</s>"
    best, worst = ([one.score for one in side] for side in (found.best, found.worst))
    assert best == sorted(best, reverse=True)
    assert worst == sorted(worst)
    assert best[-1] >= worst[-1]
    assert len({id(one) for one in found.best + found.worst}) == 8


def test_attention_in_a_batch_is_that_of_the_sentence_alone(whole_run):
    translator = module.Translator.load(whole_run)
    sources, targets = ["가 나 다 라", "하", "타 파"], ["ab cd", "ef gh ij", ""]
    together = module.cross_attention(translator, sources, targets)
    for explanation, (source_tokens, target_tokens, weights) in zip(
        translator.explain(sources, targets), together, strict=True
    ):
        assert source_tokens == explanation.source_tokens
        assert target_tokens == explanation.target_tokens
        expected = explanation.cross.weights[0].mean(axis=0)
        assert weights == pytest.approx(expected, abs=1e-5)


def test_interrupted_and_resumed(corpus, whole_run, tmp_path, kill_at, monkeypatch, capsys):  # noqa: F811
    settings, run = tiny.config(corpus, **AVERAGE), tmp_path / "run"
    kill_at(BATCHES + 4)
    with pytest.raises(Killed):
        train(settings, run)
    assert cli.main(["report", str(run)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(run / "report.html")
    found = report_of(RunFolder(run))
    assert not found.finished and found.scores is None
    assert [line["epoch"] for line in found.history] == [0]
    assert set(found.missing) == {"scores", "lengths"}
    assert f"train --run {run}" in found.commands["to go on with it"]
    assert "1 epoch, 12 steps" in found.status and "of 3 epochs" in found.status
    assert "13 first sentences of the validation set" in found.samples_of
    assert found.best[0].attention is not None
    # What a run leaves that died after its history and before its checkpoint, or in between.
    lines = (run / "history.jsonl").read_text()
    (run / "history.jsonl").write_text(lines + lines.replace('"epoch": 0', '"epoch": 1') + '{"epo')
    monkeypatch.undo()
    train(settings, run)
    resumed, expected = report_of(RunFolder(run)), report_of(RunFolder(whole_run))
    times = dict.fromkeys(tiny.TIMES)
    assert [{**line, **times} for line in resumed.history] == [
        {**line, **times} for line in expected.history
    ]
    assert resumed.finished and resumed.missing == {}
    assert resumed.scores == expected.scores
    assert resumed.by_length == expected.by_length
    assert [s.translation for s in resumed.worst] == [s.translation for s in expected.worst]
    assert "not finished" not in (run / "report.html").read_text(encoding="utf-8")


def test_a_history_with_a_gap_or_a_repetition(finished):
    path = finished / "history.jsonl"
    first, _, third = path.read_text().splitlines()
    path.write_text("\n".join([first, third, third.replace('"step": 30', '"step": 31')]) + "\n")
    found = report_of(RunFolder(finished))
    assert [(line["epoch"], line["step"]) for line in found.history] == [(0, 10), (2, 31)]
    assert found.missing == {"curves": "The history lacks what is said of epoch 2."}
    path.unlink()
    found = report_of(RunFolder(finished))
    assert found.missing == {
        "curves": "There are no curves yet: the first epoch is not at its end."
    }


def test_what_is_not_there_is_said(finished, corpus, tmp_path):
    def missing():
        write_report(finished)
        return report_of(RunFolder(finished)).missing

    (finished / "machine.json").unlink()
    shutil.rmtree(finished / "data")
    found = missing()
    assert set(found) == {"machine", "corpus"}
    assert "did not write down" in found["machine"]
    (finished / "test.translations.txt").write_text("one line\n")
    found = missing()
    assert "has 1 lines and the validation set 13 sentences" in found["translations"]
    assert "missing (see below)" in found["lengths"]
    (finished / "test.translations.txt").unlink()
    assert "cannot be read" in missing()["translations"]
    (finished / "model.weights.h5").unlink()
    assert "has no model.weights.h5 yet" in missing()["translations"]
    (finished / "scores.json").unlink()
    assert "no scores yet" in missing()["scores"]
    text = (finished / "report.html").read_text(encoding="utf-8")
    assert text.count('class="missing"') == 5
    assert Page(text).problems == []


def test_without_its_corpus(finished, corpus):
    text = (finished / "config.yaml").read_text(encoding="utf-8")
    (finished / "config.yaml").write_text(text.replace("train.ko", "gone.ko"), encoding="utf-8")
    found = report_of(RunFolder(finished))
    assert set(found.missing) == {"translations", "lengths"}
    assert "gone.ko" in found.missing["translations"]
    assert found.corpus.validation is None and found.corpus.num_pairs > 150


def test_nothing_is_downloaded_for_a_report(finished, tmp_path, monkeypatch):
    def fetch(*arguments, **options):
        raise AssertionError("this must not be called")

    monkeypatch.setattr("keras_transformer.data.download.fetch", fetch)
    config = Config.load(finished / "config.yaml")
    data = dataclasses.replace(
        config.data, source=(), target=(), download="multi30k", folder=str(tmp_path / "none"),
        source_language="en", target_language="de",
    )  # fmt: skip
    dataclasses.replace(config, data=data).save(finished / "config.yaml")
    found = report_of(RunFolder(finished))
    assert "train.lc.norm.tok.en is not there" in found.missing["translations"]
    assert "start the command where the run was started" in found.missing["translations"]


def test_a_report_that_fails_fails_no_training(corpus, finished, monkeypatch, capsys):
    def report_page(report):
        raise RuntimeError("no\nluck")

    monkeypatch.setattr(module, "report_page", report_page)
    (finished / "report.html").unlink()
    scores = train(tiny.config(corpus, **AVERAGE), finished)
    assert scores == json.loads((finished / "scores.json").read_text())
    shown = capsys.readouterr().out
    assert "There is no report of this run (no luck); nothing else is affected" in shown
    assert f"'keras-transformer report {finished}' tries again" in shown


def test_a_report_follows_the_scores(corpus, finished, monkeypatch):
    old = (finished / "report.html").read_text(encoding="utf-8")
    changed = {"decoding__max_length_factor": 0, "decoding__max_length_constant": 1}
    train(tiny.config(corpus, **AVERAGE, **changed), finished)
    new = (finished / "report.html").read_text(encoding="utf-8")
    assert "decoding.max_length_constant" in new and "decoding.max_length_constant" not in old


def test_hostile_sentences(tmp_path, kill_at):  # noqa: F811
    folder = tmp_path / "corpus"
    tiny.write_corpus(folder)
    bad = "<script>alert(1)</script> \u202e & </bdi>"
    for name in ("train.ko", "train.en"):
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join(f"{line} {bad}" for line in lines) + "\n")
    kill_at(BATCHES + 1)
    changes = {"training__batch_tokens": 3000, "tokenizer__vocabulary_size": 80}
    run = tmp_path / "run <i>"
    train(tiny.config(folder, training__epochs=1, **changes), run)
    text = (run / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.problems == []
    assert page.text.count("<script>alert(1)</script>") >= 8
    assert not page.tags("script") and not page.tags("i")
    assert "\u202e" not in text


def test_the_commands_repeat_the_run(whole_run):
    found = report_of(RunFolder(whole_run)).commands
    assert set(found) == {"with its settings", "the same in options"}
    config = Config.load(whole_run / "config.yaml")
    for command in found.values():
        program, *words = shlex.split(command.replace("\\\n", ""))
        assert program == "keras-transformer"
        again, folder = settings_of(build_parser().parse_args(words))
        assert again == config
        assert str(folder) == f"{whole_run}-again"


def test_no_report_of_what_is_no_run(tmp_path, capsys):
    assert cli.main(["report", str(tmp_path)]) == 2
    assert "holds no config.yaml: expected the folder of a run" in capsys.readouterr().err


def test_the_script_writes_the_report_last(corpus, finished, monkeypatch):
    order = []
    monkeypatch.setattr(script, "print_scores", lambda scores: order.append("scores"))
    monkeypatch.setattr(
        script, "try_to_write_report", lambda path, corpus, say: order.append("report")
    )
    (finished / "scores.json").unlink()
    train(tiny.config(corpus, **AVERAGE), finished)
    assert order == ["scores", "report"]


def test_an_unwritable_report_is_one_sentence(finished, monkeypatch):
    (finished / "report.html").unlink()
    (finished / "report.html").mkdir()
    with pytest.raises(UserError, match=r"report.html cannot be written"):
        write_report(finished)


def test_threads_are_named_as_people_say_them(finished):
    machines = json.loads((finished / "machine.json").read_text())
    (machine,) = machines if isinstance(machines, list) else [machines]
    machine["threads"] = {"intra_op": 0, "inter_op": 2}
    (finished / "machine.json").write_text(json.dumps(machines))
    (facts,) = report_of(RunFolder(finished)).machines
    assert facts["threads"] == "intra_op auto, inter_op 2"
