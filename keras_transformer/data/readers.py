"""Sentence pairs from files, one at a time: parallel text, TSV and JSON lines, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from keras_transformer.config.formats import FORMATS, format_of
from keras_transformer.errors import UserError

_MAX_LINE = 1 << 24  # bytes; a longer "line" is not a sentence, and would be held in memory whole
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Pair(NamedTuple):
    """A sentence and its translation.

    Attributes:
        source, target: texts.
        where: `FILE:LINE`.
        weight: how much the pair counts in training, 0 or more.
        part: which of the files it comes from, 0 for the first.
    """

    source: str
    target: str
    where: str
    weight: float = 1.0
    part: int = 0


def read_pairs(
    source_paths,
    target_paths=None,
    format: str = "auto",
    source_key: str = "source",
    target_key: str = "target",
    weight_paths=None,
    weights_inside: bool = False,
) -> Iterator[Pair]:
    """Yields the pairs of one file or several, in order, in constant memory.

    A file is UTF-8, plain or gzipped (its content decides), with or without a byte order mark.
    Only `\\n` and `\\r\\n` end a line. Blank sides come out as they are; `filter_pairs` drops and
    counts them.

    Args:
        source_paths: a path or several: of source text, or of files that hold both sides.
        target_paths: a path or several: of target text, as many as sources, line by line the
            translations. None for TSV (`source<TAB>target`, no header, further columns are
            ignored) and JSON lines (an object a line).
        format: `"text"`, `"tsv"`, `"jsonl"`, or `"auto"`: by the name of each file.
        source_key: of JSON lines.
        target_key: of JSON lines.
        weight_paths: a path or several: one number a line, as many files as sources.
        weights_inside: the weight of a pair is the third column of TSV, `"weight"` of JSON lines.

    Raises:
        UserError: at once for paths and formats that do not go together; while reading for what
            is wrong in a file, named by file and line.
    """
    sources, targets, weights = map(_paths, (source_paths, target_paths, weight_paths))
    if not sources:
        raise UserError("There is no file to read: give at least one file of source sentences.")
    check_readable(*sources, *targets, *weights)
    if format not in FORMATS:
        raise UserError(f"`format` must be one of {', '.join(FORMATS)}. Received: {format!r}")
    if targets:
        if len(sources) != len(targets):
            raise UserError(
                f"Source and target files come in pairs, but there are {len(sources)} source and "
                f"{len(targets)} target files."
            )
        if format in ("tsv", "jsonl"):
            raise UserError(
                f"A {format} file holds both sides, so no target file can be given beside it."
            )
        readers = [_read_text(*paths) for paths in zip(sources, targets, strict=True)]
    else:
        keys = (source_key, target_key, "weight" if weights_inside else None)
        readers = [_read_both_sides(path, format, keys) for path in sources]
    if weights:
        if len(sources) != len(weights):
            raise UserError(
                f"Each source file needs a file of weights, but there are {len(sources)} source "
                f"files and {len(weights)} of weights."
            )
        readers = [_weighted(*those) for those in zip(readers, sources, weights, strict=True)]
    return _in_turn(readers)


def _read_both_sides(path, format, keys):
    """The pairs of a file that holds source and target.

    `keys` are those of source, target and weight; None for the last: every pair weighs 1.
    """
    kind = format_of(path) if format == "auto" else format
    if kind == "text":
        raise UserError(
            f"{path} is read as plain text, which holds one side only: give the file of the other "
            "side, too, or say that the format is tsv or jsonl."
        )
    *sides, weight_key = keys
    if kind == "tsv":
        return _read_tsv(path, weight_key is not None)
    return _read_json(path, tuple(sides), weight_key)


def _in_turn(readers) -> Iterator[Pair]:
    for part, reader in enumerate(readers):
        if part == 0:
            yield from reader
        else:
            yield from (pair._replace(part=part) for pair in reader)


def _weighted(pairs: Iterator[Pair], path: Path, weight_path: Path) -> Iterator[Pair]:
    lines, num_pairs = _numbered_lines(weight_path), 0
    for pair in pairs:
        line = next(lines, None)
        if line is None:
            raise _unequal(path, num_pairs + 1 + _count(pairs), weight_path, num_pairs)
        num_pairs += 1
        yield pair._replace(weight=_weight(line[1], f"{weight_path}:{line[0]}"))
    if extra := _count(lines):
        raise _unequal(path, num_pairs, weight_path, num_pairs + extra)


def _weight(value, where: str) -> float:
    try:
        weight = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise UserError(
            f"{where}: expected a weight, which is a number of 0 or more. Received: {value!r:.60}"
        )
    return weight


def other_sources(pairs: Iterator[Pair], path) -> Iterator[tuple[Pair, Pair]]:
    """Yields every pair with itself as it is with another source: the same line of a file.

    Raises:
        UserError: as `read_lines`; a file that has more lines than there are pairs, or fewer.
    """
    lines, num_pairs = _numbered_lines(Path(path)), 0
    for num_pairs, pair in enumerate(pairs, 1):
        number, source = next(lines, (None, None))
        if source is None:
            raise _unequal_to_pairs(path, num_pairs - 1, num_pairs + _count(pairs))
        yield pair, pair._replace(source=source, where=f"{path}:{number}")
    if extra := _count(lines):
        raise _unequal_to_pairs(path, num_pairs + extra, num_pairs)


def _unequal_to_pairs(path, num_lines: int, num_pairs: int) -> UserError:
    return UserError(
        f"{path} has {num_lines} lines, and there are {num_pairs} training pairs: its lines must "
        "be other sources of their targets, one for each."
    )


def check_readable(*paths):
    """Opens files to see that it can be done, before hours are spent on others."""
    for path in paths:
        _opened(Path(path)).close()


def read_lines(path) -> Iterator[str]:
    """Yields the lines of a UTF-8 text file, plain or gzipped, without their ends.

    Raises:
        UserError: what cannot be read, named by file and line; a file without any line.
    """
    return (text for _, text in _numbered_lines(Path(path)))


def _paths(paths) -> list[Path]:
    if paths is None:
        return []
    if isinstance(paths, str | Path):
        return [Path(paths)]
    return [Path(path) for path in paths]


def _read_text(source_path: Path, target_path: Path) -> Iterator[Pair]:
    sources, targets = _numbered_lines(source_path), _numbered_lines(target_path)
    num_pairs = 0
    for number, source in sources:
        target = next(targets, None)
        if target is None:
            raise _unequal(source_path, number + _count(sources), target_path, num_pairs)
        num_pairs = number
        yield Pair(source, target[1], f"{source_path}:{number}")
    if extra := _count(targets):
        raise _unequal(source_path, num_pairs, target_path, num_pairs + extra)


def _count(lines: Iterator) -> int:
    return sum(1 for _ in lines)


def _unequal(source_path, num_sources, target_path, num_targets) -> UserError:
    return UserError(
        f"{source_path} has {num_sources} lines but {target_path} has {num_targets}: line by line "
        "they must belong to each other, so look for a lost or an extra line."
    )


def _read_tsv(path: Path, weighted: bool) -> Iterator[Pair]:
    for number, line in _numbered_lines(path):
        where, columns = f"{path}:{number}", line.split("\t")
        if len(columns) < 2:
            if line.strip():
                raise UserError(
                    f"{where} has one column: expected source and target with a tab between them."
                )
            columns = ["", "", "1"]
        weight = 1.0
        if weighted:
            if len(columns) < 3:
                raise UserError(
                    f"{where} has two columns: expected source, target and weight with tabs "
                    "between them."
                )
            weight = _weight(columns[2], where)
        yield Pair(columns[0], columns[1], where, weight)


def _read_json(path: Path, keys: Sequence[str], weight_key: str | None) -> Iterator[Pair]:
    for number, line in _numbered_lines(path):
        where = f"{path}:{number}"
        if not line.strip():
            yield Pair("", "", where)
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise UserError(f"{where} is not JSON: {error}; expected an object a line.") from None
        except RecursionError:
            raise UserError(f"{where} is nested too deeply: expected a flat object.") from None
        if not isinstance(values, dict):
            raise UserError(
                f"{where} holds a JSON {type(values).__name__}: expected an object with the keys "
                f"{keys[0]!r} and {keys[1]!r}."
            )
        weight = 1.0
        if weight_key is not None:
            weight = _weight(_json_value(values, weight_key, where), where)
        yield Pair(*(_json_text(values, key, where) for key in keys), where, weight)


def _json_value(values: dict, key: str, where: str):
    if key not in values:
        there = ", ".join(repr(name) for name in list(values)[:8]) or "none"
        raise UserError(f"{where} has no key {key!r}: its keys are {there}.")
    return values[key]


def _json_text(values: dict, key: str, where: str) -> str:
    text = _json_value(values, key, where)
    if not isinstance(text, str):
        raise UserError(f"{where}: the value of {key!r} must be a string. Received: {text!r:.60}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{where}: the value of {key!r} has half of a surrogate pair, which is no character."
        ) from None
    return text


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 on, and the text of each line without its end."""
    number = 0
    try:
        with _opened(path) as raw:
            for number, line in enumerate(_raw_lines(raw), 1):
                yield number, _decoded(line, path, number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path} is gzipped but damaged or cut off after line {number} ({error}): fetch or "
            "make it again."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    if number == 0:
        raise UserError(f"{path} is empty: expected a sentence on each line.")


def _opened(path: Path):
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: check the name of the file.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder: expected a file of sentences.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def _raw_lines(raw) -> Iterator[bytes]:
    packed = raw.peek(2)[:2] == _GZIP_MAGIC
    with io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw as file:
        if line := file.readline(_MAX_LINE + 1):
            yield line.removeprefix(_BYTE_ORDER_MARK)
        while line := file.readline(_MAX_LINE + 1):
            yield line


def _decoded(line: bytes, path: Path, number: int) -> str:
    if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path} is UTF-16: expected UTF-8 text, so convert it first.")
    if b"\0" in line:
        raise UserError(
            f"{path}:{number} holds a NUL byte (at byte {line.index(0)} of the line): this is not "
            "a text file, or one in another encoding than UTF-8."
        )
    if len(line) > _MAX_LINE:
        raise UserError(
            f"{path}:{number} is longer than {_MAX_LINE >> 20} MiB: expected a sentence on each "
            "line."
        )
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}:{number} is not valid UTF-8 (byte 0x{line[error.start]:02x} at byte "
            f"{error.start} of the line): convert the file to UTF-8 or mend the line."
        ) from None
