"""The tokenised corpus on disk: written once, then mapped into memory."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from keras_transformer.data.corpus_writer import (
    DESCRIPTION,
    FORMAT_VERSION,
    SIDES,
    CorpusWriter,
)
from keras_transformer.data.filters import FilterReport
from keras_transformer.data.token_array import TokenArray
from keras_transformer.errors import UserError

_CHUNK = 8192  # pairs encoded at once
_BLOCK = 1 << 22  # bytes read at once


class TokenCorpus:
    """Sentence pairs as token ids without special ids, mapped from flat files.

    A folder holds `corpus.json` (format, fingerprint, sizes and checksums of the files, what was
    dropped and why) and for each side the ids (uint16 where the vocabulary fits, else int32) and
    the offsets (int64), in the byte order of little-endian machines. It is written under a
    temporary name and renamed, so that a folder of that name is complete.

    Attributes:
        source_tokens: `TokenArray` of the sources.
        target_tokens: `TokenArray` of the targets.
        source_lengths: int32 `(num_pairs,)`, special ids not counted.
        target_lengths: int32 `(num_pairs,)`, special ids not counted.
        fingerprint: of what the corpus was made from.
        report: `FilterReport` of the pairs that were dropped on the way.
        weights: float32 `(num_pairs,)`, how much each pair counts, or None.
        part_sizes: integers, how many pairs come from the first file, from the second, ...
    """

    def __init__(
        self,
        source_tokens,
        target_tokens,
        fingerprint: str = "",
        report=None,
        weights=None,
        part_sizes=None,
    ):
        if len(source_tokens) != len(target_tokens):
            raise UserError(
                f"A corpus needs as many targets as sources. Received: {len(source_tokens)} "
                f"sources and {len(target_tokens)} targets"
            )
        self.source_tokens = source_tokens
        self.target_tokens = target_tokens
        self.source_lengths = source_tokens.lengths
        self.target_lengths = target_tokens.lengths
        self.fingerprint = fingerprint
        self.report = FilterReport() if report is None else report
        self.weights = weights
        self.part_sizes = [len(source_tokens)] if part_sizes is None else list(part_sizes)

    def __len__(self) -> int:
        return len(self.source_tokens)

    def source(self, index: int) -> np.ndarray:
        """Source ids of one pair, int32."""
        return self.source_tokens[index]

    def target(self, index: int) -> np.ndarray:
        """Target ids of one pair, int32."""
        return self.target_tokens[index]

    def select(self, rows: np.ndarray) -> TokenCorpus:
        """Some of the pairs, in another order or several times; nothing is copied but weights."""
        weights = None if self.weights is None else self.weights[rows]
        return TokenCorpus(
            self.source_tokens.select(rows), self.target_tokens.select(rows), weights=weights
        )

    @classmethod
    def of(cls, sources, targets) -> TokenCorpus:
        """A small corpus in memory, from sequences of ids."""
        return cls(TokenArray.of(sources), TokenArray.of(targets))

    @classmethod
    def build(
        cls,
        folder,
        pairs: Iterable,
        tokenizers,
        fingerprint: str = "",
        *,
        max_length: int | None = None,
        weighted: bool = False,
        report: FilterReport | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> TokenCorpus:
        """Tokenises `pairs` into `folder`, replacing what is there, and opens it.

        Args:
            folder: where to write; its parents are made.
            pairs: of `(source, target, ...)` texts, read once, a few thousand at a time; those of
                `read_pairs` also tell their weights and the file that they come from.
            tokenizers: a `TokenizerPair`.
            fingerprint: see `corpus_fingerprint`.
            max_length: pairs with more tokens on a side are dropped; so are sides without any.
            weighted: keep the weights of the pairs.
            report: counts what is dropped here, too; it is saved with the corpus.
            progress: called with the number of pairs read so far.

        Raises:
            UserError: a folder that cannot be written (nothing is left), or no pair at all.
        """
        sizes = [side.vocabulary_size for side in (tokenizers.source, tokenizers.target)]
        counted = FilterReport() if report is None else report
        with CorpusWriter(folder, sizes, weighted) as writer:
            part_sizes: list[int] = []
            num_read = 0
            pairs = iter(pairs)
            while chunk := list(itertools.islice(pairs, _CHUNK)):
                kept = _append(chunk, tokenizers, writer, max_length, counted)
                _count_parts(kept, part_sizes)
                num_read += len(chunk)
                if progress is not None:
                    progress(num_read)
            if report is None:  # otherwise `filter_pairs` counted what came in
                counted.num_read = num_read
            if writer.num_pairs == 0:
                raise UserError(f"No sentence pair is left to train on: {counted.summary()}")
            writer.finish(fingerprint, counted, part_sizes)
        return cls.open(folder, verify=False)

    @classmethod
    def open(cls, folder, fingerprint: str | None = None, verify: bool = True) -> TokenCorpus:
        """Maps a corpus that was built.

        Args:
            folder: of `build`.
            fingerprint: what the corpus must have been made from; None takes any.
            verify: read the files once and compare their checksums.

        Raises:
            UserError: the folder is not a corpus, is damaged, or was made from something else.
        """
        folder = Path(folder)
        description = _description(folder)
        if fingerprint is not None and description["fingerprint"] != fingerprint:
            raise UserError(
                f"The tokenised corpus in {folder} was made from other files, filters or "
                "tokenizers: build it again."
            )
        for name, about in description["files"].items():
            _check_file(folder / name, about, verify)
        sides = []
        for name in SIDES:
            dtype = np.dtype(description["dtypes"][name]).newbyteorder("<")
            sides.append(
                TokenArray(
                    _mapped(folder / f"{name}.ids", dtype),
                    _mapped(folder / f"{name}.offsets", np.dtype("<i8")),
                )
            )
            if len(sides[-1]) != description["num_pairs"]:
                raise _damaged(folder / f"{name}.offsets")
        weights = None
        if "weights" in description["files"]:
            weights = np.asarray(_mapped(folder / "weights", np.dtype("<f4")))
            if len(weights) != description["num_pairs"]:
                raise _damaged(folder / "weights")
        return cls(
            *sides,
            description["fingerprint"],
            FilterReport.from_dict(description["report"]),
            weights,
            description["part_sizes"],
        )

    @classmethod
    def open_or_build(cls, folder, make_pairs, tokenizers, fingerprint: str, **options):
        """Opens what is there if it is whole and of this fingerprint, builds it otherwise.

        `make_pairs` is called only to build, without arguments; `options` are those of `build`.
        """
        try:
            return cls.open(folder, fingerprint)
        except UserError:
            return cls.build(folder, make_pairs(), tokenizers, fingerprint, **options)


def _append(chunk, tokenizers, writer, max_length, report) -> list:
    """Tokenises and writes some pairs; returns those that were kept."""
    encoded = [
        tokenizer.encode([pair[column] for pair in chunk])
        for column, tokenizer in enumerate((tokenizers.source, tokenizers.target))
    ]
    reasons = [
        _reason(*lengths, max_length) for lengths in zip(*map(_lengths, encoded), strict=True)
    ]
    for reason in filter(None, reasons):
        report.drop(reason)
    kept = [reason is None for reason in reasons]
    pairs = list(itertools.compress(chunk, kept))
    writer.append(
        *(_flat(list(itertools.compress(side, kept))) for side in encoded),
        weights=[getattr(pair, "weight", 1.0) for pair in pairs],
    )
    return pairs


def _count_parts(pairs, part_sizes: list[int]):
    """Counts pairs by the file that they come from; files come one after the other."""
    for pair in pairs:
        part = getattr(pair, "part", 0)
        while len(part_sizes) <= part:
            part_sizes.append(0)
        part_sizes[part] += 1


def _flat(sentences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All ids one after the other, and how many each sentence has."""
    lengths = np.array(_lengths(sentences), dtype=np.int64)
    return np.concatenate([np.zeros(0, np.int32), *sentences]), lengths


