"""The tokenised sentence pairs as one file, which numpy alone reads: the same for all systems."""

import dataclasses
import json
from pathlib import Path

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Sentences:
    """What every system is trained on.

    Attributes:
        source, target: lists of int32 arrays, ids without special ones.
        vocabulary_size: of the one vocabulary for both languages.
        special_ids: `padding`, `start` and `end`.
    """

    source: list
    target: list
    vocabulary_size: int
    special_ids: dict

    def save(self, path):
        """Writes everything into one `.npz` file."""
        facts = {"vocabulary_size": self.vocabulary_size, "special_ids": self.special_ids}
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            path,
            facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
            **_flat("source", self.source),
            **_flat("target", self.target),
        )

    @classmethod
    def load(cls, path):
        """Reads what `save` wrote."""
        with np.load(path) as file:
            facts = json.loads(file["facts"].tobytes())
            sides = [np.split(file[side], file[f"{side}_ends"]) for side in ("source", "target")]
        # What `np.split` cuts off at the last end is the empty rest.
        return cls(sides[0][:-1], sides[1][:-1], **facts)

    def lengths(self):
        """Source and target lengths with the special id, integers `(pairs,)` each."""
        return tuple(
            np.array([len(ids) + 1 for ids in side]) for side in (self.source, self.target)
        )

    def batch(self, rows, source_length=None, target_length=None):
        """Some pairs, padded on the right.

        Args:
            rows: numbers of the pairs.
            source_length, target_length: columns; longer sentences are cut. As many as the longest
                of these sentences needs where None is given.

        Returns:
            source ids with end mark, target ids with start mark, labels with end mark: int32.
        """
        start, end = np.int32([self.special_ids["start"]]), np.int32([self.special_ids["end"]])
        source = [np.concatenate([self.source[row], end]) for row in rows]
        target = [np.concatenate([start, self.target[row]]) for row in rows]
        labels = [np.concatenate([self.target[row], end]) for row in rows]
        return (
            self._padded(source, source_length),
            self._padded(target, target_length),
            self._padded(labels, target_length),
        )

    def _padded(self, sentences, length):
        length = length or max(map(len, sentences))
        ids = np.full((len(sentences), length), self.special_ids["padding"], "int32")
        for row, sentence in enumerate(sentences):
            ids[row, : len(sentence)] = sentence[:length]
        return ids


def _flat(name, sentences):
    ends = np.cumsum([len(ids) for ids in sentences])
    return {name: np.concatenate(sentences).astype("int32"), f"{name}_ends": ends}
