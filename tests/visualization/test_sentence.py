"""Explanations of a `Translator`."""

import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.visualization.explanation import Explanation
from tests.models.small_models import small_model
from tests.modes import to_numpy
from tests.runs import tiny

TEXTS = ["가 나 다", "", "하 파 타 카 차", " \t　"]


@pytest.fixture(scope="module")
def translator():
    return tiny.translator(max_length_factor=1.0, max_length_constant=3, max_source_length=4)


@pytest.fixture(scope="module")
def explanations(translator):
    return translator.explain(TEXTS)


def ids_of(explanation, tokenizers):
    """The ids behind the tokens, which are all different."""
    names = tokenizers.target.tokens(range(tokenizers.target.vocabulary_size))
    assert len(set(names)) == len(names)
    return np.array([names.index(token) for token in explanation.target_tokens], "int32")


def test_the_translation_is_the_greedy_one(translator, explanations):
    greedy = [hypotheses[0] for hypotheses in translator.hypotheses(TEXTS, n_best=1)]
    assert [each.translation for each in explanations] == [each.text for each in greedy]
    assert [each.source for each in explanations] == TEXTS
    assert [each.source_truncated for each in explanations] == [False, False, True, False]
    assert [each.source_truncated for each in explanations] == [
        each.source_truncated for each in greedy
    ]
    assert [each.target_truncated for each in explanations] == [
        each.target_truncated for each in greedy
    ]
    scores = [each.score for each in explanations]
    np.testing.assert_allclose(scores, [each.score for each in greedy], rtol=1e-4)


def test_tokens(translator, explanations):
    source, target = translator.tokenizers.source, translator.tokenizers.target
    for text, explanation in zip(TEXTS, explanations, strict=True):
        assert explanation.is_blank == (not text.strip())
        if explanation.is_blank:
            continue
        ids = source.encode([text])[0][:4]
        assert explanation.source_tokens == (*source.tokens(ids), "</s>")
        assert explanation.input_tokens == ("<s>", *explanation.target_tokens[:-1])
        ids = ids_of(explanation, translator.tokenizers)
        assert explanation.translation == target.decode([ids])[0]
        assert explanation.target_truncated == ("</s>" not in explanation.target_tokens)
        assert explanation.languages == ("ko", "en")


def test_attention_and_states(translator, explanations):
    model, tokenizers = translator.model, translator.tokenizers
    for row in (0, 2):
        explanation = explanations[row]
        source = translator.source_ids(TEXTS)[row]
        ids = ids_of(explanation, tokenizers)
        inputs = np.append(tokenizers.target.start_id, ids[:-1])
        expected = model.attention_weights(source[None], inputs[None])
        for kind in ("encoder", "decoder", "cross"):
            layers = [to_numpy(layer)[0] for layer in getattr(expected, kind)]
            steps = getattr(explanation, kind)
            np.testing.assert_allclose(steps.weights, layers, atol=1e-5)
            assert steps.values.shape == steps.keys.shape
            assert steps.queries.shape[:3] == steps.weights.shape[:3]
        encoded = to_numpy(model.encode(source[None]).states)[0]
        np.testing.assert_allclose(explanation.encoder_states[-1], encoded, atol=1e-5)


def test_candidates_are_the_softmax_of_decode(translator, explanations):
    model, tokenizers = translator.model, translator.tokenizers
    names = tokenizers.target.tokens(range(tokenizers.target.vocabulary_size))
    for row in (0, 2):
        explanation = explanations[row]
        source = translator.source_ids(TEXTS)[row]
        ids = ids_of(explanation, tokenizers)
        inputs = np.append(tokenizers.target.start_id, ids[:-1])
        logits = to_numpy(model.decode(model.encode(source[None]), inputs[None]))[0]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        assert explanation.candidate_probabilities.shape == (len(ids), 5)
        # Greedy: the token that was produced is the most probable one.
        assert tuple(tokens[0] for tokens in explanation.candidate_tokens) == (
            explanation.target_tokens
        )
        best = np.sort(probabilities, axis=1)[:, :-6:-1]
        np.testing.assert_allclose(explanation.candidate_probabilities, best, rtol=1e-4)
        for step, tokens in enumerate(explanation.candidate_tokens):
            told = [probabilities[step, names.index(token)] for token in tokens]
            np.testing.assert_allclose(explanation.candidate_probabilities[step], told, rtol=1e-4)


def test_given_translations(translator):
    targets = ["ab cd", "ef", "", "gh"]
    found = translator.explain(TEXTS, targets, num_candidates=3)
    scores = [score for score, _ in translator.score(TEXTS, targets)]
    np.testing.assert_allclose([each.score for each in found], scores, rtol=1e-4)
    assert [each.translation for each in found] == ["ab cd", "", "", ""]
    assert found[0].candidate_probabilities.shape == (len(found[0].target_tokens), 3)
    assert found[2].target_tokens == ("</s>",) and found[2].input_tokens == ("<s>",)
    assert not any(each.target_truncated for each in found)
    with pytest.raises(UserError, match="There are 4 sources and 1 targets"):
        translator.explain(TEXTS, targets[:1])


def test_a_blank_sentence_has_the_shapes_of_others(explanations):
    blank, other = explanations[1], explanations[0]
    assert isinstance(blank, Explanation) and blank.score == 0 and blank.translation == ""
    for kind in ("encoder", "decoder", "cross"):
        for name, field in getattr(blank, kind)._asdict().items():
            like = getattr(getattr(other, kind), name)
            assert field.size == 0 and field.dtype == like.dtype
            assert field.shape[:2] == like.shape[:2]
            if name != "weights":
                assert field.shape[3] == like.shape[3]
    assert blank.encoder_states.shape == (2, 0, 14) and blank.candidate_tokens == ()
    assert blank.candidate_probabilities.shape == (0, 5)


def test_a_translator_from_a_folder_has_its_name(translator, tmp_path):
    from keras_transformer.translator import Translator

    translator.save(tmp_path / "runs" / "ko-en")
    loaded = Translator.load(tmp_path / "runs" / "ko-en")
    (explanation,) = loaded.explain(["가"], ["ab"])
    assert explanation.model == loaded.name == "ko-en"
    assert translator.explain(["가"], ["ab"])[0].model == ""


def test_sentences_longer_than_the_learned_positions():
    from keras_transformer.translator import Translator

    pair = tiny.tokenizers()
    model = small_model(
        positions="learned", max_length=9, vocabulary_size=pair.source.vocabulary_size
    )
    translator = Translator(model, pair)
    assert not translator.explain(["가 나"], ["ab cd"])[0].is_blank
    with pytest.raises(UserError, match=r"learned 9 positions and .* has 1[0-9] tokens: give"):
        translator.explain(["가"], ["ab cd ef gh ij kl mn op qr"])
