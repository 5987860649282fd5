"""Files into pairs, and what is wrong in a file by its name and line."""

import gzip
import json
import tracemalloc

import pytest

from keras_transformer.config.formats import format_of
from keras_transformer.data import readers
from keras_transformer.data.readers import Pair, read_lines, read_pairs
from keras_transformer.errors import UserError


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        content = content.encode() if isinstance(content, str) else content
        if name.endswith(".gz") and not content.startswith(b"\x1f\x8b"):
            content = gzip.compress(content)
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def texts(pairs):
    return [pair[:2] for pair in pairs]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_parallel_text(write, suffix):
    source = write("a.ko" + suffix, "나는\n\n세 번째\n")
    target = write("a.en" + suffix, "I\n two \nthird")
    assert list(read_pairs(source, target)) == [
        Pair("나는", "I", f"{source}:1"),
        Pair("", " two ", f"{source}:2"),
        Pair("세 번째", "third", f"{source}:3"),
    ]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_tsv_ignores_further_columns(write, suffix):
    path = write("a.tsv" + suffix, "가.\tGo.\tCC-BY\tx\n\nb\tc\n\td\n")
    assert texts(read_pairs(path)) == [("가.", "Go."), ("", ""), ("b", "c"), ("", "d")]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_json_lines(write, suffix):
    lines = [{"source": "가\t\n", "target": "a"}, {"target": "b", "id": 3, "source": ""}]
    path = write("a.jsonl" + suffix, "\n".join(json.dumps(line) for line in lines) + "\n\n")
    assert texts(read_pairs(path)) == [("가\t\n", "a"), ("", "b"), ("", "")]
    other = write("b.json", '{"ko": "가", "en": "a"}')
    pairs = read_pairs(other, source_key="ko", target_key="en")
    assert list(pairs) == [Pair("가", "a", f"{other}:1")]


def test_several_files_in_order_and_of_several_formats(write):
    sources = [write("1.s", "a\nb\n"), write("2.s.gz", "c\n")]
    targets = [write("1.t", "A\nB\n"), write("2.t", "C\n")]
    pairs = list(read_pairs(sources, targets))
    assert texts(pairs) == [("a", "A"), ("b", "B"), ("c", "C")]
    assert pairs[2].where == f"{sources[1]}:1"
    mixed = [write("x.tsv", "1\t2\n"), write("y.jsonl.gz", '{"source": "3", "target": "4"}\n')]
    assert texts(read_pairs(mixed)) == [("1", "2"), ("3", "4")]
    assert texts(read_pairs([str(path) for path in mixed[:1]], format="tsv")) == [("1", "2")]


def test_gzip_is_told_by_content_not_by_name(write):
    packed = write("a.txt", gzip.compress(b"one\ntwo\n"))
    plain = packed.with_name("b.txt.gz")
    plain.write_bytes(b"1\n2\n")
    assert texts(read_pairs(packed, plain)) == [("one", "1"), ("two", "2")]


def test_only_newlines_end_a_line(write):
    odd = "a\u2028b\x0bc\x0cd\x85e\x1cf\rg\u2029h"
    source = write("a.s", f"{odd}\r\nsecond\r\r\n".encode())
    assert list(read_lines(source)) == [odd, "second\r"]
    path = write("a.tsv", f"{odd}\tx{odd}\n")
    assert texts(read_pairs(path)) == [(odd, f"x{odd}")]


