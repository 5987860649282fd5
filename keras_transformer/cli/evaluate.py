"""Translate a test set and print BLEU and chrF.

Scores are computed by sacreBLEU on plain text and printed with their signatures. The sentences are
those of files (--source and --reference), or of the run's own data (--set).
"""

from keras_transformer.cli.lines import open_inputs
from keras_transformer.cli.models import add_weights_argument, check_model
from keras_transformer.cli.output import check_output
from keras_transformer.cli.parser import add_model_argument, positive
from keras_transformer.cli.translation_options import (
    add_reverse_weight,
    add_translation_options,
    translation_options,
)
from keras_transformer.errors import UserError


def add_arguments(parser):
    """Adds the options of `evaluate`."""
    add_model_argument(parser, exports=True)
    parser.add_argument("--source", metavar="FILE", nargs="+", help="files to translate")
    parser.add_argument(
        "--reference",
        metavar="FILE",
        nargs="+",
        help="their right translations, line by line",
    )
    parser.add_argument(
        "--set",
        choices=("validation", "test"),
        help="of a run: its own validation or test set, in place of files",
    )
    parser.add_argument("--output", metavar="FILE", help="write the translations here")
    parser.add_argument(
        "--batch-size", metavar="N", type=positive, help="sentences translated together"
    )
    add_weights_argument(parser)
    add_reverse_weight(parser)
    add_translation_options(parser, names=("beam_size", "length_penalty"))


def run(arguments):
    """Prints one line a score."""
    folder = check_model(arguments.model)
    files = (arguments.source, arguments.reference)
    if arguments.set and any(files):
        raise UserError("--set is in place of --source and --reference: leave one or the other out")
    if not arguments.set and not all(files):
        missing = "--reference" if arguments.source else "--source"
        raise UserError(f"{missing} is missing: give --source and --reference, or --set")
    inputs = [] if arguments.set else [open_inputs(paths) for paths in files]
    check_output(arguments.output, [name for paths in files for name in paths or ()])
    from keras_transformer.runs import evaluate

    if arguments.set:
        check_output(arguments.output, evaluate.files_of(folder))

    options = {
        "output": arguments.output,
        "batch_size": arguments.batch_size,
        "options": translation_options(arguments),
        "weights": arguments.weights,
        "reverse_weight": arguments.reverse_weight,
    }
    if arguments.set:
        scores = evaluate.evaluate_set(folder, arguments.set, **options)
    else:
        scores = evaluate.evaluate_files(folder, *inputs, **options)
    for score in scores.values():
        print(score)
