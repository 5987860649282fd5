"""Hypotheses ranked by both directions of one model."""

import pytest

from keras_transformer.decoding import TranslationOptions
from keras_transformer.decoding.strategies import NO_SCORE
from keras_transformer.errors import UserError
from keras_transformer.reverse_ranking import ReverseRanking
from keras_transformer.translator import Translator
from tests.runs import tiny

TEXTS = ["가 나 다", "", "하 파 타 카 차", "라", "마 바 사 아 자 차 카"]


@pytest.fixture(scope="module")
def translator():
    translator = tiny.translator(beam_size=4, length_penalty=0.7, max_length_constant=3)
    translator.both_directions = True
    return translator


def expected(translator, text, hypotheses, weight, length_penalty):
    """Texts and scores, best first, each hypothesis scored by itself."""
    ranked = []
    for each in hypotheses:
        ((score, tokens),) = translator.score([each.text], [text])
        score = each.ranking_score + weight * score / ((5 + tokens) / 6) ** length_penalty
        if not each.text and len(hypotheses) > 1:
            score = NO_SCORE
        ranked.append((each.text, pytest.approx(score, rel=1e-4)))
    return sorted(ranked, key=lambda pair: -pair[1].expected)


@pytest.mark.parametrize("weight", [0.3, 4.0])
def test_the_order_is_that_of_both_scores(translator, weight):
    found = ReverseRanking(translator, weight).hypotheses(TEXTS)
    plain = translator.hypotheses(TEXTS)
    for text, ranked, hypotheses in zip(TEXTS, found, plain, strict=True):
        if text:
            outcome = [(each.text, each.ranking_score) for each in ranked]
            assert outcome == expected(translator, text, hypotheses, weight, 0.7)
    assert [len(each) for each in found] == [len(each) for each in plain]
    assert found[1] == plain[1]
    orders = [[each.text for each in hypotheses] for hypotheses in found]
    assert orders != [[each.text for each in hypotheses] for hypotheses in plain]


def test_a_row_has_its_own_length_penalty(translator):
    options = [TranslationOptions(beam_size=3, length_penalty=power) for power in (0.0, 2.0)]
    found = ReverseRanking(translator, 1.0).hypotheses([TEXTS[0]] * 2, options)
    plain = translator.hypotheses([TEXTS[0]] * 2, options)
    for ranked, hypotheses, power in zip(found, plain, (0.0, 2.0), strict=True):
        outcome = [(each.text, each.ranking_score) for each in ranked]
        assert outcome == expected(translator, TEXTS[0], hypotheses, 1.0, power)


def test_what_was_not_read_is_not_asked_for(monkeypatch):
    short = tiny.translator(beam_size=3, max_source_length=4, max_length_constant=3)
    short.both_directions = True
    asked, score = [], short.score
    monkeypatch.setattr(short, "score", lambda *texts: asked.append(texts) or score(*texts))
    texts = ["가 나", "하 파 타 카 차 " * 500]
    found = ReverseRanking(short, 0.2).hypotheses(texts)
    assert [hypotheses[0].source_truncated for hypotheses in found] == [False, True]
    ((_, targets),) = asked
    assert texts[0] in targets
    (cut,) = {*targets} - {texts[0]}
    assert cut.startswith("하 파") and len(cut) < 12


def test_the_first_is_the_translation(translator):
    ranking = ReverseRanking(translator, 4.0)
    best = [hypotheses[0] for hypotheses in ranking.hypotheses(TEXTS)]
    assert ranking.translate(TEXTS, batch_size=2) == [each.text for each in best]
    assert ranking.hypotheses(TEXTS, n_best=1) == [[each] for each in best]
    assert ranking.languages == ("ko", "en")


class Stub:
    """Finds what it is told to; texts that have an "x" translate back well."""

    both_directions = True
    languages = ("", "")

    def __init__(self, *texts):
        self.options = tiny.translator(beam_size=2).options
        self.found = texts

    def hypotheses(self, texts, **asked):
        from keras_transformer.decoding import Hypothesis

        return [
            [Hypothesis(text, -1.0 - place, -1.0 - place, False, False)
             for place, text in enumerate(self.found)]
            for _ in texts
        ]  # fmt: skip

    def score(self, sources, targets):
        return [((-1.0 if "x" in text else -9.0), 1) if text else (0.0, 0) for text in sources]


def test_what_translates_back_wins():
    assert ReverseRanking(Stub("a", "x"), 0.5).translate(["b"]) == ["x"]
    assert ReverseRanking(Stub("a", "x"), 0.1).translate(["b"]) == ["a"]


def test_an_empty_translation_is_the_last():
    assert ReverseRanking(Stub("", "a"), 0.1).translate(["b"]) == ["a"]


def test_a_model_of_one_direction_is_refused():
    with pytest.raises(UserError, match=r"trained with data\.both_directions"):
        ReverseRanking(tiny.translator(), 0.2)


@pytest.mark.parametrize("weight", [0, -1.0, float("nan")])
def test_a_weight_is_more_than_nothing(translator, weight):
    with pytest.raises(UserError, match="expected more than 0"):
        ReverseRanking(translator, weight)


@pytest.mark.parametrize(
    "options",
    [TranslationOptions(strategy="greedy"), TranslationOptions(beam_size=1)],
    ids=["greedy", "beam of one"],
)
def test_one_hypothesis_leaves_no_choice(translator, options):
    with pytest.raises(UserError, match=r"give a beam \(decoding\.beam_size or --beam\)"):
        ReverseRanking(translator, 0.2).translate(TEXTS, options)


def test_no_texts(translator):
    assert ReverseRanking(translator, 0.2).translate([]) == []


def test_a_saved_translator_knows_that_it_translates_both_ways(translator, tmp_path):
    translator.save(tmp_path)
    assert Translator.load(tmp_path).both_directions
    one_way = tiny.translator()
    one_way.save(tmp_path)
    assert not Translator.load(tmp_path).both_directions


def test_a_beam_asked_for_by_name_is_one():
    translator = tiny.translator(max_length_constant=3)  # greedy, where nothing is said
    translator.both_directions = True
    ranking = ReverseRanking(translator, 0.3)
    (found,) = ranking.hypotheses(TEXTS[:1], TranslationOptions(strategy="beam"))
    assert len(found) > 1
    with pytest.raises(UserError, match="Reverse scores choose among hypotheses, and there is one"):
        ranking.hypotheses(TEXTS[:1])
