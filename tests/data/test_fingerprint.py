"""Equal exactly where the tokenised corpus is."""

import gzip
import hashlib
import shutil
from types import SimpleNamespace

import pytest

from keras_transformer.data.fingerprint import corpus_fingerprint, data_fingerprint, file_digest
from keras_transformer.errors import UserError


def tokenizers(name="one"):
    return SimpleNamespace(fingerprint=lambda: name)


def test_everything_that_decides_counts_and_nothing_else(tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("a\nb\n")
    two.write_text("c\n")
    first = corpus_fingerprint([one, two], tokenizers(), {"max_length": 7, "ratio": None})
    assert len(first) == 64
    moved = shutil.copy(one, tmp_path / "elsewhere")
    assert corpus_fingerprint([moved, two], tokenizers(), {"ratio": None, "max_length": 7}) == first
    others = [
        corpus_fingerprint([two, one], tokenizers(), {"max_length": 7, "ratio": None}),
        corpus_fingerprint([one], tokenizers(), {"max_length": 7, "ratio": None}),
        corpus_fingerprint([one, two], tokenizers("other"), {"max_length": 7, "ratio": None}),
        corpus_fingerprint([one, two], tokenizers(), {"max_length": 8, "ratio": None}),
        corpus_fingerprint([one, two], tokenizers()),
    ]
    one.write_text("a\nB\n")  # as long as before
    others.append(corpus_fingerprint([one, two], tokenizers(), {"max_length": 7, "ratio": None}))
    assert len({first, *others}) == 7


def test_gzipped_files_are_the_same(tmp_path):
    one, packed = tmp_path / "one.txt", tmp_path / "one.txt.gz"
    one.write_text("a\nb\n")
    packed.write_bytes(gzip.compress(one.read_bytes(), mtime=7))
    assert corpus_fingerprint([packed], tokenizers()) == corpus_fingerprint([one], tokenizers())
    assert data_fingerprint([packed], {b"x", b"y"}) == data_fingerprint([one], [b"y", b"x"])
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"one.txt.gz cannot be read: Compressed file ended"):
        data_fingerprint([packed])


def test_what_is_held_out_counts(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a\n")
    two.write_text("b\n")
    found = [
        data_fingerprint(files, held_out)
        for files in ([one], [two], [one, two])
        for held_out in ((), [b"x"], [b"x", b"y"])
    ]
    assert len(set(found)) == 9


def test_digest_of_a_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc" * 99_991)
    assert file_digest(path) == hashlib.sha256(b"abc" * 99_991).hexdigest()
    with pytest.raises(UserError, match="nowhere cannot be read: No such file"):
        file_digest(tmp_path / "nowhere")
