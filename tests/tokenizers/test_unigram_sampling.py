"""The n-best of a unigram model against SentencePiece's, and draws from them."""

import itertools
from collections import Counter

import numpy as np
import pytest

from keras_transformer.tokenizers.draws import draw
from keras_transformer.tokenizers.pieces import Vocabulary, read_pieces
from keras_transformer.tokenizers.unigram_sampling import UnigramSampling
from tests.tokenizers.toy_models import UNIGRAM, toy_tokenizer

sentencepiece = pytest.importorskip("sentencepiece")


@pytest.fixture
def sampling(tokenizer_of):
    def make(alpha=0.3, n_best=16, name="unigram without bytes"):
        vocabulary = Vocabulary(read_pieces(tokenizer_of(name).model_bytes()))
        return UnigramSampling(vocabulary, alpha, n_best)

    return make


def alternatives(sampling, ids):
    """All segmentations of a word that can be drawn, best first."""
    word = sampling.first(ids)
    first = sampling._places[word]
    return [sampling.ids(first + number) for number in range(len(sampling._limits[word]))]


@pytest.mark.parametrize("name", ["unigram", "unigram without bytes"])
@pytest.mark.parametrize("n_best", [2, 16, 64])
def test_the_best_are_those_of_sentencepiece(name, n_best, tokenizer_of, sampling, corpus):
    tokenizer = tokenizer_of(name)
    processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.model_bytes())
    chooser = sampling(n_best=n_best, name=name)
    scores = chooser.vocabulary.scores
    words = sorted({word for text in [*corpus[0], *corpus[1]] for word in text.split()})
    assert len(words) > 20
    for word in words:
        ours = alternatives(chooser, tokenizer.encode([word])[0].tolist())
        theirs = [tuple(ids) for ids in processor.nbest_encode_as_ids(word, n_best)]
        assert ours[0] == theirs[0] == tuple(tokenizer.encode([word])[0].tolist())
        assert len(ours) == len(theirs)
        # Equally likely ones may come in another order, or another of them may come last.
        np.testing.assert_allclose(
            [scores[list(ids)].sum() for ids in ours],
            [scores[list(ids)].sum() for ids in theirs],
            rtol=1e-5,
        )
        assert {tokenizer.decode([ids])[0] for ids in ours} == {word}


def toy(alpha, n_best):
    return UnigramSampling(Vocabulary(UNIGRAM), alpha, n_best)


def every_segmentation(word):
    """By brute force: cost and text, best first."""
    costs = {piece.text: -piece.score for piece in UNIGRAM[4:]}
    found = []
    for cuts in itertools.product([False, True], repeat=len(word) - 1):
        text = word[0] + "".join(" " * cut + c for cut, c in zip(cuts, word[1:], strict=True))
        if all(piece in costs for piece in text.split(" ")):
            found.append((sum(costs[piece] for piece in text.split(" ")), text))
    return sorted(found)


def text_of(ids):
    return " ".join(UNIGRAM[number].text for number in ids)


def test_unknown_characters_stay_unknown():
    chooser, tokenizer = toy(1.0, 99), toy_tokenizer("unigram")
    found = alternatives(chooser, [*tokenizer.ids("▁ab"), 1, *tokenizer.ids("abc")])
    texts = {text_of(ids) for ids in found}
    # Each side as if it were alone: ▁ab in 3 ways, abc in 4.
    assert len(texts) == len(found) == 12
    assert {text.partition(" <unk> ")[0] for text in texts} == {"▁ ab", "▁a b", "▁ a b"}
    assert {text.partition(" <unk> ")[2] for text in texts} == {"abc", "ab c", "a bc", "a b c"}


@pytest.mark.parametrize("n_best", [2, 7, 1000])
def test_the_best_are_the_best_of_all(n_best):
    chooser, word = toy(1.0, n_best), "▁ababcbab"
    ours = alternatives(chooser, toy_tokenizer("unigram").ids(word))
    expected = every_segmentation(word)[:n_best]
    assert len(ours) == len(expected)
    costs = {piece.text: -piece.score for piece in UNIGRAM[4:]}
    found = [sum(costs[piece] for piece in text_of(ids).split(" ")) for ids in ours]
    assert found == [cost for cost, _ in expected]
    assert len(set(ours)) == len(ours)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 3.0])
def test_draws_follow_the_probabilities_to_the_power_alpha(alpha):
    chooser, count, tokenizer = toy(alpha, 8), 20_000, toy_tokenizer("unigram")
    words = [chooser.first(tokenizer.ids(word)) for word in ("▁ababc", "▁c")]
    chosen = chooser.choose(np.array(words * count), draw(np.uint64(7), np.arange(2 * count)))
    counts = Counter(text_of(chooser.ids(one)) for one in chosen[::2].tolist())
    found = every_segmentation("▁ababc")
    assert len(found) > 8
    weights = np.exp([-alpha * cost for cost, _ in found[:8]])
    for (_, text), share in zip(found[:8], weights / weights.sum(), strict=True):
        margin = 6 * (share * (1 - share) / count) ** 0.5 + 1e-9
        assert abs(counts[text] / count - share) < margin
    assert sum(counts.values()) == sum(counts[text] for _, text in found[:8])
    assert {text_of(chooser.ids(one)) for one in chosen[1::2].tolist()} == {"▁ c"}
