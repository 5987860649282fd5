"""Trains a translator: the same as `keras-transformer train`; `--help` tells the options.

How training is done can be read in keras_transformer/runs/train.py.
"""

import sys

from keras_transformer.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
