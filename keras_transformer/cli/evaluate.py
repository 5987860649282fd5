"""Translate a test set and print BLEU and chrF.

Scores are computed by sacreBLEU on plain text and printed with their signatures.
"""

from keras_transformer.cli.lines import open_inputs
from keras_transformer.cli.models import add_weights_argument, check_model
from keras_transformer.cli.parser import add_model_argument, positive
from keras_transformer.cli.translation_options import add_translation_options, translation_options


def add_arguments(parser):
    """Adds the options of `evaluate`."""
    add_model_argument(parser, exports=True)
    parser.add_argument(
        "--source", metavar="FILE", nargs="+", required=True, help="files to translate"
    )
    parser.add_argument(
        "--reference",
        metavar="FILE",
        nargs="+",
        required=True,
        help="their right translations, line by line",
    )
    parser.add_argument("--output", metavar="FILE", help="write the translations here")
    parser.add_argument(
        "--batch-size", metavar="N", type=positive, help="sentences translated together"
    )
    add_weights_argument(parser)
    add_translation_options(parser, names=("beam_size", "length_penalty"))


def run(arguments):
    """Prints one line a score."""
    folder = check_model(arguments.model)
    sources, references = open_inputs(arguments.source), open_inputs(arguments.reference)
    from keras_transformer.runs.evaluate import evaluate_files

    scores = evaluate_files(
        folder,
        sources,
        references,
        output=arguments.output,
        batch_size=arguments.batch_size,
        options=translation_options(arguments),
        weights=arguments.weights,
    )
    for score in scores.values():
        print(score)
