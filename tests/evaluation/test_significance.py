"""The paired bootstrap test: a clear difference, none, and sacreBLEU's own figures."""

import random

import pytest

from keras_transformer.errors import UserError
from keras_transformer.evaluation import corpus_scores
from keras_transformer.evaluation.significance import paired_bootstrap

WORDS = "a b c d e f g h i j k l".split()


def sentences(count=60, seed=1):
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(5, 9))) for _ in range(count)]


def spoiled(lines, share, seed):
    """The same with a share of the words replaced."""
    draw = random.Random(seed)
    return [
        " ".join("x" if draw.random() < share else word for word in line.split()) for line in lines
    ]


def test_a_clear_difference_and_none():
    references = sentences()
    base, alike, better = (
        spoiled(references, share, seed) for share, seed in ((0.2, 2), (0.2, 3), (0.05, 4))
    )
    systems = {"base": base, "alike": alike, "better": better}
    bleu, chrf = paired_bootstrap(systems, references, tokenizer="none", resamples=200)
    assert (bleu.metric, chrf.metric) == ("BLEU", "chrF2")
    assert "tok:none" in bleu.signature and "bs:200|seed:12345" in bleu.signature
    for test, name in ((bleu, "bleu"), (chrf, "chrf")):
        expected = [
            corpus_scores(lines, references, tokenizer="none")[name] for lines in systems.values()
        ]
        assert [round(one.score, 2) for one in test.scores] == expected
        first, second, third = test.scores
        assert first.p_value is None
        assert second.p_value > 0.05
        assert third.p_value < 0.01
        assert all(abs(one.mean - one.score) < one.interval for one in test.scores)
    again = paired_bootstrap(systems, references, tokenizer="none", resamples=200)
    assert again[0].scores == bleu.scores


def test_the_signature_of_ordinary_scores_stays():
    references = sentences()
    before = corpus_scores(references, references)["bleu_signature"]
    paired_bootstrap({"a": references, "b": references}, references, resamples=10)
    assert corpus_scores(references, references)["bleu_signature"] == before


def test_every_system_needs_every_sentence():
    references = sentences()
    with pytest.raises(UserError, match=r"b has 59 translations, and there are 60 references: g"):
        paired_bootstrap({"a": references, "b": references[1:]}, references)


def test_equal_translations_do_not_differ():
    lines = ["a b c d e", "f g h i", "k l m n o p"]
    references = ["a b c d x", "f g h i", "k l n m o p"]
    for test in paired_bootstrap({"one": lines, "again": list(lines)}, references):
        assert [one.p_value for one in test.scores] == [None, 1.0]
