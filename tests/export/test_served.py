import dataclasses
import shutil

import numpy as np
import pytest

from keras_transformer.errors import UserError

pytestmark = pytest.mark.tensorflow

TEXTS = [
    "My mother saw a pear 3?",
    "",
    "나는 읽는다 책.",
    "I",
    b"caf\xc3 I",
    "학생이 샀어요",
    "\ud83d",
]


def test_order_and_batches_do_not_matter(served):
    expected = served.translate(TEXTS)
    assert len(set(expected)) > 2
    assert all(isinstance(text, str) for text in expected)
    assert served.translate(TEXTS, batch_size=2) == expected
    assert served.translate(TEXTS[::-1], batch_size=3) == expected[::-1]
    assert served.translate([]) == []


def test_score(served, model, tokenizers, settings):
    from keras_transformer.translator import Translator

    limit = settings.export.max_source_length
    options = dataclasses.replace(settings.decoding, max_source_length=limit)
    translator = Translator(model, tokenizers, options)
    references = ["책", "I", "a pear", "", "saw", "I", "I"]
    scores = served.score(TEXTS, references)
    np.testing.assert_allclose(served.score(TEXTS, references, batch_size=3), scores, atol=1e-4)
    np.testing.assert_allclose(translator.score(TEXTS, references), scores, rtol=1e-4, atol=1e-4)
    assert scores[1] == (0.0, 0) and all(scores[row][0] < 0 for row in (0, 2, 3, 4))
    with pytest.raises(UserError, match="7 sources and 1 references"):
        served.score(TEXTS, ["I"])
    assert served.score([], []) == []


def test_explain_has_no_padding(served):
    long, blank = served.explain(TEXTS)[:2]
    num_source, num_target = len(long["source_tokens"]), len(long["target_tokens"])
    assert long["attention"].shape == (num_target, num_source)
    assert long["cross_attention"].shape == (2, 3, num_target, num_source)
    assert long["encoder_attention"].shape == (1, 3, num_source, num_source)
    assert long["decoder_attention"].shape == (2, 3, num_target, num_target)
    assert long["translation"] == served.translate(TEXTS[:1])[0]
    assert blank["translation"] == "" and blank["attention"].shape == (0, 0)


def test_description(served, exported):
    description = served.description()
    assert served.folder == exported
    assert description["format"] == 1
    assert (description["source_language"], description["target_language"]) == ("ko", "en")
    assert description["max_source_length"] == 17
    assert (description["max_length_factor"], description["max_length_constant"]) == (1.3, 5)
    assert description["explain_layer"] == 1
    assert description["source_vocabulary_size"] == 36
    assert description["model"]["hidden_dim"] == 12
    assert (description["beam_size"], description["n_best"]) == (3, 2)
    assert description["length_penalty"] == 0.6
    names = {"serving_default", "beam", "options", "explain", "score"}
    assert set(description["signatures"]) == names


def test_the_folder_of_all_versions_will_do(exported, monkeypatch):
    from keras_transformer.export import served

    monkeypatch.setattr(served, "SessionModel", str)  # it loads as one version does
    assert served.ServedModel(exported.parent).folder == exported


def test_folders_that_are_not_ours(exported, tmp_path):
    from keras_transformer.export import ServedModel

    with pytest.raises(UserError, match="There is no folder"):
        ServedModel(tmp_path / "missing")
    foreign = tmp_path / "foreign" / "1"
    shutil.copytree(exported, foreign)
    description = foreign / "assets.extra" / "keras_transformer.json"
    description.write_text("{")
    with pytest.raises(UserError, match=r"keras_transformer.json cannot be read"):
        ServedModel(foreign.parent)
    description.unlink()
    with pytest.raises(UserError, match="is not an export of keras_transformer"):
        ServedModel(foreign.parent)


def test_a_damaged_export(exported, tmp_path):
    from keras_transformer.export import ServedModel

    damaged = tmp_path / "1"
    shutil.copytree(exported, damaged)
    (damaged / "variables" / "variables.index").unlink()
    with pytest.raises(UserError, match="cannot be loaded"):
        ServedModel(damaged)
