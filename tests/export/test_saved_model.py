import json
import os
import stat

import numpy as np
import pytest

from keras_transformer.config import ExportConfig
from keras_transformer.errors import UserError

pytestmark = pytest.mark.tensorflow


def test_the_folder_of_a_version(exported, model):
    files = {str(path.relative_to(exported)) for path in exported.rglob("*") if path.is_file()}
    assert files >= {
        "saved_model.pb",
        "variables/variables.index",
        "assets.extra/tf_serving_warmup_requests",
        "assets.extra/keras_transformer.json",
    }
    assert exported.name == "1"
    assert [path.name for path in exported.parent.iterdir()] == ["1"]
    description = json.loads((exported / "assets.extra" / "keras_transformer.json").read_text())
    assert description["parameters"] == model.count_params()
    # A server runs as somebody else.
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(exported.stat().st_mode) == 0o777 & ~umask


def test_every_weight_is_stored_once(exported, functions):
    """Among them the transposed output table, which is a wanted copy."""
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(exported / "variables" / "variables"))
    kinds = reader.get_variable_to_dtype_map()
    shapes = reader.get_variable_to_shape_map()
    numbers = sum(np.prod(shapes[name]) for name in shapes if kinds[name] != tf.string)
    assert numbers == sum(weight.shape.num_elements() for weight in functions.weights)
    table = functions.decoder.output_table
    assert numbers == functions.model.count_params() + table.shape.num_elements()


def test_a_mixed_precision_model_becomes_float32(make_model):
    import keras

    from keras_transformer.export.saved_model import float32_copy

    options = {"norm": "pre", "positions": "rotary", "activation": "swiglu"}
    half = make_model(37, dtype="mixed_bfloat16", target_vocabulary_size=41, **options)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        copy = float32_copy(half)
    finally:
        keras.config.set_dtype_policy("float32")
    full = make_model(37, target_vocabulary_size=41, **options)
    assert {layer.compute_dtype for layer in copy._flatten_layers()} == {"float32"}
    inputs = {"source_ids": np.array([[5, 6, 3]]), "target_ids": np.array([[2, 7]])}
    np.testing.assert_array_equal(copy(inputs), full(inputs))
    assert np.abs(np.asarray(half(inputs)) - np.asarray(full(inputs))).max() > 1e-4


@pytest.fixture
def export(model, tokenizers, settings, tmp_path):
    """`export_saved_model` into a fresh folder, with other arguments where given."""
    from keras_transformer.export import export_saved_model

    def export(model=model, tokenizers=tokenizers, folder=tmp_path / "exports", **options):
        arguments = {"decoding": settings.decoding, "export": settings.export, **options}
        return export_saved_model(model, tokenizers, folder, **arguments)

    return export


@pytest.fixture
def without_work(monkeypatch):
    """No tracing and no gate: what is left is folders and checks."""
    from keras_transformer.export import saved_model

    def write(functions, folder):
        (folder / "saved_model.pb").write_bytes(b"")

    monkeypatch.setattr(saved_model, "write_archive", write)
    monkeypatch.setattr(saved_model, "run_gate", lambda functions, folder: None)
    return saved_model


def test_versions_count_up(export, without_work):
    lines = []
    assert [export(progress=lines.append).name for _ in range(2)] == ["1", "2"]
    assert len(lines) == 4


@pytest.mark.parametrize("step", ["write_archive", "write_warmup", "run_gate", "publish"])
def test_an_interrupted_export_leaves_nothing(export, without_work, monkeypatch, tmp_path, step):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(without_work, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        export()
    assert list((tmp_path / "exports").iterdir()) == []


def test_an_export_that_fails_the_gate_leaves_nothing(export, monkeypatch, tmp_path):
    """The gate is told of a process that says why, and of one that dies."""
    import subprocess

    from keras_transformer.export import saved_model

    monkeypatch.setattr(saved_model, "write_archive", lambda functions, folder: None)
    monkeypatch.setattr(saved_model, "make_cases", lambda functions: [])
    ends = [
        (1, "it is wrong\nin two ways", "it is wrong; in two ways"),
        (-11, "", "failed with status -11: Segmentation"),
    ]
    for status, output, expected in ends:
        done = subprocess.CompletedProcess([], status, output, "first\nSegmentation fault")
        monkeypatch.setattr(subprocess, "run", lambda *_, done=done, **__: done)
        with pytest.raises(UserError, match=f"not published because .*gate: .*{expected}"):
            export()
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_full_disk_is_one_sentence(export, without_work, monkeypatch, tmp_path):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(without_work, "write_archive", full)
    with pytest.raises(UserError, match=r"cannot be written to .*No space left.*is the disk full"):
        export()
    assert list((tmp_path / "exports").iterdir()) == []


def test_what_cannot_be_exported(export, without_work, make_model, tokenizers, tmp_path):
    from keras_transformer.models import Transformer

    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written to .*file"):
        export(folder=tmp_path / "file")
    with pytest.raises(UserError, match="has no weights yet"):
        export(model=Transformer(36, hidden_dim=12, num_heads=3))
    with pytest.raises(UserError, match="source tokenizer has 36 pieces and the model knows 31"):
        export(model=make_model(31))
    with pytest.raises(UserError, match="target tokenizer has 36 pieces and the model knows 29"):
        export(model=make_model(36, target_vocabulary_size=29))
    with pytest.raises(UserError, match=r"pads with id 0 and the model with 5: .*padding_id=0"):
        export(model=make_model(36, padding_id=5))
    with pytest.raises(UserError, match=r"export.warmup_batch_sizes is empty: give at least one"):
        export(export=ExportConfig(warmup_batch_sizes=()))
    with pytest.raises(UserError, match="`explain_layer` is 2 and the model has 2 decoder layers"):
        export(explain_layer=2)
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize(("layers", "expected"), [(1, 0), (2, 0), (3, 1)])
def test_the_last_layer_but_one_is_explained(export, without_work, make_model, layers, expected):
    folder = export(model=make_model(36, num_decoder_layers=layers))
    description = json.loads((folder / "assets.extra" / "keras_transformer.json").read_text())
    assert description["explain_layer"] == expected
