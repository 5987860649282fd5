"""What a request may ask of decoding, and the same as tensors."""

import dataclasses
import typing
from typing import NamedTuple

from keras_transformer.errors import UserError

STRATEGIES = ("", "beam", "greedy", "sample")
MAX_LENGTH_PENALTY = 3.0


class OptionField(NamedTuple):
    """One option: what the signature `options`, the Python API and the command line know of it."""

    name: str
    type: type  # str, int or float
    unset: object  # the value that means "not set"
    minimum: object  # smallest and largest value where it is set; None: no bound, or a text
    maximum: object
    help: str

    def clamp(self, value):
        """`value` itself where it is allowed or not set, else the nearest allowed one."""
        if value == self.unset or self.minimum is None:
            return value
        return min(max(value, self.minimum), self.maximum)


def _option(unset, help, minimum=None, maximum=None):
    metadata = {"minimum": minimum, "maximum": maximum, "help": help}
    return dataclasses.field(default=unset, metadata=metadata)


_LONGEST = 100_000


@dataclasses.dataclass(frozen=True)
class TranslationOptions:
    """How one text is translated. Lengths are in target tokens, the end mark included.

    This class is the one table of options: `option_fields()` reads it.

    Raises:
        UserError: a value is out of range.
    """

    prefix: str = _option("", "text with which the translation begins")
    strategy: str = _option("", "beam, greedy or sample; empty: beam")
    forbidden: str = _option("", "words that the translation must not hold, separated by spaces")
    beam_size: int = _option(0, "hypotheses kept at every step; 1 is greedy", 1, 200)
    min_length: int = _option(0, "least tokens of a translation", 1, _LONGEST)
    max_length: int = _option(0, "most tokens of a translation", 1, _LONGEST)
    top_k: int = _option(0, "sample: only among so many most probable tokens", 1, 2**31 - 1)
    no_repeat_ngram: int = _option(0, "never say so many tokens in a row twice", 1, _LONGEST)
    seed: int = _option(0, "sample: the same seed gives the same text", 1, 2**31 - 1)
    length_penalty: float = _option(
        -1.0,
        "beam: scores are divided by ((5 + length) / 6) to this power",
        0.0,
        MAX_LENGTH_PENALTY,
    )
    temperature: float = _option(0.0, "sample: below 1 safer, above 1 bolder", 0.01, 100.0)
    top_p: float = _option(
        0.0, "sample: only among the most probable tokens that sum up to this", 1e-6, 1.0
    )

    def __post_init__(self):
        if self.strategy not in STRATEGIES:
            raise UserError(
                f"strategy must be one of {', '.join(STRATEGIES[1:])}, not {self.strategy!r}."
            )
        for field in option_fields():
            _check(field, getattr(self, field.name))
        if 0 < self.max_length < self.min_length:
            raise UserError(
                f"min_length ({self.min_length}) is more than max_length ({self.max_length}): "
                "change one of them."
            )


def option_fields() -> tuple[OptionField, ...]:
    """All options, in the order of the signature `options`."""
    types = typing.get_type_hints(TranslationOptions)
    return tuple(
        OptionField(field.name, types[field.name], field.default, **field.metadata)
        for field in dataclasses.fields(TranslationOptions)
    )


def _check(field, value):
    accepted = (int, float) if field.type is float else field.type
    if isinstance(value, bool) or not isinstance(value, accepted):
        raise UserError(f"{field.name} must be of type {field.type.__name__}, not {value!r}.")
    # `not ... ==`, so that a NaN is refused.
    if not field.clamp(value) == value:
        raise UserError(
            f"{field.name} must be from {field.minimum} to {field.maximum} "
            f"({field.unset}: not set), not {value}."
        )


class SearchOptions(NamedTuple):
    """Options as tensors, one row a sentence. A field is None where no row of a program uses it.

    Where a program has a field, a row has the value in brackets for "not set".
    """

    limits: object  # (B,) int32: most ids of a row, the end mark included; 0: it stays empty
    beam_sizes: object = None  # (B,) int32, from 1 to the program's; greedy and sampled rows: 1
    min_lengths: object = None  # (B,) int32: least ids of a row, the end mark included [0]
    length_penalties: object = None  # (B,) float32, at least 0
    sampled: object = None  # (B,) bool; the four fields that follow count only where it is True
    temperatures: object = None  # (B,) float32, above 0 [1]
    top_k: object = None  # (B,) int32 [0]
    top_p: object = None  # (B,) float32 [1]
    seeds: object = None  # (B,) int32; needed where `sampled` is given
    no_repeat_ngrams: object = None  # (B,) int32 [0]
    prefixes: object = None  # (B, P) int32: ids to begin with, then -1
    forbidden: object = None  # (B, W, Q) int32: W sequences of ids, each with -1 on its left
