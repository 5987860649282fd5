"""How fast products of matrices are, by shape.

    product_rates.py tensorflow|torch CALLS < SHAPES > RATES

JSON in and out: a shape is `[batch, rows, inner, columns]`, a rate floating point operations a
second. `CALLS` threads multiply at a time, each product with as many threads as the environment
allows.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_SECONDS = 0.1
_COPIES = 4  # of the operands, so that not all lie in the nearest cache


def operands(shape, generator):
    """Left and right factors: a matrix each, or `batch` of them."""
    batch, rows, inner, columns = shape
    leading = () if batch == 1 else (batch,)
    left = generator.standard_normal((*leading, rows, inner), dtype="float32")
    right = generator.standard_normal((*leading, inner, columns), dtype="float32")
    return left, right


def tensorflow_product(pairs):
    """A function that multiplies all pairs, in one call of a graph."""
    import tensorflow as tf

    variables = [[tf.Variable(factor) for factor in pair] for pair in pairs]

    @tf.function
    def multiply():
        products = [tf.matmul(left, right) for left, right in variables]
        return tf.add_n([product[..., :1, :1] for product in products])

    return multiply


def torch_product(pairs):
    """A function that multiplies all pairs."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    tensors = [[torch.from_numpy(factor) for factor in pair] for pair in pairs]

    def multiply():
        with torch.inference_mode():
            for left, right in tensors:
                torch.matmul(left, right)

    return multiply


MAKERS = {"tensorflow": tensorflow_product, "torch": torch_product}


def rate(library, shape, calls):
    """Floating point operations a second, `calls` threads multiplying at a time."""
    generator = np.random.default_rng(0)
    pairs = [operands(shape, generator) for _ in range(_COPIES)]
    workers = [MAKERS[library](pairs) for _ in range(calls)]
    for work in workers:
        work()
    repeat, seconds = 1, 0.0
    with ThreadPoolExecutor(calls) as pool:
        while seconds < _SECONDS:
            repeat *= 2
            began = time.perf_counter()
            list(pool.map(_repeated, workers, [repeat] * calls))
            seconds = time.perf_counter() - began
    return 2.0 * np.prod(shape) * _COPIES * repeat * calls / seconds


def _repeated(work, repeat):
    for _ in range(repeat):
        work()


def main():
    library, calls = sys.argv[1], int(sys.argv[2])
    shapes = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump([float(rate(library, shape, calls)) for shape in shapes], answers)
    answers.close()


if __name__ == "__main__":
    main()
