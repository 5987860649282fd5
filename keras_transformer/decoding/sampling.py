"""Sampling: Gumbel-max with noise from a hash, so that a row's text follows from its seed alone."""

import numpy as np
from keras import ops

from keras_transformer.decoding.top_tokens import IMPOSSIBLE, largest

# Tokens this far below the best have a probability under 1e-26, which no `top_p` asks for.
_WIDEST = 60.0
_HALVINGS = 24  # of that width: as fine as float32 tells logits apart


def sample_tokens(logits, rows, step):
    """Draws a token for each row.

    The one with the highest `logit / temperature + noise`, with standard Gumbel noise, is drawn
    from the softmax of `logits / temperature` (Gumbel 1954; Maddison et al. 2014).

    Args:
        logits: `(B, V)` float32, IMPOSSIBLE where a token is out of the question.
        rows: dict with `seeds`, and `temperatures`, `top_k`, `top_p` where any row uses them; see
            `SearchOptions`.
        step: scalar int32.

    Returns:
        `(B,)` int32.
    """
    if "temperatures" in rows:
        logits = logits / rows["temperatures"][:, None]
    if "top_k" in rows or "top_p" in rows:
        logits = ops.where(logits > _threshold(logits, rows)[:, None], logits, IMPOSSIBLE)
    noise = gumbel_noise(rows["seeds"], step, logits.shape[1])
    return largest(logits + noise)[1]


def _threshold(logits, rows):
    """Only tokens above this are drawn, `(B,)`.

    `top_k` keeps the `k` most probable tokens, `top_p` the fewest most probable ones whose
    probabilities sum up to `p`; given both, those that both keep. Of tokens that are equally
    probable all are kept or none. Found by halving, which costs less than sorting the vocabulary.
    """
    probabilities = ops.softmax(logits, axis=1)
    top_k, top_p = rows.get("top_k"), rows.get("top_p")

    def halve(_, bounds):
        low, high = bounds
        middle = (low + high) / 2
        is_above = logits > middle[:, None]
        enough = ops.zeros_like(middle, dtype="bool")
        if top_k is not None:
            count = ops.sum(ops.cast(is_above, "int32"), axis=1)
            enough = (count >= top_k) & (top_k > 0)
        if top_p is not None:
            mass = ops.sum(ops.where(is_above, probabilities, 0.0), axis=1)
            enough = enough | (mass >= top_p)
        return ops.where(enough, middle, low), ops.where(enough, high, middle)

    best = ops.max(logits, axis=1)
    return ops.fori_loop(0, _HALVINGS, halve, (best - _WIDEST, best))[0]


def gumbel_noise(seeds, step, vocabulary_size):
    """Standard Gumbel noise, a pure function of seed, step and token.

    Args:
        seeds: `(B,)` int32.
        step: scalar int32.
        vocabulary_size: `V`.

    Returns:
        `(B, V)` float32.
    """
    tokens = ops.arange(vocabulary_size, dtype="int32")
    rows = _mix(_mix(seeds) ^ ops.cast(step, "int32"))
    bits = _mix(rows[:, None] ^ tokens)
    # 23 bits and a half: a float32 that is neither 0 nor 1.
    uniform = (ops.cast(_shift_right(bits, 9), "float32") + 0.5) * 2.0**-23
    return -ops.log(-ops.log(uniform))


def _mix(x):
    """A hash of 32 bits to 32 bits (Wellons 2018, "lowbias32"), on int32 that wraps around."""
    x = (x ^ _shift_right(x, 16)) * _as_int32(0x7FEB352D)
    x = (x ^ _shift_right(x, 15)) * _as_int32(0x846CA68B)
    return x ^ _shift_right(x, 16)


def _shift_right(x, bits):
    """Zeros move in from the left, not copies of the sign."""
    return ops.bitwise_and(ops.right_shift(x, bits), 2 ** (32 - bits) - 1)


def _as_int32(number):
    return int(np.uint32(number).astype(np.int32))
