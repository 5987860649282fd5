"""A directive that shows what `keras-transformer COMMAND --help` prints."""

import os

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

WIDTH = "96"


class CommandHelp(SphinxDirective):
    """`{command-help} train`: the help of a command, from the parser itself."""

    required_arguments = 1

    def run(self):
        from keras_transformer.cli.parser import COMMANDS

        (command,) = self.arguments
        if command not in COMMANDS:
            raise self.error(f"there is no command {command}: expected one of {COMMANDS}")
        return [nodes.literal_block(text=help_of(command), language="text")]


def help_of(command):
    """The help of a command, in lines of a fixed width."""
    from keras_transformer.cli.parser import build_parser

    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDTH
    try:
        (commands,) = build_parser()._subparsers._group_actions
        return commands.choices[command].format_help()
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def setup(app):
    """Registers the extension."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
