"""Toy models: random tables of logits that depend on all that was said before.

A strategy is driven over them by numpy; exhaustive enumeration says what it should have found.
"""

import itertools

import numpy as np
from keras import ops

from keras_transformer.decoding import Hypotheses, SearchOptions, SpecialIds
from tests.modes import to_numpy

START, END, PADDING = 1, 2, 0
SPECIAL_IDS = SpecialIds(START, END, PADDING)


class ToyModels:
    """`B` models; each says the logits `(V,)` of the next token after every history.

    Args:
        seed: of the tables.
        num_models: `B`.
        vocabulary_size: `V`, the end mark and the padding among them.
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

    def place(self, history):
        """Where the logits after a history stand."""
        place = 0
        for token in history:
            place = place * self.vocabulary_size + token + 1
        return place

    def log_probabilities(self, row, history):
        """`(V,)` float64."""
        logits = self.tables[row, self.place(history)].astype("float64")
        return logits - np.log(np.exp(logits).sum())

    def score(self, row, ids):
        """Log-probability of a sentence."""
        return sum(self.log_probabilities(row, ids[:step])[token] for step, token in enumerate(ids))

    def sentences(self, limit):
        """All that can be said in at most `limit` ids: with an end mark, or cut off."""
        words = [token for token in range(self.vocabulary_size) if token != END]
        for length in range(limit):
            for ids in itertools.product(words, repeat=length):
                yield (*ids, END)
        yield from itertools.product(words, repeat=limit)

    def best(self, row, limit, length_penalty=0.0, allowed=None):
        """Exhaustive search: `(ids, score, ranking score)`, best first."""
        found = []
        for ids in self.sentences(limit):
            if allowed is None or allowed(ids):
                score = self.score(row, ids)
                found.append((ids, score, score / ((5 + len(ids)) / 6) ** length_penalty))
        return sorted(found, key=lambda each: -each[2])


def drive(models, strategy, options, max_length=None, early_stop=True, rows=None):
    """Runs a strategy over toy models.

    Args:
        models: `ToyModels`.
        strategy: as in `keras_transformer.decoding.strategies`.
        options: `SearchOptions` of numpy arrays, a row a model.
        max_length: size of the histories; the models' if None.
        early_stop: whether to stop when all rows are done.
        rows: which of the models; all if None.

    Returns:
        `Hypotheses` of numpy arrays, and the number of steps taken.
    """
    rows = np.arange(models.num_models) if rows is None else np.asarray(rows)
    max_length = max_length or models.max_length
    state = strategy.start(SearchOptions(*options), max_length)
    places = np.zeros((len(rows), strategy.num_hypotheses), "int64")
    for step in range(models.max_length):
        if early_stop and to_numpy(state.done).all():
            break
        logits = models.tables[rows[:, None], places]
        state = strategy.advance(state, ops.convert_to_tensor(logits), step)
        if state.parents is not None:
            places = np.take_along_axis(places, to_numpy(state.parents), axis=1)
        places = places * models.vocabulary_size + to_numpy(state.ids) + 1
        # What comes after the last step is not asked for.
        places = np.where(places < models.tables.shape[1], places, 0)
    else:
        step += 1
    return Hypotheses(*map(to_numpy, strategy.finish(state))), step


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
