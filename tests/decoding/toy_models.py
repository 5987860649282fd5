"""Toy models: random tables of logits that depend on all that was said before.

A strategy is driven over them by numpy; exhaustive enumeration says what it should have found.
"""

import functools
import itertools

import numpy as np

from keras_transformer.decoding import Hypotheses, SearchOptions, SpecialIds
from tests.modes import compiled, to_numpy

# The start mark and padding are not in the vocabularies: all but the end mark are words.
START, END, PADDING = 97, 2, 98
SPECIAL_IDS = SpecialIds(START, END, PADDING)


class ToyModels:
    """`B` models; each says the logits `(V,)` of the next token after every history.

    Args:
        seed: of the tables.
        num_models: `B`.
        vocabulary_size: `V`, the end mark among them.
        max_length: `L`, the most ids of a sentence.
        spread: deviation of the logits.
    """

    def __init__(self, seed, num_models, vocabulary_size, max_length, spread=2.0):
        self.num_models = num_models
        self.vocabulary_size = vocabulary_size
        self.max_length = max_length
        places = sum(vocabulary_size**step for step in range(max_length))
        random = np.random.default_rng(seed)
        shape = (num_models, places, vocabulary_size)
        self.tables = (spread * random.normal(size=shape)).astype("float32")

    def logits(self, row, history):
        """`(V,)`."""
        place = 0
        for token in history:
            place = place * self.vocabulary_size + token + 1
        return self.tables[row, place]

    def score(self, row, ids):
        """Log-probability of a sentence."""
        score = 0.0
        for step, token in enumerate(ids):
            logits = self.logits(row, ids[:step]).astype("float64")
            score += logits[token] - np.log(np.exp(logits).sum())
        return score

    def sentences(self, limit):
        """All that can be said in at most `limit` ids: with an end mark, or cut off."""
        words = [token for token in range(self.vocabulary_size) if token != END]
        for length in range(limit):
            for ids in itertools.product(words, repeat=length):
                yield (*ids, END)
        yield from itertools.product(words, repeat=limit)

    def best(self, row, limit, length_penalty=0.0, allowed=None):
        """Exhaustive search: `(ids, score, ranking score)`, best first."""
        outcomes = []
        for ids in self.sentences(limit):
            if allowed is None or allowed(ids):
                score = self.score(row, ids)
                outcomes.append((ids, score, score / ((5 + len(ids)) / 6) ** length_penalty))
        return sorted(outcomes, key=lambda outcome: -outcome[2])


@functools.cache
def _compiled_advance(strategy):
    return compiled(lambda *arguments: strategy.advance(*arguments))


def drive(models, strategy, early_stop=True, rows=None, **options):
    """Runs a strategy over toy models.

    Args:
        models: `ToyModels`.
        strategy: as in `keras_transformer.decoding.strategies`.
        early_stop: whether to stop when all rows are done.
        rows: which of the models, in which order; all if None.
        options: fields of `SearchOptions`, a row for each of `rows`; limits as long as can be if
            not given.

    Returns:
        `Hypotheses` of numpy arrays.
    """
    rows = np.arange(models.num_models) if rows is None else np.asarray(rows)
    options.setdefault("limits", np.full(len(rows), models.max_length))
    options = {name: _array(value) for name, value in options.items()}
    state = strategy.start(SearchOptions(**options), models.max_length)
    places = np.zeros((len(rows), strategy.num_hypotheses), "int64")
    advance = _compiled_advance(strategy)
    for step in range(models.max_length):
        if early_stop and to_numpy(state.done).all():
            break
        logits = models.tables[rows[:, None], places]
        state = advance(state, logits, np.int32(step))
        if state.parents is not None:
            places = np.take_along_axis(places, state.parents, axis=1)
        places = places * models.vocabulary_size + state.ids + 1
        # What comes after the last step is not asked for.
        places = np.where(places < models.tables.shape[1], places, 0)
    return Hypotheses(*map(to_numpy, strategy.finish(state)))


def _array(value):
    array = np.asarray(value)
    kinds = {"i": "int32", "f": "float32", "b": "bool"}
    return array.astype(kinds[array.dtype.kind])


def found(hypotheses, row):
    """The real hypotheses of a row as `(ids, score, ranking score)`."""
    return [
        (
            tuple(hypotheses.ids[row, place, : hypotheses.lengths[row, place]].tolist()),
            float(hypotheses.scores[row, place]),
            float(hypotheses.ranking_scores[row, place]),
        )
        for place in range(hypotheses.count[row])
    ]


def assert_found(received, wanted):
    """Lists of `(ids, score, ranking score)`."""
    assert [ids for ids, *_ in received] == [ids for ids, *_ in wanted]
    for (_, *numbers), (_, *expected) in zip(received, wanted, strict=True):
        np.testing.assert_allclose(numbers, expected, atol=2e-5)
