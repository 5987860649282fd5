"""The process of one system: reads requests from stdin, a JSON object a line, and answers each.

Started by `workers.py`, with the interpreter that has the system. Nothing but the system's own
libraries, numpy and the standard library is imported here, so that memory and start-up time are
its own.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from bundle import Bundle, sorted_batches

ENGINES = {
    "ctranslate2": ("systems.ctranslate2_engine", "CTranslate2"),
    "huggingface": ("systems.huggingface", "HuggingFace"),
    "keras-nlp": ("systems.keras_nlp_loop", "KerasNlp"),
    "ours-ids": ("systems.ours", "OursIds"),
    "ours-text": ("systems.ours", "OursText"),
    "always-full": ("systems.always_full", "AlwaysFull"),
}
_MEGABYTE = 1024  # in kB, the unit of /proc
_PR_SET_PDEATHSIG = 1  # of Linux's prctl


class Worker:
    """Answers requests with one engine."""

    def __init__(self, kind, bundle_folder, options):
        bundle = Bundle.load(bundle_folder)
        began = time.perf_counter()
        module, name = ENGINES[kind]
        engine_class = getattr(importlib.import_module(module), name)
        imported = time.perf_counter()
        self.engine = engine_class(bundle, options)
        self.bundle = bundle
        self.start_up = {
            "import_seconds": imported - began,
            "load_seconds": time.perf_counter() - imported,
            "loaded_megabytes": _status("VmRSS"),
        }
        self._warm = set()

    def started(self):
        """Seconds of import and load, and memory after them."""
        return self.start_up

    def throughput(self, beam, batch_size, calls, stride=1, warm_up_seconds=5.0):
        """One pass over the batches of equal length, `calls` of them at a time.

        Returns:
            Dict with `seconds`, `sentences`, `target_tokens` and `peak_megabytes`.
        """
        lengths = [len(ids) for ids in self.bundle.source_ids]
        rows = sorted_batches(lengths, batch_size, stride)
        batches = [self.engine.prepare(batch, beam) for batch in rows]
        self._warm_up((beam, batch_size, stride), batches, warm_up_seconds)
        _forget_peak()
        with ThreadPoolExecutor(calls) as pool:
            began = time.perf_counter()
            results = list(pool.map(self.engine.run, batches))
            seconds = time.perf_counter() - began
        peak = _status("VmHWM")
        outputs = self._outputs(batches, results)
        return {
            "seconds": seconds,
            "sentences": len(outputs),
            "target_tokens": sum(output.length for output in outputs),
            "peak_megabytes": peak,
        }

    def latency(self, beam, rows, warm_up_seconds=5.0):
        """Sentences by number, one at a time: `milliseconds` of each, `target_tokens` of all."""
        batches = [self.engine.prepare([row], beam) for row in rows]
        self._warm_up((beam, 1, len(rows)), batches, warm_up_seconds)
        _forget_peak()
        milliseconds, results = [], []
        for batch in batches:
            began = time.perf_counter()
            results.append(self.engine.run(batch))
            milliseconds.append(1e3 * (time.perf_counter() - began))
        peak = _status("VmHWM")
        outputs = self._outputs(batches, results)
        return {
            "milliseconds": milliseconds,
            "target_tokens": sum(output.length for output in outputs),
            "peak_megabytes": peak,
        }

    def outputs(self, beam, batch_size, stride=1):
        """Translations: `rows`, and for each `ids`, `length` and `score`; nothing is timed."""
        lengths = [len(ids) for ids in self.bundle.source_ids]
        rows = sorted_batches(lengths, batch_size, stride)
        batches = [self.engine.prepare(batch, beam) for batch in rows]
        outputs = self._outputs(batches, [self.engine.run(batch) for batch in batches])
        fields = {name: [getattr(o, name) for o in outputs] for name in ("ids", "length", "score")}
        return {"rows": [row for batch in rows for row in batch], **fields}

    def forced(self, batch_size, length):
        """One batch whose translations have exactly `length` ids: `seconds`, `peak_megabytes`."""
        self.bundle.limits[:] = [length] * len(self.bundle.limits)
        batch = self.engine.prepare(list(range(batch_size)), 1)
        self._warm_up(("forced", batch_size, length), [batch], 0.0)
        _forget_peak()
        began = time.perf_counter()
        result = self.engine.run(batch)
        seconds = time.perf_counter() - began
        peak = _status("VmHWM")
        lengths = {output.length for output in self.engine.outputs(batch, result)}
        if lengths != {length}:
            raise ValueError(f"translations of {sorted(lengths)} ids instead of {length}")
        return {"seconds": seconds, "peak_megabytes": peak}

    def _warm_up(self, key, batches, seconds):
        """Untimed, once for each kind of request: programs are compiled, memory is fetched."""
        if seconds is None or key in self._warm:
            return
        self._warm.add(key)
        began = time.perf_counter()
        for batch in batches:
            self.engine.run(batch)
            if time.perf_counter() - began > seconds:
                return

    def _outputs(self, batches, results):
        pairs = zip(batches, results, strict=True)
        return [output for pair in pairs for output in self.engine.outputs(*pair)]


def _forget_peak():
    """Gives free memory back and makes the present use the peak."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _status(name):
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / _MEGABYTE
    raise KeyError(name)


def main():
    # A stopped process would outlive a benchmark that was killed.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    kind, bundle_folder, options = sys.argv[1:]
    # What libraries print goes to stderr; the answers have stdout for themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(kind, bundle_folder, json.loads(options))
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(worker, request.pop("do"))(**request)
        print(json.dumps(answer, default=_plain), file=answers, flush=True)


def _plain(value):
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value)} is not JSON")


if __name__ == "__main__":
    main()
