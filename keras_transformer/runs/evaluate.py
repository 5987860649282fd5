"""Scores of a run: on its test set, or on files."""

import contextlib
import json
from pathlib import Path

from keras_transformer.data.fingerprint import data_fingerprint
from keras_transformer.data.readers import read_lines
from keras_transformer.errors import UserError
from keras_transformer.evaluation import bleu_tokenizer, check_tokenizer, corpus_scores
from keras_transformer.reverse_ranking import ReverseRanking
from keras_transformer.runs.corpora import open_corpus
from keras_transformer.runs.folder import RunFolder, load_run_config, load_with_weights
from keras_transformer.training.files import write_text
from keras_transformer.translator import Translator

_SIDES = ("source", "target")


def evaluate_run(folder, corpus, config):
    """Translates the test set with the run's best weights and keeps scores and translations.

    Args:
        folder: `RunFolder`.
        corpus: `Corpus`; its validation set is scored where it has no test set.
        config: `Config`.

    Returns:
        dict with the scores, see `corpus_scores`; for the built-in sample corpus also what two
        simple methods reach and, into English, the share of context-dependent words that are right.
    """
    translator = Translator.load(folder.path)
    check_tokenizer(config.data.bleu_tokenizer or bleu_tokenizer(corpus.languages[1]))
    if corpus.test is None:
        _check_held_out(folder, corpus)
    pairs = corpus.test or corpus.validation
    translations = translator.translate(pairs.source)
    scores = {"set": "test" if corpus.test else "validation", "sentences": len(pairs.source)}
    scores.update(
        corpus_scores(translations, pairs.target, corpus.languages[1], config.data.bleu_tokenizer)
    )
    if corpus.sample is not None:
        scores.update(_sample_scores(corpus, config, translations))
    files = {
        folder.sources: pairs.source,
        folder.references: pairs.target,
        folder.translations: translations,
    }
    for path, lines in files.items():
        write_text(path, "".join(line.replace("\n", " ") + "\n" for line in lines))
    write_text(folder.scores, json.dumps(scores, indent=1, ensure_ascii=False) + "\n")
    return scores


def _sample_scores(corpus, config, translations):
    from keras_transformer.data import sample

    direction = config.data.sample
    sources, references = corpus.test.source, corpus.test.target
    baselines = {
        "nearest training sentence": sample.nearest_neighbour(
            corpus.sample.train, sources, direction
        ),
        "word for word": sample.word_for_word(sources, direction),
    }
    scores = {
        "baselines": {
            name: corpus_scores(lines, references, corpus.languages[1], config.data.bleu_tokenizer)[
                "bleu"
            ]
            for name, lines in baselines.items()
        }
    }
    if direction == "ko-en":
        words = sample.context_word_accuracy(corpus.sample.test, translations)
        scores["context_words"] = {word: list(counts) for word, counts in words.items()}
        right, total = (sum(column) for column in zip(*words.values(), strict=True))
        scores["context_words_right"] = round(right / total, 4)
    return scores


def print_scores(scores):
    """Shows what `evaluate_run` returned."""
    for line in score_lines(scores).values():
        print(line)
    for name, value in scores.get("baselines", {}).items():
        print(f"BLEU of a simple method ({name}): {value:.2f}")
    if "context_words" in scores:
        words = ", ".join(
            f"{word} {right}/{total}" for word, (right, total) in scores["context_words"].items()
        )
        print(f"Context-dependent words right: {scores['context_words_right']:.1%} ({words})")


def score_lines(scores):
    """The general scores as lines of text, by name."""
    return {
        "bleu": f"BLEU {scores['bleu']:.2f}  ({scores['bleu_signature']})",
        "chrf": f"chrF {scores['chrf']:.2f}  ({scores['chrf_signature']})",
        "exact": f"Exactly right: {scores['exact']:.1%} of {scores['sentences']:,} sentences",
    }


