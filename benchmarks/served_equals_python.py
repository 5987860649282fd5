"""Does the exported SavedModel give the same text as `Translator` in Python?

    python benchmarks/served_equals_python.py RUN EXPORT --source FILE

translates the file with the `Translator` of the run, and with the export through TensorFlow's
session loader, as a server would, in batches of 1, 7 and 64; exit status 1 if any text differs.
"""

import argparse
import sys
import time

from keras_transformer.data.readers import read_lines
from keras_transformer.export import ServedModel
from keras_transformer.translator import Translator


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="folder of a run or a kept result")
    parser.add_argument("export", help="folder of its export")
    parser.add_argument("--source", required=True, help="file with one sentence a line")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 7, 64])
    arguments = parser.parse_args()
    sources = list(read_lines(arguments.source))
    expected = Translator.load(arguments.run).translate(sources)
    served = ServedModel(arguments.export)
    failed = False
    for size in arguments.batch_sizes:
        began = time.perf_counter()
        translations = served.translate(sources, batch_size=size)
        seconds = time.perf_counter() - began
        different = [i for i, text in enumerate(translations) if text != expected[i]]
        failed = failed or bool(different)
        print(
            f"batches of {size}: {len(sources) - len(different)} of {len(sources)} texts equal, "
            f"{len(sources) / seconds:.0f} sentences a second"
        )
        for i in different[:5]:
            print(f"  line {i + 1}\n    Python: {expected[i]}\n    served: {translations[i]}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
