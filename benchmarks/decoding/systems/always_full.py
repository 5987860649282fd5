"""Our backend-neutral decoder, whose cache is as long as the longest translation from the start."""

import tensorflow as tf

from keras_transformer.decoding.loop import decode
from keras_transformer.translator import Translator
from systems.engine import Engine


class AlwaysFull(Engine):
    """`decoding.decode` in a graph without XLA, a program for each size of the cache.

    Options: `translator`, its folder.
    """

    def __init__(self, bundle, options):
        super().__init__(bundle, options)
        model = Translator.load(options["translator"]).model
        start, end = (bundle.special_ids[name] for name in ("start", "end"))

        @tf.function(jit_compile=False)
        def translate(source_ids, limits, max_length):
            return decode(model, source_ids, limits, max_length, start, end)

        self.translate = translate

    def prepare(self, rows, beam):
        limits = [self.bundle.limits[row] for row in rows]
        return tf.constant(self.bundle.padded(rows)), tf.constant(limits), max(limits)

    def run(self, batch):
        return self.translate(*batch)

    def outputs(self, batch, result):
        rows = zip(result.ids.numpy(), result.lengths.numpy(), result.scores.numpy(), strict=True)
        return [self.output(ids[:length], float(score)) for ids, length, score in rows]
