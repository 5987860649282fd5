"""Fetching from a server on this machine."""

import gzip
import hashlib
import http.server
import io
import os
import resource
import sys
import threading
from pathlib import Path

import pytest

from keras_transformer.data import download
from keras_transformer.data.download import ensure_corpus, fetch
from keras_transformer.data.fingerprint import content_digest
from keras_transformer.data.known_corpora import CORPORA, KnownCorpus, RemoteFile
from keras_transformer.errors import UserError


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/silent":
            self.server.released.wait(30)
            return
        content = self.server.content.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        cut = self.path.startswith("/cut/")
        if not self.path.startswith("/unsized/"):
            self.send_header("Content-Length", str(len(content) + 7 * cut))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.requests, server.released = {}, [], threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


CONTENT = b"one\ntwo\n" * 20_011
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def left_in(folder):
    return sorted(path.name for path in Path(folder).rglob("*"))


@pytest.mark.parametrize("name", ["a.txt", "unsized/a.txt", "a.txt.gz"])
def test_a_file_is_fetched_and_checked_by_its_content(server, tmp_path, name):
    body = gzip.compress(CONTENT) if name.endswith(".gz") else CONTENT
    server.content["/" + name] = body
    path = fetch(f"{server.url}/{name}", tmp_path / "deep" / "x", SHA256)
    assert path.read_bytes() == body
    assert content_digest(path) == SHA256
    assert left_in(tmp_path) == ["deep", "x"]


def test_what_goes_wrong_is_one_sentence_and_leaves_nothing(server, tmp_path, monkeypatch):
    server.content.update(
        {"/a": CONTENT, "/cut/a": CONTENT, "/bad.gz": gzip.compress(CONTENT)[:99]}
    )
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as closed:
        nobody = f"http://127.0.0.1:{closed.server_port}"
    wrong = "0" * 64
    for url, sha256, message in [
        (f"{server.url}/none", None, r"the server answered 404 \(Not Found\); get the file"),
        (f"{server.url}/a", wrong, rf"gave another content.*SHA-256 {SHA256}, not {wrong}"),
        (f"{server.url}/bad.gz", SHA256, r"gave another content.*SHA-256 unreadable"),
        (f"{server.url}/cut/a", None, r"broke off after 160,088 of 160,095 bytes|could not be"),
        (
            f"{server.url}/silent",
            None,
            r"could not be fetched \(.*timed out.*\): check the network",
        ),
        (f"{nobody}/a", None, r"could not be fetched \(.*refused.*\): check the network"),
        ("http://example.org/a", None, r"by https only. Received: http://example.org/a"),
        ("file:///etc/hostname", None, r"by https only"),
    ]:
        with pytest.raises(UserError, match=message) as error:
            fetch(url, tmp_path / "x", sha256)
        assert "\n" not in str(error.value)
        assert left_in(tmp_path) == []


def test_no_network_is_said(tmp_path, monkeypatch):
    def no_name(*arguments, **options):
        raise download.urllib.error.URLError(OSError(-3, "Temporary failure in name resolution"))

    monkeypatch.setattr(download.urllib.request, "urlopen", no_name)
    with pytest.raises(UserError, match=r"\(.*name resolution\): check the network, or get the"):
        fetch("https://example.org/a", tmp_path / "x")


def test_a_full_disk_or_a_wrong_folder_is_said(server, tmp_path):
    server.content["/a"] = CONTENT
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, hard))
    try:
        with pytest.raises(UserError, match=r"x cannot be written: File too large; free space"):
            fetch(f"{server.url}/a", tmp_path / "x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left_in(tmp_path) == []
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be written: (File exists|Not a directory)"):
        fetch(f"{server.url}/a", tmp_path / "file" / "x")


def test_a_bar_on_a_terminal_only(server, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    server.content["/a"] = CONTENT
    for stream, shown in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stream)
        fetch(f"{server.url}/a", tmp_path / "some-name.txt")
        assert ("some-name.txt" in stream.getvalue()) == shown


@pytest.fixture
def toy(monkeypatch):
    """A corpus of four files: one side gzipped where it is published."""
    content, files = {}, []
    for split in ("train", "test"):
        for language, end in (("en", ""), ("de", ".gz")):
            text = f"{split} {language}\n".encode()
            path = f"sub/{split}.{language}{end}"
            content[f"/base/{path}"] = gzip.compress(text) if end else text
            digest = hashlib.sha256(text).hexdigest()
            files.append(RemoteFile(path, split, language, len(text), digest))
    monkeypatch.setitem(CORPORA, "toy", KnownCorpus("https://example.org/x", tuple(files)))
    return content


def test_a_corpus_is_fetched_once(server, tmp_path, toy):
    server.content.update(toy)
    for _ in range(2):
        paths = ensure_corpus("toy", tmp_path / "data", f"{server.url}/base/")
        assert {split: {k: v.name for k, v in sides.items()} for split, sides in paths.items()} == {
            "train": {"en": "train.en", "de": "train.de.gz"},
            "test": {"en": "test.en", "de": "test.de.gz"},
        }
        assert sorted(server.requests) == sorted(toy)
    assert len(left_in(tmp_path / "data")) == 4


def test_files_that_are_there_are_used_plain_or_gzipped(server, tmp_path, toy):
    server.content.update(toy)
    (tmp_path / "train.en.gz").write_bytes(gzip.compress(b"train en\n"))
    (tmp_path / "train.de").write_bytes(b"train de\n")
    (tmp_path / "test.en").write_bytes(b"other\n")
    (tmp_path / "test.de.gz").write_bytes(gzip.compress(b"test de\n")[:-9])
    warnings = []
    paths = ensure_corpus("toy", tmp_path, server.url, warnings.append)
    assert [path.name for sides in paths.values() for path in sides.values()] == [
        "train.en.gz", "train.de", "test.en", "test.de.gz"]  # fmt: skip
    assert server.requests == []
    assert len(warnings) == 2
    assert "test.en is not the published file" in warnings[0]
    assert hashlib.sha256(b"other\n").hexdigest() in warnings[0]
    assert "test.de.gz is not the published file (its content has SHA-256 unreadable" in warnings[1]


def test_an_unknown_corpus_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no corpus 'wmt99' to fetch: known are multi30k, multi30"):
        ensure_corpus("wmt99", tmp_path)


@pytest.mark.parametrize("name", ["multi30k", "multi30k-raw"])
def test_the_table_is_whole(name):
    corpus = CORPORA[name]
    assert corpus.base_url.startswith("https://")
    assert {(file.split, file.language) for file in corpus.files} == {
        (split, language) for split in ("train", "validation", "test") for language in ("en", "de")
    }
    assert len({file.sha256 for file in corpus.files}) == 6
    assert all(len(file.sha256) == 64 and int(file.sha256, 16) for file in corpus.files)
    assert all(os.path.basename(file.path).split(".")[0] in
               ("train", "val", "test_2016_flickr") for file in corpus.files)  # fmt: skip
