"""The arithmetic floor of every cell, with the rates of products measured on this machine."""

import json
import subprocess
from pathlib import Path

from floor import floor_seconds, products
from workers import environment

_SCRIPT = Path(__file__).with_name("product_rates.py")
_SETTINGS = ((1, 2), (2, 1))  # calls, threads of a product


def measure_rates(shapes, pythons):
    """The best rate of each shape, over libraries and uses of the cores.

    Args:
        shapes: list of `(batch, rows, inner, columns)`.
        pythons: library ("tensorflow", "torch") -> interpreter that has it.

    Returns:
        Dict shape -> floating point operations a second.
    """
    best = dict.fromkeys(shapes, 0.0)
    for library, python in pythons.items():
        for calls, threads in _SETTINGS:
            done = subprocess.run(
                [str(python), str(_SCRIPT), library, str(calls)],
                input=json.dumps(shapes),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
                env=environment(threads),
            )
            for shape, rate in zip(shapes, json.loads(done.stdout), strict=True):
                best[shape] = max(best[shape], rate)
    return best


def floors(bundle, lengths, cells, latency_rows, pythons):
    """The least time of each cell.

    Args:
        bundle: the `Bundle`.
        lengths: beam -> ids of each translation, by number of the sentence.
        cells: list of `Cell`.
        latency_rows: numbers of the sentences that come one at a time.
        pythons: see `measure_rates`.

    Returns:
        Dict `Cell` -> seconds a sentence, on average.
    """
    needed = {}
    for cell in cells:
        rows = latency_rows if cell.is_latency else range(len(bundle.source_ids))
        sources = [len(bundle.source_ids[row]) for row in rows]
        targets = [lengths[cell.beam][row] for row in rows]
        needed[cell] = products(bundle.model, sources, targets, cell.batch_size, cell.beam)
    shapes = sorted({item.shape for items in needed.values() for item in items})
    rates = measure_rates(shapes, pythons)
    count = {cell: len(latency_rows if cell.is_latency else bundle.source_ids) for cell in cells}
    return {cell: floor_seconds(items, rates) / count[cell] for cell, items in needed.items()}
