"""Our decoder beside CTranslate2, Hugging Face Transformers and keras-nlp, in one run.

    python benchmarks/decoding/run.py
    python benchmarks/decoding/run.py --quick

What is measured and how is in README.md beside this file. Results go to a folder: `results.json`
with every single measurement, `results.md` with the tables, `speed.png` and `growth.png`. The exit
status is 1 if two systems did not produce equally many tokens, so that their times say nothing.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["KERAS_BACKEND"] = "tensorflow"

PARTS = ("speed", "start-up", "growth", "agreement")
FLAVOURS = ("bfloat16", "xla")
PACKAGES = ("tensorflow", "keras", "keras-nlp", "tensorflow-text")


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    sentences: dict  # model -> number of sentences
    latency_sentences: int
    repetitions: int
    beams: tuple  # of the agreement
    lengths: tuple  # of the growth


FULL = Sizes({"tiny": 1000, "base": 256}, 100, 5, (1, 2, 5, 20), (16, 32, 64, 128, 256))
QUICK = Sizes({"tiny": 128, "base": 32}, 10, 2, (1, 2, 5), (16, 32, 64))


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", help="sentences, one a line (the test set of Multi30k)")
    parser.add_argument("--reference", help="their translations by people, line by line")
    parser.add_argument(
        "--run",
        default=ROOT / "benchmarks" / "results" / "multi30k-tiny",
        help="the trained model `tiny`, a run's folder (%(default)s)",
    )
    parser.add_argument(
        "--ours",
        action="append",
        default=[],
        metavar="MODEL:LABEL=FOLDER",
        help="one more export of ours, one version, such as tiny:xla=exports/xla/1",
    )
    parser.add_argument(
        "--flavours",
        nargs="*",
        choices=FLAVOURS,
        default=list(FLAVOURS),
        help="of our exports, beside the plain one (all)",
    )
    parser.add_argument("--models", nargs="+", choices=("tiny", "base"), default=["tiny", "base"])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--repetitions", type=int, help=f"of everything ({FULL.repetitions})")
    parser.add_argument("--quick", action="store_true", help="little of everything, to try it out")
    parser.add_argument("--peers", help="Python that has the peers (.venv-peers/ is made)")
    parser.add_argument("--work", default=ROOT / "build" / "decoding", help="folder for models")
    parser.add_argument("--output", help="folder for the results (results/ in the folder --work)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    sizes = QUICK if arguments.quick else FULL
    if arguments.repetitions:
        sizes = dataclasses.replace(sizes, repetitions=arguments.repetitions)
    # Here, because `--help` should answer at once.
    from benchmark import Benchmark
    from peers import peer_versions, peers_python

    peers = arguments.peers or peers_python(ROOT / ".venv-peers")
    work = Path(arguments.work).resolve()
    output = Path(arguments.output or work / "results").resolve()
    shutil.rmtree(work / "logs", ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    exports = [parse_export(text) for text in arguments.ours]
    benchmark = Benchmark(sizes, work, peers, arguments.flavours, exports)
    benchmark.prepare(arguments.models, arguments.run, *test_set(arguments))
    results = {"machine": machine(), "peers": peer_versions(peers), "quick": arguments.quick}
    for part in arguments.parts:
        results[part] = getattr(benchmark, part.replace("-", "_"))()
        # After every part, so that a failure of the next one costs that one only.
        text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
        (output / "results.json").write_text(text, encoding="utf-8")
        (output / "results.md").write_text(benchmark.report(results), encoding="utf-8")
        benchmark.plot(output)
        print(f"Written to {output}: {part}", flush=True)
    sys.exit(not benchmark.is_comparable())


def test_set(arguments):
    """Files of sentences and of their translations; those of Multi30k are fetched if missing."""
    if bool(arguments.source) != bool(arguments.reference):
        raise SystemExit("--source and --reference belong together: give both or none")
    if arguments.source:
        return arguments.source, arguments.reference
    from keras_transformer.data.download import ensure_corpus

    paths = ensure_corpus("multi30k", ROOT / "data" / "multi30k")["test"]
    return paths["en"], paths["de"]


def parse_export(text):
    """`MODEL:LABEL=FOLDER` as these three."""
    label, _, folder = text.partition("=")
    model, _, label = label.partition(":")
    if not (model and label and (Path(folder) / "saved_model.pb").is_file()):
        raise SystemExit(f"--ours {text}: give MODEL:LABEL=FOLDER, the folder of one version")
    return model, label, Path(folder).resolve()


def machine():
    """Where and with what the figures were made."""
    processor = platform.processor()
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
        processor = names[0] if names else processor
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor,
        "cores": os.cpu_count(),
        "load average at the start": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


if __name__ == "__main__":
    main()
