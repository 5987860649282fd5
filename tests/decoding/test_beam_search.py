"""Beam search against exhaustive search on toy models."""

import numpy as np
import pytest

from keras_transformer.decoding import BeamSearch, Greedy, SearchOptions
from tests.decoding.toy_models import END, SPECIAL_IDS, ToyModels, drive, found


def limits_of(models, limit=None):
    return SearchOptions(np.full(models.num_models, limit or models.max_length, "int32"))


def assert_found(received, wanted):
    assert [ids for ids, *_ in received] == [ids for ids, *_ in wanted]
    np.testing.assert_allclose(
        [numbers for _, *numbers in received], [numbers for _, *numbers in wanted], atol=2e-5
    )


# Vocabulary, length, number of models: 240 models in all, each with and without a length penalty.
SIZES = [(4, 5, 90), (5, 4, 90), (6, 3, 50), (6, 5, 10)]


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0])
@pytest.mark.parametrize(("size", "length", "num_models"), SIZES)
def test_a_wide_beam_finds_what_exhaustive_search_finds(size, length, num_models, length_penalty):
    models = ToyModels(3, num_models, size, length)
    width = (size - 1) ** (length - 1)  # all beginnings that have not ended before the last step
    search = BeamSearch(SPECIAL_IDS, width, 1, length_penalty)
    hypotheses, _ = drive(models, search, limits_of(models))
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
    hypotheses, _ = drive(
        models, BeamSearch(SPECIAL_IDS, width, width, length_penalty), limits_of(models)
    )
    for row in range(models.num_models):
        assert hypotheses.count[row] == width
        wanted = models.best(row, 5, length_penalty)[:width]
        assert_found(found(hypotheses, row), wanted)
        cut = [ids[-1] != END for ids, *_ in wanted]
        assert hypotheses.truncated[row].tolist() == cut


@pytest.mark.parametrize("width", [2, 3, 5])
def test_stopping_early_changes_nothing(width):
    models = ToyModels(5, 31, 5, 5)
    for num_results, length_penalty in ((1, 0.0), (1, 0.7), (width, 1.3)):
        search = BeamSearch(SPECIAL_IDS, width, num_results, length_penalty)
        early, _ = drive(models, search, limits_of(models))
        late, _ = drive(models, search, limits_of(models), early_stop=False)
        for one, other in zip(early, late, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_beam_of_one_is_greedy():
    models = ToyModels(6, 37, 5, 5)
    greedy, _ = drive(models, Greedy(SPECIAL_IDS), limits_of(models))
    search = BeamSearch(SPECIAL_IDS, 1, 1, 2.0)
    beam, _ = drive(models, search, limits_of(models))
    for name in ("ids", "lengths", "scores", "truncated", "count"):
        np.testing.assert_allclose(getattr(beam, name), getattr(greedy, name), atol=1e-5)
