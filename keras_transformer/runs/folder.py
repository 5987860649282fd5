"""The folder of a run: what lies where, and whether it may go on."""

import json
from pathlib import Path

from keras_transformer.config import Config, all_keys, from_yaml, to_yaml
from keras_transformer.errors import UserError
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

    def start(self, config):
        """Makes the folder and writes `config.yaml`, or checks the one that is there.

        Raises:
            UserError: the folder cannot be written, or holds another run; its keys are named.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if self.config.exists():
                self._check_same_run(config)
            self.write(self.config, to_yaml(config))
        except OSError as error:
            raise UserError(
                f"The run's folder {self.path} cannot be written ({error.strerror or error}): "
                "choose another with --run, or mend its permissions."
            ) from error

    def _check_same_run(self, config):
        before = from_yaml(self.config.read_text(encoding="utf-8"), str(self.config))
        different = [key for key in _keys_that_bind() if _value(before, key) != _value(config, key)]
        if different:
            changes = ", ".join(
                f"{key} ({_value(before, key)!r} there, {_value(config, key)!r} now)"
                for key in different
            )
            raise UserError(
                f"{self.path} holds a run with another configuration: {changes}; give the same "
                "values to go on with it, or another folder with --run."
            )

    def write(self, path, text):
        """Writes a text file beside its place and renames it: it is never half there."""
        temporary = path.with_name(f".new-{path.name}")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)

    def read_scores(self):
        """The scores of a finished run, or None."""
        if not self.scores.exists():
            return None
        return json.loads(self.scores.read_text(encoding="utf-8"))


def load_run_config(folder):
    """The `Config` of a run."""
    return Config.load(RunFolder(folder).config)


def _keys_that_bind():
    return [
        key for key in all_keys() if key not in FREE_KEYS and key.split(".")[0] not in FREE_SECTIONS
    ]


def _value(config, key):
    section, name = key.split(".")
    return getattr(getattr(config, section), name)
