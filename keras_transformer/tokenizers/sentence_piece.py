"""SentencePiece: unigram and BPE vocabularies over raw text."""

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.base import Tokenizer


class SentencePieceTokenizer(Tokenizer):
    """A SentencePiece model, with `sentencepiece` in Python and tensorflow-text in the graph.

    With byte fallback, `decode` gives back every cleaned text, except that U+2581, which stands
    for a space in SentencePiece, reads back as a space. Without it a character outside of the
    vocabulary reads back as ` ⁇ `.

    Args:
        model: bytes of a SentencePiece model.
        kind: `"unigram"` or `"bpe"`.
        options: `dict` to keep with it.

    Raises:
        UserError: `model` is not a SentencePiece model, or has no padding, start or end piece.

    Reference:
        Kudo and Richardson, 2018, arXiv:1808.06226; Kudo, 2018, arXiv:1804.10959 (unigram);
        Sennrich et al., 2016, arXiv:1508.07909 (BPE).
    """

    model_suffix = ".model"

    def __init__(self, model, kind="unigram", options=None):
        super().__init__(options)
        if kind not in ("unigram", "bpe"):
            raise UserError(
                f"`kind` of a SentencePiece tokenizer must be 'unigram' or 'bpe'; received {kind!r}"
            )
        self.kind = kind
        self._model = bytes(model)
        self._processor = _processor(self._model)
        self.vocabulary_size = self._processor.vocab_size()
        self.padding_id = self._processor.pad_id()
        self.unknown_id = self._processor.unk_id()
        self.start_id = self._processor.bos_id()
        self.end_id = self._processor.eos_id()
        ids = {"padding": self.padding_id, "start": self.start_id, "end": self.end_id}
        missing = ", ".join(name for name, id in ids.items() if id < 0)
        if missing:
            raise UserError(
                f"The SentencePiece model has no piece for {missing}; train it with pad_id, "
                "bos_id and eos_id set to 0 or more."
            )

    @classmethod
    def from_model(cls, kind, model, options):
        return cls(model, kind, options)

    def model_bytes(self):
        return self._model

    def _encode(self, texts):
        return self._processor.encode(texts) if texts else []

    def _decode(self, rows):
        return [self._processor.decode(row) for row in rows]

    def _tokens(self, ids):
        return [self._processor.id_to_piece(id) for id in ids]

    def _make_in_graph(self):
        import tensorflow as tf
        import tensorflow_text as tf_text

        return tf_text.SentencepieceTokenizer(model=self._model, out_type=tf.int32)

    def _encode_in_graph(self, texts):
        return self._in_graph().tokenize(texts)

    def _decode_in_graph(self, ids):
        return self._in_graph().detokenize(ids)

    def _tokens_in_graph(self, ids):
        return self._in_graph().id_to_string(ids)


def _processor(model):
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor()
    try:
        loaded = bool(model) and processor.LoadFromSerializedProto(model) is not False
    except (RuntimeError, OSError, ValueError):
        loaded = False
    if not loaded or processor.vocab_size() < 1:
        raise UserError(
            f"These {len(model)} bytes are not a SentencePiece model; give the content of the "
            "`.model` file that SentencePiece wrote."
        )
    return processor
