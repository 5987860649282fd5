"""Scores of single sentences and of groups of like length."""

import itertools

import pytest

from keras_transformer.evaluation import bleu, scores_by_length, sentence_scores

REFERENCES = ["a b c d", "the cat sat on the mat", "a b c d e", "one two three", "x y z w v"]


def test_a_right_sentence_is_100_and_an_empty_one_0():
    scores = sentence_scores([REFERENCES[0], "", "a b c d x"], REFERENCES[:3])
    assert scores[0] == 100
    assert scores[1] == 0
    assert 0 < scores[2] < 100


def test_as_many_of_each():
    with pytest.raises(ValueError):
        sentence_scores(["a"], REFERENCES[:2])


def test_groups_hold_every_sentence_once_and_are_scored_alone():
    lengths = [2, 9, 3, 2, 4]
    hypotheses = [*REFERENCES[:2], "a b c d q", "one two three", "wrong"]
    groups = scores_by_length(hypotheses, REFERENCES, lengths, groups=2)
    assert [group[:3] for group in groups] == [(2, 2, 2), (3, 9, 3)]
    rows = [1, 2, 4]
    expected = bleu([hypotheses[row] for row in rows], [REFERENCES[row] for row in rows])
    assert groups[1][3] == pytest.approx(expected)
    assert groups[0][3] != pytest.approx(expected)


@pytest.mark.parametrize("groups", [1, 3, 7])
def test_no_length_is_in_two_groups(groups):
    lengths = [5] * 11 + [6] * 2 + [7, 20, 3]
    texts = ["a b c d"] * len(lengths)
    found = scores_by_length(texts, texts, lengths, groups=groups)
    assert len(found) <= groups
    assert sum(group[2] for group in found) == len(lengths)
    ends = [end for group in found for end in group[:2]]
    assert ends == sorted(ends)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(found))
    assert (ends[0], ends[-1]) == (3, 20)


def test_nothing_to_score():
    assert scores_by_length([], [], []) == []
