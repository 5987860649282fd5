"""Random numbers by key."""

import numpy as np

from keras_transformer.tokenizers.draws import draw, key_of


def test_the_stream_is_that_of_splitmix64():
    # The first numbers that the generator's reference program gives for seed 1234567.
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert draw(np.uint64(1234567), np.arange(5)).tolist() == expected
    assert [int(draw(np.array([1234567]), place)[0]) for place in range(5)] == expected


def test_keys_and_places_broadcast():
    keys, places = np.array([3, 5, 2**63], np.uint64), np.array([[0], [7]])
    table = draw(keys, places)
    assert table.shape == (2, 3)
    for row, place in enumerate([0, 7]):
        np.testing.assert_array_equal(table[row], draw(keys, place))
    assert len(np.unique(table)) == 6


def test_a_key_depends_on_every_number_and_their_order():
    keys = {key_of(*numbers) for numbers in [(1, 2, 3), (3, 2, 1), (1, 2), (1, 2, 4), (0, 2, 3)]}
    assert len(keys) == 5
    assert all(0 <= key < 2**64 for key in keys)
    assert key_of(1, 2, 3) == key_of(1, 2, 3)


def test_bits_are_even():
    bits = np.unpackbits(draw(key_of(11), np.arange(4096)).view(np.uint8)).reshape(-1, 64)
    np.testing.assert_allclose(bits.mean(axis=0), 0.5, atol=6 * 0.5 / 64)
