"""TensorBoard event files: the one module of this room that needs TensorFlow."""

import importlib.util


class TensorBoardWriter:
    """Writes scalars and texts for TensorBoard.

    Args:
        folder: of the event files.
    """

    def __init__(self, folder):
        import tensorflow as tf

        self._summary = tf.summary
        self._writer = tf.summary.create_file_writer(str(folder))

    @staticmethod
    def available():
        """Whether TensorFlow, which writes the files, is installed."""
        return importlib.util.find_spec("tensorflow") is not None

    def scalars(self, step, values):
        """Writes a dict of numbers at a step."""
        with self._writer.as_default():
            for name, value in values.items():
                self._summary.scalar(name, value, step=step)
        self._writer.flush()

    def text(self, step, name, text):
        """Writes a text (Markdown) at a step."""
        with self._writer.as_default():
            self._summary.text(name, text, step=step)
        self._writer.flush()
