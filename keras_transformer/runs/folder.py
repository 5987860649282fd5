"""The folder of a run: what lies where, and whether it may go on."""

import contextlib
import json
import tempfile
from pathlib import Path

from keras_transformer.config import SECTIONS, Config, all_keys, to_yaml
from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import list_checkpoints, read_progress
from keras_transformer.training.files import write_text
from keras_transformer.translator import WEIGHTS, Translator, load_translator

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
    "training.strategy",
    "training.devices",
    "training.tensorboard",
    "training.sample_translations",
}

# What `--weights` may be: the chosen kind at its best evaluation, or a kind at the newest one.
WEIGHTS_BY_NAME = {
    "best": WEIGHTS,
    **{name: f"{name}.weights.h5" for name in ("raw", "ema", "mean")},
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
        self.sampled = self.path / "sampled"
        self.checkpoints = self.path / "checkpoints"
        self.history = self.path / "history.jsonl"
        self.logs = self.path / "logs"
        self.epoch_weights = self.path / "epochs"
        self.best_weights = self.path / WEIGHTS
        self.scores = self.path / "scores.json"
        self.translations = self.path / "test.translations.txt"
        self.sources = self.path / "test.sources.txt"
        self.references = self.path / "test.references.txt"
        self.report = self.path / "report.html"
        self.machine = self.path / "machine.json"

    def weights(self, name):
        """The file with the weights of this name, one of `WEIGHTS_BY_NAME`."""
        return self.path / WEIGHTS_BY_NAME[name]

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

    def read_progress(self):
        """How far the run has come: what its newest checkpoint says of itself; None in a new run.

        Raises:
            UserError: the checkpoint is damaged.
        """
        found = list_checkpoints(self.checkpoints)
        return read_progress(found[-1]) if found else None

    def is_finished(self, training):
        """Whether the run has reached one of the limits of its `TrainingConfig` before."""
        progress = self.read_progress()
        if progress is None:
            return False
        minutes, patience = training.max_minutes, training.early_stopping
        return (
            progress["epoch"] >= training.epochs
            or bool(training.max_steps and progress["step"] >= training.max_steps)
            or bool(minutes and progress["trained_seconds"] >= 60 * minutes)
            or bool(patience and progress["bleu"]["waited"] >= patience)
        )

    def is_done(self, config):
        """Whether a run of this `Config` is finished and scored: nothing is left but to say so."""
        return (
            self.is_finished(config.training)
            and self.read_scores() is not None
            and Config.load(self.config).decoding == config.decoding
        )

    def trained_seconds(self, history):
        """Seconds of training over all starts: those of its newest checkpoint.

        Args:
            history: the lines of `history.jsonl`, whose sum it is where there is no checkpoint:
                an epoch that was resumed notes there what came after.
        """
        with contextlib.suppress(UserError):
            if progress := self.read_progress():
                return progress["trained_seconds"]
        return sum(line.get("seconds", 0) for line in history)

    def forget_scores(self):
        """Removes scores and report: training goes on, or other translations are asked for."""
        self.scores.unlink(missing_ok=True)
        self.report.unlink(missing_ok=True)


class WorkerFolder(RunFolder):
    """The folder of a run for a process that writes nothing there; a context.

    What it has to write for itself, the sampled epochs, goes to a place of its own, which is gone
    when the context ends.
    """

    def __enter__(self):
        self._own = tempfile.TemporaryDirectory(prefix="keras-transformer-")
        self.sampled = Path(self._own.name) / "sampled"
        return self

    def __exit__(self, *exception):
        self._own.cleanup()


def load_run_config(folder):
    """The `Config` of a run."""
    return Config.load(RunFolder(folder).config)


def load_with_weights(folder, weights=None):
    """The `Translator` of a run with the weights of a name, or what `load_translator` gives.

    Args:
        folder: of a run, or of an export where no weights are named.
        weights: one of `WEIGHTS_BY_NAME`, or None.

    Raises:
        UserError: the run keeps no such weights.
    """
    if weights is None:
        return load_translator(folder)
    run = RunFolder(folder)
    if not run.config.exists():
        raise UserError(f"{folder} is an export, which has one set of weights: name none of them.")
    if not run.weights(weights).exists():
        kept = [name for name in WEIGHTS_BY_NAME if run.weights(name).exists()]
        raise UserError(
            f"{run.path} has no {run.weights(weights).name}: weights are written after an "
            "evaluation, ema where training.average_decay and mean where "
            f"training.average_checkpoints is set; here there are: {', '.join(kept) or 'none'}."
        )
    return Translator.load(run.path, WEIGHTS_BY_NAME[weights])


def _keys_that_bind(sections):
    sections = set(sections) - FREE_SECTIONS
    return [key for key in all_keys() if key not in FREE_KEYS and key.split(".")[0] in sections]


def _value(config, key):
    section, name = key.split(".")
    return getattr(getattr(config, section), name)
