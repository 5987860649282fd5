"""Segmentations drawn for whole sentences: a pure function of seed, epoch, number and side."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.tokenizers.subword_sampling import (
    SamplingOptions,
    SubwordSampler,
    samplers_of,
)
from tests.tokenizers.toy_models import toy_tokenizer

OPTIONS = {
    "bpe": SamplingOptions(seed=3, bpe_dropout=0.2),
    "unigram": SamplingOptions(seed=3, alpha=0.3, n_best=8),
    "bpe without bytes": SamplingOptions(seed=3, bpe_dropout=0.2),
    "unigram without bytes": SamplingOptions(seed=3, alpha=0.3, n_best=8),
}
FROZEN = {
    "bpe": "f41b86febd5f5cae71d409fdcf13c41378a223afd362b8b4333aabc89b139197",
    "unigram": "4434da504febe4bffe7489e89d4cd2522f8baf29b36e8144e9752e0413811994",
}


def flat(rows):
    return np.concatenate(rows), np.array([len(row) for row in rows])


def split(ids, lengths):
    return [row.tolist() for row in np.split(ids, np.cumsum(lengths)[:-1])]


@pytest.fixture
def sampler(tokenizer_of):
    def make(name, side="source", **changes):
        options = SamplingOptions(**{**vars(OPTIONS[name]), **changes})
        return SubwordSampler(tokenizer_of(name), options, side)

    return make


@pytest.mark.parametrize("name", OPTIONS)
def test_sentences_keep_their_text(name, sampler, tokenizer_of, corpus, hard_texts):
    tokenizer = tokenizer_of(name)
    short = [text for text in hard_texts if len(text) < 1000]
    rows = tokenizer.encode([*corpus[0], *short, *corpus[1], ""])
    ids, lengths = sampler(name).sample(*flat(rows), np.arange(len(rows)), 0)
    assert ids.dtype == np.int32 and lengths.sum() == len(ids)
    drawn = split(ids, lengths)
    assert tokenizer.decode(drawn) == tokenizer.decode(rows)
    different = [one != row.tolist() for one, row in zip(drawn, rows, strict=True)]
    assert sum(different[: len(corpus[0])]) > 20
    assert [len(one) == 0 for one in drawn] == [len(row) == 0 for row in rows]


@pytest.mark.parametrize("name", OPTIONS)
def test_company_order_and_history_do_not_matter(name, sampler, tokenizer_of, corpus):
    rows = tokenizer_of(name).encode(corpus[0])
    numbers = np.arange(len(rows)) + 1000
    whole = split(*sampler(name).sample(*flat(rows), numbers, 5))
    other = sampler(name)
    other.sample(*flat(rows[:31]), numbers[:31], 4)
    order = np.random.default_rng(1).permutation(len(rows))
    for part in (order[:7], order[7:40], order[40:]):
        found = split(*other.sample(*flat([rows[i] for i in part]), numbers[part], 5))
        assert found == [whole[i] for i in part]


@pytest.mark.parametrize("name", ["bpe", "unigram"])
def test_everything_in_the_key_matters(name, sampler, tokenizer_of, corpus):
    rows = tokenizer_of(name).encode(corpus[0])
    numbers = np.arange(len(rows))

    def drawn(epoch=0, numbers=numbers, **changes):
        return tuple(
            map(tuple, split(*sampler(name, **changes).sample(*flat(rows), numbers, epoch)))
        )

    assert drawn() == drawn()
    kinds = [drawn(), drawn(1), drawn(seed=4), drawn(side="target"), drawn(numbers=numbers + 1)]
    assert len(set(kinds)) == 5


def test_a_word_that_comes_twice_is_drawn_twice(sampler, tokenizer_of):
    rows = tokenizer_of("bpe").encode(["좋아합니다. 좋아합니다. 좋아합니다. 좋아합니다."] * 20)
    ids, lengths = sampler("bpe", bpe_dropout=0.5).sample(*flat(rows), np.arange(20), 0)
    words = set()
    for row in split(ids, lengths):
        words.add(" ".join(tokenizer_of("bpe").tokens(row)))
    assert len(words) > 15


@pytest.mark.parametrize("kind", FROZEN)
def test_draws_are_the_same_on_every_machine(kind):
    """Frozen, because a run that was stopped elsewhere resumes by them."""
    tokenizer = toy_tokenizer(kind)
    words = ["▁abab", "▁ababcbab", "▁c", "▁cabc", "▁aab"]
    rows = [
        np.array([number for word in words[i % 3 :] for number in tokenizer.ids(word)])
        for i in range(50)
    ]
    sampler = SubwordSampler(tokenizer, OPTIONS[kind], "source")
    ids, lengths = sampler.sample(*flat(rows), np.arange(50) * 1_000_003, 2)
    assert hashlib.sha256(ids.tobytes() + lengths.tobytes()).hexdigest() == FROZEN[kind]


def fingerprint(sampler, tokenizer, texts):
    rows = tokenizer.encode(texts)
    ids, lengths = sampler.sample(*flat(rows), np.arange(len(rows)), 2)
    return hashlib.sha256(ids.tobytes() + lengths.tobytes()).hexdigest()


def test_another_process_draws_the_same(sampler, tokenizer_of, corpus, tmp_path):
    tokenizer = tokenizer_of("bpe")
    TokenizerPair(tokenizer).save(tmp_path)
    (tmp_path / "texts").write_text("\n".join(corpus[0]), encoding="utf-8")
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from tests.tokenizers.test_subword_sampling import *\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "tokenizer = TokenizerPair.load(folder).source\n"
        "sampler = SubwordSampler(tokenizer, OPTIONS['bpe'], 'source')\n"
        "texts = (folder / 'texts').read_text(encoding='utf-8').split('\\n')\n"
        "print(fingerprint(sampler, tokenizer, texts), 'tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert shown == [fingerprint(sampler("bpe"), tokenizer, corpus[0]), "False"]


def test_a_full_table_is_begun_anew(sampler, tokenizer_of, corpus, monkeypatch):
    rows, numbers = tokenizer_of("bpe").encode(corpus[0]), np.arange(len(corpus[0]))
    expected = [sampler("bpe").sample(*flat(rows), numbers, epoch)[0] for epoch in range(3)]
    monkeypatch.setattr("keras_transformer.tokenizers.subword_sampling._MOST_BYTES", 1000)
    small = sampler("bpe")
    for epoch in range(3):
        np.testing.assert_array_equal(small.sample(*flat(rows), numbers, epoch)[0], expected[epoch])
    assert len(small._words) < 150


def test_both_sides_of_a_pair_are_drawn_apart(tokenizer_of, corpus):
    source, target = samplers_of(TokenizerPair(tokenizer_of("bpe")), OPTIONS["bpe"])
    rows, numbers = tokenizer_of("bpe").encode(corpus[0]), np.arange(len(corpus[0]))
    drawn = [side.sample(*flat(rows), numbers, 0)[0].tolist() for side in (source, target)]
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("unigram", {"bpe_dropout": 0.1}, "tokenizer.bpe_dropout is 0.1, which only a bpe"),
        (
            "bytes",
            {"bpe_dropout": 0.1},
            "this one is of kind bytes: set tokenizer.bpe_dropout to 0",
        ),
        ("bpe", {"alpha": 0.2}, "tokenizer.sampling_alpha is 0.2, which only a unigram"),
    ],
)
def test_a_kind_that_cannot_be_sampled_so_is_said(kind, options, message, tokenizer_of):
    with pytest.raises(UserError, match=message):
        SubwordSampler(tokenizer_of(kind), SamplingOptions(**options), "source")


def test_off_is_off():
    assert not SamplingOptions(seed=7).on
    assert SamplingOptions(bpe_dropout=0.1).on and SamplingOptions(alpha=0.1).on
    SamplingOptions().check("bytes")
