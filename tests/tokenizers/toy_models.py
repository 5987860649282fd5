"""SentencePiece models of a few pieces, written by hand."""

import struct
from types import SimpleNamespace

from keras_transformer.tokenizers.pieces import CONTROL, NORMAL, UNKNOWN, Piece

SPECIAL = [
    Piece("<pad>", 0.0, CONTROL),
    Piece("<unk>", 0.0, UNKNOWN),
    Piece("<s>", 0.0, CONTROL),
    Piece("</s>", 0.0, CONTROL),
]
MERGES = ["ab", "abab", "ba", "▁a", "aba", "abc", "bc"]
LETTERS = ["▁", "a", "b", "c"]
# Of BPE the scores are ranks, of a unigram model log-probabilities.
BPE = [*SPECIAL, *(Piece(text, -float(i), NORMAL) for i, text in enumerate([*MERGES, *LETTERS]))]
UNIGRAM = [
    *SPECIAL,
    *(
        Piece(text, -score, NORMAL)
        for text, score in zip(
            [*MERGES, *LETTERS],
            [1.5, 2.25, 2.0, 1.75, 3.0, 2.5, 2.125, 2.75, 3.25, 3.5, 3.75],
            strict=True,
        )
    ),
]


def written(pieces) -> bytes:
    """The bytes of a model with these pieces."""
    return b"".join(_field(1, _piece(piece)) for piece in pieces)


def toy_tokenizer(kind):
    """What a sampler needs of a tokenizer, and `ids` from pieces."""
    pieces = {"bpe": BPE, "unigram": UNIGRAM}[kind]
    numbers = {piece.text: number for number, piece in enumerate(pieces)}
    return SimpleNamespace(
        kind=kind,
        model_bytes=lambda: written(pieces),
        ids=lambda text: [numbers[piece] for piece in text],
        vocabulary_size=len(pieces),
    )


def _piece(piece):
    text = piece.text.encode()
    return _field(1, text) + b"\x15" + struct.pack("<f", piece.score) + bytes([0x18, piece.kind])


def _field(number, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([size % 128 + 128, size // 128])
    return bytes([number << 3 | 2]) + length + content
