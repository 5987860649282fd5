"""Keeps a finished run so that its figure can be checked and its model used.

    python benchmarks/keep_result.py runs/multi30k-tiny multi30k-tiny --commit 3617063

writes `benchmarks/results/multi30k-tiny/`: configuration, history, scores with their signatures,
the translations of the test set, the machines it was trained on, and a translator whose weights are
float16. The folder can be given to every command that takes a run.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

from keras_transformer.models import Transformer
from keras_transformer.runs.folder import RunFolder
from keras_transformer.runs.machine import read_machines
from keras_transformer.translator import WEIGHTS, Translator

RESULTS = Path(__file__).parent / "results"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="folder of a finished run")
    parser.add_argument("name", help="name of the result")
    parser.add_argument("--commit", required=True, help="commit that the run was trained on")
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
    machines = [{"commit": arguments.commit, **each} for each in read_machines(run.machine) or [{}]]
    text = json.dumps(machines, indent=1, ensure_ascii=False)
    (target / run.machine.name).write_text(text + "\n", "utf-8")
    print(f"{target}: {sum(f.stat().st_size for f in target.iterdir()) / 1e6:.1f} MB")


def save_in_float16(model, path):
    """Writes the weights rounded to float16; they load into a float32 model like any others."""
    half = Transformer.from_config({**model.get_config(), "dtype": "float16"})
    half.build()
    for weight, value in zip(half.weights, model.weights, strict=True):
        weight.assign(value.value)
    half.save_weights(path, overwrite=True)


if __name__ == "__main__":
    main()
