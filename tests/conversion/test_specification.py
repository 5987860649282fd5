"""What CTranslate2 cannot express is refused in one sentence, before anything is written."""

import numpy as np
import pytest

from keras_transformer.conversion import export_ctranslate2, specification
from keras_transformer.errors import UserError
from keras_transformer.layers.feed_forward import ACTIVATIONS
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.tokenizers.base import Tokenizer
from tests.conversion.small_translators import small_translator
from tests.models.small_models import plain_weights
from tests.runs import tiny

specs = pytest.importorskip("ctranslate2").specs


class Pieces(Tokenizer):
    """A tokenizer of given pieces."""

    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces
        self.vocabulary_size = len(pieces)

    def _tokens(self, ids):
        return [self.pieces[id] for id in ids]


def refusal(translator, folder):
    with pytest.raises(UserError) as caught:
        export_ctranslate2(translator.model, translator.tokenizers, folder / "model")
    assert list(folder.iterdir()) == []
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.count(". ") == 0
    assert "export " in sentence
    return sentence


def test_rotary_positions(tmp_path):
    translator = small_translator(positions="rotary", hidden_dim=30)
    assert "This model has rotary positions" in refusal(translator, tmp_path)


def test_an_activation_of_which_nobody_told(tmp_path):
    translator = small_translator()
    assert set(ACTIVATIONS) == set(specification._ACTIVATIONS)
    translator.model.activation = "maxout"
    assert "no activation maxout" in refusal(translator, tmp_path)


def test_a_piece_twice(tmp_path):
    pieces = Pieces(["<pad>", "<unk>", "<s>", "</s>", "a", "b", "a"])
    translator = small_translator(TokenizerPair(pieces))
    assert "has the piece 'a' more than once" in refusal(translator, tmp_path)


def test_marks_with_other_names_on_the_other_side(tmp_path):
    source = Pieces(["<pad>", "<unk>", "<s>", "<end>", "a", "b"])
    target = Pieces(["<pad>", "<unk>", "<s>", "</s>", "a", "b", "c"])
    sentence = refusal(small_translator(TokenizerPair(source, target)), tmp_path)
    assert "calls unknown and end ['<unk>', '<end>'], the target's ['<unk>', '</s>']" in sentence


def test_the_start_mark_of_the_source_does_not_matter():
    names = ["<pad>", "<unk>", "<begin>", "</s>", "a", "b"]
    pair = TokenizerPair(Pieces(names), Pieces([*names[:2], "<go>", *names[3:]]))
    translator = small_translator(pair)
    specification.check_expressible(translator.model, pair)
    spec = specification.specification(translator.model, pair, 7, 11)
    assert spec.config.decoder_start_token == "<go>"


@pytest.mark.parametrize("gated", [False, True])
def test_gelu_is_the_exact_one(gated):
    # The approximation is so near that scores of small models hardly tell.
    translator = small_translator(activation="geglu" if gated else "gelu")
    spec = specification.specification(translator.model, tiny.tokenizers(), 7, 11)
    assert spec.encoder.activation == spec.decoder.activation == specs.Activation.GELU
    assert hasattr(spec.encoder.layer[0].ffn, "linear_0_noact") == gated


@pytest.mark.parametrize("positions", ["sinusoidal", "learned"])
def test_tables_of_positions(positions):
    translator = small_translator(positions=positions, max_length=13)
    spec = specification.specification(translator.model, tiny.tokenizers(), 13, 29)
    source, target = spec.encoder.position_encodings, spec.decoder.position_encodings
    assert source.encodings.shape == (13, 20)
    assert target.encodings.shape == (29, 20)
    if positions == "sinusoidal":
        angle = 11 / 10_000 ** (6 / 20)
        expected = [np.sin(angle), np.cos(angle)]  # interleaved, and the first position is 0
        np.testing.assert_allclose(target.encodings[11, 6:8], expected, atol=1e-6)
    else:
        table = plain_weights(translator.model)["target_positions"]
        np.testing.assert_allclose(target.encodings[:13], table)
        np.testing.assert_allclose(target.encodings[13:], np.tile(table[-1], (16, 1)))
