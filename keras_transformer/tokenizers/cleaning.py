"""The one rule that makes any bytes a text, in Python and in the graph.

1. Every run of bytes that is not valid UTF-8 becomes one U+FFFD (a run of U+FFFD already in the
   text becomes one too: decoders differ in how many marks a broken sequence gives).
2. The text is composed (NFC), so that Hangul is syllables, never loose jamo. A text that holds a
   character of `NEWER_COMBINING` stays as it is: what NFC does with those few characters of rare
   scripts depends on the Unicode version of the library, and the versions of Python, of ICU in
   TensorFlow Text and of ICU in the server are three different ones.

Nothing else is changed: NUL, control characters and zero-width characters survive.
"""

import re
import unicodedata

from keras_transformer.errors import UserError

# Characters added after Unicode 12.1 (the oldest version among the libraries) that have a
# combining class or take part in a canonical decomposition, taken from the Unicode 18 database.
# By the stability policy of Unicode, NFC of all other characters is equal in all versions.
NEWER_COMBINING = (
    "05C8-05C9 0897-089F 08CA-08D2 0C3C 1715 1ABF-1AF0 1DFA A82C 105C9 105D2 105DA 105E4 "
    "10D69-10D6D 10EAB-10EAC 10ECB-10ECF 10EF0-10EFB 10EFD-10EFF 10F82-10F85 11070 11382-11385 "
    "1138B 1138E 11390-11391 113B8 113BB 113C2 113C5 113C7-113C9 113CE-113D0 11930 11935 11938 "
    "1193D-1193E 11943 11F41-11F42 1611E-16129 1612F 16D63 16D67-16D6A 16FF0-16FF1 1D127-1D128 "
    "1D250-1D252 1D25B-1D25C 1D25F 1D280-1D281 1E08F 1E2AE 1E4EC-1E4EF 1E5EE-1E5EF 1E6E3 1E6E6 "
    "1E6EE-1E6EF 1E6F5"
)
# The characters with the Unicode property White_Space.
WHITE_SPACE = "0009-000D 0020 0085 00A0 1680 2000-200A 2028-2029 202F 205F 3000"


def code_points(ranges):
    """A character class of Python's `re` from code points like `"0009-000D 0020"`."""
    escaped = re.sub(r"[0-9A-F]+", lambda match: f"\\U{int(match[0], 16):08x}", ranges)
    return "[" + escaped.replace(" ", "") + "]"


def graph_code_points(ranges):
    """The same character class for the regular expressions of the graph (RE2)."""
    escaped = re.sub(r"[0-9A-F]+", lambda match: rf"\x{{{match[0]}}}", ranges)
    return "[" + escaped.replace(" ", "") + "]"


_REPLACEMENTS = re.compile("\ufffd{2,}")
_NEWER = re.compile(code_points(NEWER_COMBINING))
_SPACES = re.compile(code_points(WHITE_SPACE) + "+")
_GRAPH_NEWER = "(?s).*" + graph_code_points(NEWER_COMBINING) + ".*"
_GRAPH_SPACES = graph_code_points(WHITE_SPACE) + "+"


def clean_text(text):
    """The text as every tokenizer reads it: valid UTF-8 and composed (NFC).

    Args:
        text: `str` or UTF-8 `bytes`, whatever they hold; a lone surrogate in a `str` counts as
            invalid.

    Returns:
        A `str`; `clean_text_in_graph` gives the same.

    Raises:
        UserError: `text` is neither `str` nor `bytes`.
    """
    if isinstance(text, str):
        if text.isascii():
            return text
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    elif isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    else:
        raise UserError(f"A text must be str or bytes; received {type(text).__name__}: {text!r}")
    if "\ufffd\ufffd" in text:
        text = _REPLACEMENTS.sub("\ufffd", text)
    if unicodedata.is_normalized("NFC", text) or _NEWER.search(text):
        return text
    return unicodedata.normalize("NFC", text)


def clean_text_in_graph(texts):
    """`clean_text` for a string tensor of any shape; the same shape, valid UTF-8."""
    import tensorflow as tf
    import tensorflow_text as tf_text

    texts = tf.strings.unicode_transcode(
        texts, "UTF-8", "UTF-8", errors="replace", replacement_char=0xFFFD
    )
    texts = tf.strings.regex_replace(texts, "\ufffd\ufffd+", "\ufffd")
    newer = tf.strings.regex_full_match(texts, _GRAPH_NEWER)
    return tf.where(newer, texts, tf_text.normalize_utf8(texts, "NFC"))


def single_spaces(text):
    """Every run of white space (tabs, newlines, U+3000, ...) as one space, none at the ends."""
    return _SPACES.sub(" ", text).strip(" ")


def single_spaces_in_graph(texts):
    """`single_spaces` for a string tensor of any shape."""
    import tensorflow as tf

    texts = tf.strings.regex_replace(texts, _GRAPH_SPACES, " ")
    return tf.strings.regex_replace(texts, "^ | $", "")
