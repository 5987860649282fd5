"""Translating many sentences given as ids: batches of few shapes, in, and rows, out."""

import numpy as np
from keras import ops

from keras_transformer.backend import compile_function
from keras_transformer.decoding.loop import Decoded, decode

_LENGTH_STEP = 8  # Sources are padded to a multiple of this, so that few programs are compiled.


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

    def limit(self, num_tokens):
        """The most ids of a translation of `num_tokens` source tokens (end mark not counted)."""
        return int(self.length_factor * num_tokens) + self.length_constant

    def __call__(self, sources, on_progress=None):
        """Translates.

        Args:
            sources: list of integer arrays, each with its end mark.
            on_progress: called with the number of sentences done after every batch.

        Returns:
            `Decoded` of numpy arrays, a row for each source; `ids` as wide as the longest.
        """
        order = np.argsort([-len(source) for source in sources], kind="stable")
        batches = []
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            batches.append(self._decode_batch([sources[row] for row in rows]))
            if on_progress is not None:
                on_progress(len(rows))
        return _gather(batches, order, self.model.padding_id)

    def _decode_batch(self, sources):
        num_rows = len(sources)
        # A last batch that is not full is filled up rather than compiled for.
        filled = self.batch_size if self._programs else num_rows
        longest = max(len(source) for source in sources)
        width = -(-longest // _LENGTH_STEP) * _LENGTH_STEP
        if self.model.positions == "learned":  # padding must not ask for more than there are
            width = max(longest, min(width, self.model.max_length))
        ids = np.full((max(filled, num_rows), width), self.model.padding_id, dtype="int32")
        limits = np.zeros(len(ids), dtype="int32")
        for row, source in enumerate(sources):
            ids[row, : len(source)] = source
            limits[row] = self.limit(len(source) - 1)
        outputs = self._program(self.limit(width))(ids, limits)
        return Decoded(*(ops.convert_to_numpy(field)[:num_rows] for field in outputs))

    def _program(self, max_length):
        if max_length not in self._programs:

            def program(source_ids, limits):
                return decode(
                    self.model, source_ids, limits, max_length, self.start_id, self.end_id
                )

            self._programs[max_length] = compile_function(self.model, program)
        return self._programs[max_length]


def _gather(batches, order, padding_id):
    """Joins the batches' rows and puts them back into the order of the sources."""
    if not batches:
        empty = np.zeros(0, dtype="int32")
        return Decoded(empty.reshape(0, 0), empty, empty.astype("float32"), empty.astype(bool))
    width = max(int(batch.lengths.max()) for batch in batches)
    ids = np.full((len(order), width), padding_id, dtype="int32")
    start = 0
    for batch in batches:
        columns = min(width, batch.ids.shape[1])
        ids[start : start + len(batch.ids), :columns] = batch.ids[:, :columns]
        start += len(batch.ids)
    inverse = np.argsort(order, kind="stable")
    fields = [np.concatenate(field) for field in list(zip(*batches, strict=True))[1:]]
    return Decoded(ids[inverse], *(field[inverse] for field in fields))
