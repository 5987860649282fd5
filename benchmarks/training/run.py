"""Our training beside PyTorch's `nn.Transformer` and keras-nlp's layers, in one run.

    python benchmarks/training/run.py
    python benchmarks/training/run.py --quick

What is measured and how is in README.md beside this file. Results go to a folder: `results.json`
with every single measurement, `results.md` with the tables. The exit status is 1 if a system
failed, or has another number of parameters, so that its figures say nothing.
"""

import argparse
import contextlib
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
# What both benchmarks need (figures, tables, the environment of the peers) is with the other one.
sys.path += [str(HERE.parent / "decoding"), str(ROOT)]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

PRESETS = ("tiny", "base")
PACKAGES = ("tensorflow", "keras", "keras-nlp", "jax")


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", help="sentences to train on, one a line (Multi30k)")
    parser.add_argument("--target", help="their translations, line by line")
    parser.add_argument(
        "--tokenizer",
        default=ROOT / "benchmarks" / "results" / "multi30k-tiny",
        help="a folder with a joint vocabulary (%(default)s)",
    )
    parser.add_argument("--models", nargs="+", choices=PRESETS, default=list(PRESETS))
    parser.add_argument("--systems", nargs="+", metavar="NAME", help="as in the tables (all)")
    parser.add_argument("--quick", action="store_true", help="a few steps each, to try it out")
    parser.add_argument("--no-ceiling", action="store_true", help="do not measure products")
    parser.add_argument("--peers", help="Python that has the peers (.venv-peers/ is made)")
    parser.add_argument("--work", default=ROOT / "build" / "training", help="folder for tokens")
    parser.add_argument("--output", help="folder for the results (results/ in the folder --work)")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    # Here, because `--help` should answer at once.
    import contestants
    from peers import peer_versions, peers_python
    from throughput import Throughput, is_comparable, report

    peers = arguments.peers or peers_python(ROOT / ".venv-peers")
    work = Path(arguments.work).resolve()
    output = Path(arguments.output or work / "results").resolve()
    shutil.rmtree(work / "logs", ignore_errors=True)
    output.mkdir(parents=True, exist_ok=True)
    measured = {
        "machine": machine(),
        "peers": peer_versions(peers),
        "quick": arguments.quick,
        "models": {},
    }
    pacings = contestants.QUICK if arguments.quick else contestants.FULL
    benchmark = Throughput(pacings, work, peers, arguments.systems)
    benchmark.prepare(*corpus(arguments), arguments.tokenizer)
    for preset in arguments.models:
        measured["models"][preset] = benchmark.measure(preset)
        # After every part, so that a failure of the next one costs that one only.
        write(output, measured, report)
        if not arguments.no_ceiling:
            measured["models"][preset]["ceilings"] = benchmark.limits(preset)
            write(output, measured, report)
        print(f"Written to {output}: {preset}", flush=True)
    sys.exit(not is_comparable(measured))


def write(folder, measured, report):
    """Measurements and tables."""
    (folder / "results.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    (folder / "results.md").write_text(report(measured), encoding="utf-8")


def corpus(arguments):
    """Files of sentences and of their translations; those of Multi30k are fetched if missing."""
    if bool(arguments.source) != bool(arguments.target):
        raise SystemExit("--source and --target belong together: give both or none")
    if arguments.source:
        return arguments.source, arguments.target
    from keras_transformer.data.download import ensure_corpus

    paths = ensure_corpus("multi30k", ROOT / "data" / "multi30k")["train"]
    return paths["en"], paths["de"]


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
