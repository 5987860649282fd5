"""Vocabularies from texts."""

import io
import logging
import math
import re
import threading
import time
from collections import Counter

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.base import (
    END_ID,
    PADDING_ID,
    SPECIAL_TOKENS,
    START_ID,
    UNKNOWN_ID,
)
from keras_transformer.tokenizers.cleaning import clean_text, single_spaces
from keras_transformer.tokenizers.files import KINDS, tokenizer_class

# 0.9995 is what SentencePiece recommends for languages with many characters (Korean, Japanese,
# Chinese). It is right for alphabets too, because byte fallback spells the rest.
CHARACTER_COVERAGE = 0.9995
# More texts change a vocabulary of this size little, and the trainer holds them all in memory.
SAMPLE_SIZE = 500_000
_BYTES = 256
_SPECIAL = 4
_CHUNK = 1000
# Sums over threads are in the order of the threads: their number is fixed, so that a vocabulary
# does not depend on the machine.
_NUM_THREADS = 16
_SECONDS_BETWEEN_LINES = 10.0
_TEXTS_BETWEEN_LINES = 200_000

# Number of sentence pairs and vocabulary size: Mozilla's table (30k pairs 1k, 500k 4k to 16k,
# 1M 8k, 4.5M 32k), straight lines between them in the logarithms.
_SIZES = ((30_000, 1_000), (500_000, 6_000), (1_000_000, 8_000), (4_500_000, 32_000))
_SMALLEST_SIZE = 512


def default_vocabulary_size(num_pairs):
    """Vocabulary size that suits a corpus of `num_pairs` sentence pairs.

    Grows with the corpus, is a multiple of 8, at least 512 and at most 32,000. It is a start: a
    recipe for a published data set names its own (Multi30k does).

    Args:
        num_pairs: number of sentence pairs, 0 or more.

    Returns:
        `int`.

    Reference:
        The vocabulary table of Mozilla's translation training guide; Park et al., 2020,
        arXiv:2010.02534 (4k to 16k best for 784k Korean pairs).
    """
    if num_pairs < 0:
        raise UserError(f"`num_pairs` must be 0 or more; received {num_pairs}")
    points = _SIZES
    if num_pairs >= points[-1][0]:
        return points[-1][1]
    upper = next(index for index, point in enumerate(points) if num_pairs < point[0])
    low, high = points[max(upper - 1, 0)], points[max(upper, 1)]
    slope = math.log(high[1] / low[1]) / math.log(high[0] / low[0])
    size = low[1] * (max(num_pairs, 1) / low[0]) ** slope
    return max(_SMALLEST_SIZE, 8 * round(size / 8))


def train_tokenizer(kind, texts, vocabulary_size, *, progress=None, **options):
    """Train a tokenizer.

    The same texts, in the same order, with the same options give the same bytes.

    Args:
        kind: `"unigram"`, `"bpe"`, `"wordpiece"` or `"bytes"` (which learns nothing: it reads no
            text and has 260 ids whatever `vocabulary_size` says).
        texts: iterable of `str` or `bytes`, read once; it may be larger than memory.
        vocabulary_size: number of ids wanted, special ones included. Texts that are too few for
            it give the largest vocabulary they can, which `progress` says.
        progress: function of one `str`, called with a line about what is going on; the logger
            `keras_transformer.tokenizers` (level INFO) by default.
        **options: `byte_fallback` (`True`): spell characters outside of the vocabulary as UTF-8
            bytes, so that nothing is unknown;
            `character_coverage` (0.9995, or less where the characters would take more than half
            of the vocabulary): the share of the text whose characters get a piece of their own;
            `split_digits` (`False`): every digit is a piece of its own;
            `sample_size` (500,000): at most so many texts, drawn at random, are used;
            `seed` (0): of that draw. Of WordPiece: `character_coverage`, `sample_size`, `seed`;
            of bytes none.

    Returns:
        A `Tokenizer`.

    Raises:
        UserError: unknown kind or option, no text, or a vocabulary too small to hold the special
            ids, the bytes and a few characters.
    """
    progress = progress or logging.getLogger("keras_transformer.tokenizers").info
    if kind not in KINDS:
        raise UserError(
            f"The kind of tokenizer must be one of {', '.join(KINDS)}; received {kind!r}"
        )
    if isinstance(vocabulary_size, bool) or not isinstance(vocabulary_size, int):
        raise UserError(f"`vocabulary_size` must be an integer; received {vocabulary_size!r}")
    options = _checked(kind, options)
    if kind == "bytes":
        return tokenizer_class(kind)(options)
    if kind == "wordpiece":
        return _train_word_piece(texts, vocabulary_size, progress, options)
    return _train_sentence_piece(kind, texts, vocabulary_size, progress, options)


