"""The tokenised corpus on disk: whole or not there."""

import errno
import itertools
import json
import os
import resource
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from keras_transformer.data import corpus_writer, token_corpus
from keras_transformer.data.filters import FilterOptions, FilterReport, filter_pairs
from keras_transformer.data.readers import Pair
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError


class ByteLike:
    """A tokenizer of bytes, without the package's own."""

    def __init__(self, vocabulary_size=260, shift=4):
        self.vocabulary_size, self.shift = vocabulary_size, shift

    def encode(self, texts):
        return [np.frombuffer(text.encode(), np.uint8).astype(np.int32) + self.shift
                for text in texts]  # fmt: skip


def pair_of_tokenizers(**options):
    return SimpleNamespace(source=ByteLike(), target=ByteLike(**options))


PAIRS = [("ab", "xyz"), ("나", "I"), ("hello", "q"), ("one two", "seven")]


def build(folder, pairs=PAIRS, fingerprint="f1", **options):
    return TokenCorpus.build(folder, pairs, pair_of_tokenizers(), fingerprint, **options)


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def assert_holds(corpus, pairs):
    assert len(corpus) == len(pairs)
    for index, (source, target) in enumerate(pairs):
        assert corpus.source(index).tolist() == [byte + 4 for byte in source.encode()]
        assert corpus.target(index).tolist() == [byte + 4 for byte in target.encode()]
    assert corpus.source_lengths.tolist() == [len(source.encode()) for source, _ in pairs]
    assert corpus.target_lengths.tolist() == [len(target.encode()) for _, target in pairs]
    assert corpus.source_lengths.dtype == corpus.source(0).dtype == np.int32


def test_what_was_built_is_opened(tmp_path):
    folder = tmp_path / "deep" / "data"
    assert_holds(build(folder), PAIRS)
    assert_holds(TokenCorpus.open(folder, "f1"), PAIRS)
    names = ["corpus.json", "source.ids", "source.offsets", "target.ids", "target.offsets"]
    assert files_below(tmp_path / "deep") == ["data", *(f"data/{name}" for name in names)]


def test_ids_are_mapped_and_small_where_they_fit(tmp_path):
    tokenizers = pair_of_tokenizers(vocabulary_size=65_537, shift=65_000)
    corpus = TokenCorpus.build(tmp_path / "c", PAIRS, tokenizers)
    assert corpus.source_tokens.ids.dtype == np.uint16
    assert corpus.target_tokens.ids.dtype == np.int32
    assert corpus.target(1).tolist() == [65_000 + ord("I")]
    assert isinstance(corpus.source_tokens.ids.base, np.memmap)
    largest = TokenCorpus.build(
        tmp_path / "d", [("a", "b")], pair_of_tokenizers(vocabulary_size=65_536, shift=65_437)
    )
    assert largest.target_tokens.ids.dtype == np.uint16
    assert largest.target(0).tolist() == [65_535]


def test_pairs_are_streamed_in_chunks_with_progress(tmp_path, monkeypatch):
    monkeypatch.setattr(token_corpus, "_CHUNK", 7)
    drawn, seen = itertools.count(), []

    def endless():
        for number in drawn:
            if number == 23:
                return
            yield str(number), "t" * (1 + number % 5)

    def progress(num_read):
        # Everything read so far is encoded before more is read.
        seen.append((num_read, number_drawn(drawn)))

    def number_drawn(counter):
        return int(repr(counter).removeprefix("count(").removesuffix(")"))

    corpus = build(tmp_path / "c", endless(), progress=progress)
    assert seen == [(7, 7), (14, 14), (21, 21), (23, 24)]
    assert_holds(corpus, [(str(number), "t" * (1 + number % 5)) for number in range(23)])


def test_dropped_pairs_are_counted_and_saved(tmp_path):
    report = FilterReport()
    pairs = filter_pairs(
        [*PAIRS, ("", "x"), *PAIRS[:2]], FilterOptions(drop_duplicates=True), report
    )
    build(tmp_path / "c", pairs, report=report, max_length=5)
    saved = TokenCorpus.open(tmp_path / "c").report
    assert saved.num_read == 7
    assert saved.dropped == {"blank side": 1, "duplicate": 2, "too many tokens": 1}
    assert saved.num_kept == 3
    assert build(tmp_path / "d", max_length=5).report.num_read == 4


def test_a_side_without_tokens_is_dropped(tmp_path):
    corpus = build(tmp_path / "c", [("", "a"), ("b", "c"), ("d", "")])
    assert_holds(corpus, [("b", "c")])
    assert corpus.report.dropped == {"no token on a side": 2}


def test_nothing_left_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(UserError, match=r"No sentence pair is left.*4 .too many tokens.") as error:
        build(tmp_path / "c", [("abc", "def")] * 4, max_length=2)
    assert "\n" not in str(error.value)
    assert files_below(tmp_path) == []


def test_an_error_while_reading_leaves_what_was_there(tmp_path):
    build(tmp_path / "c")

    def broken():
        yield "a", "b"
        raise UserError("file:2 is wrong")

    with pytest.raises(UserError, match="file:2 is wrong"):
        build(tmp_path / "c", broken(), "f2")
    assert_holds(TokenCorpus.open(tmp_path / "c", "f1"), PAIRS)
    assert len(list(tmp_path.iterdir())) == 1


