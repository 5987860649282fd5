"""The sample of a stream."""

from keras_transformer.tokenizers.sampling import sample_texts


def test_a_short_stream_comes_back_whole_and_in_order():
    assert sample_texts(iter("abc"), 5, seed=0) == (["a", "b", "c"], 3)
    assert sample_texts(iter("abc"), 3, seed=0) == (["a", "b", "c"], 3)
    assert sample_texts(iter(""), 3, seed=0) == ([], 0)


def test_a_sample_has_its_size_and_nothing_twice():
    for size in (1, 2, 7, 96):
        kept, count = sample_texts(range(97), size, seed=size)
        assert count == 97
        assert len(kept) == len(set(kept)) == size


def test_the_seed_decides():
    assert sample_texts(range(997), 13, seed=1) == sample_texts(range(997), 13, seed=1)
    assert sample_texts(range(997), 13, seed=1) != sample_texts(range(997), 13, seed=2)


def test_every_item_is_as_likely():
    draws = 3000
    counts = [0] * 23
    for seed in range(draws):
        for item in sample_texts(range(23), 5, seed)[0]:
            counts[item] += 1
    expected = draws * 5 / 23
    # Six standard deviations of a count; a wrong skip moves the first or last items much more.
    margin = 6 * (expected * (1 - 5 / 23)) ** 0.5
    assert all(abs(count - expected) < margin for count in counts), counts
