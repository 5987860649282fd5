"""Write the model of a run for TensorFlow Serving (a SavedModel), or for CTranslate2.

A SavedModel is a new version in FOLDER. It is checked in a process of its own before it gets its
number; an export that fails is not published.

A CTranslate2 model is FOLDER itself, with tokenizers and a script that translates.
"""

import dataclasses
import sys
from pathlib import Path

from keras_transformer.cli.models import add_weights_argument, check_model, load_translator
from keras_transformer.cli.parser import add_model_argument, positive
from keras_transformer.config import all_keys
from keras_transformer.conversion import QUANTIZATIONS
from keras_transformer.errors import UserError

# What can be set for one export; the others are those of the run's configuration.
_SETTINGS = (
    ("flavour", str, "plain, bfloat16 (quicker in batches), xla (quicker one by one)"),
    ("beam_size", positive, "hypotheses of the signature beam, most of a row of options"),
    ("n_best", positive, "translations that beam and options answer with"),
)
FORMATS = ("saved-model", "ctranslate2")


def add_arguments(parser):
    """Adds the options of `export`."""
    add_model_argument(parser, exports=False)
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        help="folder of all versions, such as exports/ko-en; of the one CTranslate2 model",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default=FORMATS[0], help="what to write (%(default)s)"
    )
    add_weights_argument(parser)
    for name, kind, text in _SETTINGS:
        choices = all_keys()[f"export.{name}"].choices if kind is str else None
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=kind, choices=choices, help=f"SavedModel: {text}"
        )
    parser.add_argument(
        "--quantization",
        choices=tuple(QUANTIZATIONS),
        help="kind of the weights of a CTranslate2 model (float32)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the CTranslate2 model in FOLDER"
    )


def run(arguments):
    """Exports and prints the folder of what was written."""
    if Path(arguments.folder).is_file():
        raise UserError(f"{arguments.folder} is a file: give a folder, new or old")
    run_folder = check_model(arguments.model, exports=False)
    write = _write_ctranslate2 if arguments.format == "ctranslate2" else _write_saved_model
    print(write(run_folder, arguments))


def _write_saved_model(run_folder, arguments):
    if arguments.quantization or arguments.overwrite:
        option = "--quantization" if arguments.quantization else "--overwrite"
        raise UserError(f"{option} is about CTranslate2 models: give --format ctranslate2, too")
    from keras_transformer.config import Config

    options = Config.load(run_folder / "config.yaml").export
    given = {name: getattr(arguments, name) for name, _, _ in _SETTINGS}
    given = {name: value for name, value in given.items() if value is not None}
    options = dataclasses.replace(options, **given)
    translator = load_translator(arguments.model, exports=False, weights=arguments.weights)
    return translator.export(arguments.folder, options, on_progress=_say)


def _write_ctranslate2(run_folder, arguments):
    from keras_transformer.conversion import check_target, export_ctranslate2

    check_target(arguments.folder, arguments.overwrite)
    given = [name for name, _, _ in _SETTINGS if getattr(arguments, name) is not None]
    if given:
        raise UserError(f"--{given[0].replace('_', '-')} is about SavedModels: leave it out")
    translator = load_translator(arguments.model, exports=False, weights=arguments.weights)
    return export_ctranslate2(
        translator.model,
        translator.tokenizers,
        arguments.folder,
        translator.options,
        quantization=arguments.quantization or "float32",
        overwrite=arguments.overwrite,
        languages=translator.languages,
        progress=_say,
    )


def _say(line):
    print(line, file=sys.stderr, flush=True)
