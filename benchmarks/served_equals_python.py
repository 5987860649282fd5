"""Does an exported SavedModel say the same as `Translator` in Python, signature for signature?

    python benchmarks/served_equals_python.py RUN EXPORT --source FILE

translates the file with the `Translator` of the run, and with the export through TensorFlow's
session loader, as a server would: alone, in batches of 7 and in shuffled batches of 64; greedy,
with a beam, and with options of its own for every sentence (greedy, beams, samples, limits,
prefixes, forbidden words). Then the scores: the signature `score` beside what the search said of
the same ids, and beside Python. Differences are listed with both scores. The exit status is 1 if
any text differs whose two candidates lie more than 1e-5 apart, or any score by more than 1e-4 and
a millionth of itself.
"""

import argparse
import random
import sys
import time

from keras_transformer.data.readers import read_lines
from keras_transformer.decoding import Hypothesis, TranslationOptions
from keras_transformer.export import ServedModel
from keras_transformer.export.session import SessionModel
from keras_transformer.translator import Translator

SAME_SCORE = 1e-4  # of a sentence, in natural logarithms
ROUNDING = 1e-6  # or so much of the score, if that is more: a sum of hundreds in float32
TIE = 1e-5  # candidates this near to each other may change places
BATCH_SIZES = (1, 7, 64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="folder of a run or a kept result")
    parser.add_argument("export", help="folder of its export")
    parser.add_argument("--source", required=True, help="file with one sentence a line")
    parser.add_argument("--limit", type=int, help="only so many sentences")
    arguments = parser.parse_args()
    sources = list(read_lines(arguments.source))[: arguments.limit]
    comparison = Comparison(Translator.load(arguments.run), ServedModel(arguments.export), sources)
    comparison.searches()
    comparison.scores()
    sys.exit(comparison.failed)


