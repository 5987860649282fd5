"""Translate lines of text.

Reads standard input, or files in their order (plain or .gz), and writes one line for each line,
in order; blank lines stay blank. Lines are translated as they come, so input may be endless.
"""

import contextlib
import sys
from pathlib import Path

from keras_transformer.cli.lines import chunks_of, open_inputs
from keras_transformer.cli.parser import add_model_argument, positive
from keras_transformer.errors import UserError

# Lines handed over at once, so that sentences of like length can share a batch.
CHUNK_LINES = 1024


def add_arguments(parser):
    """Adds the options of `translate`."""
    add_model_argument(parser, exports=True)
    parser.add_argument(
        "files", metavar="FILE", nargs="*", default=[], help="text files; - or none: standard input"
    )
    parser.add_argument("--output", metavar="FILE", help="write here and not to standard output")
    parser.add_argument(
        "--document",
        action="store_true",
        help="each line is a paragraph: split it into sentences and join their translations",
    )
    parser.add_argument(
        "--batch-size", metavar="N", type=positive, help="sentences translated together"
    )


def run(arguments):
    """Translates all input."""
    from keras_transformer.cli.models import load_translator

    inputs = open_inputs(arguments.files)
    _check_output(arguments.output, arguments.files)
    translate = _translation_function(load_translator(arguments.model), arguments)
    with contextlib.ExitStack() as stack:
        output = sys.stdout.buffer
        if arguments.output:
            output = stack.enter_context(open(arguments.output, "wb"))
        advance = stack.enter_context(_progress())
        for chunk in chunks_of(inputs, CHUNK_LINES):
            for line in translate(chunk):
                output.write(line.encode("utf-8") + b"\n")
            output.flush()
            advance(len(chunk))


def _translation_function(translator, arguments):
    options = {"batch_size": arguments.batch_size} if arguments.batch_size else {}

    def translate(texts):
        full = [text for text in texts if text.strip()]
        translations = iter(translator.translate(full, **options) if full else [])
        return [_one_line(next(translations)) if text.strip() else "" for text in texts]

    def translate_documents(paragraphs):
        from keras_transformer.sentences import join_sentences, split_sentences

        split = [split_sentences(paragraph) for paragraph in paragraphs]
        translations = iter(translate([sentence for one in split for sentence in one]))
        return [join_sentences([next(translations) for _ in one]) for one in split]

    return translate_documents if arguments.document else translate


def _one_line(text):
    return text.replace("\r", " ").replace("\n", " ")


def _check_output(output, files):
    if output is None:
        return
    if Path(output).is_dir():
        raise UserError(f"--output {output} is a folder: give the name of a file")
    for name in files:
        if name != "-" and Path(output).exists() and Path(output).samefile(name):
            raise UserError(f"--output {output} is also read: give the name of another file")


@contextlib.contextmanager
def _progress():
    """A function that counts lines, shown on a terminal where it does not mix with the output."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda lines: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} lines"),
        TextColumn("{task.fields[rate]:,.0f} lines/s"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("translate", total=None, rate=0.0)

        def advance(lines):
            elapsed = progress.tasks[0].elapsed or 1e-9
            done = progress.tasks[0].completed + lines
            progress.update(task, advance=lines, rate=done / elapsed)

        yield advance
