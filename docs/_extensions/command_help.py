"""A directive that shows what `keras-transformer COMMAND --help` prints, for every command."""

import argparse
import os

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

WIDTH = "88"


class CommandHelp(SphinxDirective):
    """`{command-help}`: a section for each command, and in it one for each command of its own."""

    def run(self):
        from keras_transformer.cli.parser import build_parser

        before = os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = WIDTH  # argparse makes its lines as long as the terminal's
        try:
            return list(_sections(build_parser()))
        finally:
            if before is None:
                del os.environ["COLUMNS"]
            else:
                os.environ["COLUMNS"] = before


def _sections(parser):
    """A section for each command of a parser."""
    for command in _commands(parser).values():
        title = command.prog.removeprefix("keras-transformer ")
        section = nodes.section(ids=[nodes.make_id(title)], names=[title])
        section += nodes.title(text=title)
        section += nodes.literal_block(text=command.format_help(), language="text")
        section += list(_sections(command))
        yield section


def _commands(parser):
    """The parsers of the commands that a parser hands over to, by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return action.choices
    return {}


def setup(app):
    """Registers the extension."""
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
