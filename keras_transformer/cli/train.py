"""Train a translator, or continue a run that was stopped.

Without options it trains on the built-in sample corpus, Korean to English. A run is one folder;
starting again in it continues where the last checkpoint was written. Every key of the
configuration is an option; those given here win over the file given by --config.
"""

import dataclasses
import sys
from pathlib import Path

from keras_transformer.config import SECTIONS, keys_of
from keras_transformer.errors import UserError

# Names that need no section, beside the dotted ones.
SHORT = {
    "data.source": "--source",
    "data.target": "--target",
    "data.validation_source": "--validation-source",
    "data.validation_target": "--validation-target",
    "data.test_source": "--test-source",
    "data.test_target": "--test-target",
    "model.preset": "--preset",
    "training.epochs": "--epochs",
    "training.start_from": "--start-from",
}


def add_arguments(parser):
    """Adds the options of `train`: the file, the folder, and one option a key."""
    parser.usage = (
        "%(prog)s [--config FILE] [--run FOLDER] "
        "[--source FILE ... --target FILE ...] [--KEY VALUE ...]"
    )
    parser.add_argument("--config", metavar="FILE", help="YAML file, such as one of recipes/")
    parser.add_argument(
        "--run",
        metavar="FOLDER",
        dest="run_folder",
        help="folder of the run (default: runs/ and the name of the file or of the sample corpus)",
    )
    for name, section in SECTIONS.items():
        group = parser.add_argument_group(f"{name} keys", section.__doc__)
        for key in keys_of(section):
            names = [SHORT[key.name]] if key.name in SHORT else []
            group.add_argument(
                *names,
                f"--{key.name}",
                dest=key.name,
                nargs="*" if key.is_list else None,
                metavar=_metavar(key),
                help=key.describe().replace("%", "%%"),
            )


def _metavar(key):
    if key.kind is bool:
        return "true|false"
    if key.choices:
        return "NAME"
    if key.kind is str:
        return "FILE" if key.is_list else "TEXT"
    return "N" if key.kind is int else "X"


def run(arguments):
    """Trains until the end and prints the scores; SIGTERM leaves with status 143."""
    config, folder = settings_of(arguments)
    from keras_transformer.runs.train import train

    try:
        train(config, folder)
    except SystemExit:
        print(
            "keras-transformer: stopped by SIGTERM; the same command continues it", file=sys.stderr
        )
        raise


def settings_of(arguments):
    """The configuration and the run folder that the arguments name."""
    from keras_transformer.config import config_from

    overrides = {
        key.name: getattr(arguments, key.name)
        for section in SECTIONS.values()
        for key in keys_of(section)
        if getattr(arguments, key.name) is not None
    }
    config = config_from(arguments.config, overrides)
    folder = Path(arguments.run_folder or _default_folder(arguments.config, config))
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--run {folder} is a file: give the folder of a run, new or old")
    started = folder / "config.yaml"
    if arguments.config is None and started.exists():
        config = config_from(started, overrides)
    elif arguments.config is None and config.training.start_from:
        config = _as_its_origin(config, overrides)
    return config, folder


def _as_its_origin(config, overrides):
    """The configuration with the origin's model and tokenizer, where no others are asked for."""
    from keras_transformer.config import Config

    path = Path(config.training.start_from) / "config.yaml"
    if not path.exists():
        raise UserError(
            f"--start-from {config.training.start_from} holds no config.yaml: give the folder of a "
            "run"
        )
    origin = Config.load(path)
    sections = {}
    for name in ("model", "tokenizer"):
        fields = {key.field: key.name for key in keys_of(SECTIONS[name])}
        theirs = getattr(origin, name)
        fields.pop("load_from", None)  # the origin has its own tokenizers, wherever they are from
        values = {f: getattr(theirs, f) for f, key in fields.items() if key not in overrides}
        sections[name] = dataclasses.replace(getattr(config, name), **values)
    return dataclasses.replace(config, **sections)


def _default_folder(path, config):
    if path:
        return f"runs/{Path(path).stem}"
    if config.data.corpus == "sample":
        return f"runs/sample_{config.data.sample.replace('-', '_')}"
    raise UserError(
        "--run is missing: give the folder in which the run is kept, such as runs/ko-en"
    )
