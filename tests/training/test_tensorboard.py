"""TensorBoard's files, read back."""

import pytest

from keras_transformer.errors import UserError
from keras_transformer.training.tensorboard import TensorBoardWriter

pytestmark = pytest.mark.tensorflow


def events_of(folder):
    from tensorflow.compat.v1.train import summary_iterator

    return [
        (event.step, value.tag, value.tensor)
        for path in folder.iterdir()
        for event in summary_iterator(str(path))
        for value in event.summary.value
    ]


def test_numbers_and_texts(tmp_path):
    import tensorflow as tf

    assert TensorBoardWriter.available()
    writer = TensorBoardWriter(tmp_path / "logs")
    writer.scalars(7, {"training/loss": 1.5, "learning_rate": 0.25})
    writer.text(11, "translations", "| 가 | a |")
    found = [
        (step, tag, tf.make_ndarray(value)) for step, tag, value in events_of(tmp_path / "logs")
    ]
    assert [entry[:2] for entry in found] == [
        (7, "training/loss"),
        (7, "learning_rate"),
        (11, "translations"),
    ]
    assert [float(entry[2]) for entry in found[:2]] == [1.5, 0.25]
    assert found[2][2].item().decode() == "| 가 | a |"


def test_pictures(tmp_path):
    import numpy as np
    import tensorflow as tf

    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    TensorBoardWriter(tmp_path / "logs").image(13, "attention/1", picture)
    ((step, tag, value),) = events_of(tmp_path / "logs")
    assert (step, tag) == (13, "attention/1")
    np.testing.assert_array_equal(tf.io.decode_png(tf.make_ndarray(value)[2]), picture)


def test_without_tensorflow(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not TensorBoardWriter.available()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(UserError, match=r"TensorBoard's files in .*logs cannot be written"):
        TensorBoardWriter(tmp_path / "logs")


def test_a_full_disk_is_one_sentence(tmp_path):
    import tensorflow as tf

    writer = TensorBoardWriter(tmp_path / "logs")

    def fail(*arguments, **options):
        message = "{{node w}} logs/events.1; No space left on device\n\tFailed to flush 3 events"
        raise tf.errors.ResourceExhaustedError(None, None, message)

    writer._summary = type("Summary", (), {"scalar": fail, "text": fail})
    message = r"cannot be written \(No space left on device\): make room .* training.tensorboard=f"
    with pytest.raises(UserError, match=message):
        writer.scalars(1, {"loss": 1.0})
    with pytest.raises(UserError, match=message):
        writer.text(1, "a", "b")
