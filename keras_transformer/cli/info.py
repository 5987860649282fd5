"""Tell what a run or an export is.

Its sizes, vocabulary, steps and scores, or its versions and signatures.
"""

from keras_transformer.cli.models import check_model
from keras_transformer.cli.parser import add_model_argument


def add_arguments(parser):
    """Adds the argument of `info`."""
    add_model_argument(parser, exports=True)


def run(arguments):
    """Prints the description."""
    folder = check_model(arguments.model)
    from keras_transformer.runs.info import describe

    print(describe(folder))
