"""The process of one system: trains, some steps at a time, and says how long they took.

    trainer.py ENGINE SENTENCES OPTIONS

Started by `turns.py`, with the interpreter that has the system; the options are JSON. A line on
stdin is a number of steps, a line on stdout the answer, a JSON object. Nothing but the system's own
libraries, numpy and the standard library is imported here, so that memory is its own.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import time

from sentences import Sentences

ENGINES = {
    "ours": ("engines.ours", "Ours"),
    "torch": ("engines.pytorch", "PyTorch"),
    "keras-nlp": ("engines.keras_nlp_fit", "KerasNlp"),
}
_KILOBYTES = 1024  # in a megabyte; /proc counts in kB
_PR_SET_PDEATHSIG = 1  # of Linux's prctl


class Turns:
    """Stands between a training loop and whoever asks for its steps.

    The loop calls `before_step` and `after_step` around each step. Time runs from the moment at
    which steps are asked for to the end of the last of them, with everything that the loop does in
    between; what happens after the last step, before others are asked for, is nobody's.

    Args:
        counts: list of `Counts`, one for each step that the loop will make.
        ask: function that waits for a request and returns its number of steps.
        answer: function that takes a dict.
    """

    def __init__(self, counts, ask, answer):
        self.counts = counts
        self.ask = ask
        self.answer = answer
        self.step = 0
        self._left = 0

    def before_step(self):
        """Waits until a step is wanted."""
        if self._left == 0:
            self._left = self.ask()
            self._first = self.step
            self._began = time.perf_counter()

    def after_step(self, loss):
        """Counts a step; `loss` is a number, so that the step has really been made."""
        self.step += 1
        self._left -= 1
        if self._left:
            return
        seconds = time.perf_counter() - self._began
        counts = self.counts[self._first : self.step]
        self.answer(
            {
                "seconds": seconds,
                "steps": self.step - self._first,
                "target_tokens": sum(each.target_tokens for each in counts),
                "real": sum(each.real for each in counts),
                "positions": sum(each.positions for each in counts),
                "loss": float(loss),
                "peak_megabytes": peak_megabytes(),
            }
        )


def peak_megabytes():
    """The most resident memory that this process has had, interpreter and libraries included."""
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / _KILOBYTES
    raise KeyError("VmHWM")


def main():
    # A stopped process would outlive a benchmark that was killed.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    name, sentences, options = sys.argv[1:]
    # What libraries print goes to stderr; the answers have stdout for themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(facts):
        print(json.dumps(facts), file=answers, flush=True)

    def ask():
        line = sys.stdin.readline()
        if not line:
            raise SystemExit  # nobody asks any more
        return int(line)

    module, class_name = ENGINES[name]
    engine_class = getattr(importlib.import_module(module), class_name)
    engine = engine_class(Sentences.load(sentences), json.loads(options))
    answer({"parameters": engine.num_parameters, "steps": engine.num_steps})
    engine.train(Turns(engine.counts, ask, answer))
    ask()  # all steps are made: stay until told to end


if __name__ == "__main__":
    main()
