"""Kills a training again and again, with SIGKILL and with SIGTERM, and looks at what it leaves.

    python benchmarks/resume/kill.py --kills 20 --terms 5

One command, `python train.py --run FOLDER ...`, is started on generated files and stopped at a
random moment between its start and its end: while it starts, learns its vocabulary, tokenises,
trains, writes a file, evaluates. It samples segmentations, averages weights in both ways, and stops
early. It is started again by the same command until it has been stopped as often as was asked for,
and then left alone. After each stop every file of the run has to be whole, and the next start has
to go on from the newest checkpoint; after SIGTERM in training the exit status has to be 143 and the
newest checkpoint of that moment; at the end there have to be scores. The outcome is compared with
that of a run that was never stopped, times apart: weights of every name, optimizer, averages,
random state, early stopping, history. Prints a table; the exit status is 1 if anything was not as
it has to be.

Files whose names begin with a dot are not of the run (they are being written), and TensorBoard's
event files, which only grow, may end early: TensorBoard reads them up to there.
"""

import argparse
import json
import logging
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.word_corpus import write_corpus  # noqa: E402
from keras_transformer.config import Config, to_yaml  # noqa: E402
from keras_transformer.data.token_corpus import TokenCorpus  # noqa: E402
from keras_transformer.errors import UserError  # noqa: E402
from keras_transformer.tokenizers import TokenizerPair  # noqa: E402

# What is waited for, and the longest random delay after it in seconds.
MOMENTS = {
    "start": 6.0,
    "vocabulary": 0.3,
    "batches": 4.0,
    "training": 3.0,
    "writing": 0.02,
    "checkpoint": 0.4,
    "evaluation": 1.5,
}
# Where SIGTERM is listened to.
TERM_MOMENTS = ("batches", "training", "checkpoint", "evaluation")
PATIENCE = 2  # evaluations without a better score
# All but the first are rare if left to chance: most of a short run is its start.
WEIGHTS = (1, 1, 1, 3, 3, 4, 3)


def command(folder, run, epochs):
    """The one command of all starts."""
    options = {
        "source": folder / "train.ko",
        "target": folder / "train.en",
        "data.validation_pairs": 50,
        "tokenizer.vocabulary_size": 64,
        "tokenizer.sampling_alpha": 0.3,
        "model.num_encoder_layers": 1,
        "model.num_decoder_layers": 1,
        "model.hidden_dim": 32,
        "model.intermediate_dim": 64,
        "epochs": epochs,
        "training.batch_tokens": 512,
        "training.batch_shapes": 2,
        "training.warmup_steps": 100,
        "training.average_decay": 0.99,
        "training.average_checkpoints": 3,
        "training.average_choice": "best",
        "training.early_stopping": PATIENCE,
        "training.jit_compile": "false",
        "training.checkpoint_steps": 7,
        "training.log_every": 5,
    }
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    return [sys.executable, str(ROOT / "train.py"), "--run", str(run), *words]


