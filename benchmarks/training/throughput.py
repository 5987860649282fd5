"""The parts of the benchmark, put together."""

import sys
from pathlib import Path

import contestants
import results
from batching import sorted_batches
from ceiling import ceilings, typical_batches
from sentences import Sentences
from turns import Contest

from keras_transformer.data.filters import FilterOptions, FilterReport, filter_pairs
from keras_transformer.data.readers import read_pairs
from keras_transformer.tokenizers import TokenizerPair

_LONGEST = 128  # tokens of a sentence; longer pairs are left out, as by the recipe


class Throughput:
    """Everything that is measured, on all models.

    Args:
        pacings: preset -> `turns.Pacing`.
        work: folder for tokens and logs.
        peers: interpreter of the peers.
        only: names of the systems; None: all.
    """

    def __init__(self, pacings, work, peers, only=None):
        self.pacings = pacings
        self.work = Path(work)
        self.peers = peers
        self.only = only
        self.sentences = self.work / "sentences.npz"

    def prepare(self, source, target, tokenizers):
        """Tokenises the corpus.

        Args:
            source, target: files, a sentence a line.
            tokenizers: folder that has them.
        """
        pair = TokenizerPair.load(tokenizers)
        report = FilterReport()
        options = FilterOptions(max_ratio=4.0, max_length=_LONGEST, drop_duplicates=True)
        pairs = list(filter_pairs(read_pairs([source], [target], "text"), options, report))
        tokenizer = pair.target
        sides = [tokenizer.encode([each[side] for each in pairs]) for side in (0, 1)]
        kept = [both for both in zip(*sides, strict=True) if max(map(len, both)) <= _LONGEST]
        Sentences(
            [both[0] for both in kept],
            [both[1] for both in kept],
            tokenizer.vocabulary_size,
            {role: int(getattr(tokenizer, f"{role}_id")) for role in ("padding", "start", "end")},
        ).save(self.sentences)
        say(f"{len(kept):,} pairs of sentences; {report.summary()}")

    def measure(self, preset):
        """All systems on one model: dict of what was measured."""
        sentences = Sentences.load(self.sentences)
        model = contestants.model_arguments(preset, sentences)
        systems = contestants.systems(preset, model, self.peers)
        systems = [each for each in systems if self.only is None or each.name in self.only]
        contest = Contest(
            systems, self.pacings[preset], self.sentences, self.work / "logs" / preset, say
        )
        contest.run()
        return {
            "model": model,
            "facts": contest.facts,
            "measurements": contest.records,
            "failures": contest.failures,
        }

    def limits(self, preset):
        """The arithmetic ceilings of a model, float32 and, where a system has it, bfloat16."""
        sentences = Sentences.load(self.sentences)
        model = contestants.model_arguments(preset, sentences)
        lengths = sentences.lengths()
        batches = sorted_batches(*lengths, contestants.BATCH_TOKENS, seed=1)
        pythons = {"tensorflow": sys.executable, "torch": self.peers}
        systems = contestants.systems(preset, model, self.peers)
        found = {}
        for dtype in dict.fromkeys(system.options["precision"] for system in systems):
            say(f"{preset}: measuring products of matrices in {dtype}")
            found[dtype] = ceilings(
                model, typical_batches(batches, *lengths), pythons, contestants.MALLOC, dtype
            )
        return found


def report(measured):
    """All tables, in Markdown.

    Args:
        measured: what `run.py` writes as `results.json`.
    """
    facts = {**measured["machine"], **measured["peers"]}
    parts = [
        "# Training, measured in one run",
        ", ".join(f"{name} {value}" for name, value in facts.items()) + ".",
    ]
    for preset, one in measured["models"].items():
        parts.append(f"## `{preset}`")
        limits = one.get("ceilings", {})
        if one["measurements"]:
            summaries = results.summarize(one["measurements"], one["facts"])
            parts.append(results.speed_table(summaries, limits))
        if limits:
            parts.append(results.ceiling_table(limits))
        if one["failures"]:
            parts.append(results.failures_text(one["failures"]))
    return "\n\n".join(parts) + "\n"


def is_comparable(measured):
    """Whether all systems were measured, and have as many parameters, to 1 %."""
    return not any(
        one["failures"]
        or results.different_sizes(results.summarize(one["measurements"], one["facts"]))
        for one in measured["models"].values()
    )


def say(line):
    """What is going on, for whoever waits."""
    print(line, file=sys.stderr, flush=True)
