"""Beam search against exhaustive search on toy models."""

import numpy as np
import pytest

from keras_transformer.decoding import BeamSearch, Greedy, Hypotheses, SearchOptions
from tests.decoding.toy_models import (
    END,
    PADDING,
    SPECIAL_IDS,
    START,
    ToyModels,
    assert_found,
    drive,
    found,
)
from tests.modes import to_numpy

# Vocabulary, length, number of models: 240 in all, each with and without a length penalty.
SIZES = [(4, 5, 90), (5, 4, 90), (6, 3, 50), (6, 5, 10)]


def assert_same(one, other, atol=0.0):
    for name in one._fields:
        values = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(*values, atol=atol, err_msg=name)


@pytest.mark.parametrize("length_penalty", [0.0, 0.6])
@pytest.mark.parametrize(("size", "length", "num_models"), SIZES)
def test_a_wide_beam_finds_what_exhaustive_search_finds(size, length, num_models, length_penalty):
    models = ToyModels(3, num_models, size, length)
    width = (size - 1) ** (length - 1)  # all beginnings that have not ended before the last step
    hypotheses = drive(models, BeamSearch(SPECIAL_IDS, width, 1, length_penalty))
    lengths = set()
    for row in range(num_models):
        wanted = models.best(row, length, length_penalty)[:1]
        assert_found(found(hypotheses, row), wanted)
        assert hypotheses.truncated[row, 0] == (wanted[0][0][-1] != END)
        lengths.add(len(wanted[0][0]))
    assert len(lengths) >= 3


@pytest.mark.parametrize("length_penalty", [0.0, 0.8])
def test_the_list_of_the_best_is_exact_and_in_order(length_penalty):
    models = ToyModels(4, 17, 4, 5)
    width = 3**4
    hypotheses = drive(models, BeamSearch(SPECIAL_IDS, width, width, length_penalty))
    for row in range(models.num_models):
        assert hypotheses.count[row] == width
        wanted = models.best(row, 5, length_penalty)[:width]
        assert_found(found(hypotheses, row), wanted)
        cut = [ids[-1] != END for ids, *_ in wanted]
        assert hypotheses.truncated[row].tolist() == cut


def test_a_list_longer_than_there_are_translations():
    """Three words and two steps: an end at once, an end after a word, or two words."""
    models = ToyModels(4, 7, 4, 2)
    hypotheses = drive(models, BeamSearch(SPECIAL_IDS, 16, 16))
    for row in range(models.num_models):
        assert hypotheses.count[row] == 1 + 3 + 9
        assert_found(found(hypotheses, row), models.best(row, 2))
    assert (hypotheses.ids[:, 13:] == PADDING).all()
    assert (hypotheses.lengths[:, 13:] == 0).all()
    assert (hypotheses.scores[:, 13:] == -1e9).all()
    assert (hypotheses.ranking_scores[:, 13:] == -1e9).all()
    assert not hypotheses.truncated[:, 13:].any()


@pytest.mark.parametrize("width", [2, 5])
def test_stopping_early_changes_nothing(width):
    models = ToyModels(5, 31, 5, 5)
    for num_results, length_penalty in ((1, 0.7), (width, 1.3)):
        search = BeamSearch(SPECIAL_IDS, width, num_results, length_penalty)
        assert_same(drive(models, search), drive(models, search, early_stop=False))


def test_a_row_is_done_exactly_when_nothing_can_improve_it():
    """By hand: an end of probability 0.5 now, against words of probability 0.4 and 0.1."""
    search = BeamSearch(SPECIAL_IDS, 2, 1, 1.0)
    logits = np.full((2, 2, 5), -30.0, "float32")
    logits[:, :, END] = np.log(0.5)
    logits[:, :, 3:] = np.log([0.4, 0.1])
    # The word's log 0.4 = -0.92 stands against log 0.5 = -0.69, each divided by (5 + n) / 6: were
    # nothing lost any more, a sentence of 3 would come to -0.69, of 2 only to -0.79.
    state = search.start(SearchOptions(np.array([2, 3], "int32")), 3)
    state = search.advance(state, logits, 0)
    assert to_numpy(state.done).tolist() == [True, False]


def test_narrow_beams_never_repeat_and_keep_the_order():
    models = ToyModels(6, 41, 6, 5, spread=1.0)
    for width in (3, 7):
        hypotheses = drive(models, BeamSearch(SPECIAL_IDS, width, width, 0.6))
        for row in range(models.num_models):
            outcomes = found(hypotheses, row)
            assert len({ids for ids, *_ in outcomes}) == width
            assert sorted(outcomes, key=lambda each: -each[2]) == outcomes
            for ids, score, ranking in outcomes:
                np.testing.assert_allclose(score, models.score(row, ids), atol=2e-5)
                penalty = ((5 + len(ids)) / 6) ** 0.6
                np.testing.assert_allclose(ranking, score / penalty, atol=1e-5)


