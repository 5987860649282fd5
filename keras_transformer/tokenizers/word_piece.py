"""WordPiece on keras-nlp."""

import re

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.base import SPECIAL_TOKENS, UNKNOWN_ID, Tokenizer, traced
from keras_transformer.tokenizers.cleaning import code_points, graph_code_points

# Punctuation and format characters added after Unicode 12.1, from the Unicode 18 database: the
# splitter of keras-nlp and that of the graph know different versions of Unicode, so these few
# characters of rare scripts would end a word in one and not in the other.
NEWER_PUNCTUATION = (
    "061D 0890-0891 1B4E-1B4F 1B7D-1B7F 2E52-2E5D 2E60-2E63 10D6E 10EAD 10ED0 10F86-10F89 "
    "113D4-113D5 113D7-113D8 1145A 116B9 11944-11946 11B00-11B09 11BE1 11F43-11F4F 12FF1-12FF2 "
    "13439-1343F 16D6D-16D6F 1E5FF"
)
_NEWER = re.compile(code_points(NEWER_PUNCTUATION))
_SETTINGS = {
    "lowercase": False,
    # Splitting accents off (NFD) would take Hangul syllables apart into jamo.
    "strip_accents": False,
    "split": True,
    "split_on_cjk": True,
}


class WordPieceTokenizer(Tokenizer):
    """`keras_nlp.tokenizers.WordPieceTokenizer`, in Python and in the graph.

    Case, accents and Hangul stay as they are. Words are split at white space, control and format
    characters (which are dropped), punctuation and Chinese characters; a word of more than 100
    UTF-8 bytes, or with a character outside of the vocabulary, is unknown.

    `decode` puts one space between words: white space around punctuation and between Chinese
    characters cannot be known any more (`don't` reads back as `don ' t`). Where that matters,
    use SentencePiece.

    Args:
        vocabulary: list of pieces; the first four are `<pad>`, `<unk>`, `<s>`, `</s>`, and a
            piece inside of a word begins with `##`.
        options: `dict` to keep with it.

    Raises:
        UserError: the vocabulary does not begin so, or has a piece twice.

    Reference:
        Schuster and Nakajima, 2012; Song et al., 2021, arXiv:2012.15524.
    """

    kind = "wordpiece"
    model_suffix = ".vocabulary.txt"

    def __init__(self, vocabulary, options=None):
        super().__init__(options)
        self.vocabulary = list(vocabulary)
        if tuple(self.vocabulary[: len(SPECIAL_TOKENS)]) != SPECIAL_TOKENS:
            raise UserError(
                f"A WordPiece vocabulary must begin with {', '.join(SPECIAL_TOKENS)}; received "
                f"{self.vocabulary[:4]}"
            )
        if len(set(self.vocabulary)) < len(self.vocabulary) or "" in self.vocabulary:
            raise UserError("A WordPiece vocabulary must not have an empty piece or one twice.")
        self.vocabulary_size = len(self.vocabulary)
        import keras_nlp

        self._layer = keras_nlp.tokenizers.WordPieceTokenizer(
            self.vocabulary, oov_token=SPECIAL_TOKENS[UNKNOWN_ID], dtype="int32", **_SETTINGS
        )

    @classmethod
    def from_model(cls, kind, model, options):
        try:
            return cls(model.decode("utf-8").removesuffix("\n").split("\n"), options)
        except UnicodeDecodeError as error:
            raise UserError(f"the vocabulary is not UTF-8: {error}") from error

    def model_bytes(self):
        return ("\n".join(self.vocabulary) + "\n").encode("utf-8")

    def _encode(self, texts):
        if not texts:
            return []
        return self._layer.tokenize([_NEWER.sub("\ufffd", text) for text in texts])

    def _decode(self, rows):
        return [self._layer.detokenize([row])[0] if row else "" for row in rows]

    def _tokens(self, ids):
        return [self.vocabulary[id] for id in ids]

    def _make_in_graph(self):
        return traced(self._layer)

    def resources(self):
        return []  # constants of the graph, which a SavedModel keeps by itself

    def _encode_in_graph(self, texts):
        import tensorflow as tf

        newer = graph_code_points(NEWER_PUNCTUATION)
        texts = tf.strings.regex_replace(texts, newer, "\ufffd")
        # NUL ends a word, as any control character does; in the graph the splitter of keras-nlp
        # would drop all that follows it.
        return self._in_graph()[0](tf.strings.regex_replace(texts, r"\x00", " "))

    def _decode_in_graph(self, ids):
        return self._in_graph()[1](ids)

    def _tokens_in_graph(self, ids):
        import tensorflow as tf

        return tf.gather(tf.constant(self.vocabulary), ids)
