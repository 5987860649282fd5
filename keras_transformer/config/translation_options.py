"""What a request may ask of a translation: the one table of options.

The signature `options` of an export, the Python API and the command line are made from it.
"""

import dataclasses
import typing
from typing import NamedTuple

from keras_transformer.errors import UserError

STRATEGIES = ("", "beam", "greedy", "sample")
MAX_LENGTH_PENALTY = 3.0
MAX_SEED = 2**31 - 1
_LONGEST = 100_000


class OptionField(NamedTuple):
    """One option."""

    name: str
    type: type  # str, int or float
    unset: object  # the value that means "not set"
    minimum: object  # smallest and largest value where it is set; None for texts
    maximum: object
    help: str

    def clamp(self, value):
        """`value` itself where it is allowed or not set, else the nearest allowed one."""
        if value == self.unset or self.minimum is None:
            return value
        return min(max(value, self.minimum), self.maximum)

    def expected(self) -> str:
        """What the option accepts, in words."""
        if self.type is str:
            return "a text"
        number = "a whole number" if self.type is int else "a number"
        return f"{number} from {self.minimum} to {self.maximum} ({self.unset}: not set)"

    def parse(self, text: str):
        """The value that a text stands for; raises `UserError`."""
        try:
            value = self.type(text)
        except ValueError:
            raise UserError(f'{self.name} is "{text}": expected {self.expected()}.') from None
        self.check(value)
        return value

    def check(self, value):
        """Raises `UserError` where `value` is not allowed."""
        accepted = (int, float) if self.type is float else self.type
        is_right = isinstance(value, accepted) and not isinstance(value, bool)
        if not is_right or self.clamp(value) != value:  # a NaN differs from itself
            raise UserError(f"{self.name} is {value!r}: expected {self.expected()}.")


def _option(unset, help, minimum=None, maximum=None):
    metadata = {"minimum": minimum, "maximum": maximum, "help": help}
    return dataclasses.field(default=unset, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class TranslationOptions:
    """How one text is translated. Lengths are in target tokens, the end mark included.

    Raises:
        UserError: a value is out of range, or two contradict each other.
    """

    prefix: str = _option("", "text with which the translation begins")
    strategy: str = _option("", "beam, greedy or sample; empty: beam, as wide as the settings say")
    forbidden: str = _option("", "words that the translation must not hold, separated by spaces")
    beam_size: int = _option(0, "hypotheses kept at every step; 1 is greedy", 1, 200)
    min_length: int = _option(0, "least tokens of a translation, its end included", 1, _LONGEST)
    max_length: int = _option(0, "most tokens of a translation, its end included", 1, _LONGEST)
    top_k: int = _option(0, "sample only among so many most probable tokens", 1, 2**31 - 1)
    no_repeat_ngram: int = _option(0, "never say so many tokens in a row twice", 1, _LONGEST)
    seed: int = _option(0, "of sampling: the same seed gives the same text", 1, MAX_SEED)
    length_penalty: float = _option(
        -1.0,
        "of a beam: scores are divided by ((5 + length) / 6) to this power",
        0.0,
        MAX_LENGTH_PENALTY,
    )
    temperature: float = _option(0.0, "of sampling: below 1 safer, above 1 bolder", 0.01, 100.0)
    top_p: float = _option(
        0.0, "sample only among the fewest tokens whose probabilities sum up to this", 0.001, 1.0
    )

    def __post_init__(self):
        for field in option_fields():
            field.check(getattr(self, field.name))
        if self.strategy not in STRATEGIES:
            names = ", ".join(STRATEGIES[1:])
            raise UserError(f"strategy is {self.strategy!r}: expected one of {names}, or nothing.")
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