def _checked(kind, options):
    defaults = {
        "byte_fallback": True,
        "character_coverage": None,
        "split_digits": False,
        "sample_size": SAMPLE_SIZE,
        "seed": 0,
    }
    if kind == "bytes":
        defaults = {}
    elif kind == "wordpiece":
        del defaults["byte_fallback"], defaults["split_digits"]
    for name in options:
        if name not in defaults:
            raise UserError(
                f"A tokenizer of kind {kind!r} has no option {name!r}; its options are "
                f"{', '.join(defaults) or 'none'}."
            )
    options = {**defaults, **options}
    if kind == "bytes":
        return options
    coverage = options["character_coverage"]
    if coverage is not None and not 0.9 <= coverage <= 1.0:
        raise UserError(f"`character_coverage` must be between 0.9 and 1.0; received {coverage!r}")
    if options["sample_size"] < 1:
        raise UserError(f"`sample_size` must be at least 1; received {options['sample_size']!r}")
    return options


def read_texts(texts, sample_size, seed, progress):
    """The texts to train on: cleaned, blank ones dropped, at most `sample_size`."""
    from keras_transformer.tokenizers.sampling import sample_texts

    def counted():
        for count, text in enumerate(texts, 1):
            if count % _TEXTS_BETWEEN_LINES == 0:
                progress(f"Vocabulary: {count:,} texts read")
            yield text

    kept, count = sample_texts(counted(), sample_size, seed)
    kept = [text for text in (single_spaces(clean_text(text)) for text in kept) if text]
    if not kept:
        raise UserError(
            f"A vocabulary needs at least one text that is not blank; received {count} texts, "
            "none with anything in it."
        )
    drawn = f" drawn from {count:,}" if count > sample_size else ""
    progress(f"Vocabulary: training on {len(kept):,} texts{drawn}")
    return kept


def _train_sentence_piece(kind, texts, vocabulary_size, progress, options):
    import sentencepiece

    fixed = _SPECIAL + (_BYTES if options["byte_fallback"] else 0)
    smallest = fixed + 8
    if vocabulary_size < smallest:
        raise UserError(
            f"`vocabulary_size` must be at least {smallest} ({fixed} ids are special ids and "
            f"bytes); received {vocabulary_size}"
        )
    kept = read_texts(texts, options["sample_size"], options["seed"], progress)
    room = vocabulary_size - fixed
    rare = _rare_characters(kept, options["character_coverage"], room, progress)
    model = io.BytesIO()
    arguments = {
        "model_type": kind,
        "vocab_size": vocabulary_size,
        "hard_vocab_limit": False,
        "normalization_rule_name": "identity",
        "byte_fallback": options["byte_fallback"],
        "character_coverage": 1.0,
        "split_digits": options["split_digits"],
        "num_threads": _NUM_THREADS,
        "pad_id": PADDING_ID,
        "unk_id": UNKNOWN_ID,
        "bos_id": START_ID,
        "eos_id": END_ID,
        "minloglevel": 2,
    }
    with _Heartbeat(progress):
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=_sentences(kept, rare), model_writer=model, **arguments
            )
        except RuntimeError as error:
            raise UserError(
                f"SentencePiece could not make a {kind} vocabulary of {vocabulary_size} from "
                f"{len(kept)} texts: {error}"
            ) from error
    tokenizer = tokenizer_class(kind)(model.getvalue(), kind, options)
    return _announced(tokenizer, vocabulary_size, progress)


