"""One setting: what it means and accepts, and how a text becomes its value.

Only the standard library is imported here, so that `--help` answers at once.
"""

import contextlib
import dataclasses
import difflib
import json
import math
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path

from keras_transformer.errors import UserError


def setting(default, help, *, choices=None, minimum=None, maximum=None, unit=""):
    """A dataclass field with what its YAML comment, its option and its checks need."""
    metadata = {
        "help": help,
        "choices": choices,
        "minimum": minimum,
        "maximum": maximum,
        "unit": unit,
    }
    return dataclasses.field(default=default, metadata=metadata)


class Section:
    """What every section shares: values are checked and lists made tuples at construction."""

    name = ""

    def __post_init__(self):
        for key in keys_of(type(self)):
            value = getattr(self, key.field)
            object.__setattr__(self, key.field, key.check(value))
        self.check_together()

    def check_together(self):
        """Raises `UserError` where settings that are right alone contradict each other."""


@dataclasses.dataclass(frozen=True)
class Key:
    """One setting: its dotted name, its type and what it accepts."""

    name: str
    field: str
    kind: type
    is_list: bool
    optional: bool
    default: object
    help: str
    choices: tuple[str, ...] | None
    minimum: float | None
    maximum: float | None
    unit: str

    def parse(self, text: str | Sequence[str], where: str = ""):
        """The value that a text (or a list of texts) stands for."""
        if self.is_list:
            texts = [text] if isinstance(text, str) else text
            texts = [one for one in texts if one or len(texts) > 1]
            return self.check(tuple(self._parse_one(one, where) for one in texts), where)
        if not isinstance(text, str):
            raise self._error(f"a list of {count(len(text), 'value')}", where)
        if self.optional and text.lower() in ("", "~", "null"):
            return None
        return self.check(self._parse_one(text, where), where)

    def _parse_one(self, text, where):
        if self.kind is str:
            accepts = self.choices or ()
            return text.lower() if text not in accepts and text.lower() in accepts else text
        if self.kind is bool:
            values = {
                "true": True,
                "yes": True,
                "on": True,
                "false": False,
                "no": False,
                "off": False,
            }
            if text.lower() in values:
                return values[text.lower()]
        else:
            with contextlib.suppress(ValueError):  # said below, with what was expected
                return self.kind(text)
        raise self._error(f'"{text}"', where)

    def check(self, value, where: str = ""):
        """`value`, with lists made tuples and whole numbers made floats where those are asked."""
        if value is None and self.optional:
            return None
        if self.is_list:
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise self._error(repr(value), where)
            return tuple(self._check_one(one, where) for one in value)
        return self._check_one(value, where)

    def _check_one(self, value, where):
        if self.kind is float and type(value) is int:
            value = float(value)
        if self.kind is str and isinstance(value, Path):
            value = str(value)
        shown = f'"{value}"' if isinstance(value, str) else repr(value)
        if type(value) is not self.kind:
            raise self._error(shown, where)
        if self.choices and value not in self.choices:
            raise self._error(shown, where, nearest(str(value), self.choices))
        if self.kind in (int, float):
            low = self.minimum is not None and not value >= self.minimum
            high = self.maximum is not None and not value <= self.maximum
            if low or high or not math.isfinite(value):
                raise self._error(shown, where)
        return value

    def describe(self) -> str:
        """Meaning, unit, choices and default in one line."""
        unit = f" ({self.unit})" if self.unit else ""
        choices = f" {_capital(self.expected())}." if self.choices else ""
        default = f" Default: {written(self.default)}."
        return f"{_capital(self.help)}{unit}.{choices}{default}"

    def expected(self) -> str:
        """What the setting accepts, in words."""
        if self.choices:
            words = "one of " + ", ".join(choice or '""' for choice in self.choices)
        else:
            words = {bool: "true or false", str: "a text", int: "a whole number"}.get(
                self.kind, "a number"
            )
        if self.is_list:
            words = {
                str: "a list of texts",
                int: "a list of whole numbers",
                float: "a list of numbers",
            }[self.kind]
        if self.minimum is not None and self.maximum is not None:
            words += f" from {self.minimum} to {self.maximum}"
        elif self.minimum is not None:
            words += f", at least {self.minimum}"
        return words + (" or null" if self.optional else "")

    def _error(self, shown, where, guess=""):
        place = f"{where}: " if where else ""
        hint = f"; did you mean {guess}?" if guess else ""
        return UserError(f"{place}{self.name} is {shown}: expected {self.expected()}{hint}")


def keys_of(section: type) -> Iterator[Key]:
    """The settings of a section, in order."""
    for field in dataclasses.fields(section):
        kind, is_list, optional = field.type, False, False
        if isinstance(kind, types.UnionType):
            kind, optional = typing.get_args(kind)[0], True
        if typing.get_origin(kind) is tuple:
            kind, is_list = typing.get_args(kind)[0], True
        yield Key(
            name=f"{section.name}.{field.name}",
            field=field.name,
            kind=kind,
            is_list=is_list,
            optional=optional,
            default=field.default,
            **field.metadata,
        )


def nearest(word: str, words) -> str:
    """The word most like `word`, or an empty text."""
    found = difflib.get_close_matches(word, [one for one in words if one], n=1, cutoff=0.6)
    return found[0] if found else ""


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 file", "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def written(value) -> str:
    """A value as YAML."""
    if isinstance(value, tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    plain = value and all(c.isalnum() or c in "_-./" for c in value) and value[0] not in "-."
    return value if plain else json.dumps(value, ensure_ascii=False)


def _capital(text):
    return text[0].upper() + text[1:]