def test_the_byte_order_mark_goes_at_the_start_only(write):
    path = write("a.s", b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n")
    assert list(read_lines(path)) == ["one", "\ufefftwo"]


def test_formats_by_name():
    names = ["a.tsv", "A.TAB.gz", "b.jsonl", "b.json.GZ", "c.ndjson", "d.en", "e", "tsv"]
    kinds = ["tsv", "tsv", "jsonl", "jsonl", "jsonl", "text", "text", "text"]
    assert [format_of(name) for name in names] == kinds


def test_files_are_streamed(write):
    source = write("a.s", "word " * 20 + "\n" + ("word " * 20 + "\n") * 40_000)
    tracemalloc.start()
    assert sum(1 for _ in read_pairs(source, source)) == 40_001
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000  # of 4 MB


FAULTS = {
    "fewer targets": ("a\nb\nc\n", "A\n", r"a.s has 3 lines but .*a.t has 1: line by line"),
    "more targets": ("a\n", "A\nB\n\n", r"a.s has 1 lines but .*a.t has 3: line by line"),
    "empty source": ("", "A\n", r"a.s is empty: expected a sentence on each line"),
    "empty target": ("a\n", "", r"a.t is empty: expected a sentence on each line"),
    "latin-1": ("a\nb\n", "A\nß Stra\xdfe\n".encode("latin-1"),
                r"a.t:2 is not valid UTF-8 \(byte 0xdf at byte 0 of the line\)"),
    "cut character": (b"a\nna\xeb\x82\n", "A\nB\n",
                      r"a.s:2 is not valid UTF-8 \(byte 0xeb at byte 2 of the line\)"),
    "surrogate": (b"a\xed\xa0\x80\n", "A\n", r"a.s:1 is not valid UTF-8 \(byte 0xed at byte 1"),
    "NUL": (b"a\nb\0c\n", "A\nB\n", r"a.s:2 holds a NUL byte \(at byte 1 of the line\)"),
    "UTF-16": ("a\nb\n".encode("utf-16"), "A\nB\n", r"a.s is UTF-16: expected UTF-8"),
    "cut gzip": (gzip.compress(b"a\n" * 9999)[:-20], "A\n" * 9999,
                 r"a.s is gzipped but damaged or cut off after line \d+"),
    "broken gzip": (gzip.compress(b"a\n" * 99)[:-6] + b"xxxxxx", "A\n" * 99,
                    r"a.s is gzipped but damaged or cut off after line \d+"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_parallel_text_is_named(write, fault):
    source, target, message = FAULTS[fault]
    paths = write("a.s", source), write("a.t", target)
    with pytest.raises(UserError, match=message) as error:
        list(read_pairs(*paths))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "a\tb\nc\n", r"a.tsv:2 has one column: expected source and target"),
        ("a.tsv.gz", "a b\n", r"a.tsv.gz:1 has one column"),
        ("a.jsonl", '{"source": "a", "target": "b"}\n{', r"a.jsonl:2 is not JSON: Expecting"),
        ("a.jsonl", "[1]\n", r"a.jsonl:1 holds a JSON list: expected an object with the keys"),
        ("a.jsonl", '{"source": "a", "Target": 1}', r"a.jsonl:1 has no key 'target': its keys are "
         "'source', 'Target'"),
        ("a.jsonl", "{}", r"a.jsonl:1 has no key 'source': its keys are none"),
        ("a.jsonl", '{"source": 7, "target": "b"}', r"the value of 'source' must be a string. "
         "Received: 7"),
        ("a.jsonl", '{"source": "\\ud800", "target": "b"}', r"a.jsonl:1.*half of a surrogate"),
        ("a.jsonl", "[" * 100_000, r"a.jsonl:1 is (not JSON|nested too deeply)"),
    ],
)  # fmt: skip
def test_wrong_tables_are_named(write, name, content, message):
    with pytest.raises(UserError, match=message) as error:
        list(read_pairs(write(name, content)))
    assert "\n" not in str(error.value)


def test_a_line_that_is_no_sentence_is_named(write, monkeypatch):
    monkeypatch.setattr(readers, "_MAX_LINE", 1 << 20)
    path = write("a.s", b"ok\n" + b"x" * (3 << 20))
    with pytest.raises(UserError, match=r"a.s:2 is longer than 1 MiB"):
        list(read_lines(path))


