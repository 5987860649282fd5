"""Constraints: exhaustive search among the sentences that naive Python allows."""

import numpy as np
import pytest

from keras_transformer.decoding import BeamSearch, SpecialIds
from keras_transformer.decoding.constraints import constrain, is_constrained
from keras_transformer.decoding.top_tokens import FLOOR
from tests.decoding.toy_models import (
    END,
    PADDING,
    SPECIAL_IDS,
    ToyModels,
    assert_found,
    drive,
    found,
)
from tests.modes import MODES, run

LENGTH = 5
WIDTH = 3 ** (LENGTH - 1)
SEARCH = BeamSearch(SPECIAL_IDS, WIDTH, 4, 0.6)
MODELS = ToyModels(21, 18, 4, LENGTH, spread=1.5)
ROWS = range(MODELS.num_models)


def assert_exact(rules, **options):
    """Every row finds the best of the sentences that its rule allows."""
    hypotheses = drive(MODELS, SEARCH, **options)
    for row in ROWS:
        assert_found(found(hypotheses, row), MODELS.best(row, LENGTH, 0.6, rules[row])[:4])


def repeats(ids, size):
    """Whether any `size` ids in a row come twice."""
    grams = [ids[start : start + size] for start in range(len(ids) - size + 1)]
    return size > 0 and len(grams) > len(set(grams))


def holds(ids, word):
    return any(ids[start : start + len(word)] == word for start in range(len(ids)))


def test_least_lengths():
    least = np.arange(18) % 7  # 6 is more than there is room for
    rules = [lambda ids, n=n: ids[-1] != END or len(ids) >= n for n in least]
    assert_exact(rules, min_lengths=least)


def test_no_repeated_ngrams():
    sizes = np.arange(18) % 5
    rules = [lambda ids, n=n: not repeats(ids, n) for n in sizes]
    assert_exact(rules, no_repeat_ngrams=sizes)


# Of up to three ids each; the last of a row may be empty.
WORDS = [
    [(3,)],
    [(0, 3), (1, 1)],
    [(3, 3), (0,)],
    [(1, 0, 3), (3, 3), (0, 1)],
    [],
    [(1, 1, 1), (3, 0, 3), (0, 0)],
]


def forbidden_of(words, num_words=3, num_ids=3):
    array = np.full((len(words), num_words, num_ids), -1)
    for row, row_words in enumerate(words):
        for place, word in enumerate(row_words):
            array[row, place, num_ids - len(word) :] = word
    return array


def test_forbidden_words():
    words = WORDS * 3
    rules = [lambda ids, w=w: not any(holds(ids, word) for word in w) for w in words]
    assert_exact(rules, forbidden=forbidden_of(words))


def test_forbidden_single_tokens():
    words = [[(3,)], [(0,)], []] * 6
    rules = [lambda ids, w=w: not any(holds(ids, word) for word in w) for w in words]
    assert_exact(rules, forbidden=forbidden_of(words, 1, 1))


PREFIXES = [(), (3,), (0, 3), (1, 1, 1), (3, 0, 1, 0), (0, 0, 0, 0, 0)]


def prefixes_of(prefixes):
    longest = max(map(len, prefixes))
    return np.array([[*prefix, *[-1] * (longest - len(prefix))] for prefix in prefixes])


def test_forced_prefixes():
    """What a prefix costs is in the score, see `ToyModels.score`."""
    prefixes = PREFIXES * 3
    rules = [lambda ids, p=p: ids[: len(p)] == p for p in prefixes]
    assert_exact(rules, prefixes=prefixes_of(prefixes))


def test_a_prefix_longer_than_the_limit_is_cut():
    hypotheses = drive(
        MODELS, SEARCH, prefixes=prefixes_of([(3, 0, 1, 0)] * 18), limits=np.full(18, 2)
    )
    for row in ROWS:
        assert [ids for ids, *_ in found(hypotheses, row)] == [(3, 0)]
        assert hypotheses.truncated[row, 0]


def test_a_prefix_outranks_the_other_constraints():
    """It may repeat itself and hold forbidden words; what follows it may not."""
    prefix = (3, 3, 0)
    free = drive(
        MODELS,
        SEARCH,
        prefixes=prefixes_of([prefix] * 18),
        forbidden=forbidden_of([[(0,)]] * 18, 1, 1),
        no_repeat_ngrams=np.full(18, 1),
        min_lengths=np.full(18, 5),
    )
    for row in ROWS:
        # Of the words 0, 1 and 3 only 1 is left, and only once; then the end.
        assert [ids for ids, *_ in found(free, row)] == [(3, 3, 0, 1, END)]


