"""TensorBoard event files: the one module of this room that needs TensorFlow."""

import contextlib
import importlib.util

from keras_transformer.errors import UserError


class TensorBoardWriter:
    """Writes scalars, texts and pictures for TensorBoard.

    Args:
        folder: of the event files.

    Raises:
        UserError: here and in every method, the files cannot be written.
    """

    def __init__(self, folder):
        import tensorflow as tf

        self._summary = tf.summary
        self._errors = tf.errors.OpError
        self._folder = folder
        with self._writing():
            self._writer = tf.summary.create_file_writer(str(folder))

    @staticmethod
    def available():
        """Whether TensorFlow, which writes the files, is installed."""
        return importlib.util.find_spec("tensorflow") is not None

    def scalars(self, step, values):
        """Writes a dict of numbers at a step."""
        with self._writing():
            with self._writer.as_default():
                for name, value in values.items():
                    self._summary.scalar(name, value, step=step)
            self._writer.flush()

    def text(self, step, name, text):
        """Writes a text (Markdown) at a step."""
        with self._writing():
            with self._writer.as_default():
                self._summary.text(name, text, step=step)
            self._writer.flush()

    def image(self, step, name, picture):
        """Writes a picture, `(height, width, 3)` uint8, at a step."""
        with self._writing():
            with self._writer.as_default():
                self._summary.image(name, picture[None], step=step)
            self._writer.flush()

    @contextlib.contextmanager
    def _writing(self):
        try:
            yield
        except self._errors as error:
            # "{{node}} FILE; No space left on device\n ..."
            reason = error.message.partition("; ")[2].partition("\n")[0] or error.message
            raise UserError(
                f"TensorBoard's files in {self._folder} cannot be written ({reason}): make room or "
                "mend the permissions and start the same command again, or do without them: "
                "training.tensorboard=false."
            ) from error
