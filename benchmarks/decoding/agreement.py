"""Our translations beside those of CTranslate2, and wider beams beside narrower ones."""

import itertools

import numpy as np
from figures import share_of_equal
from rescoring import model_scores
from workers import WorkerProcess

from keras_transformer.evaluation import bleu
from keras_transformer.translator import Translator

OURS, THEIRS = "ours", "ctranslate2"
# Below this two log-probabilities are called equal: sums of float32 over a sentence differ so far.
TIE = 1e-3


def compare(bundle, folder, translator_folder, systems, beams, logs):
    """Both systems with each width of the beam, length penalty 0.

    Args:
        bundle, folder: the `Bundle` and its folder.
        translator_folder: of the `Translator` that rescores and detokenises.
        systems: `OURS` and `THEIRS` -> `System`.
        beams: widths, ascending.
        logs: folder for what the processes print.

    Returns:
        Dict with `widths`, a list with a dict a width; and `wider_is_worse`, the share of the
        sentences for which a wider beam found a translation that the model likes less.
    """
    translator = Translator.load(translator_folder)
    found = {name: _translate(systems[name], folder, beams, logs) for name in systems}
    scores = {
        (name, beam): _scores(translator, bundle, rows)
        for name, answers in found.items()
        for beam, rows in answers.items()
    }
    widths = []
    for beam in beams:
        pair = {name: found[name][beam] for name in (OURS, THEIRS)}
        pair_scores = {name: scores[name, beam] for name in pair}
        widths.append({"beam": beam, **_width(translator, bundle, pair, pair_scores)})
    return {
        "widths": widths,
        "wider_is_worse": [
            {
                "system": name,
                "beams": [narrow, wide],
                "share": float(np.mean(scores[name, wide] < scores[name, narrow] - TIE)),
            }
            for name in (OURS, THEIRS)
            for narrow, wide in itertools.pairwise(beams)
        ],
    }


def _translate(system, folder, beams, logs):
    """Width -> list of dicts with `ids`, `length` and `score`, in the order of the sentences."""
    worker = WorkerProcess(system, folder, 1, logs)
    answers = {}
    try:
        for beam in beams:
            answer = worker.ask("outputs", beam=beam, batch_size=64)
            rows = zip(answer["ids"], answer["length"], answer["score"], strict=True)
            outputs = dict(zip(answer["rows"], rows, strict=True))
            names = ("ids", "length", "score")
            answers[beam] = [dict(zip(names, outputs[row], strict=True)) for row in sorted(outputs)]
    finally:
        worker.close()
    return answers


def _scores(translator, bundle, outputs):
    end = bundle.special_ids["end"]
    targets = [o["ids"] + [end] * (o["length"] - len(o["ids"])) for o in outputs]
    start = bundle.special_ids["start"]
    return model_scores(translator.model, bundle.source_ids, targets, start)


def _width(translator, bundle, outputs, scores):
    ids = {name: [row["ids"] for row in rows] for name, rows in outputs.items()}
    texts = {name: translator.tokenizers.target.decode(rows) for name, rows in ids.items()}
    said = np.array([row["score"] for row in outputs[OURS]])
    return {
        "share_equal": share_of_equal(texts[OURS], texts[THEIRS]),
        "bleu": {name: _bleu(rows, bundle.references) for name, rows in texts.items()},
        "mean_score": {name: float(np.mean(values)) for name, values in scores.items()},
        "largest_rescoring_difference": float(np.abs(said - scores[OURS]).max()),
        "different": [
            {
                "line": row + 1,
                "source": bundle.sentences[row],
                **{name: texts[name][row] for name in texts},
                "scores": {name: float(scores[name][row]) for name in scores},
                "reason": reason(scores[OURS][row], scores[THEIRS][row]),
            }
            for row in range(len(bundle.sentences))
            if texts[OURS][row] != texts[THEIRS][row]
        ],
    }


def _bleu(texts, references):
    return bleu(texts, references, tokenizer="none") if references else None


def reason(ours, theirs):
    """Why two translations differ, as far as the model's own scores of them can tell."""
    if abs(ours - theirs) <= TIE:
        return "equally probable"
    return "ours is more probable" if ours > theirs else "theirs is more probable"
