"""Options of the command line that say how to translate, made from the table of options."""

import argparse

from keras_transformer.config.translation_options import TranslationOptions, option_fields
from keras_transformer.errors import UserError

_FLAGS = {"beam_size": "--beam", "forbidden": "--forbid"}
_METAVARS = {"prefix": "TEXT|@FILE", "forbidden": "WORDS", int: "N", float: "X"}
MAX_REVERSE_WEIGHT = 100
_OF_SAMPLING = ("temperature", "top_k", "top_p", "seed")


def add_translation_options(parser, names=None):
    """Adds an option for each entry of the table, or only those named; `--sample` among them.

    What is not given is None in the parsed arguments.
    """
    group = parser.add_argument_group("how to translate")
    for field in option_fields():
        if names is not None and field.name not in names:
            continue
        if field.name == "strategy":
            group.add_argument("--sample", action="store_true", help="draw a translation at random")
            continue
        group.add_argument(
            flag_of(field.name),
            dest=field.name,
            metavar=_METAVARS.get(field.name) or _METAVARS[field.type],
            type=_type_of(field),
            help=_help_of(field),
        )


def add_reverse_weight(parser):
    """Adds `--reverse-weight`."""
    parser.add_argument(
        "--reverse-weight",
        metavar="X",
        type=_weight,
        help="of a run with data.both_directions: the hypotheses of the beam are ranked by how "
        "well they translate back, too, times this; begin with 0.2",
    )


def _weight(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MAX_REVERSE_WEIGHT:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not a number above 0, up to {MAX_REVERSE_WEIGHT}'
        )
    return value


def flag_of(name):
    """The command line's name for an option."""
    return _FLAGS.get(name, "--" + name.replace("_", "-"))


def _type_of(field):
    def parse(text):
        try:
            return field.parse(text)
        except UserError:
            raise argparse.ArgumentTypeError(f'"{text}" is not {field.expected()}') from None

    return parse


def _help_of(field):
    range_ = ""
    if field.type is not str:
        largest = f" to {field.maximum:g}" if field.maximum < 1000 else " up"
        range_ = f", from {field.minimum:g}{largest}"
    more = {
        "prefix": "; @FILE: a line of the file for each line",
        "seed": "; the second line is drawn with N + 1, and so on",
    }
    return f"{field.help}{range_}{more.get(field.name, '')}"


def translation_options(arguments, n_best=None):
    """`TranslationOptions` of parsed arguments; None where nothing was asked for.

    Args:
        arguments: parsed; the prefix is left to the caller where it is a file.
        n_best: how many translations of a line are wanted, or None; a beam is at least as wide.

    Raises:
        UserError: options contradict each other.
    """
    values = {field.name: getattr(arguments, field.name, None) for field in option_fields()}
    values = {name: value for name, value in values.items() if value is not None}
    if getattr(arguments, "sample", False):
        for name, value in (("--beam", values.get("beam_size")), ("--n-best", n_best)):
            if value:
                raise UserError(f"--sample draws one translation of each line: leave {name} out")
        values["strategy"] = "sample"
    elif unused := [name for name in _OF_SAMPLING if name in values]:
        raise UserError(f"{flag_of(unused[0])} is about sampling: give --sample, too")
    if n_best:
        if 0 < values.get("beam_size", 0) < n_best:
            raise UserError(
                f"--n-best {n_best} is more than --beam {values['beam_size']} keeps: make the beam "
                "as wide"
            )
        if n_best > 1:
            values.setdefault("beam_size", n_best)
    if prefix_file(arguments):
        del values["prefix"]
    elif not values:
        return None
    return TranslationOptions(**values)


def prefix_file(arguments):
    """The file of `--prefix @FILE`, or an empty text."""
    prefix = getattr(arguments, "prefix", None) or ""
    return prefix[1:] if prefix.startswith("@") else ""