def test_open_or_build(tmp_path):
    calls = []

    def make_pairs():
        calls.append(1)
        return PAIRS[: 1 + len(calls)]

    def get(fingerprint):
        return TokenCorpus.open_or_build(
            tmp_path / "c", make_pairs, pair_of_tokenizers(), fingerprint
        )

    assert_holds(get("f1"), PAIRS[:2])
    assert_holds(get("f1"), PAIRS[:2])
    assert len(calls) == 1
    assert_holds(get("f2"), PAIRS[:3])  # foreign
    assert len(calls) == 2
    (tmp_path / "c" / "target.ids").write_bytes(b"torn")
    assert_holds(get("f2"), PAIRS[:4])
    assert len(list(tmp_path.iterdir())) == 1


def truncate(path):
    os.truncate(path, path.stat().st_size - 1)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def unlink(path):
    path.unlink()


@pytest.mark.parametrize("damage", [truncate, flip, unlink])
@pytest.mark.parametrize("name", ["source.ids", "source.offsets", "target.ids", "target.offsets"])
def test_damage_is_seen(tmp_path, damage, name):
    build(tmp_path / "c")
    damage(tmp_path / "c" / name)
    with pytest.raises(UserError, match=f"{name} is damaged or incomplete: delete .*c and"):
        TokenCorpus.open(tmp_path / "c")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"format_version": 1}', "\xff"])
def test_a_wrong_description_is_seen(tmp_path, text):
    build(tmp_path / "c")
    (tmp_path / "c" / "corpus.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"damaged or incomplete|of another version"):
        TokenCorpus.open(tmp_path / "c")


def test_another_version_or_fingerprint_is_refused(tmp_path):
    build(tmp_path / "c")
    with pytest.raises(UserError, match="made from other files, filters or tokenizers"):
        TokenCorpus.open(tmp_path / "c", "f2")
    path = tmp_path / "c" / "corpus.json"
    description = json.loads(path.read_text())
    description["format_version"] += 1
    path.write_text(json.dumps(description))
    with pytest.raises(UserError, match="is of another version than 2"):
        TokenCorpus.open(tmp_path / "c")
    with pytest.raises(UserError, match="holds no tokenised corpus"):
        TokenCorpus.open(tmp_path / "nowhere")


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    """The kernel refuses the write, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))
    try:
        with pytest.raises(UserError, match=r"cannot be written to .*c: File too large") as error:
            build(tmp_path / "c", [("a" * 101, "b")] * 20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(error.value)
    assert files_below(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        UserError, match=r"cannot be written to .*file.c: (Not a directory|File exists)"
    ):
        build(tmp_path / "file" / "c")

    def read_only(self, *args, **kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr("pathlib.Path.mkdir", read_only)
    with pytest.raises(UserError, match=r"cannot be written to .*c: Read-only file system"):
        build(tmp_path / "c")


def test_a_killed_build_is_not_taken_for_a_corpus(tmp_path):
    script = f"""
import os, sys
sys.path.insert(0, {str(os.getcwd())!r})
from tests.data.test_token_corpus import *
def pairs():
    yield from [("a", "b")] * 20_000
    os._exit(7)
build({str(tmp_path / "c")!r}, pairs())
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == 7
    with pytest.raises(UserError, match="holds no tokenised corpus"):
        TokenCorpus.open(tmp_path / "c")
    assert len(list(tmp_path.iterdir())) == 1
    assert_holds(build(tmp_path / "c"), PAIRS)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_only_abandoned_builds_are_removed(tmp_path):
    running = corpus_writer.temporary_name(tmp_path / "c", os.getppid())
    same_number = corpus_writer.temporary_name(tmp_path / "c", os.getpid())
    elsewhere = tmp_path / ".c.some-other-machine.1.tmp"
    for path in (running, same_number, elsewhere):
        path.mkdir()
    build(tmp_path / "c")
    assert set(tmp_path.iterdir()) == {tmp_path / "c", running, elsewhere}


def test_sides_of_unequal_length_are_refused():
    with pytest.raises(UserError, match="1 sources and 2 targets"):
        TokenCorpus.of([[5]], [[6], [7]])


def weighted_pairs():
    weights = [0.5, 2.0, 0.1, 3.0]
    return [Pair(*pair, "", weight, number // 2 * 2)
            for number, (pair, weight) in enumerate(zip(PAIRS, weights, strict=True))]  # fmt: skip


def test_weights_and_parts_are_kept(tmp_path):
    built = build(tmp_path / "c", weighted_pairs(), max_length=4, weighted=True)
    for corpus in (built, TokenCorpus.open(tmp_path / "c", "f1")):
        assert_holds(corpus, PAIRS[:2])  # "hello" and "one two" are too long
        assert corpus.weights.dtype == np.float32 and corpus.weights.tolist() == [0.5, 2.0]
        assert corpus.part_sizes == [2]
    built = build(tmp_path / "c", weighted_pairs())
    assert built.weights is None and built.part_sizes == [2, 0, 2]
    assert build(tmp_path / "c").part_sizes == [4]


def test_damaged_weights_are_noticed(tmp_path):
    build(tmp_path / "c", weighted_pairs(), weighted=True)
    path = tmp_path / "c" / "weights"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="weights is damaged or incomplete"):
        TokenCorpus.open(tmp_path / "c")


def test_selected_pairs(tmp_path):
    corpus = build(tmp_path / "c", weighted_pairs(), weighted=True)
    rows = np.array([3, 0, 0, 2])
    selected = corpus.select(rows)
    assert_holds(selected, [PAIRS[row] for row in rows])
    np.testing.assert_array_equal(selected.weights, corpus.weights[rows])
    ids, lengths = selected.target_tokens.gather(np.array([1, 3]))
    assert lengths.tolist() == [3, 1]
    assert (ids - 4).tolist() == list(b"xyzq")
    with pytest.raises(IndexError, match="sentence 4 of 4"):
        selected.source(4)
