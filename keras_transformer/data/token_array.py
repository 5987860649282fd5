"""Many sentences as one flat array of token ids."""

from __future__ import annotations

import numpy as np


class TokenArray:
    """Sentences of token ids, in memory or mapped from a file.

    Args:
        ids: integers `(num_tokens,)`, all sentences one after the other.
        offsets: int64 `(num_sentences + 1,)`: sentence `i` is `ids[offsets[i]:offsets[i + 1]]`.
    """

    def __init__(self, ids: np.ndarray, offsets: np.ndarray):
        # A plain view of a mapped file: slicing `np.memmap` itself costs ten times as much.
        self.ids = np.asarray(ids)
        self.offsets = np.asarray(offsets)

    @classmethod
    def of(cls, sentences) -> TokenArray:
        """From sequences of ids in memory."""
        offsets = np.cumsum([0, *(len(sentence) for sentence in sentences)], dtype=np.int64)
        ids = np.concatenate([np.zeros(0, np.int32), *map(np.asarray, sentences)])
        return cls(ids.astype(np.int32), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        """The ids of one sentence, int32."""
        if not 0 <= index < len(self):
            raise IndexError(f"sentence {index} of {len(self)}")
        return self.ids[self.offsets[index] : self.offsets[index + 1]].astype(np.int32)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of every sentence: int32 `(num_sentences,)`."""
        return np.diff(self.offsets).astype(np.int32)

    def select(self, rows: np.ndarray) -> SelectedTokens:
        """Some of the sentences, in another order or several times; nothing is copied."""
        return SelectedTokens(self, rows)

    def gather(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The ids of some sentences one after the other, and the lengths of these sentences."""
        starts = self.offsets[rows]
        lengths = self.offsets[rows + 1] - starts
        moves = np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        return self.ids[np.arange(len(moves)) + moves], lengths


class SelectedTokens:
    """Sentences of a `TokenArray` by number, to be used like one.

    Args:
        tokens: `TokenArray`.
        rows: integers `(num_sentences,)`.
    """

    def __init__(self, tokens: TokenArray, rows: np.ndarray):
        self.tokens = tokens
        self.rows = np.asarray(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        if not 0 <= index < len(self):
            raise IndexError(f"sentence {index} of {len(self)}")
        return self.tokens[self.rows[index]]

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of every sentence: int32 `(num_sentences,)`."""
        return self.tokens.lengths[self.rows]

    def gather(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See `TokenArray.gather`."""
        return self.tokens.gather(self.rows[rows])
