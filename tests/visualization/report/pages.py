"""A small `Report`, and a reader of the page made of it."""

from html.parser import HTMLParser

import numpy as np

from keras_transformer.visualization.report import (
    CorpusFacts,
    LengthScores,
    Report,
    SampleTranslation,
)

VOID = {"meta", "br", "link", "img", "input", "hr"}


def sample(**changes):
    values = {
        "source": "나는 학생입니다.",
        "reference": "I am a student.",
        "translation": "I am a teacher.",
        "score": 61.25,
        "source_tokens": ("▁나는", "▁학생", "입니다.", "</s>"),
        "target_tokens": ("▁I", "▁am", "</s>"),
        "attention": np.array(
            [[0.75, 0.25, 0, 0], [0.01, 0.99, 0, 0], [0, 0, 0.5, 0.5]], "float32"
        ),
    }
    return SampleTranslation(**{**values, **changes})


def history(num_epochs=3):
    return [
        {
            "epoch": epoch,
            "step": 7 * (epoch + 1),
            "loss": 5.0 - epoch,
            "val_loss": 5.5 - epoch,
            "val_bleu": 11.0 + 2 * epoch,
            "learning_rate": 0.001 * (epoch + 1),
            "target_tokens_per_second": 1300.0,
            "seconds": 17.0,
        }
        for epoch in range(num_epochs)
    ]


def report(**changes):
    values = {
        "name": "demo",
        "languages": ("ko", "en"),
        "written": "20 November 2026, 17:30",
        "status": "Trained to its end.",
        "finished": True,
        "model": {"model": "tiny"},
        "history": history(),
        "scores": {
            "set": "test", "sentences": 1013, "bleu": 41.26, "bleu_signature": "tok:13a",
            "chrf": 63.91, "chrf_signature": "nc:6", "exact": 0.125,
        },
        "decoding": "with a beam of 5",
        "by_length": [LengthScores(1, 7, 503, 44.5, 66.0), LengthScores(8, 8, 510, 39.5, 61.0)],
        "best": [sample(score=100.0, translation="I am a student.")],
        "worst": [sample()],
        "samples_of": "Of 1,013 sentences.",
        "attention_of": "Of decoder layer 3 of 4.",
        "corpus": CorpusFacts(
            211, {"duplicate": 3, "blank side": 5}, 203, np.array([3, 5, 5]), np.array([4, 4, 9]),
            13, 0,
        ),
        "changed": [("training.epochs", "3", "10")],
        "commands": {"with its settings": "keras-transformer train --run runs/demo-again"},
        "settings": "training:\n  epochs: 3\n",
        "machines": [{"processor": "one", "cores": "2"}],
    }  # fmt: skip
    return Report(**{**values, **changes})


class Page(HTMLParser):
    """What a browser would see: elements with attributes, and the text; checks the nesting."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.problems, self._open = [], "", [], []
        self.feed(text)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.text += data

    def tags(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]
