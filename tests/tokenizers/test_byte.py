"""Bytes: ids and texts (parity with the graph: `test_base.py`)."""

import pytest

from keras_transformer.tokenizers import ByteTokenizer, Tokenizer, clean_text, train_tokenizer
from keras_transformer.tokenizers.cleaning import single_spaces


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer("bytes", [], 1)


def test_an_id_is_four_and_the_byte(tokenizer):
    assert tokenizer.vocabulary_size == 260
    assert tokenizer.encode(["aB 한"])[0].tolist() == [4 + byte for byte in "aB 한".encode()]
    assert tokenizer.tokens([0, 1, 2, 3, 4, 259]) == [
        *("<pad>", "<unk>", "<s>", "</s>", "<0x00>", "<0xFF>")
    ]


def test_gives_every_cleaned_text_back_without_nul(tokenizer, hard_texts):
    expected = [single_spaces(clean_text(text)).replace("\0", "") for text in hard_texts]
    assert tokenizer.decode(tokenizer.encode(hard_texts)) == expected


def test_unknown_and_broken_bytes_read_as_replacement_marks(tokenizer):
    assert tokenizer.decode([[4 + 0x41, 1, 4 + 0x42]]) == ["A\ufffdB"]
    assert tokenizer.decode([[4 + 0xED, 4 + 0x95, 4 + 0x42, 260]]) == ["\ufffdB\ufffd"]


def test_files(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tokenizer.json"]
    loaded = Tokenizer.load(tmp_path)
    assert type(loaded) is ByteTokenizer
    assert loaded.fingerprint() == tokenizer.fingerprint()
