"""The corpus of an epoch: the same pairs, in other pieces."""

import numpy as np
import pytest

from keras_transformer.data import sampled_corpus
from keras_transformer.data.sampled_corpus import (
    sampled_fingerprint,
    sampled_lengths,
    write_sampled,
)
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.tokenizers.subword_sampling import SamplingOptions, SubwordSampler
from tests.tokenizers.toy_models import toy_tokenizer

WORDS = ["▁abab", "▁c", "▁ababcbab", "▁aab"]
OPTIONS = SamplingOptions(seed=5, bpe_dropout=0.4)
NO_LIMIT = (999, 999)


class Pair:
    """A toy `TokenizerPair`."""

    source = target = toy_tokenizer("bpe")


def make_corpus(num_pairs=53):
    """Pairs of words in the pieces of the model (nothing left out)."""
    tokenizer = Pair.source
    samplers = [SubwordSampler(tokenizer, SamplingOptions(), side) for side in ("source", "target")]
    generator = np.random.default_rng(7)
    sides = []
    for sampler in samplers:
        rows = [
            [n for word in generator.choice(WORDS, generator.integers(1, 6))
             for n in tokenizer.ids(word)]
            for _ in range(num_pairs)
        ]  # fmt: skip
        lengths = np.array([len(row) for row in rows])
        ids, lengths = sampler.sample(np.concatenate(rows), lengths, np.arange(num_pairs), 0)
        sides.append(np.split(ids, np.cumsum(lengths)[:-1]))
    return TokenCorpus.of(*sides)


def make_samplers():
    return [SubwordSampler(Pair.source, OPTIONS, side) for side in ("source", "target")]


def text_of(ids):
    names = {Pair.source.ids([text])[0]: text for text in ["▁", *"abc", "▁a", "ab", "abab",
             "ba", "aba", "abc", "bc"]}  # fmt: skip
    return "".join(names[int(number)] for number in ids)


@pytest.fixture
def written(tmp_path):
    def write(corpus, epoch=0, longest=NO_LIMIT, samplers=None, rows=None):
        folder = tmp_path / f"epoch-{epoch}"
        samplers = samplers or make_samplers()
        write_sampled(folder, corpus, samplers, longest, epoch, rows, "its fingerprint")
        return TokenCorpus.open(folder, "its fingerprint")

    return write


def test_the_texts_stay_and_the_pieces_change(written):
    corpus = make_corpus()
    drawn = [written(corpus, epoch) for epoch in range(3)]
    for one in drawn:
        assert len(one) == len(corpus)
        for pair in range(len(corpus)):
            assert text_of(one.source(pair)) == text_of(corpus.source(pair))
            assert text_of(one.target(pair)) == text_of(corpus.target(pair))
    assert len({one.source_tokens.ids.tobytes() for one in drawn}) == 3
    assert drawn[0].source_tokens.ids.dtype == np.uint16


def test_chunks_do_not_matter(written, monkeypatch):
    corpus = make_corpus()
    whole = written(corpus, 1)
    monkeypatch.setattr(sampled_corpus, "_CHUNK", 7)
    again = written(corpus, 1)
    np.testing.assert_array_equal(again.source_tokens.ids, whole.source_tokens.ids)
    np.testing.assert_array_equal(again.target_tokens.offsets, whole.target_tokens.offsets)


def test_what_would_be_too_long_stays_as_the_model_has_it(written):
    corpus = make_corpus()
    free = written(corpus, 2)
    longest = (int(np.median(free.source_lengths)), int(free.target_lengths.max()))
    assert longest[0] >= corpus.source_lengths.max() // 2
    bound = written(corpus, 2, longest)
    np.testing.assert_array_equal(bound.target_tokens.ids, free.target_tokens.ids)
    kept = 0
    for pair in range(len(corpus)):
        fits = len(free.source(pair)) <= longest[0]
        expected = free if fits else corpus
        np.testing.assert_array_equal(bound.source(pair), expected.source(pair))
        kept += not fits
    assert kept > 10


def test_lengths_are_known_without_writing(written, monkeypatch):
    corpus = make_corpus()
    drawn = written(corpus, 3, (9, 11))
    rows = np.array([52, 0, 17, 18])
    monkeypatch.setattr(sampled_corpus, "_CHUNK", 3)
    source, target = sampled_lengths(corpus, make_samplers(), (9, 11), rows, 3)
    np.testing.assert_array_equal(source, drawn.source_lengths[rows])
    np.testing.assert_array_equal(target, drawn.target_lengths[rows])


def test_the_fingerprint_tells_epochs_and_options_apart():
    other = SamplingOptions(seed=5, bpe_dropout=0.5)
    found = [
        sampled_fingerprint("a", OPTIONS, NO_LIMIT, (), 0),
        sampled_fingerprint("b", OPTIONS, NO_LIMIT, (), 0),
        sampled_fingerprint("a", other, NO_LIMIT, (), 0),
        sampled_fingerprint("a", OPTIONS, (999, 99), (), 0),
        sampled_fingerprint("a", OPTIONS, NO_LIMIT, (1.0, 2.0), 0),
        sampled_fingerprint("a", OPTIONS, NO_LIMIT, (), 1),
    ]
    assert len(set(found)) == 6
    assert sampled_fingerprint("a", OPTIONS, list(NO_LIMIT), [], 0) == found[0]


def test_a_pair_that_comes_again_is_drawn_again(written):
    corpus = make_corpus()
    rows = np.repeat(np.arange(0, 53, 4), 3)
    drawn, once = written(corpus, 1, rows=rows), written(corpus, 1)
    assert len(drawn) == 42
    same = 0
    for place, row in enumerate(rows):
        assert text_of(drawn.source(place)) == text_of(corpus.source(row))
        if place % 3 == 0:  # the first time as if it came once
            np.testing.assert_array_equal(drawn.source(place), once.source(row))
        else:
            same += drawn.source(place).tolist() == drawn.source(place - 1).tolist()
    assert same < 14
