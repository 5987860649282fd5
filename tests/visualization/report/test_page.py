"""`report.html`: whole, escaped, and silent about nothing that is missing."""

import re

import numpy as np
import pytest

from keras_transformer.visualization.report import CorpusFacts, report_page
from tests.visualization.report.pages import Page, history, report, sample

HOSTILE = (
    "<script>alert(1)</script> \" ' & </bdi></title></svg><img src=x onerror=alert(2)> "
    "\x00\x1b\ud800\u202e"
)


def test_the_page_is_well_formed_and_tells_all():
    page = Page(report_page(report()))
    assert page.problems == []
    for part in (
        "demo", "ko → en", "finished", "41.26", "63.91", "12.5%", "tok:13a", "nc:6",
        "1,013 sentences of the test set, translated with a beam of 5",
        "Best: 15.00 in epoch 3", "left out: blank side",
        "2.37%",
        "The validation set has 13 sentences. There is no test set.", "1 to 7", "503", "39.50",
        "나는 학생입니다.", "61.2", "Of decoder layer 3 of 4.", "training.epochs",
        "keras-transformer train --run runs/demo-again", "processor", "20 November 2026",
    ):  # fmt: skip
        assert part in page.text, part
    widths = [a["style"] for a in page.tags("span") if a.get("class") == "bar"]
    assert widths[-4:] == ["width:100.0%", "width:2.4%", "width:1.4%", "width:96.2%"]
    assert page.text.index("Worst") < page.text.index("Best", page.text.index("Worst"))


def test_nothing_comes_from_elsewhere_and_no_script_may_run():
    text = report_page(report())
    page = Page(text)
    (policy,) = [a for a in page.tags("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert not re.search(r"https?:|//[a-z]|url\(|@import", text)
    links = [attributes["href"] for attributes in page.tags("a")]
    names = {attributes["id"] for attributes in page.tags("section")}
    assert {f"#{name}" for name in names} == set(links)


def test_hostile_texts_stay_texts():
    sentences = sample(
        source=HOSTILE, reference=HOSTILE, translation=HOSTILE[::-1],
        source_tokens=(HOSTILE,) * 4, target_tokens=(HOSTILE,) * 3,
    )  # fmt: skip
    text = report_page(
        report(
            name=HOSTILE, languages=(HOSTILE, HOSTILE), status=HOSTILE, model={HOSTILE: HOSTILE},
            best=[sentences], worst=[sentences], samples_of=HOSTILE, attention_of=HOSTILE,
            corpus=CorpusFacts(7, {HOSTILE: 2}, 5, np.array([1, 2]), np.array([3, 1])),
            changed=[(HOSTILE,) * 3], commands={HOSTILE: HOSTILE}, settings=HOSTILE,
            machines=[{HOSTILE: HOSTILE}], missing={"scores": HOSTILE, "curves": HOSTILE},
            written=HOSTILE,
            scores={**report().scores, "bleu_signature": HOSTILE, "chrf_signature": HOSTILE,
                    "baselines": {HOSTILE: 3.0}, "context_words": {HOSTILE: (1, 2)},
                    "context_words_right": 0.5},
        )
    )  # fmt: skip
    page = Page(text)
    assert page.problems == []
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]
    assert page.text.count("<script>alert(1)</script>") >= 15
    assert text.encode("utf-8")  # no half of a pair of UTF-16
    assert not re.search("[\x00\x1b\u202e]", text)


def test_what_is_missing_is_said():
    missing = {
        name: f"No {name} here."
        for name in ("scores", "curves", "lengths", "translations", "corpus", "machine")
    }
    page = Page(
        report_page(
            report(finished=False, scores=None, history=[], by_length=[], best=[], worst=[],
                   corpus=None, machines=[], missing=missing)
        )
    )  # fmt: skip
    assert page.problems == []
    for sentence in missing.values():
        assert page.text.count(sentence) == 1
    assert "not finished" in page.text
    assert "BLEU beside" not in page.text


def test_attention_may_be_missing_alone():
    samples = [sample(attention=None)]
    page = Page(report_page(report(best=samples, worst=samples, missing={"attention": "None."})))
    assert "Of decoder layer" not in page.text
    assert "None." in page.text
    assert not [a for a in page.tags("rect") if a["class"] == "cell"]


def test_scores_of_the_sample_corpus():
    scores = {
        **report().scores, "baselines": {"word for word": 6.5},
        "context_words": {"배": (44, 45)}, "context_words_right": 0.978,
    }  # fmt: skip
    page = Page(report_page(report(scores=scores)))
    for part in ("97.8%", "word for word", "6.50", "배 44/45"):
        assert part in page.text
    widths = [a["style"] for a in page.tags("span") if a.get("class") == "bar"]
    assert {"width:41.3%", "width:6.5%"} <= set(widths)


def test_each_epoch_is_a_point():
    page = Page(report_page(report(history=history(5))))
    titles = re.findall(r"training, epoch (\d+): ([\d.]+)", page.text)
    assert titles == [(str(epoch + 1), f"{5 - epoch}") for epoch in range(5)]
    assert "epoch 5: 19" in page.text  # BLEU


@pytest.mark.parametrize("lines", [
    [{"epoch": 0}],
    [{"epoch": 0, "step": 3, "loss": float("nan"), "val_bleu": 0.0}],
    history(1),
    history(200),
], ids=["bare", "no number", "one", "many"])  # fmt: skip
def test_histories_of_all_kinds(lines):
    page = Page(report_page(report(history=lines)))
    assert page.problems == []
    for attributes in page.tags("polyline"):
        assert "nan" not in attributes["points"]
