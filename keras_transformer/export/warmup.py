"""Warmup records: requests that a server runs before it takes traffic.

TensorFlow Serving reads `assets.extra/tf_serving_warmup_requests`, a TFRecord file of
`PredictionLog`, and refuses a model of which a record fails.
"""

from pathlib import Path

import tensorflow as tf

from keras_transformer.config.translation_options import TranslationOptions
from keras_transformer.export.contract import SIGNATURES, option_inputs

MAX_RECORDS = 1000  # a server refuses more
_TEXTS = ("1", "A b c.", "", "One sentence of some more words, 2 and 3.")


def warmup_path(folder):
    """The place of the records of a version."""
    return Path(folder) / "assets.extra" / "tf_serving_warmup_requests"


def write_warmup(folder, model_name, batch_sizes):
    """Writes one record for every signature and batch size; makes `assets.extra/`.

    Args:
        folder: of the version.
        model_name: what the requests call the model; any name will do, but there must be one.
        batch_sizes: integers, at least 1.
    """
    path = warmup_path(folder)
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name, signature in SIGNATURES.items():
            for size in sorted(set(batch_sizes)):
                texts = [_TEXTS[row % len(_TEXTS)] for row in range(size)]
                values = option_inputs(texts, [TranslationOptions()] * size)
                values["reference"] = texts
                inputs = {
                    key: tf.make_tensor_proto(values[key], tf.as_dtype(kind))
                    for key, kind in signature.inputs.items()
                }
                record = _record(model_name, name, inputs)
                writer.write(record.SerializeToString())


def read_warmup(folder):
    """Pairs of signature and inputs (name -> array), in the order of the file."""
    from tensorflow_serving.apis import prediction_log_pb2

    for record in tf.compat.v1.io.tf_record_iterator(str(warmup_path(folder))):
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        yield request.model_spec.signature_name, inputs


def _record(model_name, signature, inputs):
    from tensorflow_serving.apis import prediction_log_pb2

    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature
    for name, tensor in inputs.items():
        request.inputs[name].CopyFrom(tensor)
    return log
