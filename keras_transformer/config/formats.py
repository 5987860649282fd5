"""Formats of files with sentence pairs, as their names tell them."""

from pathlib import Path

FORMATS = ("auto", "text", "tsv", "jsonl")
_SUFFIXES = {".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}


def format_of(path) -> str:
    """The format that a file's name tells; `.gz` at its end does not matter."""
    name = str(path).lower().removesuffix(".gz")
    return _SUFFIXES.get(Path(name).suffix, "text")
