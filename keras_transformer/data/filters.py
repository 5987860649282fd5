"""Drops sentence pairs that training is better without, and counts why."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b

from keras_transformer.errors import UserError


@dataclass(frozen=True)
class FilterOptions:
    """Which pairs to keep. A pair with a blank side is always dropped. None switches a test off.

    Attributes:
        max_characters: the most characters of a side.
        max_words: the most words (between spaces) of a side.
        max_length: the most tokens of a side; `TokenCorpus.build` applies it.
        max_ratio: the most characters of one side for each character of the other; sides
            shorter than `ratio_floor` characters count as that long, so that "Yes." may be long
            elsewhere.
        ratio_floor: see above.
        drop_duplicates: keep only the first of equal pairs. Costs 12 to 24 bytes a pair.
        drop_identical: drop pairs whose source and target are the same text.
    """

    max_characters: int | None = None
    max_words: int | None = None
    max_length: int | None = None
    max_ratio: float | None = None
    ratio_floor: int = 10
    drop_duplicates: bool = False
    drop_identical: bool = False

    def __post_init__(self):
        for name in ("max_characters", "max_words", "max_length", "ratio_floor"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"`{name}` must be 1 or more. Received: {name}={value}")
        if self.max_ratio is not None and self.max_ratio < 1:
            raise UserError(f"`max_ratio` must be 1 or more. Received: max_ratio={self.max_ratio}")

    def to_dict(self) -> dict:
        """For a fingerprint."""
        return asdict(self)


class FilterReport:
    """How many pairs were read, and how many were dropped for which reason.

    Attributes:
        num_read: pairs that came in.
        dropped: reason to number of pairs, in the order in which reasons first occurred.
    """

    def __init__(self, num_read: int = 0, dropped: dict[str, int] | None = None):
        self.num_read = num_read
        self.dropped = dict(dropped or {})

    @property
    def num_dropped(self) -> int:
        return sum(self.dropped.values())

    @property
    def num_kept(self) -> int:
        return self.num_read - self.num_dropped

    def drop(self, reason: str, count: int = 1):
        """Counts pairs dropped for a reason."""
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count

    def summary(self) -> str:
        """One paragraph for people."""
        if not self.dropped:
            return f"{self.num_read:,} pairs read, none dropped."
        reasons = ", ".join(
            f"{count:,} ({reason})"
            for reason, count in sorted(self.dropped.items(), key=lambda item: -item[1])
        )
        share = 100 * self.num_dropped / max(1, self.num_read)
        return (
            f"{self.num_read:,} pairs read, {self.num_kept:,} kept, {self.num_dropped:,} "
            f"({share:.1f} %) dropped: {reasons}."
        )

    __str__ = summary

    def to_dict(self) -> dict:
        """For JSON."""
        return {"num_read": self.num_read, "dropped": self.dropped}

    @classmethod
    def from_dict(cls, saved: dict) -> FilterReport:
        return cls(saved["num_read"], saved["dropped"])


def filter_pairs(
    pairs: Iterable, options: FilterOptions | None = None, report: FilterReport | None = None
) -> Iterator:
    """Yields the pairs to keep, in order. A pair of weight 0 (`Pair.weight`) is dropped.

    Args:
        pairs: of `(source, target, ...)` texts.
        options: what to drop.
        report: is counted up while the pairs are read; complete when they are exhausted.
    """
    options = FilterOptions() if options is None else options
    report = FilterReport() if report is None else report
    seen = _KeySet()
    for pair in pairs:
        report.num_read += 1
        if getattr(pair, "weight", 1.0) == 0:
            reason = "weight 0"
        else:
            reason = _reason(pair[0], pair[1], options, seen)
        if reason is None:
            yield pair
        else:
            report.drop(reason)


def _reason(source: str, target: str, options: FilterOptions, seen: _KeySet) -> str | None:
    """Why a pair is dropped, None if it is kept."""
    if not source.strip() or not target.strip():
        return "blank side"
    if options.drop_identical and source.strip() == target.strip():
        return "source equal to target"
    longest = max(len(source), len(target))
    if options.max_characters is not None and longest > options.max_characters:
        return "too many characters"
    words = options.max_words
    if words is not None and max(len(source.split()), len(target.split())) > words:
        return "too many words"
    if options.max_ratio is not None:
        shortest = max(options.ratio_floor, min(len(source), len(target)))
        if longest > options.max_ratio * shortest:
            return "lengths too different"
    if options.drop_duplicates:
        # Eight bytes of a hash: two different pairs of a hundred million meet once in 3,700 runs.
        text = f"{len(source)}:{source}{target}".encode("utf-8", "surrogatepass")
        key = int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
        if not seen.add(key):
            return "duplicate"
    return None


class _KeySet:
    """64-bit keys in an open table: 12 to 24 bytes a key, where a `set` takes about 90."""

    def __init__(self):
        self._table = array("Q", bytes(8 * 1024))
        self._count = 0

    def add(self, key: int) -> bool:
        """Whether the key is new."""
        table, mask = self._table, len(self._table) - 1
        key = key or 1  # 0 marks a free place
        place = key & mask
        while found := table[place]:
            if found == key:
                return False
            place = (place + 1) & mask
        table[place] = key
        self._count += 1
        if 3 * self._count > 2 * len(table):
            self._grow()
        return True

    def _grow(self):
        old, self._count = self._table, 0
        self._table = array("Q", bytes(16 * len(old)))
        for key in old:
            if key:
                self.add(key)
