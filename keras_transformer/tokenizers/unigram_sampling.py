"""Segmentations of a unigram model, drawn from its best ones."""

import math
from array import array

import numpy as np

from keras_transformer.tokenizers.draws import draw
from keras_transformer.tokenizers.pieces import Vocabulary

_BITS = 40  # of a draw: finer than the last digits in which two machines' `exp` may differ


class UnigramSampling:
    """Draws from a word's best segmentations by their probabilities to the power `alpha`.

    In a unigram model the probability of a sentence's segmentation is the product over its words
    (no piece is longer than a word), so words are drawn one by one: the choice is among the
    product of the best of all words, many more than any list of best sentences has.

    Args:
        vocabulary: of the model.
        alpha: 0: all alike; 1: by the model's probabilities; larger: mostly the best.
        n_best: how many of the best segmentations of a word are considered.

    Reference:
        Kudo, 2018, "Subword regularization", arXiv:1804.10959, section 3.2.
    """

    def __init__(self, vocabulary: Vocabulary, alpha: float, n_best: int):
        self.vocabulary = vocabulary
        self.alpha = alpha
        self.n_best = n_best
        self._costs = (-vocabulary.scores).tolist()
        self._longest = max(map(len, vocabulary.ids), default=1)
        self.clear()

    def clear(self):
        """Forgets all words."""
        self._limits = []  # of a word: cumulative probabilities of its segmentations, integers
        self._places = []  # of a word: number of its first segmentation
        self._ids = array("i")  # of all segmentations, one after the other
        self._ends = array("q", [0])

    @property
    def size(self) -> int:
        """About how many bytes the table takes."""
        return 4 * len(self._ids) + 16 * len(self._ends) + 200 * len(self._places)

    def first(self, ids) -> int:
        """The number of a word, given as ids of any segmentation."""
        found = self._n_best(self.vocabulary.symbols(ids))
        weights = [math.exp(-self.alpha * (cost - found[0][0])) for cost, _ in found]
        total = math.fsum(weights)
        limits = np.round(np.cumsum(weights) / total * 2**_BITS).astype(np.int64)
        limits[-1] = 2**_BITS
        self._limits.append(limits)
        self._places.append(len(self._ends) - 1)
        for _, segmentation in found:
            self._ids.extend(segmentation)
            self._ends.append(len(self._ids))
        return len(self._places) - 1

    def choose(self, words: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """The numbers of the segmentations of some words; the keys decide."""
        drawn = (draw(keys, 0) >> np.uint64(64 - _BITS)).astype(np.int64)
        unique, inverse = np.unique(words, return_inverse=True)
        limits = [self._limits[word] for word in unique.tolist()]
        # All tables one after the other, each raised above the one before it.
        raised = [limit + (number << _BITS) for number, limit in enumerate(limits)]
        found = np.searchsorted(np.concatenate(raised), drawn + (inverse << _BITS), side="right")
        before = np.cumsum([0, *map(len, limits)])[:-1]
        places = np.array([self._places[word] for word in unique.tolist()])
        return found + (places - before)[inverse]

    def ids(self, segmentation: int) -> tuple[int, ...]:
        """The ids of a segmentation."""
        return tuple(self._ids[self._ends[segmentation] : self._ends[segmentation + 1]])

    def _n_best(self, symbols: tuple) -> list[tuple[float, tuple[int, ...]]]:
        """The likeliest segmentations, each with its cost (minus its score), best first.

        Those of every beginning of the word are built from those of shorter ones.
        """
        ids, costs = self.vocabulary.ids, self._costs
        best = [[(0.0, ())]]
        for end in range(1, len(symbols) + 1):
            last = symbols[end - 1]
            if isinstance(last, int):
                best.append([(cost, (*before, last)) for cost, before in best[end - 1]])
                continue
            found, text = [], ""
            for begin in range(end - 1, max(-1, end - 1 - self._longest), -1):
                if isinstance(symbols[begin], int):
                    break
                text = symbols[begin] + text
                number = ids.get(text)
                if number is not None:
                    more = costs[number]
                    found += [(cost + more, (*before, number)) for cost, before in best[begin]]
            if not found:  # a character without a piece of its own may still be part of one
                best.append([])
                continue
            found.sort()
            best.append(found[: self.n_best])
        return best[-1]
