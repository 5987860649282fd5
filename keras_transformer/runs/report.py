"""`report.html` of a run: reads its folder and has the page made."""

import dataclasses
import datetime
import shlex

from keras_transformer.config import all_keys, to_yaml
from keras_transformer.config.settings import count, written
from keras_transformer.data.download import missing_files
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.decoding import TranslationOptions
from keras_transformer.errors import UserError
from keras_transformer.evaluation import bleu_tokenizer, scores_by_length
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.folder import RunFolder, load_run_config
from keras_transformer.runs.machine import read_machines
from keras_transformer.runs.report_samples import (
    best_and_worst,
    cross_attention,
    explained_layer,
)
from keras_transformer.training.checkpoint import checkpoint_step, list_checkpoints
from keras_transformer.training.files import write_text
from keras_transformer.training.training_log import read_history
from keras_transformer.translator import Translator
from keras_transformer.visualization.report import (
    CorpusFacts,
    LengthScores,
    Report,
    report_page,
)

# Validation sentences translated for the report of a run that has no scores yet.
NUM_UNSCORED = 50


def write_report(path, corpus=None):
    """Writes `report.html` into the folder of a run, finished or not.

    Args:
        path: of the run's folder.
        corpus: `Corpus` of the run; None: it is opened, but not downloaded.

    Returns:
        Path of the report.

    Raises:
        UserError: the folder is not that of a run, or cannot be written.
    """
    folder = RunFolder(path)
    write_text(folder.report, report_page(report_of(folder, corpus)))
    return folder.report


def try_to_write_report(path, corpus, say):
    """The same at the end of a training, which it must not spoil: what fails is said.

    Args:
        path, corpus: as for `write_report`.
        say: function that shows a line.
    """
    try:
        say(f"Report: {write_report(path, corpus)}")
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        say(
            f"There is no report of this run ({reason}); nothing else is affected, and "
            f"'keras-transformer report {path}' tries again."
        )


def report_of(folder, corpus=None):
    """A run as data.

    Args:
        folder: `RunFolder`.
        corpus: as for `write_report`.

    Returns:
        `Report`; what cannot be had is in `missing`, with the reason.
    """
    config, scores, missing = load_run_config(folder.path), folder.read_scores(), {}
    translator = _translator(folder, missing)
    corpus = corpus or _corpus(config, missing)
    history = _history(folder, missing)
    if scores is None:
        missing["scores"] = (
            "There are no scores yet: the run translates its test set when it is at its end."
        )
    translated = _translations(folder, scores, translator, corpus, missing)
    machines = read_machines(folder.machine)
    if not machines:
        missing["machine"] = "The run did not write down what machine it was trained on."
    return Report(
        name=folder.path.resolve().name,
        languages=translator.languages if translator else _languages(config),
        written=datetime.datetime.now().strftime("%d %B %Y, %H:%M"),
        status=_status(folder, config, history, scores),
        finished=scores is not None,
        model=_model_facts(config, translator),
        history=history,
        scores=scores,
        decoding=_decoding(config.decoding),
        by_length=_by_length(config, scores, translator, translated, missing),
        **_samples(translator, scores, translated, missing),
        corpus=_corpus_facts(folder, corpus, missing),
        changed=list(_changed(config)),
        commands=_commands(folder, config, scores is not None),
        settings=to_yaml(config),
        machines=[_machine_facts(each) for each in machines],
        missing=missing,
    )


def _translator(folder, missing):
    try:
        return Translator.load(folder.path)
    except UserError as error:
        missing["translations"] = f"Nothing can be translated. {error}"
        return None


def _corpus(config, missing):
    data = config.data
    try:
        if data.corpus == "download" and (lacking := missing_files(data.download, data.folder)):
            raise UserError(
                f"{lacking[0]} is not there: start the command where the run was started."
            )
        return open_corpus(data)
    except UserError as error:
        missing["translations"] = f"The sentences of the run cannot be read. {error}"
        return None


def _languages(config):
    if config.data.sample:
        return tuple(config.data.sample.split("-"))
    return config.data.source_language, config.data.target_language


def _history(folder, missing):
    """One line an epoch, in order; of epochs that are there twice the later line."""
    by_epoch = {line["epoch"]: line for line in read_history(folder.history)}
    history = [by_epoch[epoch] for epoch in sorted(by_epoch)]
    lacking = [
        str(epoch + 1) for epoch in range(max(by_epoch, default=-1)) if epoch not in by_epoch
    ]
    if not history:
        missing["curves"] = "There are no curves yet: the first epoch is not at its end."
    elif lacking:
        missing["curves"] = f"The history lacks what is said of epoch {', '.join(lacking)}."
    return history


def _status(folder, config, history, scores):
    checkpoints = list_checkpoints(folder.checkpoints)
    step = max([checkpoint_step(path) for path in checkpoints[-1:]] + [0])
    step = max([step] + [line.get("step", 0) for line in history[-1:]])
    minutes = round(folder.trained_seconds(history) / 60)
    done = f"{count(len(history), 'epoch')}, {step:,} steps, about {count(minutes, 'minute')}"
    if scores is not None:
        return f"Trained to its end: {done}."
    wanted = count(config.training.epochs, "epoch")
    return (
        f"Trained so far: {done}, of {wanted}. It is still going or was stopped; "
        f"'keras-transformer train --run {folder.path}' goes on with it."
    )


