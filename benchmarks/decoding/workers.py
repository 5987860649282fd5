"""Starting the processes of the systems, and asking them."""

import contextlib
import dataclasses
import itertools
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

_WORKER = Path(__file__).with_name("worker.py")
_ROOT = Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class System:
    """What is measured.

    Attributes:
        name: in the tables.
        kind: a key of `worker.ENGINES`.
        python: interpreter that has it.
        options: of its engine.
        beams, batch_sizes: what it can do, or is meant for.
        stride: of the batches, and of the single sentences, only every so many is measured where
            a system is slow.
        settings: pairs of concurrent calls and threads of one product that are tried with batches;
            single sentences are tried with the same threads and one call.
        warm_up_seconds: how long it may warm up for a kind of request, each batch once at most.
    """

    name: str
    kind: str
    python: str
    options: dict
    beams: tuple = (1, 5)
    batch_sizes: tuple = (1, 32, 64)
    stride: int = 1
    settings: tuple = ((2, 1), (1, 2))
    warm_up_seconds: float = 5.0


class Failed(RuntimeError):
    """A system's process ended with an error, which it has written to its log."""


class WorkerProcess:
    """One system in a process of its own, stopped while it is not asked.

    Args:
        system: `System`.
        bundle: folder of the `Bundle`.
        intra_threads: threads of one matrix product.
        logs: folder for the file with what the process writes to stderr.
    """

    def __init__(self, system, bundle, intra_threads, logs):
        self.system = system
        self._log = _new_log(Path(logs), system.name)
        options = {**system.options, "intra_threads": intra_threads}
        command = [system.python, str(_WORKER), system.kind, str(bundle), json.dumps(options)]
        with open(self._log, "w") as stderr:
            began = time.perf_counter()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=environment(intra_threads),
            )
        self.start_up = self._ask("started")
        self.start_up["process_seconds"] = time.perf_counter() - began
        self._stop()

    def ask(self, request, **arguments):
        """Lets the process go on, asks, and stops it again.

        Returns:
            What the method `request` of `worker.Worker` returned.

        Raises:
            Failed: the process ended.
        """
        self._process.send_signal(signal.SIGCONT)
        answer = self._ask(request, **arguments)
        self._stop()
        return answer

    def close(self):
        """Ends the process."""
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGCONT)
            self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def _stop(self):
        # Threads that wait by spinning, and collectors of garbage, must not disturb the others.
        self._process.send_signal(signal.SIGSTOP)

    def _ask(self, request, **arguments):
        try:
            print(json.dumps({"do": request, **arguments}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            self._process.wait()
            tail = self._log.read_text(errors="replace").strip().splitlines()[-15:]
            raise Failed("\n".join([f"{self.system.name} failed ({self._log}):", *tail]))
        return json.loads(line)


def _new_log(folder, name):
    """A file that is not there yet, named after a system."""
    name = re.sub(r"\W+", "-", name).strip("-").lower()
    numbers = itertools.count(1)
    return next(path for n in numbers if not (path := folder / f"{name}-{n}.log").exists())


def environment(intra_threads):
    """Environment variables of a process whose matrix products use so many threads."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "",  # else every start would compile its libraries anew
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": str(intra_threads),
        "OMP_NUM_THREADS": str(intra_threads),
        "MKL_NUM_THREADS": str(intra_threads),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
