"""Systems in processes of their own, which train in turn."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

_HERE = Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class System:
    """What is measured.

    Attributes:
        name: in the tables.
        engine: a key of `trainer.ENGINES`.
        python: interpreter that has it.
        options: of its engine.
        environment: variables beside those of all systems.
    """

    name: str
    engine: str
    python: str
    options: dict
    environment: dict = dataclasses.field(default_factory=dict)


class Failed(RuntimeError):
    """A system's process ended with an error, which it has written to its log."""


class TrainingProcess:
    """One system, stopped while nothing is asked of it.

    Args:
        system: `System`.
        sentences: path of the `Sentences`.
        log: file for what the process writes to stderr.
        changes: options of the engine that differ from the system's.

    Attributes:
        facts: `parameters` and `steps`, see `trainer.py`.

    Raises:
        Failed: the process ended before it was ready.
    """

    def __init__(self, system, sentences, log, changes=None):
        self.system = system
        self._log = Path(log)
        options = json.dumps({**system.options, **(changes or {})})
        command = [system.python, str(_HERE / "trainer.py"), system.engine, str(sentences), options]
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with open(self._log, "w") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**environment(), **system.environment},
            )
        self.facts = self._answer()
        self._signal(signal.SIGSTOP)

    def train(self, steps):
        """Lets the process make so many steps.

        Returns:
            What `trainer.Turns` answered.

        Raises:
            Failed: the process ended.
        """
        self._signal(signal.SIGCONT)
        with contextlib.suppress(OSError):
            print(steps, file=self._process.stdin, flush=True)
        answer = self._answer()
        # Threads that wait by spinning, and collectors of garbage, must not disturb the others.
        self._signal(signal.SIGSTOP)
        return answer

    def close(self):
        """Ends the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _signal(self, number):
        with contextlib.suppress(OSError):
            self._process.send_signal(number)

    def _answer(self):
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        tail = self._log.read_text(errors="replace").strip().splitlines()[-15:]
        raise Failed("\n".join([f"{self.system.name} failed ({self._log}):", *tail]))


def environment():
    """Environment variables of all systems: whatever the user has, and no GPU."""
    root = str(_HERE.parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "",  # else every start would compile its libraries anew
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


@dataclasses.dataclass(frozen=True)
class Pacing:
    """How much is trained, and who when.

    Attributes:
        warm_steps: before anything is measured.
        turns: of every system.
        epochs: that all turns together have.
        num_steps: that a turn has; None: its share of the epochs.
        resident: processes live through all turns. Else they are begun anew for each, and each
            warms up, so that only one model is in memory.
    """

    warm_steps: int
    turns: int
    epochs: int = 1
    num_steps: int | None = None
    resident: bool = True


class Contest:
    """Lets systems train in turn, so that whatever else the machine does hits all alike.

    The system that begins changes from turn to turn.

    Args:
        systems: list of `System`.
        pacing: `Pacing`.
        sentences: path of the `Sentences`.
        logs: folder for what the processes print.
        say: function of one line, called with what is going on.

    Attributes:
        facts: name of the system -> `parameters`, `steps`, and seconds and peak of the warm-up.
        records: list of dicts, what `trainer.Turns` answered with `system` and `turn`.
        failures: name of the system -> why it was left out.
    """

    def __init__(self, systems, pacing, sentences, logs, say=print):
        self.systems = systems
        self.pacing = pacing
        self.sentences = sentences
        self.logs = Path(logs)
        self.say = say
        self.facts = {}
        self.records = []
        self.failures = {}
        self._alive = {}

    def run(self):
        """All turns of all systems."""
        try:
            if self.pacing.resident:
                for system in self.systems:
                    self._guarded(system, self._begin, system, 0)
            for turn in range(self.pacing.turns):
                for place in range(len(self.systems)):
                    system = self.systems[(place + turn) % len(self.systems)]
                    self._guarded(system, self._take_turn, system, turn)
                self.say(f"turn {turn + 1} of {self.pacing.turns} done")
        finally:
            for name in list(self._alive):
                self._alive.pop(name).close()

    def _guarded(self, system, function, *arguments):
        """A system that fails is left out from there on, and said; the others go on."""
        if system.name in self.failures:
            return
        try:
            function(*arguments)
        except Failed as error:
            self.say(str(error))
            self.failures[system.name] = str(error)
            if system.name in self._alive:
                self._alive.pop(system.name).close()

    def _begin(self, system, turn):
        pacing = self.pacing
        changes = {"warm_steps": pacing.warm_steps, "epochs": pacing.epochs}
        changes |= {"first_step": 0, "num_steps": None}
        if pacing.num_steps is not None:
            changes["num_steps"] = pacing.num_steps * (pacing.turns if pacing.resident else 1)
            changes["first_step"] = 0 if pacing.resident else turn * pacing.num_steps
        name = re.sub(r"\W+", "-", system.name).strip("-").lower()
        began = time.perf_counter()
        process = TrainingProcess(system, self.sentences, self.logs / f"{name}-{turn}.log", changes)
        self._alive[system.name] = process
        warm = process.train(pacing.warm_steps)
        self.facts.setdefault(system.name, {**process.facts, "warm_up": warm})
        self.say(f"{system.name}: warm after {time.perf_counter() - began:.0f} s")

    def _take_turn(self, system, turn):
        if not self.pacing.resident:
            self._begin(system, turn)
        process = self._alive[system.name]
        steps = share(process.facts["steps"], self.pacing, turn)
        answer = process.train(steps)
        self.records.append({"system": system.name, "turn": turn, **answer})
        self.say(f"{system.name}: {answer['target_tokens'] / answer['seconds']:,.0f} tokens/s")
        if not self.pacing.resident:
            self._alive.pop(system.name).close()


def share(num_steps, pacing, turn):
    """How many of a system's steps a turn has.

    Args:
        num_steps: that the system's process measures.
        pacing: `Pacing`.
        turn: number of the turn.
    """
    if not pacing.resident:
        return num_steps
    return num_steps * (turn + 1) // pacing.turns - num_steps * turn // pacing.turns
