"""What a tokenised corpus was made from, as one short text."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

from keras_transformer.data.corpus_writer import FORMAT_VERSION
from keras_transformer.errors import UserError

_BLOCK = 1 << 20  # bytes


def corpus_fingerprint(paths: Iterable, tokenizers, options: dict | None = None) -> str:
    """SHA-256 of the files' contents, the tokenizers and the options: equal if the ids are.

    Args:
        paths: files of the corpus, in the order in which they are read; their names and times do
            not matter, nor whether they are gzipped.
        tokenizers: a `TokenizerPair`.
        options: whatever else decides what comes out, as JSON can hold it: filters, format.

    Raises:
        UserError: a file that cannot be read.
    """
    parts = {
        "format_version": FORMAT_VERSION,
        "files": [_readable_digest(path) for path in paths],
        "tokenizers": tokenizers.fingerprint(),
        "options": options or {},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def data_fingerprint(paths: Iterable, held_out: Iterable[bytes] = ()) -> str:
    """SHA-256 of the files' contents alone, and of the pairs that are held out of them.

    Args:
        paths: as for `corpus_fingerprint`.
        held_out: digests of pairs, in any order.

    Raises:
        UserError: a file that cannot be read.
    """
    files = [_readable_digest(path) for path in paths]
    pairs = hashlib.sha256(b"".join(sorted(held_out))).hexdigest()
    return hashlib.sha256(json.dumps([files, pairs]).encode()).hexdigest()


def content_digest(path) -> str:
    """SHA-256 of a file's content, gunzipped if it is gzipped.

    Raises:
        OSError, EOFError, zlib.error: the file cannot be read or is damaged.
    """
    with open(path, "rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        with io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw as file:
            digest = hashlib.sha256()
            while block := file.read(_BLOCK):
                digest.update(block)
            return digest.hexdigest()


def _readable_digest(path):
    try:
        return content_digest(path)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None


def file_digest(path) -> str:
    """SHA-256 of a file's bytes, read piece by piece."""
    try:
        with open(Path(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
