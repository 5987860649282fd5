"""Keeps a finished run so that its figure can be checked and its model used.

    python benchmarks/keep_result.py runs/multi30k-tiny multi30k-tiny

writes `benchmarks/results/multi30k-tiny/`: configuration, history, scores with their signatures,
the translations of the test set, the machine, and a translator whose weights are float16. The
folder can be given to every command that takes a run.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from keras_transformer.models import Transformer
from keras_transformer.runs.folder import RunFolder
from keras_transformer.translator import WEIGHTS, Translator

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("tensorflow", "keras", "tensorflow-text", "keras-nlp", "sentencepiece", "sacrebleu")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="folder of a finished run")
    parser.add_argument("name", help="name of the result")
    parser.add_argument("--commit", help="commit that the run was trained on; else that of HEAD")
    arguments = parser.parse_args()
    run, target = RunFolder(arguments.run), RESULTS / arguments.name
    if run.read_scores() is None:
        sys.exit(f"{run.path} has no scores yet: let it finish first.")
    translator = Translator.load(run.path)
    target.mkdir(parents=True, exist_ok=True)
    for file in (run.config, run.history, run.scores, run.translations):
        shutil.copyfile(file, target / file.name)
    translator.tokenizers.save(target)
    translator.describe(target)
    save_in_float16(translator.model, target / WEIGHTS)
    description = {"commit": arguments.commit or commit(), **machine()}
    (target / "machine.json").write_text(json.dumps(description, indent=1) + "\n", "utf-8")
    print(f"{target}: {sum(f.stat().st_size for f in target.iterdir()) / 1e6:.1f} MB")


def save_in_float16(model, path):
    """Writes the weights rounded to float16; they load into a float32 model like any others."""
    half = Transformer.from_config({**model.get_config(), "dtype": "float16"})
    half.build()
    for weight, value in zip(half.weights, model.weights, strict=True):
        weight.assign(value.value)
    half.save_weights(path, overwrite=True)


def commit():
    """The commit of the checkout."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return head.stdout.strip()


def machine():
    """Processor, cores and versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0].split(":", 1)[1].strip() if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


if __name__ == "__main__":
    main()
