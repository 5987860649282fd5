"""The numbers of an explanation, small enough for a page and exact to more than three digits.

Weights are 16-bit fractions of 1. Vectors are fractions of the largest number of each vector, in 24
bits where a page has room, else in 16. Of all, the lowest bytes come first and the highest last,
which compresses better. What reads them is `scripts/numbers.js`.
"""

import base64
import gzip
from typing import NamedTuple

import numpy as np

KINDS = ("encoder", "decoder", "cross")
VECTORS = ("queries", "keys", "values")
LARGEST_WEIGHT = 65535
# Of a number of a vector. With 2 a dot product of length 50 is exact to about 0.001.
FEW_BYTES, MANY_BYTES = 2, 3


class VectorPlan(NamedTuple):
    """Which vectors a page keeps, and how exactly."""

    layers: dict  # for each kind of attention the numbers, from 0, of layers
    num_bytes: int


def pack_sentence(explanation, plan):
    """What a page keeps of a sentence.

    Args:
        explanation: `Explanation` of a sentence with words.
        plan: `VectorPlan`; layers that there are not are passed over.

    Returns:
        Dict that JSON can hold. `data` is the packed numbers, gzip in base64; `parts` tells for
        each array its `shape` and its `offset` in the unpacked bytes.
    """
    parts, blocks, offset = {}, [], 0
    for name, array in _arrays(explanation, plan.layers):
        is_vectors = not name.endswith("weights")
        block = _pack_vectors(array, plan.num_bytes) if is_vectors else _pack_weights(array)
        parts[name] = {"offset": offset, "shape": list(array.shape)}
        blocks.append(block)
        offset += len(block)
    data = gzip.compress(b"".join(blocks), 6, mtime=0)
    return {
        **_texts(explanation),
        "is_export": explanation.encoder.queries is None,
        "bytes_of_numbers": plan.num_bytes,
        "parts": parts,
        "data": base64.b64encode(data).decode("ascii"),
    }


def _texts(explanation):
    probabilities = explanation.candidate_probabilities
    tokens = explanation.candidate_tokens
    return {
        "source": explanation.source,
        "translation": explanation.translation,
        "languages": list(explanation.languages),
        "score": float(explanation.score),
        "source_truncated": bool(explanation.source_truncated),
        "target_truncated": bool(explanation.target_truncated),
        "source_tokens": list(explanation.source_tokens),
        "input_tokens": list(explanation.input_tokens),
        "target_tokens": list(explanation.target_tokens),
        "candidate_tokens": None if tokens is None else [list(row) for row in tokens],
        "candidate_probabilities": None
        if probabilities is None
        else [[float(f"{value:.6g}") for value in row] for row in np.asarray(probabilities)],
        "model": explanation.model,
    }


def _arrays(explanation, layers):
    for kind in KINDS:
        steps = getattr(explanation, kind)
        yield f"{kind}.weights", np.asarray(steps.weights)
        if steps.queries is None:
            continue
        for layer in layers[kind]:
            if layer < len(steps.queries):
                for name in VECTORS:
                    yield f"{kind}.{name}.{layer}", getattr(steps, name)[layer]


def _pack_weights(weights):
    return _planes(np.rint(weights * LARGEST_WEIGHT), 2)


def _pack_vectors(vectors, num_bytes):
    """`(heads, words, head_dim)`: a float32 scale for each vector, then the numbers."""
    largest = 2 ** (8 * num_bytes - 1) - 1
    scales = (np.abs(vectors).max(axis=-1) / largest).astype("<f4")
    divisors = np.where(scales == 0, 1, scales)[..., None].astype("float64")
    numbers = np.clip(np.rint(vectors / divisors), -largest, largest)
    return scales.tobytes() + _planes(numbers, num_bytes)


def _planes(numbers, num_bytes):
    return numbers.astype("<i4").reshape(-1, 1).view("uint8")[:, :num_bytes].T.tobytes()


def plan_vectors(explanations, budget, layers=None):
    """What of the vectors goes into a page.

    Args:
        explanations: list of `Explanation`.
        budget: the most bytes that a sentence should take in the page.
        layers: numbers, from 0, of the layers that are wanted whatever the budget. If None, all
            that fit, beginning with the first and the last.

    Returns:
        `VectorPlan`, the more exact one if it fits.
    """
    counts = {kind: len(getattr(explanations[0], kind).weights) for kind in KINDS}
    explanations = [each for each in explanations if each.encoder.queries is not None]
    all_layers = range(max(counts.values()))

    def plan(chosen, num_bytes):
        present = {kind: [layer for layer in chosen if layer < counts[kind]] for kind in KINDS}
        return VectorPlan(present, num_bytes)

    def fits(candidate):
        return all(_fits(each, candidate, budget) for each in explanations)

    exact = plan(all_layers if layers is None else layers, MANY_BYTES)
    if fits(exact):
        return exact
    if layers is not None:
        return exact._replace(num_bytes=FEW_BYTES)
    chosen = VectorPlan({kind: [] for kind in KINDS}, FEW_BYTES)
    for number in range(1, len(all_layers) + 1):
        preferred = {kind: sorted(_preferred(counts[kind])[:number]) for kind in KINDS}
        wider = VectorPlan(preferred, FEW_BYTES)
        if not fits(wider):
            break
        chosen = wider
    return chosen


def _preferred(count):
    first_and_last = sorted({0, count - 1})
    return first_and_last + [layer for layer in range(count) if layer not in first_and_last]


def _fits(explanation, plan, budget):
    if _size_of_vectors(explanation, plan) * 0.85 > budget:  # vectors hardly compress
        return False
    return len(pack_sentence(explanation, plan)["data"]) <= budget


def _size_of_vectors(explanation, plan):
    """In base64, not compressed."""
    size = 0
    for kind in KINDS:
        for name in VECTORS:
            heads, words, head_dim = getattr(getattr(explanation, kind), name).shape[1:]
            size += len(plan.layers[kind]) * heads * words * (plan.num_bytes * head_dim + 4)
    return size * 4 // 3
