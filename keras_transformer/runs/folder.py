"""The folder of a run: what lies where, and whether it may go on."""

import json
from pathlib import Path

from keras_transformer.config import SECTIONS, Config, all_keys, to_yaml
from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import list_checkpoints
from keras_transformer.training.files import write_text
from keras_transformer.translator import WEIGHTS

# A run may go on with other values of these; with other values of the rest it would be another run.
FREE_SECTIONS = {"decoding", "export"}
FREE_KEYS = {
    "data.folder",
    "training.epochs",
    "training.max_steps",
    "training.max_minutes",
    "training.early_stopping",
    "training.evaluate_every",
    "training.checkpoint_minutes",
    "training.checkpoint_steps",
    "training.keep_checkpoints",
    "training.log_every",
    "training.tensorboard",
    "training.sample_translations",
}


class RunFolder:
    """Paths in the folder of a run.

    Args:
        path: of the folder; `start` makes it.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.token_corpus = self.path / "data"
        self.checkpoints = self.path / "checkpoints"
        self.history = self.path / "history.jsonl"
        self.logs = self.path / "logs"
        self.best_weights = self.path / WEIGHTS
        self.scores = self.path / "scores.json"
        self.translations = self.path / "test.translations.txt"
        self.report = self.path / "report.html"
        self.machine = self.path / "machine.json"

    def check(self, config):
        """Checks that this folder may hold a run of this configuration; writes nothing.

        What was made binds: tokenizers the settings of the data and their own, a checkpoint all
        others, too. A run that failed before may start anew with what was wrong mended.

        Raises:
            UserError: the folder holds another run; the keys that differ are named.
        """
        sections = ("data", "tokenizer") if self.has_tokenizers() else ()
        if list_checkpoints(self.checkpoints):
            sections = SECTIONS
        if not self.config.exists() or not sections:
            return
        before = Config.load(self.config)
        different = [
            key for key in _keys_that_bind(sections) if _value(before, key) != _value(config, key)
        ]
        if different:
            changes = ", ".join(
                f"{key} ({_value(before, key)!r} there, {_value(config, key)!r} now)"
                for key in different
            )
            raise UserError(
                f"{self.path} holds a run with another configuration: {changes}; give the same "
                "values to go on with it, or another folder with --run."
            )

    def start(self, config):
        """Makes the folder and writes `config.yaml`.

        Raises:
            UserError: the folder cannot be written.
        """
        if self.config.exists() and Config.load(self.config).decoding != config.decoding:
            self.forget_scores()
        try:
            write_text(self.config, to_yaml(config))
        except UserError as error:
            raise UserError(f"The run cannot be kept in {self.path}: {error}") from error

    def has_tokenizers(self):
        """Whether the run has made its tokenizers: of two, the target's is written last."""
        return any((self.path / f"{name}.json").exists() for name in ("tokenizer", "target"))

    def read_scores(self):
        """The scores of a finished run, or None.

        Raises:
            UserError: the file is damaged.
        """
        if not self.scores.exists():
            return None
        try:
            return json.loads(self.scores.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{self.scores} cannot be read ({error}): remove it.") from error

    def forget_scores(self):
        """Removes scores and report: training goes on, or other translations are asked for."""
        self.scores.unlink(missing_ok=True)
        self.report.unlink(missing_ok=True)


def load_run_config(folder):
    """The `Config` of a run."""
    return Config.load(RunFolder(folder).config)


def _keys_that_bind(sections):
    sections = set(sections) - FREE_SECTIONS
    return [key for key in all_keys() if key not in FREE_KEYS and key.split(".")[0] in sections]


def _value(config, key):
    section, name = key.split(".")
    return getattr(getattr(config, section), name)
