"""BPE dropout: a word's merges, some of them left out by chance."""

from itertools import pairwise

import numpy as np

from keras_transformer.tokenizers.draws import draw
from keras_transformer.tokenizers.pieces import Vocabulary

_BITS = 53  # of a draw, compared with probabilities: as many as a float has
_MOST_DROPPED = 64  # of the merges of one step; more are as likely as 0.1 ** 64


class BpeDropout:
    """The merges of BPE as walks through a table of states, all words of a batch in step.

    A word begins as its characters. At every step each merge that is possible is left out with
    probability `rate`, and of the others the one learned first (leftmost where it is there twice)
    is made; a word is finished when none is left. With rate 0 this is what SentencePiece does.

    A state is a word as far as it is merged, and where a step leads depends on the state and on
    how many of its best merges are left out, which is all that has to be drawn. So each state
    and each of its steps is worked out once, and a step of all words is two look-ups in numpy.

    Args:
        vocabulary: of the model.
        rate: probability with which a merge is left out, 0 to 1.

    Reference:
        Provilkov et al., 2020, "BPE-Dropout: simple and effective subword regularization",
        arXiv:1910.13267.
    """

    def __init__(self, vocabulary: Vocabulary, rate: float):
        self.vocabulary = vocabulary
        limits, probability = [], 1.0
        for _ in range(_MOST_DROPPED if rate else 0):
            probability *= rate  # products, not powers: the same on every machine
            limits.append(int(probability * 2**_BITS))
        self._limits = np.array(limits[::-1], dtype=np.uint64)
        self.clear()

    def clear(self):
        """Forgets all states."""
        self._numbers = {}  # of a state
        self._states = []
        self._merges = {}  # state: places of its merges, best first
        self._following = {}  # (state, number of merges left out): state
        self._spelled = {}

    @property
    def size(self) -> int:
        """About how many bytes the table takes."""
        return 300 * len(self._states) + 150 * len(self._following)

    def first(self, ids) -> int:
        """The state in which a word begins, given as ids of any segmentation."""
        return self._number(self.vocabulary.symbols(ids))

    def choose(self, words: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """The last states of some words, whose draws are the streams of their keys."""
        states = words.astype(np.int64)
        active, step = np.arange(len(states)), 0
        while len(active):
            drawn = draw(keys[active], step) >> np.uint64(64 - _BITS)
            left_out = len(self._limits) - np.searchsorted(self._limits, drawn, side="right")
            steps, inverse = np.unique(
                states[active] * (_MOST_DROPPED + 1) + left_out, return_inverse=True
            )
            reached = np.array([self._step(one) for one in steps.tolist()])[inverse]
            active, reached = active[reached >= 0], reached[reached >= 0]
            states[active] = reached
            step += 1
        return states

    def ids(self, state: int) -> tuple[int, ...]:
        """The ids of a word in a state."""
        if state not in self._spelled:
            self._spelled[state] = self.vocabulary.spell(self._states[state])
        return self._spelled[state]

    def _number(self, symbols: tuple) -> int:
        number = self._numbers.setdefault(symbols, len(self._states))
        if number == len(self._states):
            self._states.append(symbols)
        return number

    def _step(self, code: int) -> int:
        """Where a step leads; -1 where no merge is left."""
        if code not in self._following:
            state, left_out = divmod(code, _MOST_DROPPED + 1)
            if state not in self._merges:
                self._merges[state] = self._merges_of(self._states[state])
            merges = self._merges[state]
            self._following[code] = -1
            if left_out < len(merges):
                symbols, place = self._states[state], merges[left_out]
                joined = symbols[place] + symbols[place + 1]
                self._following[code] = self._number(
                    (*symbols[:place], joined, *symbols[place + 2 :])
                )
        return self._following[code]

    def _merges_of(self, symbols: tuple) -> list[int]:
        ids, scores = self.vocabulary.ids, self.vocabulary.scores
        found = []
        for place, (left, right) in enumerate(pairwise(symbols)):
            if isinstance(left, str) and isinstance(right, str) and left + right in ids:
                found.append((-scores[ids[left + right]], place))
        return [place for _, place in sorted(found)]
