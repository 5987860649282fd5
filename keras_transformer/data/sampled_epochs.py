"""An epoch after the other, each with segmentations of its own, made one ahead."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from keras_transformer.data.epoch_process import EpochProcess
from keras_transformer.data.sampled_corpus import sampled_fingerprint
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError

_NAME = re.compile(r"epoch-\d+")


class SampledEpochs:
    """The tokenised corpus of every epoch, from a side process that works one epoch ahead.

    An epoch is a `TokenCorpus` in a folder of its own, removed when the next one is in use. One
    that a run left which was killed is used again.

    Args:
        corpus: folder of the `TokenCorpus` that is sampled.
        fingerprint: of that corpus.
        tokenizers: folder of its `TokenizerPair`.
        folder: for the epochs.
        options: `SamplingOptions`.
        longest: the most tokens of a source and of a target, special ids not counted.
        corpus_weights: of the `Mixture` that chooses each epoch's pairs, seeded like the options;
            empty: every pair once.
        num_epochs: after the last one no other is made ahead; None: there is no last.
    """

    def __init__(
        self,
        corpus,
        fingerprint: str,
        tokenizers,
        folder,
        options,
        longest,
        corpus_weights=(),
        num_epochs=None,
    ):
        self.folder = Path(folder)
        self.num_epochs = num_epochs
        longest, weights = [int(most) for most in longest], list(corpus_weights)
        self._fingerprint = (fingerprint, options, longest, weights)
        self._process = EpochProcess(
            {
                "corpus": str(Path(corpus).resolve()),
                "tokenizers": str(Path(tokenizers).resolve()),
                "options": asdict(options),
                "longest": longest,
                "corpus_weights": weights,
            }
        )
        self._current = None, None

    def corpus(self, epoch: int) -> TokenCorpus:
        """The corpus of an epoch; waits until it is there, and lets the next one be made.

        Raises:
            UserError: it could not be made.
        """
        if self._current[0] != epoch:
            if self._process.pending is not None:
                self._process.answer()
            corpus = self._opened(epoch)
            if corpus is None:
                self._process.ask(epoch, self._path(epoch))
                self._process.answer()
                corpus = TokenCorpus.open(self._path(epoch), verify=False)
            self._current = epoch, corpus
            self._forget_all_but(epoch, epoch + 1)
            following = epoch + 1
            ended = self.num_epochs is not None and following >= self.num_epochs
            if not ended and self._opened(following) is None:
                self._process.ask(following, self._path(following))
        return self._current[1]

    def close(self):
        """Ends the side process and removes the epochs."""
        self._process.close()
        self._current = None, None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, epoch: int) -> Path:
        return (self.folder / f"epoch-{epoch:05d}").resolve()

    def _opened(self, epoch: int) -> TokenCorpus | None:
        """What is there already, if it is whole and of this run."""
        try:
            return TokenCorpus.open(
                self._path(epoch), sampled_fingerprint(*self._fingerprint, epoch)
            )
        except UserError:
            return None

    def _forget_all_but(self, *epochs):
        kept = {self._path(epoch).name for epoch in epochs}
        for path in self.folder.iterdir():
            if _NAME.fullmatch(path.name) and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)


class ChangingBatches:
    """Batches of a corpus and a plan that change from epoch to epoch.

    What `TranslationBatches` is for one corpus; `as_dataset` takes either.

    Args:
        of_epoch: function from an epoch to its `TranslationBatches`; asked again only when
            another epoch was asked for in between.
        weighted: whether their batches have weights.
    """

    def __init__(self, of_epoch: Callable, weighted: bool = False):
        self._of_epoch = of_epoch
        self.weighted = weighted
        self._lock = threading.Lock()  # `fit` makes batches in a thread
        self._current = None, None

    def batches(self, epoch: int):
        """The `TranslationBatches` of an epoch."""
        with self._lock:
            if self._current[0] != epoch:
                self._current = epoch, self._of_epoch(epoch)
            return self._current[1]

    def num_batches(self, epoch: int) -> int:
        """How many batches an epoch has."""
        return self.batches(epoch).num_batches(epoch)

    def target_tokens(self, epoch: int) -> list[int]:
        """Real target tokens of each batch of an epoch, end marks included."""
        return self.batches(epoch).target_tokens(epoch)

    def epoch(self, epoch: int, first_batch: int = 0) -> Iterator:
        """The batches of an epoch from number `first_batch` on."""
        return self.batches(epoch).epoch(epoch, first_batch)