def _lengths(sentences: list[np.ndarray]) -> list[int]:
    return [len(sentence) for sentence in sentences]


def _reason(source_length: int, target_length: int, max_length: int | None) -> str | None:
    """Why a tokenised pair is dropped, None if it is kept."""
    if min(source_length, target_length) == 0:
        return "no token on a side"
    if max_length is not None and max(source_length, target_length) > max_length:
        return "too many tokens"
    return None


def _description(folder: Path) -> dict:
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{folder} holds no tokenised corpus: {DESCRIPTION} is missing.") from None
    except (OSError, ValueError):
        raise _damaged(path) from None
    if not isinstance(description, dict) or description.get("format_version") != FORMAT_VERSION:
        raise UserError(
            f"{path} is of another version than {FORMAT_VERSION}, the one that can be read here: "
            "build the corpus again."
        )
    expected = {f"{side}.{kind}" for side in SIDES for kind in ("ids", "offsets")}
    if set(description.get("files", ())) - {"weights"} != expected or not {
        "fingerprint",
        "num_pairs",
        "part_sizes",
        "dtypes",
        "report",
    } <= set(description):
        raise _damaged(path)
    return description


def _check_file(path: Path, about: dict, verify: bool):
    try:
        if path.stat().st_size != about["bytes"]:
            raise _damaged(path)
        if not verify:
            return
        checksum = 0
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                checksum = zlib.crc32(block, checksum)
    except OSError:
        raise _damaged(path) from None
    if checksum != about["crc32"]:
        raise _damaged(path)


def _damaged(path: Path) -> UserError:
    return UserError(
        f"{path} is damaged or incomplete: delete {path.parent} and the corpus is built again."
    )


def _mapped(path: Path, dtype: np.dtype) -> np.ndarray:
    if path.stat().st_size == 0:  # an empty file cannot be mapped
        return np.zeros(0, dtype)
    return np.memmap(path, dtype=dtype, mode="r")
