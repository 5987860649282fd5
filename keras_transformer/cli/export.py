"""Write the SavedModel of a run for TensorFlow Serving.

The new version is checked in a process of its own before it gets its number; an export that fails
is not published.
"""

import sys
from pathlib import Path

from keras_transformer.cli.models import check_model, load_translator
from keras_transformer.cli.parser import add_model_argument
from keras_transformer.errors import UserError


def add_arguments(parser):
    """Adds the options of `export`."""
    add_model_argument(parser, exports=False)
    parser.add_argument(
        "folder", metavar="FOLDER", help="folder of all versions, such as exports/ko-en"
    )


def run(arguments):
    """Exports and prints the folder of the new version."""
    if Path(arguments.folder).is_file():
        raise UserError(f"{arguments.folder} is a file: give a folder, new or old")
    run_folder = check_model(arguments.model, exports=False)
    from keras_transformer.config import Config

    options = Config.load(run_folder / "config.yaml").export
    translator = load_translator(arguments.model, exports=False)
    print(translator.export(arguments.folder, options, on_progress=_say))


def _say(line):
    print(line, file=sys.stderr, flush=True)
