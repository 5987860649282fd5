"""BPE dropout against SentencePiece (none left out) and against the paper's algorithm."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from keras_transformer.tokenizers.bpe_dropout import BpeDropout
from keras_transformer.tokenizers.draws import draw
from keras_transformer.tokenizers.pieces import Vocabulary, read_pieces
from tests.tokenizers.toy_models import BPE, MERGES


def vocabulary():
    return Vocabulary(BPE)


def text_of(vocabulary, ids):
    names = {number: text for text, number in vocabulary.ids.items()}
    return " ".join(names[number] for number in ids)


def drawn(dropout, word, count, seed=3):
    """How often each segmentation of a word comes."""
    letters = [dropout.vocabulary.ids[letter] for letter in word]
    words = np.full(count, dropout.first(letters))
    states = dropout.choose(words, draw(np.uint64(seed), np.arange(count)))
    return Counter(text_of(dropout.vocabulary, dropout.ids(state)) for state in states.tolist())


def by_the_paper(word, rate, count, seed=5):
    """Algorithm 1 of the paper, word by word."""
    generator, ranks, counts = random.Random(seed), {m: r for r, m in enumerate(MERGES)}, Counter()
    for _ in range(count):
        symbols = list(word)
        while True:
            pairs = enumerate(pairwise(symbols))
            merges = [(ranks[a + b], i) for i, (a, b) in pairs if a + b in ranks]
            merges = [merge for merge in merges if generator.random() >= rate]
            if not merges:
                break
            place = min(merges)[1]
            symbols[place : place + 2] = [symbols[place] + symbols[place + 1]]
        counts[" ".join(symbols)] += 1
    return counts


@pytest.mark.parametrize("name", ["bpe", "bpe without bytes"])
def test_nothing_left_out_is_sentencepiece(name, tokenizer_of, corpus, hard_texts):
    tokenizer = tokenizer_of(name)
    dropout = BpeDropout(Vocabulary(read_pieces(tokenizer.model_bytes())), 0.0)
    short = [text for text in hard_texts if len(text) < 1000]  # long words take long
    for ids in tokenizer.encode([*corpus[0], *corpus[1], *short]):
        words = np.array([dropout.first(ids.tolist())])
        (state,) = dropout.choose(words, np.zeros(1, np.uint64))
        assert dropout.ids(state) == tuple(ids.tolist())


def test_merges_come_by_rank_and_from_the_left():
    dropout = BpeDropout(vocabulary(), 0.0)
    assert drawn(dropout, "▁ababab", 1) == {"▁ abab ab": 1}
    assert drawn(dropout, "▁babc", 1) == {"▁ b abc": 1}
    assert drawn(dropout, "▁bc", 1) == {"▁ bc": 1}


def test_all_left_out_are_characters():
    assert drawn(BpeDropout(vocabulary(), 1.0), "▁ababc", 7) == {"▁ a b a b c": 7}


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("word", ["▁ababab", "▁abc"])
def test_draws_are_distributed_as_in_the_paper(rate, word):
    count = 20_000
    ours, theirs = (
        drawn(BpeDropout(vocabulary(), rate), word, count),
        by_the_paper(word, rate, count),
    )
    assert len(ours) > 4
    for segmentation in ours | theirs:
        share = (ours[segmentation] + theirs[segmentation]) / (2 * count)
        margin = 6 * (2 * share * (1 - share) / count) ** 0.5
        assert abs(ours[segmentation] - theirs[segmentation]) / count < margin, segmentation


def test_what_was_seen_before_does_not_matter():
    fresh, used = (BpeDropout(vocabulary(), 0.3) for _ in range(2))
    drawn(used, "▁abcabc", 500)
    drawn(used, "▁ababab", 500, seed=9)
    assert drawn(used, "▁ababab", 300) == drawn(fresh, "▁ababab", 300)
    size = used.size
    used.clear()
    assert used.size < size
    assert drawn(used, "▁ababab", 300) == drawn(fresh, "▁ababab", 300)
