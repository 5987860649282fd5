"""Tokenizers on disk."""

import json
import os

import pytest

from keras_transformer.errors import UserError
from keras_transformer.tokenizers import SentencePieceTokenizer, Tokenizer, load_tokenizer


@pytest.fixture
def saved(tokenizer_of, tmp_path):
    tokenizer_of("bpe").save(tmp_path / "run", "source")
    return tmp_path / "run"


def _change(path, **changes):
    description = json.loads(path.read_text(encoding="utf-8"))
    description.update(changes)
    path.write_text(json.dumps(description), encoding="utf-8")


@pytest.mark.parametrize("name", ["unigram", "bpe", "unigram without bytes"])
def test_comes_back_as_it_was(name, tokenizer_of, tmp_path):
    tokenizer = tokenizer_of(name)
    tokenizer.save(tmp_path / "new" / "run", "target")
    assert sorted(path.name for path in (tmp_path / "new" / "run").iterdir()) == [
        "target.json",
        "target.model",
    ]
    for load in (Tokenizer.load, SentencePieceTokenizer.load, load_tokenizer):
        loaded = load(tmp_path / "new" / "run", "target")
        assert type(loaded) is SentencePieceTokenizer
        assert loaded.description() == tokenizer.description()
        assert loaded.fingerprint() == tokenizer.fingerprint()
    text = ["나는 책을 read 👍"]
    assert loaded.encode(text)[0].tolist() == tokenizer.encode(text)[0].tolist()


def test_the_json_says_what_it_is(saved):
    description = json.loads((saved / "source.json").read_text(encoding="utf-8"))
    assert description["kind"] == "bpe"
    ids = ("padding_id", "unknown_id", "start_id", "end_id", "vocabulary_size")
    assert [description[key] for key in ids] == [0, 1, 2, 3, 409]
    assert description["options"]["byte_fallback"] is True


def test_fingerprints_differ(tokenizer_of):
    names = ("unigram", "bpe", "unigram without bytes", "bpe without bytes")
    fingerprints = {tokenizer_of(name).fingerprint() for name in names}
    assert len(fingerprints) == 4
    model = tokenizer_of("bpe").model_bytes()
    one = SentencePieceTokenizer(model, "bpe", {"seed": 1}).fingerprint()
    assert one != SentencePieceTokenizer(model, "bpe", {"seed": 2}).fingerprint()
    assert len(one) == 64


def test_a_missing_file_is_named(saved, tmp_path):
    with pytest.raises(UserError, match=r"There is no .*target\.json"):
        load_tokenizer(saved, "target")
    (saved / "source.model").unlink()
    with pytest.raises(UserError, match=r"There is no .*source\.model"):
        load_tokenizer(saved, "source")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is damaged, it is not JSON"),
        ('{"format": ', "is damaged, it is not JSON"),
        ("[1]", "does not describe a tokenizer"),
        ('{"kind": "bpe"}', "does not describe a tokenizer"),
        (b"\xff\xfe", "is damaged, it is not JSON"),
    ],
)
def test_a_damaged_description(saved, content, message):
    content = content if isinstance(content, bytes) else content.encode()
    (saved / "source.json").write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load_tokenizer(saved, "source")
    assert "source.json" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "words"}, "must be one of unigram, bpe, wordpiece, bytes; received 'words'"),
        ({"kind": None}, "must be one of unigram, bpe, wordpiece, bytes; received None"),
        ({"version": 2}, "has format version 2, and this release reads version 1"),
        ({"options": None}, "`options` must be an object; received None"),
        ({"end_id": 2}, "`end_id` is 2, but the model beside it has 3"),
        ({"vocabulary_size": 410}, "`vocabulary_size` is 410, but the model beside it has 409"),
        ({"model_sha256": "0"}, r"source\.model is not the model that source\.json was saved with"),
    ],
)
def test_a_description_that_does_not_fit(saved, changes, message):
    _change(saved / "source.json", **changes)
    with pytest.raises(UserError, match=message) as caught:
        load_tokenizer(saved, "source")
    assert str(saved) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_or_exchanged_model(saved, tokenizer_of):
    content = (saved / "source.model").read_bytes()
    for wrong in (b"", content[:-7], content + b"\0", tokenizer_of("unigram").model_bytes()):
        (saved / "source.model").write_bytes(wrong)
        with pytest.raises(UserError, match="restore both files from one run"):
            load_tokenizer(saved, "source")


def test_another_class_is_refused(saved):
    from keras_transformer.tokenizers import WordPieceTokenizer

    with pytest.raises(UserError, match="is of kind 'bpe', which is not a WordPieceTokenizer"):
        WordPieceTokenizer.load(saved, "source")


def test_a_folder_that_cannot_be_written(tokenizer_of, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match=r"The tokenizer cannot be written to .*file"):
        tokenizer_of("bpe").save(tmp_path / "file")


def test_a_write_that_fails_leaves_what_was_there(saved, tokenizer_of, monkeypatch):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; free space or choose another"):
        tokenizer_of("unigram").save(saved, "source")
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_second_save_replaces_the_first(saved, tokenizer_of):
    tokenizer_of("unigram").save(saved, "source")
    assert load_tokenizer(saved, "source").fingerprint() == tokenizer_of("unigram").fingerprint()
    assert sorted(path.name for path in saved.iterdir()) == ["source.json", "source.model"]
