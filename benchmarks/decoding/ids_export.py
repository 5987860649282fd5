"""A SavedModel of the serving decoder alone: ids in, ids out.

The signatures that are served take texts. Peers are measured with tokenisation outside the time,
and so are we with this: the same decoder, traced in the same way, without its tokenizers.
"""

import keras
import tensorflow as tf

from keras_transformer.decoding import BeamSearch, Greedy, SearchOptions, SpecialIds
from keras_transformer.export.decoder import ServingDecoder
from keras_transformer.export.folding import fold
from keras_transformer.export.saved_model import float32_copy

_INPUTS = [
    tf.TensorSpec([None, None], tf.int32, name="source_ids"),
    tf.TensorSpec([None], tf.int32, name="limits"),
]


def export_ids(translator, folder, beams=(5,)):
    """Writes the SavedModel.

    Args:
        translator: `Translator` whose model is exported in float32.
        folder: to write to.
        beams: widths, a signature `beam_<width>` each, beside `greedy`.
    """
    target = translator.tokenizers.target
    model = float32_copy(translator.model)
    fold(model)
    decoder = ServingDecoder(model)
    marks = SpecialIds(target.start_id, target.end_id, target.padding_id)
    strategies = {"greedy": Greedy(marks), **{f"beam_{k}": BeamSearch(marks, k) for k in beams}}
    archive = keras.export.ExportArchive()
    for name, strategy in strategies.items():
        function = _searching(decoder, strategy)
        archive.add_endpoint(name, function, input_signature=_INPUTS)
    archive.write_out(str(folder), verbose=False)


def _searching(decoder, strategy):
    def search(source_ids, limits):
        found = decoder.search(source_ids, SearchOptions(limits), strategy)
        return {
            "ids": found.ids[:, 0],
            "lengths": found.lengths[:, 0],
            "scores": found.scores[:, 0],
        }

    return search
