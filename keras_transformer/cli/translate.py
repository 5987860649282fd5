"""Translate lines of text.

Reads standard input, or files in their order (plain or .gz), and writes one line for each line,
in order; blank lines stay blank. Lines are translated as they come, so input may be endless.

With --n-best, a line has as many lines of output as there are different translations, with the
number of the line, the rank and the text, separated by tabs.
"""

import contextlib
import dataclasses
import itertools
import sys

from keras_transformer.cli.lines import chunks_of, file_lines, open_inputs
from keras_transformer.cli.models import add_weights_argument
from keras_transformer.cli.output import (
    add_format_argument,
    check_output,
    one_line,
    translation_lines,
)
from keras_transformer.cli.parser import add_model_argument, positive
from keras_transformer.cli.translation_options import (
    add_reverse_weight,
    add_translation_options,
    prefix_file,
    translation_options,
)
from keras_transformer.config.translation_options import MAX_SEED
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
    add_format_argument(
        parser,
        "line, rank, log-probability, ranking score, which sides were cut (source, target) and "
        "the text",
    )
    parser.add_argument(
        "--n-best", metavar="N", type=positive, help="write the N best translations of each line"
    )
    parser.add_argument(
        "--document",
        action="store_true",
        help="each line is a paragraph: split it into sentences and join their translations",
    )
    parser.add_argument(
        "--batch-size", metavar="N", type=positive, help="sentences translated together"
    )
    add_weights_argument(parser)
    add_reverse_weight(parser)
    add_translation_options(parser)


def run(arguments):
    """Translates all input."""
    from keras_transformer.cli.models import load_translator

    options = translation_options(arguments, arguments.n_best)
    if arguments.document:
        _check_document(arguments)
    inputs = open_inputs(arguments.files)
    prefix = prefix_file(arguments)
    check_output(arguments.output, [*arguments.files, *([prefix] if prefix else [])])
    prefixes = _prefixes(arguments)
    translator = load_translator(arguments.model, weights=arguments.weights)
    needs_options = options is not None or arguments.format != "text" or arguments.n_best
    if needs_options and not hasattr(translator, "hypotheses"):
        raise UserError(
            f"{arguments.model} cannot take options of a translation: export the model again"
        )
    if arguments.reverse_weight:
        from keras_transformer.reverse_ranking import ReverseRanking

        translator = ReverseRanking(translator, arguments.reverse_weight)
    translate = _Translate(translator, arguments, options, prefixes)
    with contextlib.ExitStack() as stack:
        output = sys.stdout.buffer
        if arguments.output:
            output = stack.enter_context(open(arguments.output, "wb"))
        advance = stack.enter_context(_progress())
        for chunk in chunks_of(inputs, CHUNK_LINES):
            for line in translate(chunk):
                output.write(line.encode("utf-8", errors="replace") + b"\n")
            output.flush()
            advance(len(chunk))
    translate.finish()


class _Translate:
    """Lines in, lines out; counts what it translates."""

    def __init__(self, translator, arguments, options, prefixes):
        self.translator = translator
        self.arguments = arguments
        self.options = options
        self.prefixes = prefixes  # an iterator, or None
        self.batch_size = {"batch_size": arguments.batch_size} if arguments.batch_size else {}
        self.num_texts = 0

    def __call__(self, lines):
        if self.arguments.document:
            return self._documents(lines)
        first, options = self.num_texts + 1, self._options(len(lines))
        format, n_best = self.arguments.format, self.arguments.n_best
        if format == "text" and not n_best:
            return self._best(lines, options)
        found = self.translator.hypotheses(
            lines, options=options, n_best=n_best or 1, **self.batch_size
        )
        return [
            line
            for number, hypotheses in enumerate(found, first)
            for line in translation_lines(number, hypotheses, format, bool(n_best))
        ]

    def _options(self, count):
        """For so many texts: None, one for all of them, or a list with one for each."""
        first = self.num_texts
        self.num_texts += count
        options = self.options
        if options is None or (self.prefixes is None and not options.seed):
            return options
        options = [options] * count
        if self.prefixes is not None:
            prefixes = list(itertools.islice(self.prefixes, count))
            if len(prefixes) < count:
                raise UserError(
                    f"{prefix_file(self.arguments)} ends before line {first + len(prefixes) + 1} "
                    "and the input goes on: expected one prefix, or an empty line, for each line"
                )
            options = [
                dataclasses.replace(each, prefix=prefix)
                for each, prefix in zip(options, prefixes, strict=True)
            ]
        if self.options.seed:  # else all lines would be drawn with the same noise
            seeds = [(self.options.seed - 1 + first + row) % MAX_SEED + 1 for row in range(count)]
            options = [
                dataclasses.replace(each, seed=seed)
                for each, seed in zip(options, seeds, strict=True)
            ]
        return options

    def finish(self):
        """Raises `UserError` where there are more prefixes than lines."""
        if self.prefixes is not None and next(self.prefixes, None) is not None:
            raise UserError(
                f"the input ends after {self.num_texts} lines and {prefix_file(self.arguments)} "
                "goes on: expected one prefix for each line"
            )

    def _best(self, texts, options):
        keep = [row for row, text in enumerate(texts) if text.strip()]
        if isinstance(options, list):
            options = [options[row] for row in keep]
        chosen = {} if options is None else {"options": options}
        full = [texts[row] for row in keep]
        found = self.translator.translate(full, **chosen, **self.batch_size) if full else []
        translations = [""] * len(texts)
        for row, text in zip(keep, found, strict=True):
            translations[row] = one_line(text)
        return translations

    def _documents(self, paragraphs):
        from keras_transformer.sentences import join_sentences, split_sentences

        split = [split_sentences(paragraph) for paragraph in paragraphs]
        sentences = [sentence for one in split for sentence in one]
        translations = iter(self._best(sentences, self._options(len(sentences))))
        return [join_sentences([next(translations) for _ in one]) for one in split]


def _check_document(arguments):
    excluded = {
        "--n-best": arguments.n_best,
        "--prefix": arguments.prefix,
        f"--format {arguments.format}": arguments.format != "text",
    }
    for name, value in excluded.items():
        if value:
            raise UserError(f"--document translates sentence by sentence: leave {name} out")


def _prefixes(arguments):
    """The lines of `--prefix @FILE`, or None."""
    name = prefix_file(arguments)
    if not name:
        return None
    (path,) = open_inputs([name])
    if path is None:
        raise UserError("--prefix @- is standard input: give the name of a file")
    return file_lines(path)


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
