"""Put runs side by side: settings, curves, scores.

Prints what differs between the runs and whether the difference of their scores is more than chance
(paired bootstrap test on the kept translations of the test set). With --output, writes a page with
the curves, too.
"""

from pathlib import Path

from keras_transformer.cli.models import check_model


def add_arguments(parser):
    """Adds the arguments of `compare`."""
    parser.add_argument(
        "runs", metavar="RUN", nargs="+", help="folders of runs; the first is the baseline"
    )
    parser.add_argument("--output", metavar="FILE", help="write a page (HTML) with curves here")


def run(arguments):
    """Prints the comparison."""
    folders = [check_model(path, exports=False) for path in arguments.runs]
    from keras_transformer.runs.compare import compare, comparison_lines

    comparison = compare(folders)
    for line in comparison_lines(comparison):
        print(line)
    if arguments.output:
        from keras_transformer.training.files import write_text
        from keras_transformer.visualization.comparison import comparison_page

        write_text(Path(arguments.output), comparison_page(comparison))
        print(f"Written: {arguments.output}")
