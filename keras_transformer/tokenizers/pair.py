"""The tokenizers of both sides of a translation."""

import hashlib
import itertools
from pathlib import Path

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.base import Tokenizer
from keras_transformer.tokenizers.train import train_tokenizer

_SHARED, _SOURCE, _TARGET = "tokenizer", "source", "target"


class TokenizerPair:
    """Source and target tokenizer, which are one where the vocabulary is shared.

    Args:
        source: `Tokenizer`.
        target: `Tokenizer`; the same as `source` if not given.

    Raises:
        UserError: the two pad with different ids, which no model could tell from tokens.
    """

    def __init__(self, source, target=None):
        self.source = source
        self.target = source if target is None else target
        if self.source.padding_id != self.target.padding_id:
            raise UserError(
                f"The source tokenizer pads with id {self.source.padding_id} and the target "
                f"tokenizer with id {self.target.padding_id}: give two with the same id."
            )

    @property
    def shared(self):
        """Whether both sides have one vocabulary."""
        return self.source is self.target

    @classmethod
    def train(cls, kind, source_texts, target_texts, vocabulary_size, **options):
        """Train on both sides of a corpus.

        Args:
            kind: of `train_tokenizer`.
            source_texts, target_texts: iterables of texts, each read once.
            vocabulary_size: of the shared vocabulary, or of each of the two.
            **options: `shared` (`True`): one vocabulary, trained on both sides;
                `target_vocabulary_size`: where it is to differ (not shared only); all other
                options go to `train_tokenizer`.

        Returns:
            A `TokenizerPair`.
        """
        shared = options.pop("shared", True)
        target_vocabulary_size = options.pop("target_vocabulary_size", None)
        if shared and target_vocabulary_size not in (None, vocabulary_size):
            raise UserError(
                "`target_vocabulary_size` has no meaning for a shared vocabulary; received "
                f"{target_vocabulary_size}: leave it out or ask for two with `shared=False`."
            )
        if shared:
            texts = itertools.chain(source_texts, target_texts)
            return cls(train_tokenizer(kind, texts, vocabulary_size, **options))
        source = train_tokenizer(kind, source_texts, vocabulary_size, **options)
        size = target_vocabulary_size or vocabulary_size
        return cls(source, train_tokenizer(kind, target_texts, size, **options))

    def fingerprint(self):
        """SHA-256 (hexadecimal) of both sides."""
        sides = f"{self.source.fingerprint()} {self.target.fingerprint()} {self.shared}"
        return hashlib.sha256(sides.encode()).hexdigest()

    def resources(self):
        """What an `ExportArchive` has to track for both sides, each thing once."""
        if self.shared:
            return self.source.resources()
        return self.source.resources() + self.target.resources()

    def save(self, folder):
        """Write `tokenizer.*` (shared) or `source.*` and `target.*` into a folder."""
        folder = Path(folder)
        if self.shared:
            self.source.save(folder, _SHARED)
            _forget(folder, _SOURCE, _TARGET)
        else:
            self.source.save(folder, _SOURCE)
            self.target.save(folder, _TARGET)
            _forget(folder, _SHARED)

    @classmethod
    def load(cls, folder):
        """The pair that `save` wrote.

        Raises:
            UserError: the folder has no tokenizer, or a damaged one.
        """
        folder = Path(folder)
        if (folder / f"{_SHARED}.json").exists():
            return cls(Tokenizer.load(folder, _SHARED))
        if not any((folder / f"{name}.json").exists() for name in (_SOURCE, _TARGET)):
            raise UserError(
                f"There is no tokenizer in {folder}: neither {_SHARED}.json nor {_SOURCE}.json "
                f"and {_TARGET}.json; give the folder of a run."
            )
        return cls(Tokenizer.load(folder, _SOURCE), Tokenizer.load(folder, _TARGET))


def _forget(folder, *names):
    """Remove the description of what an earlier `save` left, so that `load` cannot take it."""
    for name in names:
        (folder / f"{name}.json").unlink(missing_ok=True)
