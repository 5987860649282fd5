"""Pictures of attention for TensorBoard."""

import contextlib
import types

import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.runs import attention_pictures as module
from keras_transformer.runs.attention_pictures import attention_pictures
from keras_transformer.runs.train import train
from tests.runs import tiny

SAMPLES = [("가 나", "ab cd", "ab"), ("다", "ef", ""), ("라 마", "gh ij", "gh")]


@pytest.fixture(scope="module")
def translator():
    return tiny.translator()


def bleu(samples=SAMPLES, average=None):
    return types.SimpleNamespace(samples=samples, average=average)


def test_a_picture_for_each_sentence(translator):
    found = attention_pictures(translator, bleu(), None)()
    assert list(found) == ["attention/sentence_1", "attention/sentence_2"]
    for picture in found.values():
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3 and min(picture.shape[:2]) > 200
        assert 100 < picture.mean() < 255  # mostly white, not blank
        assert picture.min() < 100
    assert attention_pictures(translator, bleu([]), None)() == {}


def test_the_average_is_looked_at(translator, monkeypatch):
    happened = []

    @contextlib.contextmanager
    def swapped_in(model):
        happened.append(model)
        yield
        happened.append("out")

    def cross_attention(translator, sources, translations):
        happened.append((sources, translations))
        return []

    monkeypatch.setattr(module, "cross_attention", cross_attention)
    average = types.SimpleNamespace(swapped_in=swapped_in)
    with pytest.raises(ValueError):  # no attention came back
        attention_pictures(translator, bleu(average=average), None)()
    assert happened == [translator.model, (("가 나", "다"), ("ab", "")), "out"]


def test_what_cannot_be_drawn_is_said(translator, monkeypatch):
    def cross_attention(*arguments):
        raise UserError("Too long.")

    said = []
    monkeypatch.setattr(module, "cross_attention", cross_attention)
    assert attention_pictures(translator, bleu(), said.append)() == {}
    assert said == ["TensorBoard gets no pictures of attention this time. Too long."]


def test_without_matplotlib(translator, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said = []
    assert attention_pictures(translator, bleu(), said.append) is None
    (line,) = said
    assert "matplotlib is not installed" in line


@pytest.mark.tensorflow
def test_a_run_gives_tensorboard_texts_and_pictures(corpus, tmp_path):
    from tests.training.test_tensorboard import events_of

    changes = {"training__tensorboard": "true", "training__epochs": 1}
    train(tiny.config(corpus, **changes), tmp_path / "run")
    tags = {tag for _, tag, _ in events_of(tmp_path / "run" / "logs")}
    assert {"attention/sentence_1", "attention/sentence_2", "translations"} <= tags
