"""Print how likely given translations are.

One line a pair: the natural-log probability of the translation, its end included.
"""

import itertools

from keras_transformer.cli.lines import chunks_of, open_inputs
from keras_transformer.cli.models import add_weights_argument, load_translator
from keras_transformer.cli.output import add_format_argument, score_line
from keras_transformer.cli.parser import add_model_argument
from keras_transformer.errors import UserError

CHUNK_LINES = 1024


def add_arguments(parser):
    """Adds the options of `score`."""
    add_model_argument(parser, exports=True)
    parser.add_argument("--source", metavar="FILE", nargs="+", required=True, help="source text")
    parser.add_argument(
        "--target", metavar="FILE", nargs="+", required=True, help="translations, line by line"
    )
    parser.add_argument(
        "--tokens", action="store_true", help="add a tab and the number of tokens to each line"
    )
    add_weights_argument(parser)
    add_format_argument(parser, "line, log-probability and number of tokens")


def run(arguments):
    """Prints one log-probability a line."""
    if arguments.tokens and arguments.format != "text":
        raise UserError(f"--format {arguments.format} has the tokens: leave --tokens out")
    sources, targets = open_inputs(arguments.source), open_inputs(arguments.target)
    translator = load_translator(arguments.model, weights=arguments.weights)
    number = 0
    for source, target in _aligned(sources, targets):
        for log_probability, num_tokens in translator.score(source, target):
            number += 1
            line = score_line(number, log_probability, num_tokens, arguments.format)
            print(f"{line}\t{num_tokens}" if arguments.tokens else line)


def _aligned(sources, targets):
    """Chunks of both sides with equal numbers of lines."""
    sides = (
        itertools.chain.from_iterable(chunks_of(inputs, CHUNK_LINES))
        for inputs in (sources, targets)
    )
    missing = object()
    pairs = enumerate(itertools.zip_longest(*sides, fillvalue=missing), 1)
    while block := list(itertools.islice(pairs, CHUNK_LINES)):
        for number, (source, target) in block:
            if missing in (source, target):
                side, other = (
                    ("--source", "--target") if source is missing else ("--target", "--source")
                )
                raise UserError(
                    f"{side} ends before line {number} and {other} goes on: expected one "
                    "translation for each source line"
                )
        yield [source for _, (source, _) in block], [target for _, (_, target) in block]
