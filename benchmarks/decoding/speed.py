"""Sentences a second in batches, and the time of one sentence: all systems, in turn."""

import math
from typing import NamedTuple

from figures import lengths_agree, percentile, share_of_equal, spread
from workers import WorkerProcess

_TRIES = 2  # of every setting; the better time counts
_HOPELESS = 1.3  # a setting that took so many times the best is not tried again


class Cell(NamedTuple):
    """One thing to measure. A batch of one sentence is a matter of latency."""

    beam: int
    batch_size: int

    @property
    def is_latency(self):
        """Whether sentences come one at a time."""
        return self.batch_size == 1

    def suits(self, system):
        """Whether a `System` takes part."""
        return self.beam in system.beams and self.batch_size in system.batch_sizes

    def __str__(self):
        search = "greedy" if self.beam == 1 else f"beam {self.beam}"
        return f"{search}, " + ("one sentence" if self.is_latency else f"batch {self.batch_size}")


class Setting(NamedTuple):
    """How a system uses the cores."""

    calls: int
    intra_threads: int

    def __str__(self):
        return f"{self.calls} x {self.intra_threads}"


def cells(beams, batch_sizes=(32, 64, 1)):
    """All cells of a model."""
    return [Cell(beam, size) for size in batch_sizes for beam in beams]


