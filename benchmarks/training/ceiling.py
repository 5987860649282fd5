"""How many target tokens a second the products of matrices alone would allow on this machine."""

import json
import subprocess
from pathlib import Path

from step_products import floor_seconds, step_products
from turns import environment

_SCRIPT = Path(__file__).with_name("layout_rates.py")
_BATCHES = 4  # the middles of so many parts of an epoch, the shortest sentences first


def measure_rates(shapes, pythons, settings, dtype):
    """The rates of every shape.

    Args:
        shapes: list of `(batch, rows, inner, columns, layout)`.
        pythons: library ("tensorflow", "torch") -> interpreter that has it.
        settings: environment variables of the measuring processes.
        dtype: "float32" or "bfloat16".

    Returns:
        Library -> dict shape -> floating point operations a second.
    """
    rates = {}
    for library, python in pythons.items():
        done = subprocess.run(
            [str(python), str(_SCRIPT), library, dtype],
            input=json.dumps(shapes),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
            env={**environment(), **settings},
        )
        rates[library] = dict(zip(shapes, json.loads(done.stdout), strict=True))
    return rates


def typical_batches(batches, source_lengths, target_lengths):
    """Shapes and real tokens of some batches, evenly taken by the length of their sentences.

    Args:
        batches: of an epoch, lists of numbers of pairs.
        source_lengths, target_lengths: special ids included.

    Returns:
        List of tuples: arguments of `step_products` after the model.
    """
    batches = sorted(batches, key=lambda rows: target_lengths[rows].max())
    middles = [(2 * part + 1) * len(batches) // (2 * _BATCHES) for part in range(_BATCHES)]
    return [
        (
            len(rows),
            int(source_lengths[rows].max()),
            int(target_lengths[rows].max()),
            int(source_lengths[rows].sum()),
            int(target_lengths[rows].sum()),
        )
        for rows in (batches[place] for place in middles)
    ]


def ceilings(model, batches, pythons, settings, dtype):
    """What the products of some batches allow.

    Args:
        model: arguments of `Transformer`.
        batches: from `typical_batches`.
        pythons, settings, dtype: see `measure_rates`.

    Returns:
        Dict with `tokens_per_second` (of targets; library -> figure, and `best`, each product by
        the library that is faster at it), `flops_per_token`, `parts` (part -> its share of the
        time, and operations a second, at the best rates) and `rates`, a list of every product
        with its rates.
    """
    steps = [step_products(model, *batch) for batch in batches]
    products = [product for step in steps for product in step]
    rates = measure_rates(sorted({product.shape for product in products}), pythons, settings, dtype)
    rates["best"] = {
        shape: max(by_shape[shape] for by_shape in rates.values()) for shape in rates["torch"]
    }
    tokens = sum(batch[-1] for batch in batches)
    return {
        "tokens_per_second": {
            name: tokens / floor_seconds(products, by_shape) for name, by_shape in rates.items()
        },
        "flops_per_token": sum(product.flops for product in products) / tokens,
        "parts": _parts(products, rates["best"]),
        "rates": [
            [*product, {name: by_shape[product.shape] for name, by_shape in rates.items()}]
            for product in products
        ],
    }


def _parts(products, rates):
    total = floor_seconds(products, rates)
    parts = {}
    for part in dict.fromkeys(product.part for product in products):
        own = [product for product in products if product.part == part]
        seconds = floor_seconds(own, rates)
        flops = sum(product.flops for product in own)
        parts[part] = {"share": seconds / total, "rate": flops / seconds}
    return parts
