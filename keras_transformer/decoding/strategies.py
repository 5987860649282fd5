"""How the next token is chosen. A strategy sees logits and scores, never the model."""

from typing import NamedTuple

import keras
from keras import ops


class Choice(NamedTuple):
    """What a strategy chose for each row."""

    ids: object  # (B,) int32
    log_probabilities: object  # (B,) float32, natural logarithm


class Greedy:
    """Takes the most probable token at every step."""

    def choose(self, logits):
        """`(B, V)` float32 logits -> `Choice`."""
        ids = ops.cast(ops.argmax(logits, axis=-1), "int32")
        best = ops.max(logits, axis=-1)
        return Choice(ids, best - keras.ops.logsumexp(logits, axis=-1))
