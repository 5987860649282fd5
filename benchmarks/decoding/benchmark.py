"""The parts of the benchmark, put together: which systems meet, on which models."""

import sys
from pathlib import Path

import agreement
import growth
import models
import plots
import report
import speed
from bundle import Bundle
from figures import evenly
from models import BEAM
from speed_floor import floors
from start_up import measure_start_up, summarize_start_up
from workers import System, WorkerProcess

from keras_transformer.data.readers import read_lines

_UNLIMITED = 1e9


class Benchmark:
    """Everything that is measured, on all models.

    Args:
        sizes: `run.Sizes`.
        work: folder for models and logs.
        peers: interpreter of the peers.
        flavours: of exports of ours, beside the plain one.
        exports: list of triples model, label, folder: further exports of ours.
    """

    def __init__(self, sizes, work, peers, flavours, exports):
        self.sizes = sizes
        self.work = Path(work)
        self.peers = str(peers)
        self.flavours = flavours
        self.exports = exports
        self.logs = self.work / "logs"
        self.prepared = {}  # model -> `models.Prepared`
        self._references = {}  # model -> beam -> outputs of CTranslate2
        self._floors = {}
        self._summaries = {}
        self._start_up = {}
        self._growth = {}
        self._equality = []

    def prepare(self, names, run, source, reference):
        """Writes models, exports and sentences.

        Args:
            names: of the models, "tiny" or "base".
            run: folder of the trained model.
            source, reference: files, a sentence a line.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        pairs = list(zip(read_lines(source), read_lines(reference), strict=True))
        for name in names:
            say(f"{name}: writing the model for all systems")
            chosen = evenly(pairs, self.sizes.sentences[name])
            sources, references = map(list, zip(*chosen, strict=True))
            folder = self.work / name
            if name == "tiny":
                beams = sorted({*self.sizes.beams, BEAM} - {1})
                made = models.prepare_trained(
                    run, sources, references, folder, beams, self.flavours
                )
            else:
                made = models.prepare_random(name, run, sources, folder, self.flavours)
            self.prepared[name] = made

    def systems(self, name):
        """All systems that can do a model; the rival first."""
        made = self.prepared[name]
        converted = {"folder": str(made.ctranslate2)}
        slow = 4 if name == "tiny" else 8
        served = {"tokenizers": str(made.translator)}
        ours = [
            *(self._ids_system(name, flavour) for flavour in made.ids_exports),
            self._text_system(report.OURS_TEXT, {**served, "folder": str(made.text_export)}),
            *(
                self._text_system(f"ours, {label}", {**served, "folder": str(folder)})
                for model, label, folder in self.exports
                if model == name
            ),
        ]
        longest = max(self.reference(name)[1]["length"])
        return [
            self._ctranslate2(name),
            System("CTranslate2 int8", "ctranslate2", self.peers,
                   {**converted, "compute_type": "int8"}),
            *ours,
            System("Hugging Face", "huggingface", self.peers, {}),
            System("keras-nlp", "keras-nlp", sys.executable, {"longest": longest}, beams=(1,),
                   stride=slow, settings=((1, 2),)),
        ]  # fmt: skip

    def _ids_system(self, name, flavour):
        label = report.OURS if flavour == models.PLAIN else f"ours, ids, {flavour}"
        options = {"folder": str(self.prepared[name].ids_exports[flavour])}
        # With XLA every new shape is compiled: all have to be seen before the clock starts. It is
        # meant for one sentence at a time.
        sizes = {"batch_sizes": (1,)} if flavour == "xla" else {}
        return System(
            label, "ours-ids", sys.executable, options, warm_up_seconds=_UNLIMITED, **sizes
        )

    def _text_system(self, label, options):
        return System(label, "ours-text", sys.executable, options, warm_up_seconds=_UNLIMITED)

    def _ctranslate2(self, name):
        options = {"folder": str(self.prepared[name].ctranslate2), "compute_type": "float32"}
        return System(report.RIVAL, "ctranslate2", self.peers, options)

    def reference(self, name):
        """Beam -> translations by CTranslate2 in float32, which all others are compared with."""
        if name not in self._references:
            bundle = self.prepared[name].bundle
            worker = WorkerProcess(self._ctranslate2(name), bundle, 1, self.logs)
            try:
                self._references[name] = {
                    beam: worker.ask("outputs", beam=beam, batch_size=64) for beam in (1, BEAM)
                }
            finally:
                worker.close()
        return self._references[name]

    def speed(self):
        """Throughput and latency; also the floors, and whether the systems can be compared."""
        records = []
        for name, made in self.prepared.items():
            bundle = Bundle.load(made.bundle)
            systems = self.systems(name)
            for system in systems:
                self._equality += speed.compare_outputs(
                    bundle, made.bundle, system, self.reference(name), self.logs
                )
            rows = evenly(range(len(bundle.sentences)), self.sizes.latency_sentences)
            test = speed.SpeedTest(bundle, made.bundle, systems, rows, self.logs, say)
            records += test.run((1, BEAM), self.sizes.repetitions)
            say(f"{name}: measuring products of matrices, for the floor")
            pythons = {"tensorflow": sys.executable, "torch": self.peers}
            self._floors[name] = floors(
                bundle, self._lengths(name), speed.cells((1, BEAM)), rows, pythons
            )
        self._summaries = speed.summarize(records)
        return {
            "measurements": records,
            "equality": self._equality,
            "floor_seconds_a_sentence": {
                name: {str(cell): seconds for cell, seconds in values.items()}
                for name, values in self._floors.items()
            },
        }

    def _lengths(self, name):
        """Beam -> length of each translation, by number of the sentence."""
        return {
            beam: dict(zip(outputs["rows"], outputs["length"], strict=True))
            for beam, outputs in self.reference(name).items()
        }

    def start_up(self):
        """Import, load and first sentence."""
        records = []
        for name, made in self.prepared.items():
            bundle = Bundle.load(made.bundle)
            records += measure_start_up(
                bundle, made.bundle, self.systems(name), self.sizes.repetitions, self.logs
            )
            say(f"{name}: start-up done")
        self._start_up = summarize_start_up(records)
        return records

    def growth(self):
        """Cost of a token by the length of the translation."""
        records = []
        for name, made in self.prepared.items():
            folder = self.work / f"{name}-endless"
            lengths = self.sizes.lengths
            endless = models.prepare_endless(made, folder, max(lengths), growth.BATCH_SIZE)
            systems = [
                System("growing cache (export)", "ours-ids", sys.executable,
                       {"folder": str(endless.ids_exports[models.PLAIN])}),
                System("always full cache (decoding/)", "always-full", sys.executable,
                       {"translator": str(endless.translator)}),
            ]  # fmt: skip
            bundle = Bundle.load(endless.bundle)
            records += growth.measure_growth(
                bundle, endless.bundle, systems, lengths, self.sizes.repetitions, self.logs
            )
            say(f"{name}: growth done")
        self._growth = growth.summarize_growth(records)
        return records

    def agreement(self):
        """Our texts and CTranslate2's, of the trained model; None where it is left out."""
        if "tiny" not in self.prepared:
            return None
        made = self.prepared["tiny"]
        systems = {
            agreement.OURS: self._ids_system("tiny", models.PLAIN),
            agreement.THEIRS: self._ctranslate2("tiny"),
        }
        return agreement.compare(
            Bundle.load(made.bundle), made.bundle, made.translator, systems, self.sizes.beams,
            self.logs,
        )  # fmt: skip

    def report(self, results):
        """All tables, in Markdown."""
        parts = ["# Decoding, measured in one run", _where(results)]
        for name in self.prepared if self._summaries else ():
            parts.append(f"## `{name}`")
            parts.append(report.headline(self._summaries, self._floors[name], name))
            parts.append(report.details(self._summaries, name))
        if self._equality:
            parts += ["## What the systems wrote", report.equality_table(self._equality)]
        if self._start_up:
            parts += ["## Start-up", report.start_up_table(self._start_up)]
        if self._growth:
            parts += ["## Growth", report.growth_table(self._growth)]
        if results.get("agreement"):
            parts += ["## Agreement", report.agreement_text(results["agreement"])]
        return "\n\n".join(parts) + "\n"

    def plot(self, folder):
        """Writes the pictures."""
        names = list(self.prepared)
        if self._summaries:
            plots.plot_speed(self._summaries, names, folder / "speed.png")
        if self._growth:
            plots.plot_growth(self._growth, names, folder / "growth.png")

    def is_comparable(self):
        """Whether all systems produced equally many tokens, to 1 %."""
        return all(record["comparable"] for record in self._equality)


def _where(results):
    facts = {**results["machine"], **results["peers"]}
    return ", ".join(f"{name} {value}" for name, value in facts.items()) + "."


def say(line):
    """What is going on, for whoever waits."""
    print(line, file=sys.stderr, flush=True)
