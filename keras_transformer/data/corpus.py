"""A small corpus as lists in memory: test sets, validation sets, samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keras_transformer.errors import UserError


@dataclass(frozen=True)
class Pairs:
    """Sentences and their translations, index by index.

    Attributes:
        source: texts.
        target: as many texts.
    """

    source: list[str]
    target: list[str]

    def __post_init__(self):
        if len(self.source) != len(self.target):
            raise UserError(
                f"`source` and `target` must be equally long. Received: {len(self.source)} and "
                f"{len(self.target)} texts"
            )

    @classmethod
    def of(cls, pairs: Iterable) -> Pairs:
        """From an iterable of `(source, target, ...)`, such as `read_pairs` gives."""
        source, target = [], []
        for pair in pairs:
            source.append(pair[0])
            target.append(pair[1])
        return cls(source, target)

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self.source, self.target, strict=True)
