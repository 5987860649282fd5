"""Both sides of a translation."""

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import TokenizerPair


def _quiet(line):
    pass


@pytest.fixture
def two(corpus):
    return TokenizerPair.train(
        "bpe", *corpus, 307, shared=False, target_vocabulary_size=293, progress=_quiet
    )


def test_shared_is_the_default_and_knows_both_sides(corpus):
    pair = TokenizerPair.train("unigram", iter(corpus[0]), iter(corpus[1]), 401, progress=_quiet)
    assert pair.shared
    assert pair.source is pair.target
    assert 300 < pair.source.vocabulary_size <= 401
    for text in ("읽었다", "yesterday"):
        pieces = pair.source.tokens(pair.source.encode([text])[0])
        assert not any(piece.startswith("<0x") for piece in pieces)


def test_two_if_asked(two, corpus):
    assert not two.shared
    assert (two.source.vocabulary_size, two.target.vocabulary_size) == (307, 293)
    korean, english = corpus[0][0], corpus[1][0]
    assert len(two.source.encode([korean])[0]) < len(two.target.encode([korean])[0])
    assert len(two.target.encode([english])[0]) < len(two.source.encode([english])[0])


def test_a_target_size_for_a_shared_vocabulary_is_refused(corpus):
    with pytest.raises(UserError, match="no meaning for a shared vocabulary; received 293"):
        TokenizerPair.train("bpe", *corpus, 307, target_vocabulary_size=293)


def test_load_finds_which(two, corpus, tmp_path):
    shared = TokenizerPair(two.source)
    for pair in (shared, two, shared):
        pair.save(tmp_path)
        loaded = TokenizerPair.load(tmp_path)
        assert loaded.shared is pair.shared
        assert loaded.fingerprint() == pair.fingerprint()
        assert loaded.target.vocabulary_size == pair.target.vocabulary_size
    names = sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".json")
    assert names == ["tokenizer.json"]


def test_fingerprints_tell_pairs_apart(two):
    pairs = [two, TokenizerPair(two.target, two.source), TokenizerPair(two.source)]
    assert len({pair.fingerprint() for pair in pairs}) == 3


def test_a_folder_without_a_tokenizer(tmp_path):
    with pytest.raises(UserError, match=f"There is no tokenizer in {tmp_path}: neither"):
        TokenizerPair.load(tmp_path)


def test_half_a_pair(two, tmp_path):
    two.save(tmp_path)
    (tmp_path / "source.json").unlink()
    with pytest.raises(UserError, match=r"There is no .*source\.json"):
        TokenizerPair.load(tmp_path)


@pytest.mark.tensorflow
def test_resources_are_those_of_both_sides_each_once(two):
    assert len(two.resources()) == 2
    assert len(TokenizerPair(two.source).resources()) == 1
