"""Runs: their folders, training, resuming, evaluating, reporting. `runs/train.py` is to be read."""
