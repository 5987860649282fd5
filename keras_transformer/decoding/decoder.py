"""Translating many sentences given as ids: batches of few shapes, in, and rows, out."""

import numpy as np
from keras import ops

from keras_transformer.backend import compile_function
from keras_transformer.decoding.loop import best_of, search
from keras_transformer.decoding.options import SearchOptions
from keras_transformer.decoding.strategies import NO_SCORE, Greedy, Hypotheses, SpecialIds

_LENGTH_STEP = 8  # Sources are padded to a multiple of this, so that few programs are compiled.
_LIMIT_STEP = 32  # So is the room for translations longer than usual.


class Decoder:
    """A model and its special ids, ready to translate.

    Sentences are sorted by length and cut into batches; the order of the results is that of the
    sentences.

    Args:
        model: a built `Transformer`.
        start_id, end_id: special ids of the target's tokenizer.
        batch_size: sentences translated together.
        length_factor, length_constant: a translation has at most
            `length_factor * source tokens + length_constant` ids, its end mark included.
    """

    def __init__(
        self, model, start_id, end_id, batch_size=64, length_factor=2.0, length_constant=10
    ):
        self.model = model
        self.start_id = start_id
        self.end_id = end_id
        self.batch_size = batch_size
        self.length_factor = length_factor
        self.length_constant = length_constant
        self._programs = {}

    @property
    def special_ids(self):
        """`SpecialIds`, for strategies."""
        return SpecialIds(self.start_id, self.end_id, self.model.padding_id)

    def limit(self, num_tokens):
        """The most ids of a translation of `num_tokens` source tokens (end mark not counted)."""
        return int(self.length_factor * num_tokens) + self.length_constant

    def __call__(self, sources, on_progress=None):
        """Translates greedily.

        Args:
            sources: list of integer arrays, each with its end mark.
            on_progress: called with the number of sentences done after every batch.

        Returns:
            `Decoded` of numpy arrays, a row for each source; `ids` as wide as the longest.
        """
        return best_of(self.search(sources, Greedy(self.special_ids), on_progress=on_progress))

    def search(self, sources, strategy, options=None, on_progress=None):
        """Translates with any strategy.

        Args:
            sources: list of integer arrays, each with its end mark.
            strategy: see `strategies`.
            options: `SearchOptions` of numpy arrays, a row for each source; if None, the default
                limits alone.
            on_progress: called with the number of sentences done after every batch.

        Returns:
            `Hypotheses` of numpy arrays, a row for each source; `ids` as wide as the longest.
        """
        if options is None:
            limits = [self.limit(len(source) - 1) for source in sources]
            options = SearchOptions(np.array(limits, "int32"))
        order = np.argsort([-len(source) for source in sources], kind="stable")
        batches = []
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            chosen = SearchOptions(*(None if field is None else field[rows] for field in options))
            batches.append(self._search_batch([sources[row] for row in rows], strategy, chosen))
            if on_progress is not None:
                on_progress(len(rows))
        return _gather(batches, order, self.model.padding_id, strategy.num_results)

    def _search_batch(self, sources, strategy, options):
        num_rows = len(sources)
        # A batch that is not full is filled up to a power of two, so that few are compiled for.
        filled = max(num_rows, min(self.batch_size, 1 << (num_rows - 1).bit_length()))
        longest = max(len(source) for source in sources)
        width = -(-longest // _LENGTH_STEP) * _LENGTH_STEP
        if self.model.positions == "learned":  # padding must not ask for more than there are
            width = max(longest, min(width, self.model.max_length))
        ids = np.full((filled, width), self.model.padding_id, dtype="int32")
        for row, source in enumerate(sources):
            ids[row, : len(source)] = source
        options = SearchOptions(*(_filled_up(field, filled) for field in options))
        options = options._replace(limits=np.where(np.arange(filled) < num_rows, options.limits, 0))
        max_length = self.limit(width)
        if options.limits.max() > max_length:  # asked for by an option
            max_length = -(-int(options.limits.max()) // _LIMIT_STEP) * _LIMIT_STEP
        outputs = self._program(strategy, max_length)(ids, options)
        return Hypotheses(*(ops.convert_to_numpy(field)[:num_rows] for field in outputs))

    def _program(self, strategy, max_length):
        if (strategy, max_length) not in self._programs:

            def program(source_ids, options):
                return search(self.model, source_ids, options, max_length, strategy)

            self._programs[strategy, max_length] = compile_function(self.model, program)
        return self._programs[strategy, max_length]


def _filled_up(field, num_rows):
    """Repeats the first row until there are so many."""
    if field is None or len(field) == num_rows:
        return field
    return np.concatenate([field, np.repeat(field[:1], num_rows - len(field), axis=0)])


def _gather(batches, order, padding_id, num_results):
    """Joins the batches' rows and puts them back into the order of the sources."""
    width = max((int(batch.lengths.max()) for batch in batches), default=0)
    ids = np.full((len(order), num_results, width), padding_id, dtype="int32")
    start = 0
    for batch in batches:
        columns = min(width, batch.ids.shape[2])
        ids[start : start + len(batch.ids), :, :columns] = batch.ids[:, :, :columns]
        start += len(batch.ids)
    if not batches:
        scores = np.full((0, num_results), NO_SCORE, dtype="float32")
        counts = scores.astype("int32")
        return Hypotheses(ids, counts, scores, scores, scores.astype(bool), counts[:, 0])
    inverse = np.argsort(order, kind="stable")
    fields = [np.concatenate(field) for field in list(zip(*batches, strict=True))[1:]]
    return Hypotheses(ids[inverse], *(field[inverse] for field in fields))
