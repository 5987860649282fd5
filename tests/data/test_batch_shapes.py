"""The choice of shapes."""

import itertools

import numpy as np
import pytest

from keras_transformer.data.batch_shapes import (
    BatchShape,
    Histogram,
    assign_shapes,
    choose_shapes,
    count_batches,
    next_shapes,
    padded_tokens,
    shapes_with_top,
)


@pytest.mark.parametrize("longest", [7, 100_003])  # counted, and sorted
def test_histogram_counts_pairs_of_lengths(longest):
    source, target = np.array([3, 5, 3, 3, longest]), np.array([2, 2, 7, 2, 1])
    histogram, bins = Histogram.of(source, target)
    np.testing.assert_array_equal(histogram.source[bins], source)
    np.testing.assert_array_equal(histogram.target[bins], target)
    assert sorted(histogram.count) == [1, 1, 1, 2]
    assert histogram.num_tokens == source.sum() + target.sum()


def test_a_sentence_gets_the_smallest_shape_that_holds_it():
    shapes = [BatchShape(5, 3, 4), BatchShape(5, 6, 2), BatchShape(2, 6, 7)]
    histogram, bins = Histogram.of([3, 4, 1, 6, 4], [4, 2, 1, 3, 3])
    assert assign_shapes(histogram, shapes)[bins].tolist() == [0, 1, 0, 2, 2]
    assert next_shapes(shapes) == [2, 2, None]


def test_left_over_sentences_move_up_and_the_last_batch_is_padded():
    shapes = [BatchShape(5, 3, 4), BatchShape(4, 6, 2), BatchShape(2, 6, 7)]
    assert count_batches(np.array([11, 7, 0]), shapes).tolist() == [2, 1, 2]
    assert count_batches(np.array([10, 8, 3]), shapes).tolist() == [2, 2, 2]


def test_no_other_pair_of_shapes_is_much_better_than_the_chosen():
    generator = np.random.default_rng(3)
    source = generator.integers(1, 12, 4001)
    target = np.clip(source + generator.integers(-2, 3, 4001), 1, 13)
    histogram, _ = Histogram.of(source, target)
    chosen = choose_shapes(histogram, 131, 2)
    corners = itertools.product(range(1, 12), range(1, 14))
    best = min(
        padded_tokens(histogram, shapes_with_top(histogram, [(0, *corner)], 131))
        for corner in corners
    )
    assert padded_tokens(histogram, chosen) <= 1.005 * best


def test_more_shapes_never_pad_more():
    generator = np.random.default_rng(5)
    source = generator.integers(1, 200, 3001)
    target = np.clip(source * generator.uniform(0.6, 1.5, 3001), 1, 251).astype(int)
    histogram, _ = Histogram.of(source, target)
    shapes = [choose_shapes(histogram, 2048, count) for count in (1, 2, 5, 11, 16)]
    positions = [padded_tokens(histogram, few) for few in shapes]
    assert positions == sorted(positions, reverse=True)
    assert positions[-1] < 0.6 * positions[0]
    for few in shapes:
        assert few[-1][1:] == (source.max(), target.max())
        assert few == sorted(few, key=lambda shape: shape[1] + shape[2])


def test_equal_lengths_need_one_shape():
    histogram, _ = Histogram.of([5] * 31, [3] * 31)
    assert choose_shapes(histogram, 17, 16) == [(3, 5, 3)]
