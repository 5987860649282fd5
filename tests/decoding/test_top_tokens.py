"""The best continuations against sorting all of them."""

import numpy as np
import pytest
from keras import ops

from keras_transformer.decoding.top_tokens import (
    IMPOSSIBLE,
    best_token,
    in_blocks,
    largest,
    log_normalizer,
    top_tokens,
)
from tests.modes import MODES, run


def top(count):
    def function(logits, offsets):
        blocks = in_blocks(logits)
        return (*top_tokens(blocks, offsets, count), ops.max(blocks.maxima, axis=2))

    return function


# One block a token; blocks of 64 and of 53, which divide; a prime, which nothing divides.
@pytest.mark.parametrize("size", [5, 511, 640, 689, 1009])
@pytest.mark.parametrize("mode", MODES)
def test_top_tokens_are_the_best_of_all(size, mode):
    random = np.random.default_rng(size)
    for width, count in ((1, 1), (3, 7)):
        logits = random.normal(size=(5, width, size)).astype("float32")
        offsets = 0.5 * random.normal(size=(5, width)).astype("float32")
        values, hypotheses, ids, maxima = run(top(count), logits, offsets, mode=mode)
        totals = (logits + offsets[..., None]).reshape(5, -1)
        order = np.argsort(-totals, axis=1)[:, :count]
        np.testing.assert_array_equal(hypotheses * size + ids, order)
        np.testing.assert_array_equal(values, np.take_along_axis(totals, order, axis=1))
        np.testing.assert_array_equal(maxima, logits.max(axis=2))


@pytest.mark.parametrize("size", [640, 1009])
def test_all_of_the_best_may_lie_in_one_block(size):
    logits = np.zeros((1, 2, size), "float32")
    logits[0, 1, 70:76] = [3, 8, 5, 9, 6, 4]
    values, hypotheses, ids, _ = run(top(6), logits, np.zeros((1, 2), "float32"))
    assert values.tolist() == [[9, 8, 6, 5, 4, 3]]
    assert ids.tolist() == [[73, 71, 74, 72, 75, 70]]
    assert hypotheses.tolist() == [[1] * 6]


def test_what_is_impossible_is_a_token_all_the_same():
    """So that the model can read it: at the edge of a vocabulary that is not full blocks."""
    logits = np.full((1, 2, 1009), IMPOSSIBLE, "float32")
    logits[0, 0, 1008] = 1
    values, _, ids, _ = run(top(4), logits, np.array([[0, IMPOSSIBLE]], "float32"))
    assert ids[0, 0] == 1008
    assert (ids >= 0).all()
    assert (ids < 1009).all()
    assert (values[0, 1:] <= IMPOSSIBLE).all()


@pytest.mark.parametrize("mode", MODES)
def test_log_probabilities(mode):
    random = np.random.default_rng(0)
    logits = (20 * random.normal(size=(3, 2, 701))).astype("float32")
    logits[2, 1] = 700  # the exponential of it overflows, and all are equal
    exact = logits.astype("float64")
    best = exact.max(axis=2)
    expected = best + np.log(np.exp(exact - best[..., None]).sum(axis=2))
    received = run(lambda x: log_normalizer(x, ops.max(x, axis=-1)), logits, mode=mode)
    np.testing.assert_allclose(received, expected, rtol=1e-6)
    ids, log_probabilities = run(best_token, logits.reshape(6, 701), mode=mode)
    np.testing.assert_array_equal(ids, logits.argmax(axis=2).ravel())
    np.testing.assert_allclose(log_probabilities, (best - expected).ravel(), atol=2e-5)


@pytest.mark.parametrize("mode", MODES)
def test_of_equal_ones_the_first_is_the_largest(mode):
    values = np.array([[1, 5, 5, 2], [7, 7, 7, 7], [0, -1, -2, 3]], "float32")
    best, places = run(largest, values, mode=mode)
    assert best.tolist() == [5, 7, 3]
    assert places.tolist() == [1, 0, 3]