def _model_facts(config, translator):
    if translator is None:
        return {"model": config.model.preset}
    model, tokenizers = translator.model, translator.tokenizers
    vocabulary = f"{tokenizers.source.vocabulary_size:,} {tokenizers.source.kind} pieces"
    if tokenizers.shared:
        vocabulary += " for both languages"
    else:
        target = tokenizers.target
        vocabulary += f", and {target.vocabulary_size:,} {target.kind} pieces of the target"
    return {
        "model": f"{config.model.preset}, {model.count_params():,} parameters",
        "layers": f"{model.num_encoder_layers} encoder, {model.num_decoder_layers} decoder, "
        f"{model.num_heads} heads, width {model.hidden_dim} and {model.intermediate_dim}, "
        f"{model.norm}-norm, {model.positions} positions",
        "vocabulary": vocabulary,
    }


def _decoding(settings):
    if settings.beam_size == 1:
        return "greedily"
    return f"with a beam of {settings.beam_size}, length penalty {settings.length_penalty:g}"


def _translations(folder, scores, translator, corpus, missing):
    """Sources, references and translations to show; None where there are none."""
    if translator is None or corpus is None:
        return None
    if scores is None:
        pairs = corpus.validation
        sources, references = pairs.source[:NUM_UNSCORED], pairs.target[:NUM_UNSCORED]
        greedy = TranslationOptions(strategy="greedy")
        return sources, references, translator.translate(sources, greedy)
    pairs = corpus.test if scores["set"] == "test" and corpus.test else corpus.validation
    try:
        lines = folder.translations.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        missing["translations"] = f"{folder.translations} cannot be read ({error})."
        return None
    if len(lines) != len(pairs.source):
        missing["translations"] = (
            f"{folder.translations} has {len(lines)} lines and the {scores['set']} set "
            f"{len(pairs.source)} sentences: they are not of the same corpus."
        )
        return None
    return pairs.source, pairs.target, lines


def _by_length(config, scores, translator, translated, missing):
    if scores is None or translated is None:
        missing["lengths"] = (
            "Scores by length need the scores of the run at its end."
            if scores is None
            else "Scores by length need the translations, which are missing (see below)."
        )
        return []
    sources, references, translations = translated
    lengths = [len(ids) - 1 for ids in translator.source_ids(sources)]
    tokenizer = config.data.bleu_tokenizer or bleu_tokenizer(translator.languages[1])
    groups = scores_by_length(translations, references, lengths, tokenizer)
    return [LengthScores(*group) for group in groups]


def _samples(translator, scores, translated, missing):
    """Fields of `Report` about single sentences."""
    found = {"best": [], "worst": [], "samples_of": "", "attention_of": ""}
    if translated is None:
        return found
    best, worst = best_and_worst(*translated)
    number = len(translated[0])
    found["samples_of"] = (
        f"The {number} first sentences of the validation set, translated for this report with the "
        "best weights so far, and ordered by the chrF of the sentence."
        if scores is None
        else f"Of {number:,} sentences of the {scores['set']} set, by the chrF of the sentence."
    )
    num_layers = translator.model.num_decoder_layers
    found["attention_of"] = (
        f"The attention is that of decoder layer {explained_layer(num_layers) + 1} of {num_layers} "
        "to the source, the mean over its heads: a row for each token of the translation."
    )
    samples = [*best, *worst]
    try:
        looks = cross_attention(
            translator,
            [sample.source for sample in samples],
            [sample.translation for sample in samples],
        )
    except UserError as error:
        missing["attention"] = str(error)
    else:
        samples = [
            dataclasses.replace(
                sample, source_tokens=look[0], target_tokens=look[1], attention=look[2]
            )
            for sample, look in zip(samples, looks, strict=True)
        ]
    found["best"], found["worst"] = samples[: len(best)], samples[len(best) :]
    return found


def _corpus_facts(folder, corpus, missing):
    try:
        tokens = TokenCorpus.open(folder.token_corpus, verify=False)
    except UserError as error:
        missing["corpus"] = f"What the corpus is cannot be told. {error}"
        return None
    return CorpusFacts(
        num_read=tokens.report.num_read,
        dropped=tokens.report.dropped,
        num_pairs=len(tokens),
        source_lengths=tokens.source_lengths,
        target_lengths=tokens.target_lengths,
        validation=len(corpus.validation.source) if corpus else None,
        test=(len(corpus.test.source) if corpus.test else 0) if corpus else None,
    )


def _changed(config):
    """Rows of key, value and default, where they differ."""
    for name, key in all_keys().items():
        value = getattr(getattr(config, name.split(".")[0]), key.field)
        # Another corpus empties this one by itself.
        if value != key.default and (name != "data.sample" or value):
            yield name, written(value), written(key.default)


def _commands(folder, config, finished):
    """What to type to repeat the run, by what it is for."""
    again = ["keras-transformer", "train", "--run", f"{folder.path}-again"]
    words = []
    for name, _, _ in _changed(config):
        section, field = name.split(".")
        value = getattr(getattr(config, section), field)
        values = value if isinstance(value, tuple) else (value,)
        texts = [each if isinstance(each, str) else written(each) for each in values]
        words.append(shlex.join([f"--{name}", *texts]))
    commands = {
        "with its settings": shlex.join([*again, "--config", str(folder.config)]),
        "the same in options": " \\\n    ".join([shlex.join(again), *words]),
    }
    if not finished:
        go_on = shlex.join(["keras-transformer", "train", "--run", str(folder.path)])
        return {"to go on with it": go_on, **commands}
    return commands


def _machine_facts(machine):
    """A machine as names and texts."""
    found = {}
    for name, value in machine.items():
        if name == "packages" and isinstance(value, dict):
            found.update({package: str(number) for package, number in value.items()})
        elif name == "accelerators":
            found[name] = ", ".join(map(str, value)) or "none"
        elif isinstance(value, dict):  # threads; TensorFlow's 0 is all cores
            found[name] = ", ".join(f"{key} {number or 'auto'}" for key, number in value.items())
        else:
            found[name.replace("_gib", ", GiB").replace("_", " ")] = str(value)
    return found