def test_all_constraints_at_once():
    random = np.random.default_rng(5)
    words = [WORDS[random.integers(6)] for _ in ROWS]
    sizes, least = random.integers(2, 4, size=18), random.integers(5, size=18)
    prefixes = [[(), (3,), (0, 1)][random.integers(3)] for _ in ROWS]

    def rule_of(row):
        def rule(ids):
            end = len(prefixes[row])
            if ids[:end] != prefixes[row] or (ids[-1] == END and len(ids) < least[row]):
                return False
            for length in range(end + 1, len(ids) + 1):
                said = ids[:length]
                if any(said[len(said) - len(word) :] == word for word in words[row]):
                    return False
                last = said[-sizes[row] :]
                if length >= sizes[row] and last in zip(
                    *(said[i : length - 1] for i in range(sizes[row])), strict=False
                ):
                    return False
            return True

        return rule

    assert_exact(
        [rule_of(row) for row in ROWS],
        forbidden=forbidden_of(words),
        no_repeat_ngrams=sizes,
        min_lengths=least,
        prefixes=prefixes_of(prefixes),
    )


def test_rows_with_constraints_say_neither_the_start_mark_nor_padding():
    """Rows without one may, whatever other rows of their program do."""
    special_ids = SpecialIds(0, END, 1)
    search = BeamSearch(special_ids, 4, 2)
    plain = drive(MODELS, search)
    number = np.arange(18)
    options = {
        "min_lengths": np.where(number % 6 == 1, 2, 1),
        "no_repeat_ngrams": np.where(number % 6 == 2, 5, 0),
        "forbidden": forbidden_of([[(3, 3, 3)] if row % 6 == 3 else [] for row in ROWS]),
        "sampled": number % 6 == 4,
        "seeds": number,
        "prefixes": prefixes_of([(0,) if row % 6 == 5 else () for row in ROWS]),
    }
    received = drive(MODELS, search, **options)
    said = set()
    for row in ROWS:
        ids = {token for best, *_ in found(received, row) for token in best}
        if row % 6 == 0:
            said |= ids
            assert found(received, row) == found(plain, row)
        elif row % 6 < 5:
            assert ids <= {3, END}
        else:
            assert 0 in ids
    assert {0, 1} <= said


def test_options_that_a_row_does_not_use_change_nothing():
    plain = drive(MODELS, SEARCH)
    unused = drive(
        MODELS,
        SEARCH,
        min_lengths=np.zeros(18, int),
        no_repeat_ngrams=np.zeros(18, int),
        forbidden=np.full((18, 2, 2), -1),
        prefixes=np.full((18, 2), -1),
        sampled=np.full(18, False),
        seeds=np.zeros(18, int),
    )
    for one, other in zip(plain, unused, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sampled", [False, True])
def test_a_row_without_anything_left_to_say_ends(sampled):
    """No word may be said at all, and no end before the third id."""
    everything = forbidden_of([[(0,), (1,), (3,)]] * 18, 3, 1)
    least = np.where(np.arange(18) % 2, 3, 0)
    hypotheses = drive(
        MODELS,
        BeamSearch(SPECIAL_IDS, 3, 2, 0.6),
        forbidden=everything,
        min_lengths=least,
        sampled=np.full(18, sampled),
        seeds=np.arange(18),
    )
    assert np.isfinite(hypotheses.scores).all()
    for row in ROWS:
        if least[row]:
            assert hypotheses.count[row] == 0
            assert (hypotheses.ids[row] == PADDING).all()
            assert (hypotheses.scores[row] == -1e9).all()
            assert not hypotheses.truncated[row].any()
        else:
            assert [ids for ids, *_ in found(hypotheses, row)] == [(END,)]


def test_samples_keep_to_the_constraints():
    options = {
        "sampled": np.full(18, True),
        "seeds": np.arange(18) + 3,
        "min_lengths": np.full(18, 4),
        "no_repeat_ngrams": np.full(18, 2),
        "forbidden": forbidden_of([[(1,)]] * 18, 1, 1),
        "prefixes": prefixes_of([(3,), ()] * 9),
    }
    hypotheses = drive(MODELS, BeamSearch(SPECIAL_IDS, 1), **options)
    for row in ROWS:
        ((ids, score, _),) = found(hypotheses, row)
        assert len(ids) >= 4
        assert 1 not in ids
        assert not repeats(ids, 2)
        assert row % 2 or ids[0] == 3
        np.testing.assert_allclose(score, MODELS.score(row, ids), atol=2e-5)


@pytest.mark.parametrize("mode", MODES)
def test_only_what_is_banned_is_changed(mode):
    """In every mode of the backend, and at the size of a vocabulary."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(2, 3, 701)).astype("float32")
    histories = random.integers(5, 9, size=(2, 3, 13)).astype("int32")
    rows = {
        "forbidden": np.array([[[-1, 600]], [[6, 700]]], "int32"),
        "min_lengths": np.array([8, 7], "int32"),
    }

    def function(logits, rows, histories, step):
        rows = {**rows, "constrained": is_constrained(rows)}
        return constrain(logits, rows, histories, step, SpecialIds(699, END, 698))

    received = run(function, logits, rows, histories, np.int32(6), mode=mode)
    banned = np.zeros(logits.shape, bool)
    banned[0, :, END] = True
    banned[:, :, 698:700] = True
    banned[0, :, 600] = True
    banned[1, :, 700] = histories[1, :, 5] == 6
    assert 0 < banned[1, :, 700].sum() < 3
    np.testing.assert_array_equal(received < FLOOR, banned)
    np.testing.assert_array_equal(received[~banned], logits[~banned])
    assert np.isfinite(received).all()
