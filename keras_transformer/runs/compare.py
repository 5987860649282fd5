"""Runs side by side: settings, curves, scores, and whether their difference is more than chance."""

import datetime

from keras_transformer.config import all_keys
from keras_transformer.config.settings import written
from keras_transformer.data.download import missing_files
from keras_transformer.errors import UserError
from keras_transformer.evaluation.significance import paired_bootstrap
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.folder import RunFolder, load_run_config
from keras_transformer.runs.machine import read_machines
from keras_transformer.training.files import number_of_weights
from keras_transformer.training.training_log import read_history
from keras_transformer.visualization.comparison import MOST_RUNS, Comparison

_CURVES = (
    ("BLEU on the validation set", "val_bleu"),
    ("Validation loss", "val_loss"),
    ("Training loss", "loss"),
    ("Learning rate", "learning_rate"),
)


class ComparedRun:
    """What a run's folder tells.

    Args:
        path: of the folder.
    """

    def __init__(self, path):
        self.folder = RunFolder(path)
        self.config = load_run_config(path)
        self.history = read_history(self.folder.history)
        self.scores = self.folder.read_scores()
        self.translations = _lines(self.folder.translations)
        self.name = self.folder.path.resolve().name

    def test_set(self):
        """Sources and references of the translations; None where they cannot be had."""
        kept = [_lines(path) for path in (self.folder.sources, self.folder.references)]
        if all(kept):
            return tuple(kept)
        data = self.config.data
        if data.corpus == "download" and missing_files(data.download, data.folder):
            return None
        try:
            corpus = open_corpus(data)
        except UserError:  # its files are not here
            return None
        pairs = corpus.test if self.scores["set"] == "test" else corpus.validation
        return (pairs.source, pairs.target) if pairs else None

    def language(self):
        """Code of the target language."""
        data = self.config.data
        return data.target_language or data.sample.partition("-")[2]

    def facts(self):
        """Label -> text of what has no curve."""
        scores, history = self.scores or {}, self.history
        scored = [line for line in history if "val_bleu" in line]
        best = max(scored, key=lambda line: line["val_bleu"], default=None)
        speeds = [line["target_tokens_per_second"] for line in history]
        machines = read_machines(self.folder.machine)
        weights = self.folder.best_weights
        return {
            "BLEU": _text(scores.get("bleu"), "{:.2f}"),
            "chrF": _text(scores.get("chrf"), "{:.2f}"),
            "exactly right": _text(scores.get("exact"), "{:.1%}"),
            "scored on": f"{scores['set']}, {scores['sentences']:,}" if scores else "-",
            "best validation BLEU": _text(best and best["val_bleu"], "{:.2f}"),
            "in epoch": _text(best and best["epoch"] + 1, "{}"),
            "weights": self.config.training.chosen_weights,
            "parameters": f"{number_of_weights(weights):,}" if weights.exists() else "-",
            "epochs": str(len(history)),
            "updates": _text(history[-1]["step"] if history else None, "{:,}"),
            "minutes": f"{self.folder.trained_seconds(history) / 60:.1f}",
            "target tokens/s, fastest epoch": _text(max(speeds, default=None), "{:,.0f}"),
            "processor": machines[-1].get("processor", "-") if machines else "-",
        }

    def curve(self, key):
        """Epochs, counted from 1, and the values of one key of the history."""
        lines = [line for line in self.history if isinstance(line.get(key), int | float)]
        return [line["epoch"] + 1 for line in lines], [line[key] for line in lines]


def compare(paths):
    """The `Comparison` of the runs in these folders.

    Raises:
        UserError: there are fewer than two or too many, or one is no run.
    """
    if not 2 <= len(paths) <= MOST_RUNS:
        raise UserError(f"{len(paths)} runs are given: compare 2 to {MOST_RUNS} of them.")
    runs = [ComparedRun(path) for path in paths]
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise UserError("A run is given twice: compare different ones.")
    tests, note = _tests(runs, names)
    facts = [run.facts() for run in runs]
    return Comparison(
        names=names,
        facts=[(label, [each[label] for each in facts]) for label in facts[0]],
        settings=_different_settings(runs),
        curves=[(title, [run.curve(key) for run in runs]) for title, key in _CURVES],
        tests=tests,
        note=note,
        written=datetime.datetime.now().isoformat(" ", "minutes"),
    )


def _different_settings(runs):
    found = []
    for key in all_keys():
        section, name = key.split(".")
        values = [written(getattr(getattr(run.config, section), name)) for run in runs]
        if len(set(values)) > 1:
            found.append((key, values))
    return found


def _tests(runs, names):
    """The tests, or the sentence that says why there are none."""
    for run, name in zip(runs, names, strict=True):
        if run.scores is None or not run.translations:
            return [], f"{name} has no test translations yet: no test of the difference."
    if len({run.scores["bleu_signature"] for run in runs}) > 1:
        return [], "BLEU was not computed in the same way in all runs: no test of the difference."
    sets = []
    for run, name in zip(runs, names, strict=True):
        found = run.test_set()
        if found is None or len(found[1]) != len(run.translations):
            return [], f"The references of {name} are not here: no test of the difference."
        sets.append(found)
    if any(each != sets[0] for each in sets):
        return [], "The runs were scored on different sentences: no test of the difference."
    config = runs[0].config
    systems = {name: run.translations for run, name in zip(runs, names, strict=True)}
    language = runs[0].language()
    return paired_bootstrap(systems, sets[0][1], language, config.data.bleu_tokenizer), ""


def comparison_lines(comparison):
    """A `Comparison` as lines of text for a terminal."""
    blank = [""] * len(comparison.names)
    rows = [("", comparison.names), *comparison.facts]
    if comparison.settings:
        rows += [("", blank), ("settings that differ", blank), *comparison.settings]
    yield from _aligned(rows)
    yield ""
    if comparison.note:
        yield comparison.note
    for test in comparison.tests:
        yield f"{test.metric}, paired bootstrap ({test.signature})"
        yield from _aligned(
            [
                (name, [f"{one.score:.2f}", f"{one.mean:.2f} ± {one.interval:.2f}", _p(one)])
                for name, one in zip(comparison.names, test.scores, strict=True)
            ]
        )
    if comparison.tests:
        yield (
            f"p: how probable a difference to {comparison.names[0]} as large as this one would be "
            "if both were equally good."
        )


def _p(tested):
    return "" if tested.p_value is None else f"p = {tested.p_value:.4f}"


def _aligned(rows):
    widths = [max(map(len, column)) for column in zip(*(values for _, values in rows), strict=True)]
    first = max(len(label) for label, _ in rows)
    for label, values in rows:
        cells = [value.rjust(width) for value, width in zip(values, widths, strict=True)]
        yield "  ".join([label.ljust(first), *cells]).rstrip()


def _text(value, form):
    return "-" if value is None else form.format(value)


def _lines(path):
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8").split("\n")[:-1]
