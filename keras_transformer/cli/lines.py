"""Lines of text from files and standard input, in bounded memory and without undue waiting."""

import gzip
import select
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_transformer.errors import UserError

BLOCK_BYTES = 1 << 16


def open_inputs(files: Iterable[str]) -> list:
    """Checks that every file can be read, now rather than after hours; none means standard input.

    Returns paths, and None for standard input, for `chunks_of`.
    """
    inputs = []
    for name in files:
        if name == "-":
            inputs.append(None)
            continue
        path = Path(name)
        if path.is_dir():
            raise UserError(f"{name} is a folder: give text files")
        try:
            with open(path, "rb"):
                inputs.append(path)
        except OSError as error:
            raise UserError(
                f"{name} cannot be read ({error.strerror}): give a text file"
            ) from error
    return inputs or [None]


def chunks_of(inputs: list, size: int) -> Iterator[list[str]]:
    """Lists of at most `size` lines, without their ends.

    A chunk of standard input is handed on early when no more input is ready, so that a translator
    at the end of a pipe answers each line when it comes.
    """
    chunk = []
    for path in inputs:
        for line in _stream_lines(sys.stdin.buffer) if path is None else file_lines(path):
            if line is not None:
                chunk.append(line)
            if chunk and (line is None or len(chunk) >= size):
                yield chunk
                chunk = []
    if chunk:
        yield chunk


def file_lines(path: Path) -> Iterator[str]:
    """The lines of a plain or .gz file; invalid UTF-8 becomes U+FFFD."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            for line in file:
                yield _text(line.removesuffix(b"\n"))
    except (gzip.BadGzipFile, EOFError) as error:
        raise UserError(f"{path} is not a whole .gz file ({error}): give it again") from error


def _stream_lines(stream) -> Iterator[str | None]:
    """Lines of a stream, and None where the next one would have to be waited for."""
    # The unbuffered stream, because `select` knows nothing of what a buffer already holds.
    raw = getattr(stream, "raw", stream)
    rest = b""
    while block := raw.read(BLOCK_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        yield from map(_text, lines)
        if not _ready(raw):
            yield None
    if rest:
        yield _text(rest)


def _ready(stream) -> bool:
    try:
        return bool(select.select([stream], [], [], 0)[0])
    except (ValueError, OSError, TypeError):  # not a file of the system: nothing to wait for
        return True


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", errors="replace")
