"""The numbers of an explanation, small enough for a page and exact to more than three digits.

Weights are 16-bit fractions of 1, vectors 16-bit fractions of the largest number of each vector.
Of both, the low bytes come first and then the high ones, which compresses better. What reads them
is `scripts/numbers.js`.
"""

import base64
import gzip
import itertools

import numpy as np

KINDS = ("encoder", "decoder", "cross")
VECTORS = ("queries", "keys", "values")
LARGEST_WEIGHT, LARGEST_NUMBER = 65535, 32767


def pack_sentence(explanation, layers):
    """What a page keeps of a sentence.

    Args:
        explanation: `Explanation` of a sentence with words.
        layers: for each kind of attention the numbers, from 0, of the layers whose vectors are
            kept; layers that it has not are passed over.

    Returns:
        Dict that JSON can hold. `data` is the packed numbers, gzip in base64; `parts` tells for
        each array its `shape` and its `offset` in the unpacked bytes.
    """
    parts, blocks, offset = {}, [], 0
    for name, array, pack in _arrays(explanation, layers):
        block = pack(array)
        parts[name] = {"offset": offset, "shape": list(array.shape)}
        blocks.append(block)
        offset += len(block)
    data = gzip.compress(b"".join(blocks), 6, mtime=0)
    return {
        **_texts(explanation),
        "is_export": explanation.encoder.queries is None,
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
        yield f"{kind}.weights", np.asarray(steps.weights), _pack_weights
        if steps.queries is None:
            continue
        for layer in layers[kind]:
            if layer < len(steps.queries):
                for name in VECTORS:
                    yield f"{kind}.{name}.{layer}", getattr(steps, name)[layer], _pack_vectors


def _pack_weights(weights):
    return _planes(np.rint(weights * LARGEST_WEIGHT).astype("<u2"))


def _pack_vectors(vectors):
    """`(heads, words, head_dim)`: a float32 scale for each vector, then the numbers."""
    vectors = np.asarray(vectors, "float32")
    scales = np.abs(vectors).max(axis=-1) / np.float32(LARGEST_NUMBER)
    divisors = np.where(scales == 0, 1, scales)[..., None]
    numbers = np.rint(vectors / divisors).astype("<i2")
    return scales.astype("<f4").tobytes() + _planes(numbers)


def _planes(numbers):
    return numbers.reshape(-1, 1).view("uint8").T.tobytes()


def choose_layers(explanations, budget):
    """The layers whose vectors fit into a page: all, or the first and the last and then others.

    Args:
        explanations: list of `Explanation`.
        budget: the most bytes that a sentence may take in the page.

    Returns:
        For each kind of attention a sorted list of layers, from 0.
    """
    counts = {kind: len(getattr(explanations[0], kind).weights) for kind in KINDS}
    nothing = {kind: [] for kind in KINDS}
    chosen = nothing
    explanations = [each for each in explanations if each.encoder.queries is not None]
    if not explanations:
        return nothing
    weights = [len(pack_sentence(each, nothing)["data"]) for each in explanations]

    def fits(explanation, weight, layers):
        # The first is quick, and an upper bound.
        return (
            weight + _size_of_vectors(explanation, layers) <= budget
            or len(pack_sentence(explanation, layers)["data"]) <= budget
        )

    for number in range(1, max(counts.values()) + 1):
        wider = {kind: sorted(_preferred(counts[kind])[:number]) for kind in KINDS}
        if not all(map(fits, explanations, weights, itertools.repeat(wider))):
            break
        chosen = wider
    return chosen


def _preferred(count):
    first_and_last = sorted({0, count - 1})
    return first_and_last + [layer for layer in range(count) if layer not in first_and_last]


def _size_of_vectors(explanation, layers):
    """In base64, not compressed."""
    size = 0
    for kind in KINDS:
        for name in VECTORS:
            heads, words, head_dim = getattr(getattr(explanation, kind), name).shape[1:]
            size += len(layers[kind]) * heads * words * (2 * head_dim + 4)
    return size * 4 // 3
