"""What a tokenised corpus was made from, as one short text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from keras_transformer.data.corpus_writer import FORMAT_VERSION
from keras_transformer.errors import UserError


def corpus_fingerprint(paths: Iterable, tokenizers, options: dict | None = None) -> str:
    """SHA-256 of the files' contents, the tokenizers and the options: equal if the ids are.

    Args:
        paths: files of the corpus, in the order in which they are read; their names and times do
            not matter.
        tokenizers: a `TokenizerPair`.
        options: whatever else decides what comes out, as JSON can hold it: filters, format.

    Raises:
        UserError: a file that cannot be read.
    """
    parts = {
        "format_version": FORMAT_VERSION,
        "files": [file_digest(path) for path in paths],
        "tokenizers": tokenizers.fingerprint(),
        "options": options or {},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def file_digest(path) -> str:
    """SHA-256 of a file's bytes, read piece by piece."""
    try:
        with open(Path(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
