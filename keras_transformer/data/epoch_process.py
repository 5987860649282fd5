"""The process that tokenises the coming epoch while this one is trained.

Run as a program (`python -m keras_transformer.data.epoch_process`) it is that process: a fresh
Python without TensorFlow, which reads one JSON object a line from its standard input and answers
each with one. It ends when its input does, which is also what it sees when its parent dies.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

from keras_transformer.data.mixture import Mixture
from keras_transformer.data.sampled_corpus import sampled_fingerprint, write_sampled
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.tokenizers.subword_sampling import SamplingOptions, samplers_of

_MODULE = "keras_transformer.data.epoch_process"
_NICENESS = 5  # training goes first


class EpochProcess:
    """The side process, seen from training. It is started when it is first asked for something.

    Args:
        settings: dict for JSON, see `_Writer`.
    """

    def __init__(self, settings: dict):
        self.settings = settings
        self.pending = None  # the epoch that it is at work on
        self._process = None

    def ask(self, epoch: int, folder):
        """Lets it write an epoch into a folder; `answer` waits for that."""
        if self._process is None:
            self._process = self._start()
            self._send(self.settings)
        self._send({"epoch": epoch, "folder": str(folder)})
        self.pending = epoch

    def answer(self):
        """Waits for what was asked.

        Raises:
            UserError: what went wrong there.
        """
        self.pending = None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise UserError(
                "The process that tokenises the coming epoch ended without an answer (exit "
                f"status {status}; -9 mostly means that memory ran out): start the run again, it "
                "goes on at its last checkpoint."
            )
        answer = json.loads(line)
        if "error" in answer:
            raise UserError(answer["error"])

    def close(self):
        """Ends the process, whatever it is at."""
        if self._process is not None:
            with suppress(BrokenPipeError):  # it has ended before
                self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None
            self.pending = None

    def _start(self):
        package = str(Path(__file__).resolve().parents[2])
        known = os.environ.get("PYTHONPATH")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([package, *([known] if known else [])]),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def _send(self, message: dict):
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: `answer` finds out and says so


class _Writer:
    """What the process keeps from one epoch to the next: the corpus and the tables of words.

    Args:
        settings: `corpus` and `tokenizers` (folders), `options` (of `SamplingOptions`), `longest`
            (the most tokens of a source and of a target), `corpus_weights` (of a `Mixture` seeded
            like the options; empty: every pair once).
    """

    def __init__(self, settings: dict):
        self.corpus = TokenCorpus.open(settings["corpus"], verify=False)
        self.options = SamplingOptions(**settings["options"])
        self.longest = settings["longest"]
        self.samplers = samplers_of(TokenizerPair.load(settings["tokenizers"]), self.options)
        self.weights, self.mixture = settings["corpus_weights"], None
        if self.weights:
            self.mixture = Mixture(self.corpus.part_sizes, self.weights, self.options.seed)

    def write(self, epoch: int, folder: str):
        fingerprint = sampled_fingerprint(
            self.corpus.fingerprint, self.options, self.longest, self.weights, epoch
        )
        rows = None if self.mixture is None else self.mixture.rows(epoch)
        write_sampled(folder, self.corpus, self.samplers, self.longest, epoch, rows, fingerprint)


def _serve():
    """The side process: answers its requests in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the parent, which then ends this one
    with suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    requests: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests,), daemon=True).start()
    settings, writer = requests.get(), None
    while True:
        request = requests.get()
        answer = {"epoch": request["epoch"], "tensorflow": "tensorflow" in sys.modules}
        try:
            writer = writer or _Writer(settings)
            writer.write(**request)
        except UserError as error:
            answer["error"] = str(error)
        except Exception as error:
            traceback.print_exc()
            answer["error"] = (
                "The process that tokenises the coming epoch failed "
                f"({type(error).__name__}: {error}): its traceback is above."
            )
        print(json.dumps(answer), file=answers, flush=True)


def _read(requests):
    """Passes requests on; ends the process at once when there can be none any more."""
    for line in sys.stdin:
        requests.put(json.loads(line))
    os._exit(0)


if __name__ == "__main__":
    _serve()
