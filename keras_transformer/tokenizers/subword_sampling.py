"""Subword regularisation: another segmentation of every sentence in every epoch."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keras_transformer.errors import UserError
from keras_transformer.tokenizers.bpe_dropout import BpeDropout
from keras_transformer.tokenizers.draws import draw, key_of
from keras_transformer.tokenizers.pieces import Vocabulary, read_pieces
from keras_transformer.tokenizers.unigram_sampling import UnigramSampling

SIDES = ("source", "target")
_MOST_BYTES = 400_000_000  # of a table of words; then it is begun anew


@dataclass(frozen=True)
class SamplingOptions:
    """How segmentations are drawn.

    Attributes:
        seed: of all draws.
        bpe_dropout: share of merges left out (BPE models); 0: off.
        alpha: power of the probabilities (unigram models); 0: off.
        n_best: best segmentations of a word that are drawn from (unigram models).
    """

    seed: int = 0
    bpe_dropout: float = 0.0
    alpha: float = 0.0
    n_best: int = 64

    @property
    def on(self) -> bool:
        """Whether anything is drawn."""
        return self.bpe_dropout > 0 or self.alpha > 0

    def check(self, kind: str):
        """Checks that a kind of tokenizer can be sampled so.

        Raises:
            UserError: it cannot.
        """
        for key, value, needed in (
            ("bpe_dropout", self.bpe_dropout, "bpe"),
            ("sampling_alpha", self.alpha, "unigram"),
        ):
            if value > 0 and kind != needed:
                raise UserError(
                    f"tokenizer.{key} is {value}, which only a {needed} vocabulary can do, and "
                    f"this one is of kind {kind}: set tokenizer.{key} to 0 or train with "
                    f"--tokenizer.kind {needed}."
                )


class SubwordSampler:
    """Draws the segmentations of sentences given as ids.

    What is drawn for a sentence depends on `(seed, epoch, number of the sentence, side)` and on
    nothing else: not on the process, the order, or what was drawn before. SentencePiece can sample
    as well, but by a generator of its own that cannot be put to a place.

    The ids must be what SentencePiece gives for a text. All that it can make of the text can be
    told from them, because a piece is always of known characters of one word; an unknown
    character stays unknown.

    Args:
        tokenizer: a `SentencePieceTokenizer` (or whatever has its `kind` and `model_bytes`).
        options: `SamplingOptions`.
        side: `"source"` or `"target"`, drawn apart.

    Attributes:
        vocabulary_size: of the tokenizer.

    Raises:
        UserError: a tokenizer that cannot be sampled so.
    """

    def __init__(self, tokenizer, options: SamplingOptions, side: str):
        options.check(tokenizer.kind)
        vocabulary = Vocabulary(read_pieces(tokenizer.model_bytes()))
        self._begins_word = vocabulary.begins_word
        self.vocabulary_size = len(vocabulary.scores)
        if tokenizer.kind == "bpe":
            self._chooser = BpeDropout(vocabulary, options.bpe_dropout)
        else:
            self._chooser = UnigramSampling(vocabulary, options.alpha, options.n_best)
        self._seed, self._side = options.seed, SIDES.index(side)
        self._words = {}  # bytes of its ids: number of a word

    def sample(self, ids, lengths, numbers, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Other ids of the same sentences.

        Args:
            ids: integers `(num_tokens,)`, all sentences one after the other.
            lengths: integers `(num_sentences,)`.
            numbers: integers `(num_sentences,)`, which sentences of the corpus these are.
            epoch: integer.

        Returns:
            int32 `(num_new_tokens,)` and int64 `(num_sentences,)`, in the same form.
        """
        if self._chooser.size > _MOST_BYTES:
            self._chooser.clear()
            self._words.clear()
        lengths = np.asarray(lengths, dtype=np.int64)
        words, num_words = self._words_of(np.asarray(ids, dtype=np.int32), lengths)
        sentence = np.repeat(np.arange(len(lengths)), num_words)
        place = np.arange(len(words)) - (np.cumsum(num_words) - num_words)[sentence]
        keys = draw(key_of(self._seed, epoch, self._side), np.asarray(numbers))
        chosen = self._chooser.choose(words, draw(keys[sentence], place))
        chosen, inverse = np.unique(chosen, return_inverse=True)
        spelled = [self._chooser.ids(one) for one in chosen.tolist()]
        sizes = np.array([len(one) for one in spelled], dtype=np.int64)
        flat = np.array([number for one in spelled for number in one], dtype=np.int32)
        starts, sizes_here = (np.cumsum(sizes) - sizes)[inverse], sizes[inverse]
        ends = np.cumsum(sizes_here)
        moves = np.repeat(starts - ends + sizes_here, sizes_here)
        new_lengths = np.bincount(sentence, weights=sizes_here, minlength=len(lengths))
        return flat[np.arange(len(moves)) + moves], new_lengths.astype(np.int64)

    def _words_of(self, ids, lengths) -> tuple[np.ndarray, np.ndarray]:
        """The number of every word, and how many words each sentence has."""
        begins = self._begins_word[ids]
        first = (np.cumsum(lengths) - lengths)[lengths > 0]
        begins[first] = True
        places = np.flatnonzero(begins)
        data, size = ids.tobytes(), ids.itemsize
        edges = [*(places * size).tolist(), len(data)]
        known, chooser = self._words, self._chooser
        numbers = []
        for begin, end in pairwise(edges):
            word = data[begin:end]
            number = known.get(word)
            if number is None:
                number = known[word] = chooser.first(np.frombuffer(word, dtype=np.int32).tolist())
            numbers.append(number)
        before = np.concatenate([[0], np.cumsum(begins)])
        ends = np.cumsum(lengths)
        return np.array(numbers, dtype=np.int64), before[ends] - before[ends - lengths]


def samplers_of(tokenizers, options: SamplingOptions) -> tuple[SubwordSampler, SubwordSampler]:
    """The samplers of both sides of a `TokenizerPair`."""
    source, target = (
        SubwordSampler(tokenizer, options, side)
        for tokenizer, side in zip((tokenizers.source, tokenizers.target), SIDES, strict=True)
    )
    return source, target
