"""Write the report of a run: curves, scores, translations, corpus, settings.

It is one HTML file that needs no network, `report.html` in the folder of the run, and tells what a
run that is not finished lacks. A run writes it by itself when it ends.
"""

from keras_transformer.cli.models import check_model
from keras_transformer.cli.parser import add_model_argument


def add_arguments(parser):
    """Adds the argument of `report`."""
    add_model_argument(parser, exports=False)


def run(arguments):
    """Prints the path of the report."""
    folder = check_model(arguments.model, exports=False)
    from keras_transformer.runs.report import write_report

    print(write_report(folder))