def test_a_beam_of_one_is_greedy():
    models = ToyModels(6, 37, 5, 5)
    greedy = drive(models, Greedy(SPECIAL_IDS, 1.5))
    assert_same(drive(models, BeamSearch(SPECIAL_IDS, 1, 1, 1.5)), greedy, 1e-5)
    for row in range(models.num_models):
        ids = []
        while len(ids) < 5 and ids[-1:] != [END]:
            ids.append(int(models.logits(row, ids).argmax()))
        assert found(greedy, row)[0][0] == tuple(ids)
        assert greedy.truncated[row, 0] == (ids[-1] != END)


def test_rows_have_beams_of_their_own():
    models = ToyModels(7, 40, 5, 5, spread=1.0)
    sizes = np.array([1, 2, 4, 5])[np.arange(40) % 4]
    together = drive(models, BeamSearch(SPECIAL_IDS, 5, 3, 2.0), beam_sizes=sizes)
    for size in (1, 2, 4):
        rows = np.flatnonzero(sizes == size)
        results = min(size, 3)
        alone = drive(models, BeamSearch(SPECIAL_IDS, size, results, 2.0), rows=rows)
        assert (together.count[rows] == results).all()
        for name in ("ids", "lengths", "scores", "ranking_scores", "truncated"):
            values = getattr(together, name)[rows][:, :results], getattr(alone, name)
            np.testing.assert_allclose(*values, atol=1e-6)
        assert (together.ids[rows][:, results:] == PADDING).all()
        assert (together.scores[rows][:, results:] == -1e9).all()


def test_a_row_with_a_beam_of_one_stops_at_its_first_end():
    """However much a longer sentence would gain by the length penalty."""
    logits = np.full((1, 3, 5), -30.0, "float32")
    logits[:, :, END] = np.log(0.6)
    logits[:, :, 3:] = np.log([0.3, 0.1])
    search = BeamSearch(SPECIAL_IDS, 3, 1, 3.0)
    for size, done in ((1, True), (2, False)):
        options = SearchOptions(np.array([9], "int32"), beam_sizes=np.array([size], "int32"))
        state = search.advance(search.start(options, 9), logits, 0)
        assert to_numpy(state.done).tolist() == [done]


def test_rows_have_limits_and_penalties_of_their_own():
    models = ToyModels(8, 30, 4, 5)
    limits = np.arange(30) % 6
    penalties = np.array([0.0, 0.5, 1.0, 2.0, 3.0])[np.arange(30) // 6]
    search = BeamSearch(SPECIAL_IDS, 3**4, 5, 0.9)  # its own penalty is not asked for
    hypotheses = drive(models, search, limits=limits, length_penalties=penalties)
    for row in range(30):
        if limits[row]:
            wanted = models.best(row, limits[row], penalties[row])[:5]
            assert_found(found(hypotheses, row), wanted)
        else:
            assert found(hypotheses, row) == [((), 0.0, 0.0)]
            assert not hypotheses.truncated[row].any()


def test_rows_depend_neither_on_each_other_nor_on_their_order():
    models = ToyModels(9, 23, 6, 5)
    search = BeamSearch(SPECIAL_IDS, 4, 4, 0.6)
    limits = np.arange(23) % 5 + 1
    together = drive(models, search, limits=limits)
    order = np.random.default_rng(1).permutation(23)
    shuffled = drive(models, search, rows=order, limits=limits[order])
    assert_same(Hypotheses(*(field[order] for field in together)), shuffled, 2e-6)
    for row in (0, 4, 22):
        alone = drive(models, search, rows=[row], limits=limits[[row]])
        assert_same(Hypotheses(*(field[[row]] for field in together)), alone, 2e-6)


def test_what_the_model_reads_next_are_the_last_ids_of_the_live_hypotheses():
    search = BeamSearch(SPECIAL_IDS, 3, 2)
    random = np.random.default_rng(0)
    state = search.start(SearchOptions(np.array([6, 6], "int32")), 6)
    assert to_numpy(state.ids).tolist() == [[START] * 3] * 2
    histories = [[[], [], []]] * 2
    for step in range(4):
        logits = random.normal(size=(2, 3, 7)).astype("float32")
        logits[..., END] -= 9.0  # a row that is done may read what it likes
        state = search.advance(state, logits, step)
        ids, parents = to_numpy(state.ids), to_numpy(state.parents)
        assert (ids != END).all()
        histories = [
            [[*histories[row][parents[row, k]], ids[row, k]] for k in range(3)] for row in range(2)
        ]
        live = to_numpy(state.histories)[:, 2:, : step + 1]
        assert live.tolist() == histories
    assert not to_numpy(state.done).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "`num_results` must be from 1 to `num_hypotheses`"),
        ((2, 3), "Received: num_results=3, num_hypotheses=2"),
        ((2, 0), "`num_results` must be"),
        ((2, 1, -0.1), "`length_penalty` must be from 0 to 3"),
    ],
)
def test_impossible_searches_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        BeamSearch(SPECIAL_IDS, *arguments)


def test_greedy_refuses_options_that_it_does_not_know():
    options = SearchOptions(np.array([3]), min_lengths=np.array([2]))
    with pytest.raises(ValueError, match=r"takes no options but `limits`.*min_lengths"):
        Greedy(SPECIAL_IDS).start(options, 3)
