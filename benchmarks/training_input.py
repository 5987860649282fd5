"""How time and memory of the training input grow with the number of sentence pairs.

    python benchmarks/training_input.py 10000 100000 1000000

For each size it writes synthetic pairs (words of a Zipf distribution, lengths like those of web
text) and measures, each in a process of its own: the preparation of a run (vocabulary, tokenised
corpus, batch plan), the same once more with everything there, as a run that resumes does it, one
epoch with BPE dropout in the side process, and a few training steps of a small model. Prints a
table; `--json FILE` keeps the figures. Seconds are of the processor, so that a busy machine does
not matter; memory is the largest resident set of the process.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NUM_WORDS = 60_000
VOCABULARY_SIZE = 8000
STEPS = 12


def write_pairs(folder, num_pairs, seed=1):
    """`train.a` and `train.b`: sentences and what would be their translations, word by word."""
    generator = np.random.default_rng(seed)
    letters = np.array(list("etaoinsrhldcumfpgwybvkxjqz"))
    share = 1.0 / np.arange(1, 27)
    words = [
        [
            "".join(generator.choice(letters, size, p=share / share.sum()))
            for size in np.clip(2 + generator.poisson(0.6 * np.log1p(np.arange(NUM_WORDS))), 2, 18)
        ]
        for _ in range(2)
    ]
    ranks = 1.0 / np.arange(1, NUM_WORDS + 1)
    ranks /= ranks.sum()
    with (
        open(folder / "train.a", "w", encoding="utf-8") as source,
        open(folder / "train.b", "w", encoding="utf-8") as target,
    ):
        for first in range(0, num_pairs, 10_000):
            count = min(10_000, num_pairs - first)
            lengths = np.clip(np.exp(generator.normal(2.7, 0.55, count)), 2, 70).astype(int)
            drawn = generator.choice(NUM_WORDS, int(lengths.sum()), p=ranks)
            kept = generator.random(len(drawn)) > 0.1
            ends = np.cumsum(lengths)
            for begin, end in zip(ends - lengths, ends, strict=True):
                here = drawn[begin:end]
                source.write(" ".join(words[0][word] for word in here) + "\n")
                moved = here[kept[begin:end]][::-1] if begin % 2 else here[kept[begin:end]]
                target.write(" ".join(words[1][word] for word in moved) + "\n")


def config_of(folder, **changes):
    from keras_transformer.config import config_from

    options = {
        "data.source": [str(folder / "train.a")],
        "data.target": [str(folder / "train.b")],
        "data.validation_pairs": "500",
        "tokenizer.kind": "bpe",
        "tokenizer.vocabulary_size": str(VOCABULARY_SIZE),
        "model.num_encoder_layers": "1",
        "model.num_decoder_layers": "1",
        "model.hidden_dim": "32",
        "model.intermediate_dim": "64",
        "model.num_heads": "2",
        "training.validation_sentences": "8",
        "training.tensorboard": "false",
        "training.epochs": "2",
        "training.average_decay": "0",
        "training.jit_compile": "false",
        "decoding.max_length_constant": "2",
        "decoding.max_length_factor": "0",
    }
    return config_from(None, {**options, **changes})


class Clock:
    """Processor seconds of this process and of those that it waited for, stage by stage."""

    def __init__(self):
        self.seconds = {}
        self._last = self._now()

    def _now(self):
        times = os.times()
        return sum(times[:4])

    def stage(self, name):
        now = self._now()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now


def prepare(folder):
    """The preparation of a run, stage by stage; again and again the same if all is there."""
    clock = Clock()
    from keras_transformer.data.batch_plan import BatchPlan
    from keras_transformer.runs import prepare as rooms
    from keras_transformer.runs.corpora import open_corpus
    from keras_transformer.runs.folder import RunFolder

    config, run = config_of(folder), RunFolder(folder / "run")
    clock.stage("imports, TensorFlow included")
    corpus = open_corpus(config.data)
    run.start(config)
    clock.stage("held out")
    tokenizers = rooms.prepare_tokenizers(config, corpus, run, quiet)
    clock.stage("vocabulary")
    data = rooms.prepare_data(config, corpus, run, quiet)
    clock.stage("tokenised corpus and plan")
    tokens = data.tokens
    plan = BatchPlan(tokens.source_lengths + 1, tokens.target_lengths + 1, 4096, 1, 32)
    clock.stage("plan alone")
    order = plan.epoch(1)
    clock.stage("order of an epoch")
    next(data.train.batches.epoch(1, len(order) // 2))
    clock.stage("first batch in mid-epoch")
    statistics = plan.statistics()
    return {
        "seconds": clock.seconds,
        "pairs": len(tokens),
        "batches": statistics.num_batches,
        "padding": round(statistics.padding_share, 4),
        "vocabulary": tokenizers.source.vocabulary_size,
        "bytes": sum(path.stat().st_size for path in run.token_corpus.iterdir()),
    }


def sample(folder):
    """Two epochs with BPE dropout, as the side process makes them."""
    from keras_transformer.data.epoch_process import _Writer

    writer = _Writer(
        {
            "corpus": str(folder / "run" / "data"),
            "tokenizers": str(folder / "run"),
            "options": {"seed": 1, "bpe_dropout": 0.1},
            "longest": [200, 200],
            "corpus_weights": [],
        }
    )
    clock = Clock()
    for epoch in range(2):
        writer.write(epoch, str(folder / "sampled"))
        clock.stage(f"epoch {epoch + 1}")
    return {"seconds": clock.seconds}


def train(folder):
    """A few steps of a real run, and then a few more, as a run that resumes."""
    from keras_transformer.runs.train import train as train_run

    clock = Clock()
    for name, steps in (("steps", STEPS), ("steps resumed", 2 * STEPS)):
        train_run(config_of(folder, **{"training.max_steps": str(steps)}), folder / "run")
        clock.stage(name)
    return {"seconds": clock.seconds}


def quiet(line):
    """Takes what a run says."""


def peak_megabytes():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


STAGES = {"prepare": prepare, "resume": prepare, "sample": sample, "train": train}


def measured(stage, folder):
    """The figures of a stage, from a process of its own."""
    command = [sys.executable, __file__, "--stage", stage, "--folder", str(folder)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{stage} failed:\n{done.stderr[-3000:]}")
    figures = json.loads(done.stdout.splitlines()[-1])
    return {**figures, "wall_seconds": round(time.monotonic() - began, 1)}


def table(results):
    """Rows of figures, a column for each size."""
    rows = {}
    for result in results.values():
        for stage in STAGES:
            for name, seconds in result[stage]["seconds"].items():
                rows.setdefault(f"{stage}: {name} (s)", []).append(f"{seconds:.2f}")
            rows.setdefault(f"{stage}: memory (MB)", []).append(str(result[stage]["megabytes"]))
        rows.setdefault("tokenised corpus (MB)", []).append(
            f"{result['prepare']['bytes'] / 1e6:.1f}"
        )
        rows.setdefault("padding (%)", []).append(f"{100 * result['prepare']['padding']:.1f}")
    width = max(map(len, rows))
    lines = ["".join([" " * width, *(f"{int(size):>12,}" for size in results)])]
    lines += [name.ljust(width) + "".join(f"{cell:>12}" for cell in row)
              for name, row in rows.items()]  # fmt: skip
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--json", type=Path, help="file to keep the figures in")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.stage:
        figures = STAGES[options.stage](options.folder)
        print(json.dumps({**figures, "megabytes": peak_megabytes()}))
        return
    results = {}
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_pairs(Path(folder), size)
            results[str(size)] = {stage: measured(stage, Path(folder)) for stage in STAGES}
        print(table(results), end="\n\n", flush=True)
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            about = {"python": platform.python_version(), "cores": os.cpu_count()}
            options.json.write_text(json.dumps({"machine": about, "sizes": results}, indent=2))


if __name__ == "__main__":
    main()