class SpeedTest:
    """Measures the systems on one model.

    First each system alone tries its settings, and the better of each cell is kept. Then all
    systems take turns, cell by cell and repetition by repetition, so that whatever else the machine
    does hits all alike; the system that begins changes from turn to turn.

    Args:
        bundle: the `Bundle`.
        folder: of the bundle.
        systems: list of `System`.
        latency_rows: numbers of the sentences that are translated one at a time.
        logs: folder for what the processes print.
        say: function of one line, called with what is going on.
    """

    def __init__(self, bundle, folder, systems, latency_rows, logs, say=print):
        self.bundle = bundle
        self.folder = folder
        self.systems = systems
        self.latency_rows = latency_rows
        self.logs = logs
        self.say = say
        self.settings = {}  # (system's name, cell) -> `Setting`
        self._workers = {}  # (system's name, threads) -> `WorkerProcess`

    def run(self, beams, repetitions, batch_sizes=(32, 64, 1)):
        """All cells.

        Returns:
            List of dicts, one for each system, cell and repetition.
        """
        todo = cells(beams, batch_sizes)
        records = []
        try:
            for system in self.systems:
                self._tune(system, [cell for cell in todo if cell.suits(system)])
            for repetition in range(repetitions):
                for number, cell in enumerate(todo):
                    turn = (repetition + number) % len(self.systems)
                    for system in self.systems[turn:] + self.systems[:turn]:
                        if cell.suits(system):
                            records.append(self._measure(system, cell, repetition))
                self.say(f"{self.bundle.name}: repetition {repetition + 1} of {repetitions} done")
        finally:
            self.close()
        return records

    def close(self):
        """Ends all processes."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def _tune(self, system, todo):
        for cell in todo:
            choices = sorted({self._setting(cell, *pair) for pair in system.settings})
            costs = dict.fromkeys(choices, math.inf)
            for setting in choices * _TRIES:
                if costs[setting] < math.inf and costs[setting] > _HOPELESS * min(costs.values()):
                    continue
                answer = self._ask(system, cell, setting)
                cost = answer["p50"] / 1e3 if cell.is_latency else answer["seconds"]
                costs[setting] = min(costs[setting], cost)
            best = min(costs, key=costs.get)
            self.settings[system.name, cell] = best
            tried = ", ".join(f"{setting} {cost:.3g} s" for setting, cost in costs.items())
            self.say(f"{self.bundle.name}: {system.name}, {cell}: {best} ({tried})")
        kept = {self.settings[system.name, cell].intra_threads for cell in todo}
        for key in [key for key in self._workers if key[0] == system.name and key[1] not in kept]:
            self._workers.pop(key).close()

    def _setting(self, cell, calls, intra_threads):
        return Setting(1 if cell.is_latency else calls, intra_threads)

    def _ask(self, system, cell, setting):
        worker = self._worker(system, setting.intra_threads)
        if not cell.is_latency:
            return worker.ask(
                "throughput",
                beam=cell.beam,
                batch_size=cell.batch_size,
                calls=setting.calls,
                stride=system.stride,
                warm_up_seconds=system.warm_up_seconds,
            )
        rows = self.latency_rows[:: system.stride]
        warm_up = system.warm_up_seconds
        answer = worker.ask("latency", beam=cell.beam, rows=rows, warm_up_seconds=warm_up)
        times = answer.pop("milliseconds")
        return {**answer, "p50": percentile(times, 50), "p95": percentile(times, 95)}

    def _worker(self, system, intra_threads):
        key = system.name, intra_threads
        if key not in self._workers:
            self._workers[key] = WorkerProcess(system, self.folder, intra_threads, self.logs)
        return self._workers[key]

    def _measure(self, system, cell, repetition):
        setting = self.settings[system.name, cell]
        return {
            "model": self.bundle.name,
            "system": system.name,
            "beam": cell.beam,
            "batch_size": cell.batch_size,
            "setting": str(setting),
            "repetition": repetition,
            **self._ask(system, cell, setting),
        }


def summarize(records):
    """Median, least and greatest of the repetitions.

    Args:
        records: of `SpeedTest.run`.

    Returns:
        Dict (model, system, `Cell`) -> dict of `Spread`: `sentences_per_second` and
        `tokens_per_second`, or `p50` and `p95` in milliseconds; and `peak_megabytes`. Also the
        `setting`.
    """
    groups = {}
    for record in records:
        key = record["model"], record["system"], Cell(record["beam"], record["batch_size"])
        groups.setdefault(key, []).append(record)
    return {key: _summary(key[2], group) for key, group in groups.items()}


def _summary(cell, group):
    summary = {
        "setting": group[0]["setting"],
        "peak_megabytes": spread([record["peak_megabytes"] for record in group]),
    }
    if cell.is_latency:
        for name in ("p50", "p95"):
            summary[name] = spread([record[name] for record in group])
        return summary
    for name, counted in (("sentences", "sentences"), ("tokens", "target_tokens")):
        rates = [record[counted] / record["seconds"] for record in group]
        summary[f"{name}_per_second"] = spread(rates)
    return summary


def compare_outputs(bundle, folder, system, reference, logs):
    """Whether a system translates as the reference does: the condition of comparing times.

    Args:
        bundle, folder: the `Bundle` and its folder.
        system: `System`.
        reference: beam -> what `worker.Worker.outputs` returned for all sentences.
        logs: folder for what the process prints.

    Returns:
        List of dicts, one a beam: `share_equal` of the sentences, `tokens`, `reference_tokens`,
        and `comparable`, whether these differ by at most 1 %.
    """
    worker = WorkerProcess(system, folder, 1, logs)
    records = []
    try:
        for beam in (beam for beam in system.beams if beam in reference):
            size = max(system.batch_sizes)
            found = worker.ask("outputs", beam=beam, batch_size=size, stride=system.stride)
            expected = reference[beam]
            place = {row: number for number, row in enumerate(expected["rows"])}
            places = [place[row] for row in found["rows"]]
            tokens = sum(found["length"])
            wanted = sum(expected["length"][number] for number in places)
            ids = [expected["ids"][number] for number in places]
            records.append(
                {
                    "model": bundle.name,
                    "system": system.name,
                    "beam": beam,
                    "share_equal": share_of_equal(found["ids"], ids),
                    "tokens": tokens,
                    "reference_tokens": wanted,
                    "comparable": lengths_agree(tokens, wanted),
                }
            )
    finally:
        worker.close()
    return records