def _train_word_piece(texts, vocabulary_size, progress, options):
    import keras_nlp
    import tensorflow as tf

    smallest = _SPECIAL + 16
    if vocabulary_size < smallest:
        raise UserError(
            f"`vocabulary_size` of WordPiece must be at least {smallest}; received "
            f"{vocabulary_size}"
        )
    kept = read_texts(texts, options["sample_size"], options["seed"], progress)
    # Each character takes two ids, as the first of a word and inside of one. keras-nlp would cut
    # the vocabulary at the last code points if they did not fit.
    room = (vocabulary_size - _SPECIAL) // 2
    rare = _rare_characters(kept, options["character_coverage"], room, progress)
    if rare:
        word = re.compile(r"\S*[" + re.escape("".join(rare)) + r"]\S*")
        kept = [word.sub("", text) for text in kept]
    data = tf.data.Dataset.from_tensor_slices(kept).batch(_CHUNK)
    with _Heartbeat(progress):
        try:
            vocabulary = keras_nlp.tokenizers.compute_word_piece_vocabulary(
                data,
                vocabulary_size,
                lowercase=False,
                strip_accents=False,
                reserved_tokens=list(SPECIAL_TOKENS),
            )
        except StopIteration as error:  # what keras-nlp does without a single word
            raise UserError(
                f"WordPiece found no word in {len(kept)} texts to make a vocabulary from; give "
                "texts with letters."
            ) from error
    tokenizer = tokenizer_class("wordpiece")(vocabulary, options)
    return _announced(tokenizer, vocabulary_size, progress)


def _announced(tokenizer, vocabulary_size, progress):
    if tokenizer.vocabulary_size < vocabulary_size:
        progress(
            f"Vocabulary: {tokenizer.vocabulary_size:,} pieces instead of the "
            f"{vocabulary_size:,} wished; the texts are too few for more"
        )
    else:
        progress(f"Vocabulary: done, {tokenizer.vocabulary_size:,} pieces")
    return tokenizer


def _sentences(texts, rare):
    """What the trainer reads: no rare character, no text that is too long for it.

    SentencePiece itself refuses a coverage below 0.98, which a small vocabulary for Korean needs.
    It neither counts NUL as a character nor makes a piece with it, so NUL stands for them.
    Of a sentence of more than 4,192 bytes it would drop everything.
    """
    table = dict.fromkeys(map(ord, rare), "\0")
    for text in texts:
        text = text.translate(table) if rare else text
        for start in range(0, len(text), _CHUNK):
            yield text[start : start + _CHUNK]


def _rare_characters(texts, coverage, room, progress):
    """The characters that get no piece of their own, most frequent first kept.

    Args:
        texts: cleaned texts.
        coverage: the caller's `character_coverage` or `None`.
        room: ids that are neither special nor bytes. Of these the characters take at most half
            where the choice is ours, so that pieces of several characters have room.

    Returns:
        List of characters.
    """
    counts = Counter()
    for text in texts:
        counts.update(" " + text)  # SentencePiece counts the mark before every word
    total = sum(counts.values())
    share = CHARACTER_COVERAGE if coverage is None else coverage
    limit = room // 2 if coverage is None else room - 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    taken, covered = 0, 0
    while taken < len(ranked) and covered < share * total and taken < limit:
        covered += ranked[taken][1]
        taken += 1
    if covered < share * total:
        progress(
            f"Vocabulary: of {len(ranked):,} different characters the {taken:,} most frequent "
            f"({100 * covered / total:.2f} % of the text) get a piece; a larger vocabulary has "
            "room for more"
        )
    return [character for character, _ in ranked[taken:] if character != " "]


class _Heartbeat:
    """Says every ten seconds that the trainer, which is silent, is still at work."""

    def __init__(self, progress):
        self._progress = progress
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        begin = time.monotonic()
        while not self._done.wait(_SECONDS_BETWEEN_LINES):
            self._progress(f"Vocabulary: {time.monotonic() - begin:.0f} s of training")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._done.set()
        self._thread.join()
