"""What every tokenizer is: text to ids and back, in Python and in the graph."""

import hashlib
import json

import numpy as np

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.cleaning import (
    clean_text,
    clean_text_in_graph,
    single_spaces,
    single_spaces_in_graph,
)

PADDING_ID, UNKNOWN_ID, START_ID, END_ID = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<unk>", "<s>", "</s>")


class Tokenizer:
    """Text to ids and back. The graph (tensorflow-text) and Python give the same.

    A subclass gives the tokenization itself (`_encode`, `_decode`, `tokens` and their twins in
    the graph); cleaning the text, special ids and files are here, once.

    The ids of `encode` hold no special ids: whoever builds a batch adds start and end. White
    space of any kind (tab, newline, U+00A0, U+3000, ...) is read as one space, and a blank text
    gives no ids. A literal `</s>` or `<pad>` in a text is text. `decode` drops everything
    from the first end id on, skips padding and start, and reads an id outside of the vocabulary
    as unknown; what it gives is always valid UTF-8.

    Attributes:
        kind: `"unigram"`, `"bpe"`, `"wordpiece"` or `"bytes"`.
        vocabulary_size: number of ids, special ones included.
        padding_id, unknown_id, start_id, end_id: the special ids (0, 1, 2, 3 in ours).
        options: `dict` of what it was made with, as saved beside the model.
    """

    kind = ""
    model_suffix = None
    padding_id, unknown_id, start_id, end_id = PADDING_ID, UNKNOWN_ID, START_ID, END_ID
    vocabulary_size = 0

    def __init__(self, options=None):
        self.options = dict(options or {})
        self._graph_tokenizer = None

    # In Python.

    def encode(self, texts):
        """Ids of each text, without special ids.

        Args:
            texts: sequence of `str` or `bytes`.

        Returns:
            List of int32 arrays, one a text, each of its own length.
        """
        texts = [single_spaces(clean_text(text)) for text in _rows(texts)]
        return [np.asarray(ids, dtype=np.int32) for ids in self._encode(texts)]

    def decode(self, ids):
        """Text of each row of ids.

        Args:
            ids: sequence of rows of ids of any lengths, or an integer array `(batch, length)`.

        Returns:
            List of `str`.
        """
        return self._decode([self._text_ids(row) for row in ids])

    def tokens(self, ids):
        """The pieces of one row of ids, special ones included, for display."""
        ids = np.asarray(ids, dtype=np.int64).reshape(-1)
        return self._tokens(self._known(ids).tolist())

    def _known(self, ids):
        return np.where((ids < 0) | (ids >= self.vocabulary_size), self.unknown_id, ids)

    def _text_ids(self, row):
        row = np.asarray(row, dtype=np.int64).reshape(-1)
        ends = np.flatnonzero(row == self.end_id)
        row = row[: ends[0]] if len(ends) else row
        return self._known(row[(row != self.padding_id) & (row != self.start_id)]).tolist()

    # In the graph.

    def encode_in_graph(self, texts):
        """`encode` for a string tensor `[batch]`; an int32 `tf.RaggedTensor` `[batch, (ids)]`."""
        self._in_graph()
        import tensorflow as tf

        texts = tf.convert_to_tensor(texts, dtype=tf.string)
        texts = single_spaces_in_graph(clean_text_in_graph(texts))
        return tf.cast(self._encode_in_graph(texts), tf.int32)

    def decode_in_graph(self, ids):
        """`decode` for an integer tensor `[batch, length]` (or ragged); a string `[batch]`."""
        self._in_graph()
        import tensorflow as tf

        if isinstance(ids, tf.RaggedTensor):
            ids = ids.to_tensor(self.padding_id)
        ids = tf.cast(ids, tf.int32)
        before_end = tf.cumsum(tf.cast(tf.equal(ids, self.end_id), tf.int32), axis=1) < 1
        is_text = before_end & tf.not_equal(ids, self.padding_id)
        is_text = is_text & tf.not_equal(ids, self.start_id)
        return self._decode_in_graph(tf.ragged.boolean_mask(self._known_in_graph(ids), is_text))

    def tokens_in_graph(self, ids):
        """`tokens` for an integer tensor of any shape; a string tensor of the same shape."""
        self._in_graph()
        import tensorflow as tf

        return self._tokens_in_graph(self._known_in_graph(tf.cast(ids, tf.int32)))

    def _known_in_graph(self, ids):
        import tensorflow as tf

        known = (ids >= 0) & (ids < self.vocabulary_size)
        return tf.where(known, ids, tf.constant(self.unknown_id, tf.int32))

    def resources(self):
        """What `keras.export.ExportArchive.track` has to be given for the graph methods."""
        return [self._in_graph()]

    def _in_graph(self):
        """The graph's tokenizer, made once, outside of any graph that is being traced."""
        if self._graph_tokenizer is None:
            try:
                import tensorflow as tf
                import tensorflow_text  # noqa: F401  (registers the ops)
            except ImportError as error:
                raise UserError(
                    "Tokenizing in the graph needs tensorflow and tensorflow-text, and "
                    f"{error.name} cannot be imported; install both in the same version."
                ) from error
            with tf.init_scope():
                self._graph_tokenizer = self._make_in_graph()
        return self._graph_tokenizer

    # Files.

    def model_bytes(self):
        """What the tokenizer learned, as the bytes of its model file (empty if it has none)."""
        return b""

    def description(self):
        """What is saved beside the model: kind, special ids, vocabulary size, options."""
        return {
            "kind": self.kind,
            "vocabulary_size": self.vocabulary_size,
            "padding_id": self.padding_id,
            "unknown_id": self.unknown_id,
            "start_id": self.start_id,
            "end_id": self.end_id,
            "options": self.options,
        }

    def fingerprint(self):
        """SHA-256 (hexadecimal) of model and description: equal if it gives the same ids."""
        digest = hashlib.sha256(json.dumps(self.description(), sort_keys=True).encode())
        digest.update(b"\0" + self.model_bytes())
        return digest.hexdigest()

    def save(self, folder, name="tokenizer"):
        """Write `NAME.json` and the model file beside it into a folder, which is made if needed.

        Raises:
            UserError: the folder cannot be written.
        """
        from keras_transformer.tokenizers.files import save_tokenizer

        save_tokenizer(self, folder, name)

    @classmethod
    def load(cls, folder, name="tokenizer"):
        """The tokenizer that `save` wrote; `Tokenizer.load` takes any kind.

        Raises:
            UserError: a file is missing, damaged, or of another kind than this class.
        """
        from keras_transformer.tokenizers.files import load_tokenizer

        tokenizer = load_tokenizer(folder, name)
        if not isinstance(tokenizer, cls):
            raise UserError(
                f"The tokenizer {name!r} in {folder} is of kind {tokenizer.kind!r}, which is not "
                f"a {cls.__name__}; load it with `Tokenizer.load`."
            )
        return tokenizer

    @classmethod
    def from_model(cls, kind, model, options):
        """A tokenizer from the bytes of its model file; used by `load`."""
        raise NotImplementedError


def traced(layer):
    """`tokenize` and `detokenize` of a tokenizer of keras-nlp as functions of the graph.

    keras-nlp takes its path through the graph only where a function is traced. Each is traced
    once and for all, because the layers keep tensors that they made while they were.
    """
    import tensorflow as tf

    tokenize = tf.function(layer.tokenize).get_concrete_function(tf.TensorSpec([None], tf.string))
    rows = tf.RaggedTensorSpec([None, None], tf.int32)
    return tokenize, tf.function(layer.detokenize).get_concrete_function(rows)


def _rows(texts):
    if isinstance(texts, (str, bytes)):
        raise UserError(
            "`texts` of `encode` must be a list of texts; received one "
            f"{type(texts).__name__}: put it into a list."
        )
    return texts
