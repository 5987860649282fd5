"""One model and its sentences as plain files, which numpy alone reads: the same for all systems."""

import dataclasses
import json
from pathlib import Path

import numpy as np

_DESCRIPTION, _WEIGHTS = "bundle.json", "weights.npz"


@dataclasses.dataclass(frozen=True)
class Bundle:
    """What every system is given.

    Attributes:
        name: of the model, such as `"tiny"`.
        model: arguments of `keras_transformer.models.Transformer`.
        special_ids: `padding`, `unknown`, `start` and `end`.
        vocabulary: pieces, by id.
        sentences: texts to translate.
        references: translations by people, line by line; empty where there are none.
        source_ids: ids of each sentence, its end mark included.
        limits: the most ids of each translation, its end mark included.
        forced_length: every translation has this many ids; 0: they end where the model ends them.
            The vector of the end mark is zero in such a model, and so is its logit: it never wins.
        weights: mapping from name, the path of a Keras variable, to array. Once saved and loaded it
            reads the file at every access, so that systems that do not need it hold none of it.
    """

    name: str
    model: dict
    special_ids: dict
    vocabulary: list
    sentences: list
    references: list
    source_ids: list
    limits: list
    forced_length: int
    weights: dict

    def save(self, folder):
        """Writes the bundle into a folder."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        description = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "weights"
        }
        text = json.dumps(description, ensure_ascii=False)
        (folder / _DESCRIPTION).write_text(text, encoding="utf-8")
        np.savez(folder / _WEIGHTS, **self.weights)

    @classmethod
    def load(cls, folder):
        """Reads what `save` wrote."""
        folder = Path(folder)
        description = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        return cls(**description, weights=np.load(folder / _WEIGHTS))

    def embeddings(self):
        """The one table `(V, D)` for source, target and output."""
        return self.weights["embedding/embeddings"]

    def positions(self, length):
        """The first rows of the sinusoidal encoding, `(length, D)` float32, interleaved."""
        width = self.model["hidden_dim"]
        angles = np.arange(length)[:, None] / 10_000 ** (np.arange(0, width, 2)[None] / width)
        pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
        return pairs.reshape(length, width).astype("float32")

    def padded(self, rows):
        """Source ids of some sentences, `(B, S)` int32."""
        sources = [self.source_ids[row] for row in rows]
        ids = np.full((len(rows), max(map(len, sources))), self.special_ids["padding"], "int32")
        for row, source in enumerate(sources):
            ids[row, : len(source)] = source
        return ids


def sorted_batches(lengths, batch_size, stride=1):
    """Batches of sentences of like length, the longest first.

    Args:
        lengths: of all sentences.
        batch_size: sentences of a batch.
        stride: take every so many batches only, from the middle of each stretch; always one.

    Returns:
        List of lists of row numbers.
    """
    order = np.argsort([-length for length in lengths], kind="stable").tolist()
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return batches[(min(stride, len(batches)) - 1) // 2 :: stride]