def evaluate_files(folder, sources, references, reverse_weight=None, weights=None, **choices):
    """Translates files and scores them.

    Args:
        folder: of a run or an export.
        sources, references: lists of paths; a None in them is standard input.
        reverse_weight: how much reverse scores count, see `ReverseRanking`; None: not at all.
        weights: name of the weights of a run, see `load_with_weights`; None: the best.
        choices: what `translate` takes (`batch_size`, `options`), and `output`, a path for the
            translations; None: as the settings say, and nowhere.

    Returns:
        dict of score name -> printable line.

    Raises:
        UserError: a file is wrong, or the two sides have different numbers of lines.
    """
    source_lines, reference_lines = _lines(sources), _lines(references)
    if len(source_lines) != len(reference_lines):
        raise UserError(
            f"{_names(sources)} has {len(source_lines)} lines and {_names(references)} "
            f"{len(reference_lines)}: give one reference line for each source line."
        )
    translator = _load(folder, weights, reverse_weight)
    return _evaluate(folder, translator, source_lines, reference_lines, **choices)


def evaluate_set(folder, name, reverse_weight=None, weights=None, **choices):
    """The same for the validation or the test set of a run's own data.

    Args:
        folder: of a run.
        name: "validation" or "test".
        reverse_weight, weights, choices: as for `evaluate_files`.

    Raises:
        UserError: the folder is no run, its data is not here, or has no test set.
    """
    if not RunFolder(folder).config.exists():
        raise UserError(f"{folder} is an export, which has no data: give --source and --reference.")
    corpus = open_corpus(load_run_config(folder).data)
    if name == "validation":
        _check_held_out(RunFolder(folder), corpus)
    pairs = getattr(corpus, name)
    if pairs is None:
        raise UserError(f"{folder} has no {name} set: give --source and --reference.")
    translator = _load(folder, weights, reverse_weight)
    return _evaluate(folder, translator, pairs.source, pairs.target, **choices)


def files_of(folder):
    """Names of the files that a run's data is read from, if they exist; an export has none."""
    if not RunFolder(folder).config.exists():
        return []
    data = load_run_config(folder).data
    kinds = [f"{part}{side}" for part in ("", "validation_", "test_") for side in _SIDES]
    names = [name for kind in kinds for name in getattr(data, kind)]
    return [name for name in names if Path(name).exists()]


def _check_held_out(folder, corpus):
    """`UserError` where validation pairs are held out of other files than the run's training."""
    if not corpus.held_out:
        return
    known = None
    with contextlib.suppress(UserError):  # a damaged checkpoint says nothing
        known = (folder.read_progress() or {}).get("corpus")
    if known not in (None, data_fingerprint(corpus.files, corpus.held_out)):
        raise UserError(
            "The validation set is held out of the training files, and these are not those with "
            f"which the run in {folder.path} was trained: it may have learned from these "
            "sentences; restore the files, or give --source and --reference."
        )


def _load(folder, weights, reverse_weight):
    translator = load_with_weights(folder, weights)
    return ReverseRanking(translator, reverse_weight) if reverse_weight else translator


def _evaluate(folder, translator, sources, references, output=None, batch_size=None, options=None):
    chosen = {} if options is None else {"options": options}
    if chosen and not hasattr(translator, "hypotheses"):
        raise UserError(f"{folder} cannot take options of a translation: export the model again.")
    language, tokenizer = _scoring_of(folder, translator)
    check_tokenizer(tokenizer or bleu_tokenizer(language))  # before all is translated
    translations = translator.translate(sources, batch_size=batch_size, **chosen)
    if output is not None:
        Path(output).write_text("".join(line + "\n" for line in translations), encoding="utf-8")
    scores = corpus_scores(translations, references, language, tokenizer)
    return score_lines({**scores, "sentences": len(sources)})


def _lines(paths):
    if None in paths:
        import io
        import sys

        text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline="\n")
        standard_input = [line.rstrip("\r\n") for line in text]
    lines = []
    for path in paths:
        lines += standard_input if path is None else read_lines(path)
    if not lines:
        raise UserError(f"{_names(paths)} is empty: give at least one line.")
    return lines


def _names(paths):
    return ", ".join("standard input" if path is None else str(path) for path in paths)


def _scoring_of(folder, translator):
    """Target language and BLEU tokenizer: as in the run, where it is one."""
    if RunFolder(folder).config.exists():
        return translator.languages[1], load_run_config(folder).data.bleu_tokenizer
    return translator.languages[1], bleu_tokenizer(translator.languages[1])
