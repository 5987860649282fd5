import numpy as np
import pytest

from keras_transformer.visualization.explanation import Explanation, explanations_of_served

LAYERS, HEADS, SOURCE, TARGET = 3, 2, 5, 4


@pytest.fixture
def row():
    """What an export says of one sentence."""

    def attention(queries, keys):
        return np.random.default_rng(keys).random((LAYERS, HEADS, queries, keys), "float32")

    return {
        "source": "가 나",
        "translation": "a b",
        "languages": ("ko", "en"),
        "model": "small/1",
        "score": -1.5,
        "source_truncated": True,
        "target_truncated": False,
        "source_tokens": ["▁", "가", "▁", "나", "</s>"],
        "target_tokens": ["▁a", "▁", "b", "</s>"],
        "attention": attention(TARGET, SOURCE)[0, 0],
        "cross_attention": attention(TARGET, SOURCE),
        "encoder_attention": attention(SOURCE, SOURCE),
        "decoder_attention": attention(TARGET, TARGET),
        "candidates": [["▁a", "x"], ["▁", "x"], ["b", "x"], ["</s>", "x"]],
        "candidate_probabilities": np.full((TARGET, 2), 0.4, "float32"),
    }


def test_an_export_explains(row):
    (found,) = explanations_of_served([row])
    assert (found.source, found.translation, found.model) == ("가 나", "a b", "small/1")
    assert (found.languages, found.score) == (("ko", "en"), -1.5)
    assert (found.source_truncated, found.target_truncated, found.is_blank) == (True, False, False)
    assert found.source_tokens == ("▁", "가", "▁", "나", "</s>")
    assert found.target_tokens == ("▁a", "▁", "b", "</s>")
    assert found.input_tokens == ("<s>", "▁a", "▁", "b")
    for kind in ("encoder", "decoder", "cross"):
        steps = getattr(found, kind)
        np.testing.assert_array_equal(steps.weights, row[f"{kind}_attention"])
        assert steps[1:] == (None, None, None)
    assert found.candidate_tokens[1] == ("▁", "x")
    np.testing.assert_array_equal(found.candidate_probabilities, row["candidate_probabilities"])
    assert found.encoder_states is None


def test_an_export_of_before_candidates(row):
    del row["candidates"], row["candidate_probabilities"]
    (found,) = explanations_of_served([row])
    assert found.candidate_tokens is found.candidate_probabilities is None


def test_a_blank_sentence(row):
    blank = np.zeros((LAYERS, HEADS, 0, 0), "float32")
    row |= {f"{kind}_attention": blank for kind in ("encoder", "decoder", "cross")}
    row |= {"source": "", "translation": "", "source_tokens": [], "target_tokens": []}
    row |= {"candidates": [], "candidate_probabilities": np.zeros((0, 5), "float32")}
    (found,) = explanations_of_served([row])
    assert found.is_blank and found.input_tokens == () and found.candidate_tokens == ()


def test_explanations_stay(row):
    (found,) = explanations_of_served([row])
    assert isinstance(found, Explanation)
    again, other = explanations_of_served([found, row])
    assert again is found and other is not found