def test_wrong_calls_are_refused_at_once(write, tmp_path):
    text, table = write("a.s", "a\n"), write("a.tsv", "a\tb\n")
    for arguments, message in [
        ((text,), r"a.s is read as plain text.* give the file of the other side"),
        ((table, None, "text"), r"a.tsv is read as plain text"),
        (([text, text], [text]), r"2 source and 1 target files"),
        ((table, text, "tsv"), r"A tsv file holds both sides"),
        ((table, None, "csv"), r"`format` must be one of auto, text, tsv, jsonl. Received: 'csv'"),
        (([],), r"There is no file to read"),
        ((table, [table, tmp_path / "no"]), r"no does not exist: check the name"),
        (([table, tmp_path / "no.tsv"],), r"no.tsv does not exist: check the name"),
        ((tmp_path,), r"is a folder: expected a file of sentences"),
        ((text / "x",), r"x cannot be read: Not a directory"),
    ]:
        with pytest.raises(UserError, match=message):
            read_pairs(*arguments)


def test_weights_from_files_of_their_own(write):
    source, target = write("a.txt", "a\nb\n"), write("b.txt", "x\ny\n")
    more = write("c.txt", "c\n"), write("d.txt", "z\n")
    weights = write("a.weights", "0.5\n2e-1\n"), write("c.weights", " 3 \n")
    found = list(read_pairs([source, more[0]], [target, more[1]], weight_paths=weights))
    assert [pair.weight for pair in found] == [0.5, 0.2, 3.0]
    assert [pair.part for pair in found] == [0, 0, 1]
    found = list(read_pairs(write("e.tsv", "a\tx\n\nb\ty\n"), weight_paths=write("w", "1\n2\n3\n")))
    assert [(pair.source, pair.weight) for pair in found] == [("a", 1.0), ("", 2.0), ("b", 3.0)]


def test_weights_beside_the_texts(write):
    tsv = write("a.tsv", "a\tx\t0.5\tmore\n\nb\ty\t2\n")
    lines = write("b.jsonl", '{"source": "c", "target": "z", "weight": 3}\n')
    found = list(read_pairs([tsv, lines], weights_inside=True))
    assert [(pair.source, pair.weight, pair.part) for pair in found] == [
        ("a", 0.5, 0),
        ("", 1.0, 0),
        ("b", 2.0, 0),
        ("c", 3.0, 1),
    ]
    assert [pair.weight for pair in read_pairs([tsv, lines])] == [1.0] * 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "a\tx\t1\nb\ty\n", r"a.tsv:2 has two columns: expected source, target and wei"),
        ("a.tsv", "a\tx\tone\n", r"a.tsv:1: expected a weight, .* Received: 'one'"),
        ("a.tsv", "a\tx\t-1\n", r"a.tsv:1: expected a weight, which is a number of 0 or more"),
        ("a.tsv", "a\tx\tnan\n", r"Received: 'nan'"),
        ("a.jsonl", '{"source": "a", "target": "x"}\n', r"a.jsonl:1 has no key 'weight'"),
        ("a.jsonl", '{"source": "a", "target": "x", "weight": true}\n', r"Received: True"),
        ("a.jsonl", '{"source": "a", "target": "x", "weight": [1]}\n', r"Received: \[1\]"),
    ],
)
def test_wrong_weights_beside_the_texts_are_named(write, name, content, message):
    with pytest.raises(UserError, match=message):
        list(read_pairs(write(name, content), weights_inside=True))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("1\n", r"a.tsv has 2 lines but .*w has 1: line by line"),
        ("1\n2\n3\n4\n", r"a.tsv has 2 lines but .*w has 4: line by line"),
        ("1\n\n", r"w:2: expected a weight, .* Received: ''"),
    ],
)
def test_wrong_files_of_weights_are_named(write, weights, message):
    with pytest.raises(UserError, match=message):
        list(read_pairs(write("a.tsv", "a\tx\nb\ty\n"), weight_paths=write("w", weights)))


def test_each_file_needs_its_weights(write):
    path = write("a.tsv", "a\tx\n")
    with pytest.raises(UserError, match="there are 2 source files and 1 of weights"):
        read_pairs([path, path], weight_paths=[write("w", "1\n")])
