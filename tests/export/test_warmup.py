import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


def test_records_for_every_signature_and_size(tmp_path):
    from keras_transformer.export.contract import SIGNATURES
    from keras_transformer.export.warmup import read_warmup, write_warmup

    write_warmup(tmp_path, "ko-en", [5, 1, 5])
    records = list(read_warmup(tmp_path))
    assert [name for name, _ in records] == [name for name in SIGNATURES for _ in range(2)]
    for (name, inputs), size in zip(records, [1, 5] * len(SIGNATURES), strict=True):
        assert set(inputs) == set(SIGNATURES[name].inputs)
        assert all(value.shape == (size,) for value in inputs.values())
        kinds = {"O": "string", "i": "int32", "f": "float32"}
        types = {key: kinds[value.dtype.kind] for key, value in inputs.items()}
        assert types == SIGNATURES[name].inputs
    assert len(np.unique(records[1][1]["text"])) > 1


def test_options_are_not_set(tmp_path):
    from keras_transformer.config.translation_options import option_fields
    from keras_transformer.export.warmup import read_warmup, write_warmup

    write_warmup(tmp_path, "ko-en", [3])
    (inputs,) = (inputs for name, inputs in read_warmup(tmp_path) if name == "options")
    for field in option_fields():
        unset = field.unset.encode() if field.type is str else field.unset
        assert inputs[field.name].tolist() == [unset] * 3


def test_a_server_finds_what_it_needs(tmp_path):
    """The name of the file and of the model: a server refuses a request without a model."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    from keras_transformer.export.warmup import write_warmup

    write_warmup(tmp_path, "ko-en", [1])
    path = tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        assert log.WhichOneof("log_type") == "predict_log"
        assert log.predict_log.request.model_spec.name == "ko-en"
