"""The argument parser: one command a module, and errors that name the nearest valid option."""

import argparse
import sys
from importlib import import_module

from keras_transformer.config.settings import nearest

COMMANDS = (
    "train",
    "translate",
    "evaluate",
    "score",
    "export",
    "info",
    "report",
    "explain",
    "draw",
    "words",
    "compare",
)

_EXAMPLES = """examples:
  keras-transformer train --run runs/demo
  keras-transformer train --source train.ko --target train.en --run runs/ko-en
  keras-transformer translate runs/demo < input.txt
  keras-transformer evaluate runs/demo --source test.ko --reference test.en
  keras-transformer export runs/demo exports/demo

'keras-transformer COMMAND --help' tells the options of a command.
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions; leaves the names of options room."""

    def __init__(self, prog):
        super().__init__(prog, max_help_position=30)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line with the nearest valid option."""

    def __init__(self, **options):
        options.setdefault("formatter_class", _Formatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message):
        """Prints one line and leaves with status 2."""
        line = f"keras-transformer: error: {message} ('{self.prog} --help' tells more)"
        print(line, file=sys.stderr)
        sys.exit(2)

    def refuse(self, unknown: list[str]):
        """Leaves with an error about the first argument that nothing took."""
        option = unknown[0].partition("=")[0]
        if not option.startswith("-"):
            self.error(f"unexpected argument {unknown[0]}")
        guess = self._nearest_option(option)
        self.error(f"unknown option {option}" + (f": did you mean {guess}?" if guess else ""))

    def _nearest_option(self, option):
        names = [name for name in self._option_string_actions if name.startswith("--")]
        found = nearest(option, names)
        if found:
            return found
        # `--vocabulary-size` means the key whose last part it is: `--tokenizer.vocabulary_size`.
        by_last_part = {name.rpartition(".")[2]: name for name in reversed(names) if "." in name}
        last = option.lstrip("-").rpartition(".")[2].replace("-", "_")
        return by_last_part.get(nearest(last, by_last_part), "")


class MainParser(Parser):
    """The parser of `keras-transformer` itself, which hands over to that of a command."""

    def parse_args(self, args=None, namespace=None):
        """As in argparse; leaves with status 2 and one line on stderr when something is wrong."""
        args = list(sys.argv[1:] if args is None else args)
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            guess = nearest(args[0], COMMANDS)
            hint = f"did you mean {guess}? " if guess else ""
            self.error(f"unknown command {args[0]}: {hint}The commands are {', '.join(COMMANDS)}")
        if not args:
            self.error(f"no command given: the commands are {', '.join(COMMANDS)}")
        if args[0].startswith("-") and args[0] not in self._option_string_actions:
            self.refuse(args)
        arguments, unknown = self.parse_known_args(args, namespace)
        if unknown:
            arguments.parser.refuse(unknown)
        return arguments


class _Version(argparse.Action):
    """Looks the version up only when asked: importing the metadata module takes time."""

    def __call__(self, parser, namespace, values, option_string=None):
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(version("keras-transformer-mt"))
        except PackageNotFoundError:
            print("not installed (running from a source folder)")
        sys.exit(0)


def build_parser() -> MainParser:
    """The parser with all commands."""
    parser = MainParser(
        prog="keras-transformer",
        usage="%(prog)s [-h] [--version] COMMAND ...",
        description="Trains Transformer translators, translates with them, exports them.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    commands = parser.add_subparsers(
        title="commands",
        metavar="COMMAND ...",
        prog=parser.prog,
        parser_class=Parser,
        required=True,
    )
    for name in COMMANDS:
        module = import_module(f"keras_transformer.cli.{name}")
        summary = module.__doc__.partition("\n")[0].rstrip(".")
        command = commands.add_parser(
            name, help=summary[0].lower() + summary[1:], description=module.__doc__.strip()
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run, parser=command, resumes=False)
        if name == "train":
            command.set_defaults(resumes=True)
    return parser


def add_model_argument(parser, exports: bool):
    """Adds the folder that a command works on: a run, or where it can, an export too."""
    if exports:
        parser.add_argument("model", metavar="RUN_OR_EXPORT", help="folder of a run or an export")
    else:
        parser.add_argument("model", metavar="RUN", help="folder of a run")


def positive(text: str) -> int:
    """An argparse type: a whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number of at least 1')
    return value
