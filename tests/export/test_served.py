import dataclasses
import shutil

import numpy as np
import pytest

from keras_transformer.config.translation_options import TranslationOptions
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


@pytest.fixture(scope="module")
def translator(functions, tokenizers, settings):
    """The same model in Python, with the defaults of the export."""
    from keras_transformer.translator import Translator

    sizes = {name: getattr(settings.export, name) for name in ("max_source_length", "beam_size")}
    return Translator(functions.model, tokenizers, dataclasses.replace(settings.decoding, **sizes))


OPTIONS = [
    TranslationOptions(strategy="sample", seed=row + 1)
    if row % 2
    else TranslationOptions(beam_size=2, prefix="책", max_length=7)
    for row in range(len(TEXTS))
]


def assert_same(received, expected):
    """Equal lists of `Hypothesis`; an export knows of the best one alone whether it was cut."""
    assert [len(one) for one in received] == [len(one) for one in expected]
    for one, other in zip(received, expected, strict=True):
        for rank, (have, need) in enumerate(zip(one, other, strict=True)):
            assert [type(value) for value in have][:4] == [str, float, float, bool]
            assert have.text == need.text and have.source_truncated == need.source_truncated
            np.testing.assert_allclose(have[1:3], need[1:3], rtol=1e-4, atol=1e-4)
            assert have.target_truncated == (None if rank else need.target_truncated)


def test_options(served, translator):
    received = served.hypotheses(TEXTS, OPTIONS)
    assert_same(received, translator.hypotheses(TEXTS, OPTIONS, n_best=2))
    assert {len(one) for one in received} == {1, 2}
    assert_same(served.hypotheses(TEXTS, OPTIONS, batch_size=2), received)
    best = [one[0].text for one in received]
    assert served.translate(TEXTS, OPTIONS) == best
    assert served.translate(TEXTS[::-1], OPTIONS[::-1], batch_size=3) == best[::-1]
    assert [len(one) for one in served.hypotheses(TEXTS, OPTIONS, n_best=1)] == [1] * len(TEXTS)
    one_for_all = TranslationOptions(min_length=4, no_repeat_ngram=1)
    # The best one alone is greedy unless a beam is asked for, as it is without options.
    for strategy in ("greedy", "beam"):
        chosen = dataclasses.replace(one_for_all, strategy=strategy)
        expected = translator.translate(TEXTS, chosen)
        assert served.translate(TEXTS, chosen) == expected
        assert (served.translate(TEXTS, one_for_all) == expected) == (strategy == "greedy")
    assert served.hypotheses([], one_for_all) == []


def test_hypotheses_without_options(served, translator):
    """Several are those of a beam, and the best alone is what `translate` gives."""
    assert_same(served.hypotheses(TEXTS), translator.hypotheses(TEXTS, n_best=2))
    assert served.hypotheses(TEXTS, n_best=2) == served.hypotheses(TEXTS)
    best = served.hypotheses(TEXTS, n_best=1)
    assert [one[0].text for one in best] == served.translate(TEXTS)
    assert_same(best, translator.hypotheses(TEXTS, TranslationOptions(strategy="greedy")))
    assert served.hypotheses([]) == []


def test_what_an_export_cannot_do(served, monkeypatch):
    texts = TEXTS[:2]
    with pytest.raises(UserError, match="There are 2 texts and 1 options"):
        served.translate(texts, OPTIONS[:1])
    with pytest.raises(UserError, match=r"n_best is 3 and the export .* has at most 2: ask for"):
        served.hypotheses(texts, n_best=3)
    options = [TranslationOptions(), TranslationOptions(beam_size=4)]
    with pytest.raises(
        UserError, match=r"beam_size is 4 and the export .* has at most 3: .*--beam"
    ):
        served.translate(texts, options)
    with pytest.raises(UserError, match=r"max_length is 28 and the export .* has at most 27"):
        served.translate(texts, TranslationOptions(max_length=28))
    # What the server says is not lost, either.
    monkeypatch.setattr(served, "_check_options", lambda options: None)
    with pytest.raises(UserError, match="asked for: beam_size 4 is out of range: 3 was taken"):
        served.translate(texts, options)


def test_an_export_without_the_signature(served, monkeypatch):
    signatures = {"serving_default": served._model.signatures["serving_default"]}
    monkeypatch.setattr(served._model, "signatures", signatures)
    assert len(served.translate(TEXTS)) == len(TEXTS)
    with pytest.raises(UserError, match="has no signature beam: export the model again"):
        served.hypotheses(TEXTS)


def test_score(served, translator):
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
    assert [len(step) for step in long["candidates"]] == [5] * num_target
    assert [step[0] for step in long["candidates"]] == long["target_tokens"]
    assert long["candidate_probabilities"].shape == (num_target, 5)
    assert long["translation"] == served.translate(TEXTS[:1])[0]
    assert blank["translation"] == "" and blank["attention"].shape == (0, 0)
    assert blank["candidates"] == [] and blank["candidate_probabilities"].shape == (0, 5)


def test_explanations_of_an_export_are_those_of_python(served, translator):
    from keras_transformer.visualization.explanation import explanations_of_served

    received = explanations_of_served(served.explain(TEXTS[:5]))
    for one, other in zip(received, translator.explain(TEXTS[:5]), strict=True):
        for name in ("translation", "source_truncated", "target_truncated",
                     "source_tokens", "input_tokens", "target_tokens"):  # fmt: skip
            assert getattr(one, name) == getattr(other, name)
        assert one.source == other.source
        assert (one.languages, one.model) == (("ko", "en"), "small/1")
        assert one.score == pytest.approx(other.score, abs=1e-4)
        for kind in ("encoder", "decoder", "cross"):
            weights = getattr(one, kind).weights
            np.testing.assert_allclose(weights, getattr(other, kind).weights, atol=1e-4)
            assert getattr(one, kind).queries is None
        probabilities = other.candidate_probabilities
        np.testing.assert_allclose(one.candidate_probabilities, probabilities, atol=1e-4)
        assert len(one.candidate_tokens) == len(other.candidate_tokens)


def test_explain_of_an_export_without_candidates(served, monkeypatch):
    run = served._model.run

    def before_candidates(signature, inputs):
        outputs = run(signature, inputs)
        return {name: value for name, value in outputs.items() if "candidate" not in name}

    monkeypatch.setattr(served._model, "run", before_candidates)
    (explanation,) = served.explain(["I"])
    assert explanation["target_tokens"] and "candidates" not in explanation


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