class Comparison:
    """One translator and its export.

    Args:
        translator: `Translator`.
        served: `ServedModel`.
        sources: list of sentences.

    Attributes:
        failed: whether something differed that must not.
    """

    def __init__(self, translator, served, sources):
        self.translator = translator
        self.served = served
        self.session = SessionModel(served.folder)
        self.sources = sources
        self.failed = False
        # The same sentences in an order in which neighbours have nothing in common.
        self.order = random.Random(0).sample(range(len(sources)), len(sources))

    def searches(self):
        """Texts of `serving_default`, `beam` and `options`."""
        about = self.served.description()
        greedy = TranslationOptions(strategy="greedy")
        beam = TranslationOptions(strategy="beam", beam_size=about["beam_size"])
        mixed = [mixed_options(row, about["beam_size"]) for row in range(len(self.sources))]
        for name, options, in_python in (
            ("serving_default", None, greedy),
            ("beam", None, beam),
            ("options", mixed, mixed),
        ):
            n_best = 1 if name == "serving_default" else about["n_best"]
            expected = self.translator.hypotheses(self.sources, in_python, n_best)
            if name == "serving_default":
                expected = [[each._replace(ranking_score=each.score)] for (each,) in expected]
            for size in BATCH_SIZES:
                began = time.perf_counter()
                found = self._served(name, options, size)
                seconds = time.perf_counter() - began
                self._compare(f"{name}, batches of {size}", expected, found, seconds)

    def _served(self, name, options, size):
        """Hypotheses of the export; the sentences come in the shuffled order."""
        found = [None] * len(self.order)
        for first in range(0, len(self.order), size):
            rows = self.order[first : first + size]
            texts = [self.sources[row] for row in rows]
            if name == "serving_default":
                answers = self._greedy(texts)
            else:
                chosen = options and [options[row] for row in rows]
                answers = self.served.hypotheses(texts, chosen, None, size)
            for row, answer in zip(rows, answers, strict=True):
                found[row] = answer
        return found

    def _greedy(self, texts):
        """Hypotheses from `serving_default`, which says no ranking score."""
        inputs = {"text": [text.encode() for text in texts]}
        outputs = self.session.run("serving_default", inputs)
        return [
            [Hypothesis(text.decode(), float(score), float(score), False, False)]
            for text, score in zip(outputs["translation"], outputs["score"], strict=True)
        ]

    def _compare(self, what, expected, found, seconds):
        """Prints how many of the lists of hypotheses are equal, and those that are not."""
        worst, differing = 0.0, []
        for row, (one, other) in enumerate(zip(expected, found, strict=True)):
            other = first_of_each_text(other)
            if [each.text for each in one] != [each.text for each in other]:
                differing.append((row, one, other))
            else:
                pairs = [(a.score, b.score) for a, b in zip(one, other, strict=True)]
                worst = max([worst, *(abs(a - b) for a, b in pairs)])
                self.failed |= any(differ(*pair) for pair in pairs)
        print(
            f"{what}: {len(expected) - len(differing)} of {len(expected)} equal, "
            f"scores within {worst:.1e}, {len(expected) / seconds:.0f} sentences a second",
            flush=True,
        )
        for row, one, other in differing:
            tie = is_tie(one, other)
            self.failed |= not tie
            print(f"  line {row + 1}{', a tie' if tie else ''}")
            for name, hypotheses in (("Python", one), ("served", other)):
                for each in hypotheses:
                    print(f"    {name}: {each.ranking_score:.6f} {each.text}")

    def scores(self):
        """The signature `score` beside the search's own scores, and beside Python."""
        explained = self.served.explain(self.sources)
        texts = [each["translation"] for each in explained]
        served = self.served.score(self.sources, texts)
        python = self.translator.score(self.sources, texts)
        target = self.translator.tokenizers.target
        pairs = [(a[0], b[0]) for a, b in zip(served, python, strict=True)]
        counts = sum(a[1] != b[1] for a, b in zip(served, python, strict=True))
        worst = max(abs(a - b) for a, b in pairs)
        print(f"score: within {worst:.1e} of Python, {counts} numbers of tokens differ")
        again = []
        for each, (score, _), ids in zip(explained, served, target.encode(texts), strict=True):
            produced = [token for token in each["target_tokens"] if token]
            if not each["target_truncated"] and target.tokens(ids) == produced[:-1]:
                again.append((score, each["score"]))
        share = len(again) / len(texts)
        worst = max(abs(a - b) for a, b in again)
        print(
            f"score of the same ids: {len(again)} of {len(texts)} texts ({share:.1%}) tokenise to "
            f"the ids they came from; on them within {worst:.1e} of what the search said"
        )
        self.failed |= counts > 0 or any(differ(*pair) for pair in pairs + again)


def differ(one, other):
    """Whether two scores are further apart than they may be."""
    return abs(one - other) > max(SAME_SCORE, ROUNDING * abs(one))


def mixed_options(row, beam_size):
    """Options of a sentence: the strategies take turns, other options come now and then."""
    strategy = ("greedy", "beam", "sample")[row % 3]
    options = {"strategy": strategy}
    if strategy == "beam":
        options |= {"beam_size": 1 + row % beam_size, "length_penalty": (row % 4) / 2}
    if strategy == "sample":
        options |= {"seed": row + 1, "temperature": 0.5 + row % 5 / 4}
        options |= ({}, {"top_k": 20}, {"top_p": 0.9})[row % 9 // 3]
    if row % 5 == 0:
        options |= {"min_length": row % 11, "max_length": 11 + row % 17}
    if row % 7 == 0:
        options["no_repeat_ngram"] = 1 + row % 3
    if row % 11 == 0:
        options["prefix"] = "ein mann"
    if row % 13 == 0:
        options["forbidden"] = "frau hund"
    return TranslationOptions(**options)


def first_of_each_text(hypotheses):
    """Without those whose text came before; a text can be written in tokens in several ways."""
    return list({each.text: each for each in reversed(hypotheses)}.values())[::-1]


def is_tie(one, other):
    """Whether two lists of hypotheses differ in the order of almost equal ones alone."""
    if len(one) != len(other):
        return False
    return all(
        a.text == b.text or abs(a.ranking_score - b.ranking_score) <= TIE
        for a, b in zip(one, other, strict=True)
    )


if __name__ == "__main__":
    main()