class Training:
    """One start of the command, with what it printed so far."""

    def __init__(self, words, run):
        self.run = run
        self.checkpoints = set(checkpoints(run))
        self.output = []
        self.process = subprocess.Popen(
            words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._lines = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def ended(self):
        """Whether the process has ended by itself; takes in what was printed."""
        ended = self.process.poll() is not None
        while not self._lines.empty():
            self.output.append(self._lines.get())
        return ended

    def reached(self, moment):
        """Whether the moment has come."""
        if moment == "start":
            return True
        if moment == "writing":
            return any(self.run.glob("**/.new-*"))
        if moment == "checkpoint":
            return not set(checkpoints(self.run)) <= self.checkpoints
        marks = {
            "vocabulary": "Learning",
            "batches": "Training:",
            "training": "Epoch",
            "evaluation": "step - ",
        }
        return any(marks[moment] in line for line in self.output)

    def stop_at(self, moment, delay, number=signal.SIGKILL):
        """Waits for the moment and the delay, then stops; False if the run ended before."""
        while not self.reached(moment):
            if self.ended():
                return False
            time.sleep(0.001)
        end = time.monotonic() + delay
        while time.monotonic() < end:
            if self.ended():
                return False
            time.sleep(0.001)
        self.stopped = time.time()
        self.process.send_signal(number)
        self.wait()
        return self.process.returncode in (-number, 128 + number)

    def wait(self):
        """Waits for the end of the process and of what it printed."""
        self.process.wait()
        self._reader.join()
        return self.ended()

    def resumed_at(self):
        """The step from which it went on; 0 if it began; None if it did not come so far."""
        text = "".join(self.output)
        found = re.search(r"Resuming at step ([\d,]+)", text)
        if found:
            return int(found[1].replace(",", ""))
        return 0 if "Epoch 1/" in text else None


def checkpoints(run):
    """Names of the checkpoints, oldest first."""
    return sorted(path.name for path in run.glob("checkpoints/step-*"))


def newest_step(run):
    """The step of the newest checkpoint, 0 if there is none."""
    return max((int(re.findall(r"\d+", name)[0]) for name in checkpoints(run)), default=0)


def torn_files(run):
    """What is wrong with the files of a run, one line each."""
    problems = []
    for path in sorted(run.rglob("*")):
        name = path.relative_to(run)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_dir() or hidden or path.name.startswith("events."):
            continue
        try:
            _check_file(path)
        except Exception as error:
            problems.append(f"{name}: {error}")
    try:
        _check_together(run)
    except UserError as error:
        problems.append(str(error))
    return problems


def _check_file(path):
    if path.suffix == ".json":
        json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".jsonl":
        epochs = [json.loads(line)["epoch"] for line in path.read_text().splitlines()]
        if epochs != list(range(len(epochs))):
            raise ValueError(f"the epochs are {epochs}")
    elif path.suffix == ".npz":
        with np.load(path) as file:
            if not len(dict(file)):
                raise ValueError("it holds nothing")
    elif path.suffix == ".yaml":
        if to_yaml(Config.load(path)) != path.read_text(encoding="utf-8"):
            raise ValueError("it is not complete")
    elif path.suffix == ".h5":
        import h5py

        with h5py.File(path) as file:
            file.visititems(lambda _, node: node[()] if isinstance(node, h5py.Dataset) else None)
    elif path.suffix == ".html":
        if not path.read_text(encoding="utf-8").endswith("</html>\n"):
            raise ValueError("it is not complete")
    elif path.suffix not in (".ids", ".offsets", ".model", ".txt"):
        raise ValueError("nobody knows what this is")


def _check_together(run):
    """Opens what a run is made of as the program does."""
    if (run / "data").exists():
        TokenCorpus.open(run / "data")
    if (run / "tokenizer.json").exists():
        TokenizerPair.load(run)
    if (run / "model.weights.h5").exists():
        from keras_transformer.translator import Translator

        Translator.load(run).translate(["가 나"])


def progress(run):
    """What the newest checkpoint says, but for its time."""
    with np.load(run / "checkpoints" / checkpoints(run)[-1]) as file:
        found = json.loads(file["progress"].tobytes())
    del found["trained_seconds"]
    return found


def outcome(run):
    """What two runs have to have in common: last checkpoint, weights of every name, history."""
    import h5py

    with np.load(run / "checkpoints" / checkpoints(run)[-1]) as file:
        arrays = {name: array for name, array in file.items() if name != "progress"}
    for path in sorted(run.glob("*.weights.h5")):
        with h5py.File(path) as file:
            file.visititems(
                lambda name, node, path=path: (
                    arrays.update({f"{path.name}/{name}": node[()]})
                    if hasattr(node, "dtype")
                    else None
                )
            )
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    clocks = ("seconds", "bleu_seconds", "target_tokens_per_second")
    history = [{k: v for k, v in line.items() if k not in clocks} for line in lines]
    return arrays, {"history": history, "progress": progress(run)}


def differences(run, other):
    """Names of what is not the same, to the last bit."""
    (ours, our_words), (theirs, their_words) = outcome(run), outcome(other)
    names = [
        name
        for name in sorted(ours.keys() | theirs.keys())
        if name not in ours
        or name not in theirs
        or not np.array_equal(ours[name], theirs[name], equal_nan=True)
    ]
    return names + [name for name in our_words if our_words[name] != their_words[name]]


def after_term(training, run, epochs):
    """What is wrong after a SIGTERM, one line each."""
    if training.process.returncode != 143:
        return [f"after SIGTERM the exit status was {training.process.returncode}"]
    if not any("Epoch" in line for line in training.output):
        return []
    newest = run / "checkpoints" / checkpoints(run)[-1]
    known = progress(run)
    finished = known["epoch"] >= epochs or known["bleu"]["waited"] >= PATIENCE
    if newest.stat().st_mtime < training.stopped and not finished:
        return ["SIGTERM left no checkpoint of its moment"]
    return []


def stop_again_and_again(words, run, options):
    """Runs the command until it was stopped as often as asked; returns the problems found."""
    draw = random.Random(options.seed)
    signals = [signal.SIGKILL] * options.kills + [signal.SIGTERM] * options.terms
    draw.shuffle(signals)
    problems, stopped, starts, before = [], 0, 0, 0
    print("stop  signal   moment      delay s  resumed at  newest checkpoint  files")
    while stopped < len(signals) and starts < 3 * len(signals):
        number = signals[stopped]
        moment = draw.choices(list(MOMENTS), WEIGHTS)[0]
        if number == signal.SIGTERM:
            moment = draw.choice(TERM_MOMENTS)
        delay = draw.uniform(0, MOMENTS[moment])
        training = Training(words, run)
        starts += 1
        was_stopped = training.stop_at(moment, delay, number)
        resumed, found = training.resumed_at(), torn_files(run)
        if not was_stopped and training.process.returncode != 0:
            found.append(f"the command failed:\n{''.join(training.output)[-3000:]}")
        if was_stopped and number == signal.SIGTERM:
            found += after_term(training, run, options.epochs)
        if resumed is not None and resumed != before:
            found.append(f"it went on from step {resumed} and not from {before}")
        if newest_step(run) < before:
            found.append(f"the newest checkpoint is of step {newest_step(run)}, it was {before}")
        before = newest_step(run)
        stopped += was_stopped
        place = str(stopped) if was_stopped else "-"
        shown = f"{number.name:8} {moment:10}{delay:9.3f}" if was_stopped else f"{'(ended)':28}"
        step = "-" if resumed is None else resumed
        state = "; ".join(found) or "whole"
        print(f"{place:>4}  {shown}  {step!s:>10}  {before:>17}  {state}", flush=True)
        problems += found
        if not was_stopped and moment != "start" and (run / "scores.json").exists():
            # Done, and what is to be waited for will never come again: begin anew.
            shutil.rmtree(run)
            before = 0
    if stopped < len(signals):
        problems.append(f"it was stopped {stopped} times only")
    return problems


def main(arguments=None):
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=10, help="times to send SIGKILL")
    parser.add_argument("--terms", type=int, default=0, help="times to send SIGTERM")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=2000, help="sentence pairs to train on")
    parser.add_argument("--epochs", type=int, default=12, help="most epochs")
    parser.add_argument(
        "--no-comparison", action="store_true", help="without the run that is never stopped"
    )
    options = parser.parse_args(arguments)
    # Loading the same small model after every kill looks to TensorFlow as if something were wrong.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder, options.pairs)
        run = folder / "run"
        words = command(folder, run, options.epochs)
        problems = stop_again_and_again(words, run, options)
        last = Training(words, run)
        last.wait()
        problems += torn_files(run)
        if last.process.returncode != 0 or not (run / "scores.json").exists():
            problems.append(f"the last start failed:\n{''.join(last.output)[-3000:]}")
        else:
            print("at last:", (run / "scores.json").read_text().replace("\n", " "))
        if not options.no_comparison and not problems:
            whole = Training(command(folder, folder / "whole", options.epochs), folder / "whole")
            whole.wait()
            found = differences(run, folder / "whole")
            print(len(outcome(run)[0]), "arrays,", len(outcome(run)[1]["history"]), "epochs")
            print("never stopped, to the last bit:", ", ".join(found) or "the same", flush=True)
            problems += [f"not as in a run that was never stopped: {name}" for name in found]
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
