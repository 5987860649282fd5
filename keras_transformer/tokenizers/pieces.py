"""The pieces of a SentencePiece model, read out of its file."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from keras_transformer.errors import UserError

SPACE = "\u2581"  # stands for a space, at the beginning of every word
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


class Piece(NamedTuple):
    """An entry of the vocabulary.

    Attributes:
        text: spelled as SentencePiece does, with U+2581 for a space.
        score: log-probability (unigram), or minus the rank of the merge (BPE).
        kind: `NORMAL`, `UNKNOWN`, `CONTROL`, `USER_DEFINED`, `UNUSED` or `BYTE`.
    """

    text: str
    score: float
    kind: int


def read_pieces(model: bytes) -> list[Piece]:
    """All pieces of a model, in the order of their ids.

    Raises:
        UserError: the bytes are not a SentencePiece model.
    """
    try:
        return [
            _piece(value) for number, value in _fields(memoryview(model)) if number == 1
        ]  # `repeated SentencePiece pieces = 1` of `sentencepiece_model.proto`
    except (IndexError, ValueError, struct.error) as error:
        raise UserError(
            f"These {len(model)} bytes are not a SentencePiece model ({error}); give the content "
            "of the `.model` file that SentencePiece wrote."
        ) from error


class Vocabulary:
    """What a segmentation has to know of the pieces of a model.

    A text is told by its ids here: `symbols` gives its characters, where an unknown character, a
    byte, and a piece that the user defined are one symbol each, which nothing can be joined to.

    Attributes:
        ids: dict from the text of a normal piece to its id.
        scores: float array, by id.
        begins_word: bool array, by id: whether a word begins with this piece.
        unknown_id: id of what has no piece.
    """

    def __init__(self, pieces: list[Piece]):
        self.ids = {p.text: number for number, p in enumerate(pieces) if p.kind == NORMAL}
        self.scores = np.array([p.score for p in pieces], dtype=np.float64)
        self.begins_word = np.array([p.text.startswith(SPACE) for p in pieces])
        unknown = [number for number, p in enumerate(pieces) if p.kind == UNKNOWN]
        self.unknown_id = unknown[0] if unknown else 0
        self._texts = [p.text if p.kind == NORMAL else None for p in pieces]
        self._bytes = {
            int(p.text[1:-1], 16): number for number, p in enumerate(pieces) if p.kind == BYTE
        }
        across = next((text for text in self.ids if SPACE in text[1:]), None)
        if across is not None:
            raise UserError(
                "Sampling segmentations needs a SentencePiece model whose pieces are parts of "
                f"single words, and this one has the piece {across!r}: train one with "
                "split_by_whitespace and without treat_whitespace_as_suffix."
            )

    def symbols(self, ids) -> tuple:
        """Characters (`str`), and ids (`int`) of what stays as it is."""
        symbols = []
        for number in ids:
            text = self._texts[number]
            if text is None:
                symbols.append(number)
            else:
                symbols.extend(text)
        return tuple(symbols)

    def spell(self, symbols) -> tuple[int, ...]:
        """The ids of symbols, each a piece, an id, or a character without a piece."""
        spelled = []
        for symbol in symbols:
            if isinstance(symbol, int):
                spelled.append(symbol)
            elif symbol in self.ids:
                spelled.append(self.ids[symbol])
            elif self._bytes:
                spelled.extend(self._bytes[byte] for byte in symbol.encode())
            else:
                spelled.append(self.unknown_id)
        return tuple(spelled)


def _piece(message: memoryview) -> Piece:
    text, score, kind = "", 0.0, NORMAL
    for number, value in _fields(message):
        if number == 1:
            text = str(value, "utf-8")
        elif number == 2:
            (score,) = struct.unpack("<f", value)
        elif number == 3:
            kind = value
    return Piece(text, score, kind)


def _fields(message: memoryview) -> Iterator[tuple[int, object]]:
    """Numbers and values of the fields of a message in the wire format of protocol buffers."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, place = _varint(message, place)
        elif kind in (1, 2, 5):
            size, place = _varint(message, place) if kind == 2 else ({1: 8, 5: 4}[kind], place)
            value, place = message[place : place + size], place + size
            if place > len(message):
                raise ValueError("it ends in the middle")
        else:
            raise ValueError(f"a field of kind {kind}")
        yield number, value


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
