"""The training script: what it hands to its callbacks."""

import types

import pytest

from keras_transformer.config import Config
from keras_transformer.decoding import TranslationOptions
from keras_transformer.runs import train


class Made(Exception):
    """Instead of a callback: what it was made of."""


def test_validation_is_greedy_whatever_the_settings_say(monkeypatch):
    def callback(*arguments, **options):
        raise Made(arguments)

    monkeypatch.setattr(train, "BleuCallback", callback)
    validation = types.SimpleNamespace(source=["a", "b"], target=["c", "d"])
    corpus = types.SimpleNamespace(validation=validation, languages=("de", "en"))
    folder = types.SimpleNamespace(best_weights="best.weights.h5")
    translator = types.SimpleNamespace(translate=lambda texts, options: (texts, options))
    with pytest.raises(Made) as made:
        train.make_callbacks(Config(), corpus, None, translator, folder)
    translate, sources, references = made.value.args[0]
    assert (sources, references) == (["a", "b"], ["c", "d"])
    assert translate(["a"]) == (["a"], TranslationOptions(strategy="greedy"))
