"""The pieces of a SentencePiece model, and texts told by their ids."""

import io

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import SentencePieceTokenizer
from keras_transformer.tokenizers.pieces import (
    BYTE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    Vocabulary,
    read_pieces,
)

sentencepiece = pytest.importorskip("sentencepiece")
ALL = ["unigram", "bpe", "unigram without bytes", "bpe without bytes"]


@pytest.mark.parametrize("name", ALL)
def test_pieces_are_what_sentencepiece_says(name, tokenizer_of):
    model = tokenizer_of(name).model_bytes()
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = read_pieces(model)
    assert len(pieces) == processor.vocab_size()
    for number, piece in enumerate(pieces):
        assert piece.text == processor.id_to_piece(number)
        assert piece.score == processor.get_score(number)
        assert (piece.kind == CONTROL) == processor.is_control(number)
        assert (piece.kind == UNKNOWN) == processor.is_unknown(number)
        assert (piece.kind == BYTE) == processor.is_byte(number)
    assert {piece.kind for piece in pieces} >= {NORMAL, CONTROL, UNKNOWN}


@pytest.mark.parametrize("model", [b"\0", b"no model", b"\x0a\xff\xff", b"\x0a\x05\x0a\x03\xff"])
def test_what_is_no_model_is_said(model):
    with pytest.raises(UserError, match=f"These {len(model)} bytes are not a SentencePiece model"):
        read_pieces(model)


@pytest.mark.parametrize("name", ALL)
def test_symbols_spell_the_same_text(name, tokenizer_of, hard_texts):
    tokenizer = tokenizer_of(name)
    vocabulary = Vocabulary(read_pieces(tokenizer.model_bytes()))
    for ids in tokenizer.encode(hard_texts):
        symbols = vocabulary.symbols(ids.tolist())
        assert all(isinstance(symbol, int) or len(symbol) == 1 for symbol in symbols)
        again = vocabulary.spell(symbols)
        assert tokenizer.decode([again]) == tokenizer.decode([ids])


def test_a_character_without_a_piece_is_spelled_as_the_model_would(tokenizer_of):
    with_bytes = Vocabulary(read_pieces(tokenizer_of("bpe").model_bytes()))
    spelled = with_bytes.spell(("한", "漢"))
    assert tokenizer_of("bpe").decode([spelled]) == ["한漢"]
    without = Vocabulary(read_pieces(tokenizer_of("bpe without bytes").model_bytes()))
    assert without.spell(("漢",)) == (1,)


def trained(**options):
    model = io.BytesIO()
    texts = ["an old man reads a book", "the old book reads well", "a man is an old man"] * 7
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, pad_id=0, unk_id=1, bos_id=2, eos_id=3,
        hard_vocab_limit=False, minloglevel=2, **options,
    )  # fmt: skip
    return SentencePieceTokenizer(model.getvalue(), options["model_type"])


def test_what_the_user_defined_stays_whole():
    tokenizer = trained(model_type="bpe", vocab_size=41, user_defined_symbols=["old"])
    pieces = read_pieces(tokenizer.model_bytes())
    (number,) = (number for number, piece in enumerate(pieces) if piece.kind == USER_DEFINED)
    ids = tokenizer.encode(["an old man"])[0].tolist()
    assert number in ids
    symbols = Vocabulary(pieces).symbols(ids)
    assert number in symbols and "o" not in symbols


def test_pieces_of_several_words_are_refused():
    tokenizer = trained(model_type="bpe", vocab_size=61, split_by_whitespace=False)
    with pytest.raises(UserError, match="parts of single words, and this one has the piece"):
        Vocabulary(read_pieces(tokenizer.model_bytes()))
