"""The decoder for servers that compile with XLA: the search of `decoding/`, in a few sizes.

XLA compiles a program for every combination of shapes, which takes seconds. So sentences are
padded to a ladder of lengths and batches to powers of two; a server meets all sizes that it is
used for within its first minutes, or in its warmup records. For one sentence on a CPU this is much
quicker than the plain operations of `decoder.py`; for a batch it is not.
"""

import tensorflow as tf

from keras_transformer.decoding import search

FIRST_LENGTH = 16


class XlaDecoder:
    """Search for the translations of a batch; `search` is that of `ServingDecoder`.

    Args:
        model: a built float32 `Transformer` on the TensorFlow backend.
        limits: `signatures.Limits`.
    """

    def __init__(self, model, limits):
        self.model = model
        longest = limits.max_source_length + 1
        self.lengths = [FIRST_LENGTH]
        while self.lengths[-1] < longest:
            self.lengths.append(2 * self.lengths[-1])
        self.lengths[-1] = longest
        self.limits = [limits.target(length) for length in self.lengths]

    def search(self, source_ids, options, strategy):
        """See `ServingDecoder.search`."""
        batch, length = tf.unstack(tf.shape(source_ids))
        is_short = (length > tf.constant(self.lengths)) | (
            tf.reduce_max(tf.concat([options.limits, [0]], axis=0)) > tf.constant(self.limits)
        )
        size = tf.minimum(tf.reduce_sum(tf.cast(is_short, tf.int32)), len(self.lengths) - 1)
        # The next power of two, by counting the smaller ones.
        rows = 2 ** tf.reduce_sum(tf.cast(batch > 2 ** tf.range(30), tf.int32))
        source_ids = _with_rows(source_ids, rows, self.model.padding_id)
        # Rows with a limit of 0 are done before they begin.
        options = tf.nest.map_structure(lambda field: _with_rows(field, rows, 0), options)
        branches = [self._branch(number, strategy) for number in range(len(self.lengths))]
        found = tf.switch_case(size, [lambda f=f: f(source_ids, options) for f in branches])
        return tf.nest.map_structure(lambda field: field[:batch], found)

    def _branch(self, number, strategy):
        """The search for sources of one length of the ladder."""
        length, most = self.lengths[number], self.limits[number]

        @tf.function(jit_compile=True, autograph=False)
        def compiled(source_ids, options):
            return search(self.model, source_ids, options, most, strategy)

        def branch(source_ids, options):
            source_ids = source_ids[:, :length]
            missing = length - tf.shape(source_ids)[1]
            padded = tf.pad(
                source_ids, [[0, 0], [0, missing]], constant_values=self.model.padding_id
            )
            limits = tf.minimum(options.limits, most)
            padded = tf.ensure_shape(padded, [None, length])
            found = compiled(padded, options._replace(limits=limits))
            # The branches' results differ in length; a shape that says so suits them all.
            return found._replace(ids=tf.ensure_shape(found.ids, [None, None, None]))

        return branch


def _with_rows(tensor, rows, value):
    """`tensor` with rows of `value` at its end, until there are so many."""
    if tensor is None:
        return None
    missing = [[0, rows - tf.shape(tensor)[0]]] + [[0, 0]] * (len(tensor.shape) - 1)
    if tensor.dtype == tf.bool:
        return tf.cast(tf.pad(tf.cast(tensor, tf.int32), missing), tf.bool)
    return tf.pad(tensor, missing, constant_values=value)
