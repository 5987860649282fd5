"""Sizes with names: the numbers of parameters, by formula and as literal numbers."""

import keras
import pytest

from keras_transformer.models import PRESETS, Transformer

# With 37,000 tokens, the vocabulary of the paper for English to German.
PARAMETERS = {
    "tiny": 6_061_056,
    "small": 20_531_200,
    "base": 63_082_496,
    "big": 214_245_376,
    "deep_shallow": 60_976_640,
    "tiny_deep_shallow": 5_729_664,
}


def formula(vocabulary, encoder, decoder, dim, inner):
    """Tied table; attention 4 (D, D) with biases; feed-forward; two norms a layer, three below."""
    attention = 4 * (dim * dim + dim)
    feed_forward = 2 * dim * inner + inner + dim
    norm = 2 * dim
    return (
        vocabulary * dim
        + encoder * (attention + feed_forward + 2 * norm)
        + decoder * (2 * attention + feed_forward + 3 * norm)
    )


@pytest.mark.parametrize("name", PRESETS)
def test_number_of_parameters(name):
    # Nothing is drawn: the shapes of the variables are enough to count.
    with keras.StatelessScope(initialize_variables=False):
        model = Transformer.from_preset(name, vocabulary_size=37_000)
        model.build()
        count = model.count_params()
    sizes = PRESETS[name]
    expected = formula(
        37_000,
        sizes["num_encoder_layers"],
        sizes["num_decoder_layers"],
        sizes["hidden_dim"],
        sizes["intermediate_dim"],
    )
    assert count == expected == PARAMETERS[name]


def test_sizes_of_the_paper():
    base = Transformer.from_preset("base", vocabulary_size=11)
    assert (base.num_heads, base.hidden_dim, base.intermediate_dim) == (8, 512, 2048)
    assert (base.norm, base.positions, base.activation, base.dropout) == (
        "post",
        "sinusoidal",
        "relu",
        0.1,
    )
    assert (PRESETS["big"]["num_heads"], PRESETS["big"]["dropout"]) == (16, 0.3)


def test_any_argument_can_be_overridden():
    model = Transformer.from_preset(
        "tiny", vocabulary_size=31, num_decoder_layers=1, norm="pre", padding_id=3
    )
    assert (model.num_encoder_layers, model.num_decoder_layers) == (4, 1)
    assert (model.norm, model.padding_id, model.vocabulary_size) == ("pre", 3, 31)
    assert PRESETS["tiny"]["num_decoder_layers"] == 4


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ValueError, match=r"one of tiny, small, base, big, .*name='huge'"):
        Transformer.from_preset("huge", vocabulary_size=31)
