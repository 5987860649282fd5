"""A SavedModel of the serving decoder alone: ids in, ids out.

The signatures that are served take texts. Peers are measured with tokenisation outside the time,
and so are we with this: the same decoder, traced in the same way, without its tokenizers.
"""

import keras
import tensorflow as tf

from keras_transformer.config import ExportConfig
from keras_transformer.decoding import BeamSearch, Greedy, SearchOptions
from keras_transformer.export.saved_model import float32_copy
from keras_transformer.export.signatures import Limits, SearchSizes, ServedFunctions

_INPUTS = [
    tf.TensorSpec([None, None], tf.int32, name="source_ids"),
    tf.TensorSpec([None], tf.int32, name="limits"),
]


def export_ids(translator, folder, beams=(5,), flavour="plain"):
    """Writes the SavedModel.

    Args:
        translator: `Translator` whose model is exported.
        folder: to write to.
        beams: widths, a signature `beam_<width>` each, beside `greedy`.
        flavour: of `ExportConfig`.
    """
    options, export = translator.options, ExportConfig()
    model = float32_copy(translator.model)
    functions = ServedFunctions(
        model,
        translator.tokenizers,
        Limits.of(model, options, export),
        SearchSizes.of(options, export),
        explain_layer=0,
        flavour=flavour,
    )
    marks = functions.special_ids
    strategies = {"greedy": Greedy(marks), **{f"beam_{k}": BeamSearch(marks, k) for k in beams}}
    archive = keras.export.ExportArchive()
    for name, strategy in strategies.items():
        function = _searching(functions.compiled, strategy)
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
