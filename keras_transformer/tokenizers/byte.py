"""Bytes on keras-nlp."""

from keras_transformer.tokenizers.base import SPECIAL_TOKENS, UNKNOWN_ID, Tokenizer, traced

_FIRST = len(SPECIAL_TOKENS)
# No byte of valid UTF-8, so an unknown id reads as U+FFFD.
_INVALID = 0xFF


class ByteTokenizer(Tokenizer):
    """`keras_nlp.tokenizers.ByteTokenizer` behind four special ids: a byte's id is 4 + byte.

    Nothing is unknown and nothing is learned. `decode` gives back every cleaned text but for NUL,
    which keras-nlp drops; bytes that are not valid UTF-8 read as U+FFFD, and so does the unknown
    id.

    Args:
        options: `dict` to keep with it.

    Reference:
        Xue et al., 2022, arXiv:2105.13626.
    """

    kind = "bytes"
    vocabulary_size = _FIRST + 256

    def __init__(self, options=None):
        super().__init__(options)
        import keras_nlp

        self._layer = keras_nlp.tokenizers.ByteTokenizer(
            lowercase=False, normalization_form=None, errors="replace", dtype="int32"
        )

    @classmethod
    def from_model(cls, kind, model, options):
        return cls(options)

    def _encode(self, texts):
        rows = self._layer.tokenize(texts) if texts else []
        return [[_FIRST + byte for byte in row] for row in rows]

    def _decode(self, rows):
        rows = [[_INVALID if id == UNKNOWN_ID else id - _FIRST for id in row] for row in rows]
        return [self._layer.detokenize([row])[0] if row else "" for row in rows]

    def _tokens(self, ids):
        return [_NAMES[id] for id in ids]

    def _make_in_graph(self):
        return traced(self._layer)

    def resources(self):
        return []  # constants of the graph, which a SavedModel keeps by itself

    def _encode_in_graph(self, texts):
        import tensorflow as tf

        # keras-nlp fails on a batch without a single byte: one more row, taken away again.
        rows = self._in_graph()[0](tf.concat([texts, ["."]], axis=0))
        return rows[:-1] + _FIRST

    def _decode_in_graph(self, ids):
        import tensorflow as tf

        values = ids.flat_values
        return self._in_graph()[1](
            ids.with_flat_values(tf.where(values == UNKNOWN_ID, _INVALID, values - _FIRST))
        )

    def _tokens_in_graph(self, ids):
        import tensorflow as tf

        return tf.gather(tf.constant(_NAMES), ids)


# As SentencePiece writes bytes.
_NAMES = [*SPECIAL_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256))]
