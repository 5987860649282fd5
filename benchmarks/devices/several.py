"""Trains on one device and on several through `train.py`, compares, and loses a worker on the way.

    python benchmarks/devices/several.py

The devices are what any machine has: two virtual parts of the processor (`MirroredStrategy`), two
worker processes on this machine (`MultiWorkerMirroredStrategy`), two host devices of JAX. Each run
is the same command but for `--training.strategy`, on the same generated files, with segmentations
drawn anew in every epoch and R-Drop, but without dropout, so that the losses of its validations
have to be those of one device up to the order in which numbers are added up. After that one of two
workers is killed with SIGKILL in the middle of the training, first the one that writes and then the
other: the survivor has to end by itself with an error, and both, started again by the same
commands, have to finish with the losses of the run that was never stopped. SIGTERM to one worker
has to end both with status 143 and a checkpoint.

Writes `results.json` and `results.md` to `--results`; the exit status is 1 if anything was not as
it has to be.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.word_corpus import write_corpus  # noqa: E402
from keras_transformer.config.settings import count  # noqa: E402
from keras_transformer.runs.machine import machine  # noqa: E402

EPOCHS = 3
# Of losses. Weights that change no loss, such as biases of keys, have gradients of rounding alone,
# which Adam makes as large as any: the weights of two runs differ by that.
LARGEST_DIFFERENCE = 1e-5
LONGEST_SURVIVAL = 120  # seconds


def command(folder, run, strategy):
    """The command of all runs, but for folder and strategy."""
    options = {
        "source": folder / "train.ko",
        "target": folder / "train.en",
        "data.validation_pairs": 20,
        "data.bleu_tokenizer": "char",
        "tokenizer.kind": "bpe",
        "tokenizer.bpe_dropout": 0.1,
        "tokenizer.vocabulary_size": 64,
        "model.num_encoder_layers": 1,
        "model.num_decoder_layers": 1,
        "model.hidden_dim": 32,
        "model.intermediate_dim": 64,
        "model.dropout": 0,
        "epochs": EPOCHS,
        "training.r_drop": 5,
        "training.strategy": strategy,
        "training.devices": 2 if strategy in ("mirrored", "data_parallel") else 0,
        "training.batch_tokens": 500,
        "training.batch_shapes": 3,
        "training.warmup_steps": 100,
        "training.checkpoint_steps": 4,
        "training.tensorboard": "false",
    }
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    return [sys.executable, str(ROOT / "train.py"), "--run", str(run), *words]


class Workers:
    """The processes of one run: one, or two that find each other by `TF_CONFIG`."""

    def __init__(self, folder, run, strategy, backend="tensorflow"):
        self.run = run
        environment = {**os.environ, "KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "-1"}
        environment.update(JAX_PLATFORMS="cpu", TF_CPP_MIN_LOG_LEVEL="2")
        count = 2 if strategy == "multi_worker" else 1
        ports = free_ports(count)
        self.began, self.processes, self.logs = time.monotonic(), [], []
        for index in range(count):
            cluster = {
                "cluster": {"worker": [f"localhost:{port}" for port in ports]},
                "task": {"type": "worker", "index": index},
            }
            if count > 1:
                environment["TF_CONFIG"] = json.dumps(cluster)
            log = folder / f"{run.name}-{index}.log"
            self.logs.append(log)
            with open(log, "w", encoding="utf-8") as file:
                self.processes.append(
                    subprocess.Popen(
                        command(folder, run, strategy),
                        env=environment, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                    )
                )  # fmt: skip

    def wait(self, seconds=600):
        """The exit statuses; whoever is late is killed."""
        end = time.monotonic() + seconds
        for process in self.processes:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return [process.returncode for process in self.processes]

    def stop_one(self, index, number, steps):
        """Sends a signal to a worker once a checkpoint of so many steps is there."""
        while newest_step(self.run) < steps:
            if any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f"the run ended too early:\n{self.output(0)[-3000:]}")
            time.sleep(0.05)
        self.processes[index].send_signal(number)
        return time.monotonic()

    def output(self, index):
        return self.logs[index].read_text(encoding="utf-8", errors="replace")


def free_ports(count):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def newest_step(run):
    return max((int(p.stem.split("-")[1]) for p in run.glob("checkpoints/step-*.npz")), default=0)


def outcome(run):
    """Weights at the end, and losses and accuracy of validation by epoch."""
    newest = sorted(run.glob("checkpoints/step-*.npz"))[-1]
    with np.load(newest) as file:
        weights = {name: array for name, array in file.items() if name.startswith("weights/")}
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    return weights, np.array([[each["val_loss"], each["val_perplexity"]] for each in lines])


def differences(run, other):
    """The largest difference of losses of validation, and of weights."""
    (weights, losses), (their_weights, their_losses) = outcome(run), outcome(other)
    if losses.shape != their_losses.shape or weights.keys() != their_weights.keys():
        return float("inf"), float("inf")
    far = max(float(np.abs(weights[name] - their_weights[name]).max()) for name in weights)
    return float(np.abs(losses[:, 0] - their_losses[:, 0]).max()), far


class Report:
    """Rows of the two tables, and what went wrong."""

    def __init__(self):
        self.equal, self.lost, self.problems = [], [], []

    def check(self, good, text):
        if not good:
            self.problems.append(text)
            print(f"PROBLEM: {text}", flush=True)


def compare_devices(folder, report):
    """One device and several, on TensorFlow and on JAX."""
    for backend, strategies in (
        ("tensorflow", ("none", "mirrored", "multi_worker")),
        ("jax", ("none", "data_parallel")),
    ):
        one = folder / f"{backend}-none"
        for strategy in strategies:
            run = folder / f"{backend}-{strategy}"
            workers = Workers(folder, run, strategy, backend)
            statuses = workers.wait()
            seconds = time.monotonic() - workers.began
            report.check(not any(statuses), f"{run.name} ended with {statuses}: "
                         f"{workers.output(0)[-2000:]}")  # fmt: skip
            if any(statuses):
                continue
            losses, weights = differences(run, one)
            report.check(losses <= LARGEST_DIFFERENCE, f"{run.name} is not as one")
            last = float(outcome(run)[1][-1, 0])
            report.equal.append(
                {"backend": backend, "strategy": strategy, "steps": newest_step(run),
                 "validation loss at the end": last, "largest difference of losses": losses,
                 "largest difference of weights": weights, "seconds": seconds}
            )  # fmt: skip
            print(report.equal[-1], flush=True)


def lose_workers(folder, report):
    """Ends one of two workers, and starts both again."""
    whole = folder / "tensorflow-multi_worker"
    for index, number in ((0, signal.SIGKILL), (1, signal.SIGKILL), (1, signal.SIGTERM)):
        run = folder / f"lost-{index}-{number.name}"
        workers = Workers(folder, run, "multi_worker")
        stopped = workers.stop_one(index, number, steps=8)
        statuses = workers.wait(LONGEST_SURVIVAL)
        seconds = time.monotonic() - stopped
        lines = workers.output(1 - index).strip().splitlines()
        survivor = next((line for line in lines if "start all of them" in line), lines[-1])
        step = newest_step(run)
        if number == signal.SIGKILL:
            good = statuses[1 - index] == 2 and "start all of them again" in survivor
        else:
            good = statuses == [143, 143]
        report.check(good, f"{run.name}: statuses {statuses}, {survivor}")
        again = Workers(folder, run, "multi_worker").wait()
        report.check(again == [0, 0], f"{run.name}: started again it ended with {again}")
        losses, weights = differences(run, whole) if again == [0, 0] else (None, None)
        if losses is not None:
            report.check(losses <= LARGEST_DIFFERENCE, f"{run.name} is not as whole")
        report.lost.append(
            {"worker": index, "signal": number.name, "statuses": statuses,
             "seconds until all had ended": seconds, "went on from step": step,
             "largest difference of losses": losses, "largest difference of weights": weights,
             "what the survivor says": survivor}
        )  # fmt: skip
        print(report.lost[-1], flush=True)


def table(rows):
    """A table in Markdown."""

    def shown(value):
        return f"{value:.2g}" if isinstance(value, float) and value < 0.01 else (
            f"{value:.4g}" if isinstance(value, float) else str(value)
        )  # fmt: skip

    names = list(rows[0]) if rows else []
    lines = [names, ["---"] * len(names), *([shown(row[name]) for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--results", default=str(ROOT / "benchmarks" / "results" / "several-devices")
    )
    parser.add_argument("--keep", help="folder for runs and logs (default: a temporary one)")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_corpus(folder, 300)
        compare_devices(folder, report)
        lose_workers(folder, report)
    results = Path(options.results)
    results.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine(), "equal": report.equal, "lost": report.lost,
             "problems": report.problems}  # fmt: skip
    (results / "results.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    here = found["machine"]
    text = (
        "# Several devices, measured in one run\n\n"
        f"{here['processor']}, {count(here['cores'], 'core')}, "
        f"TensorFlow {here['packages']['tensorflow']}, Keras {here['packages']['keras']}; no GPU.\n"
        f"\n## As one device\n\n{table(report.equal)}\n"
        f"\n## One of two workers is lost\n\n{table(report.lost)}\n"
        f"\n{len(report.problems)} problems\n"
    )
    (results / "results.md").write_text(text, encoding="utf-8")
    print(text)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
