"""How fast products of matrices are, by shape and by how the factors lie in memory.

    layout_rates.py tensorflow|torch float32|bfloat16 < SHAPES > RATES

JSON in and out: a shape is `[batch, rows, inner, columns, layout]`, a rate floating point
operations a second. One product at a time, on all cores.
"""

import json
import os
import sys
import time

import numpy as np

_SECONDS = 0.05
_TRIES = 3
_COPIES = 2  # of the factors, so that not all lie in the nearest cache


def factors(shape, generator):
    """Left and right factor as they lie in memory."""
    batch, rows, inner, columns, layout = shape
    leading = () if batch == 1 else (batch,)
    left = (inner, rows) if layout == "tn" else (rows, inner)
    right = (columns, inner) if layout == "nt" else (inner, columns)
    return [
        generator.standard_normal((*leading, *sides), dtype="float32") for sides in (left, right)
    ]


def tensorflow_products(pairs, layout, dtype):
    """A function that multiplies all pairs, in one call of a graph."""
    import tensorflow as tf

    pairs = [[tf.Variable(tf.cast(factor, dtype)) for factor in pair] for pair in pairs]

    @tf.function(autograph=False)
    def multiply():
        products = [
            tf.matmul(left, right, transpose_a=layout == "tn", transpose_b=layout == "nt")
            for left, right in pairs
        ]
        return [product[..., :1, :1] for product in products]

    return multiply


def torch_products(pairs, layout, dtype):
    """The same with PyTorch, into memory that is there."""
    import torch

    dtype = getattr(torch, dtype)
    pairs = [[torch.from_numpy(factor).to(dtype) for factor in pair] for pair in pairs]
    if layout != "nn":
        turned = 0 if layout == "tn" else 1
        for pair in pairs:
            pair[turned] = pair[turned].transpose(-1, -2)
    products = [torch.matmul(left, right) for left, right in pairs]

    def multiply():
        with torch.inference_mode():
            for (left, right), product in zip(pairs, products, strict=True):
                torch.matmul(left, right, out=product)

    return multiply


MAKERS = {"tensorflow": tensorflow_products, "torch": torch_products}


def rate(library, shape, dtype):
    """Floating point operations a second, the best of some tries."""
    generator = np.random.default_rng(0)
    pairs = [factors(shape, generator) for _ in range(_COPIES)]
    multiply = MAKERS[library](pairs, shape[-1], dtype)
    multiply()
    repeat, best = 1, 0.0
    while True:
        seconds = _timed(multiply, repeat)
        if seconds >= _SECONDS:
            break
        repeat *= 2
    for _ in range(_TRIES):
        best = max(best, repeat / seconds)
        seconds = _timed(multiply, repeat)
    return 2.0 * np.prod(shape[:4], dtype=float) * _COPIES * best


def _timed(multiply, repeat):
    began = time.perf_counter()
    for _ in range(repeat):
        multiply()
    return time.perf_counter() - began


def main():
    library, dtype = sys.argv[1:]
    shapes = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump([float(rate(library, shape, dtype)) for shape in shapes], answers)
    answers.close()


if __name__ == "__main__":
    main()
