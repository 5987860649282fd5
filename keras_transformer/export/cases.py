"""Questions and answers that an export is held to, in a file that a fresh process can read."""

import base64
import json
from typing import NamedTuple

import numpy as np


class Case(NamedTuple):
    """One request and what Keras answers."""

    signature: str
    inputs: dict  # input name -> list of `bytes` or of numbers, one a row
    answers: list  # a row's dict: output name -> `str`, list of `str`, or array without batch axis


def save_cases(path, cases, facts):
    """Writes cases and a dict of plain `facts` to an `.npz` file."""
    arrays, rows = {}, []
    for case in cases:
        inputs = {
            name: [_encoded(value) for value in values] for name, values in case.inputs.items()
        }
        answers = [
            {name: _packed(value, arrays) for name, value in answer.items()}
            for answer in case.answers
        ]
        rows.append([case.signature, inputs, answers])
    np.savez(path, index=np.array(json.dumps({"cases": rows, "facts": facts})), **arrays)


def load_cases(path):
    """What `save_cases` wrote: a list of `Case`, and the facts."""
    with np.load(path) as arrays:
        index = json.loads(str(arrays["index"]))
        cases = []
        for signature, inputs, answers in index["cases"]:
            inputs = {
                name: [_decoded(value) for value in values] for name, values in inputs.items()
            }
            answers = [
                {
                    name: arrays[value["array"]] if isinstance(value, dict) else value
                    for name, value in answer.items()
                }
                for answer in answers
            ]
            cases.append(Case(signature, inputs, answers))
    return cases, index["facts"]


def _encoded(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _decoded(value):
    return base64.b64decode(value) if isinstance(value, str) else value


def differences(outputs, row, answer, rounding=1.0):
    """What a row of outputs has in common with its answer: a line for each thing that differs.

    Args:
        outputs: output name -> array with the batch axis; rows are padded with '' or 0.
        row: its number.
        answer: of a `Case`.
        rounding: how much more numbers may differ than those of float32.
    """
    lines = []
    for name, expected in answer.items():
        if name not in outputs:
            lines.append(f"{name} is missing")
            continue
        received = outputs[name][row]
        if isinstance(expected, str | list):
            equal = _same_texts(received, expected)
        else:
            equal = _is_close(np.asarray(received), np.asarray(expected), rounding)
        if not equal:
            lines.append(f"{name} is {_shown(received)}, and Keras says {_shown(expected)}")
    return lines


def _same_texts(received, expected):
    """Equal texts, or nested lists of them with '' after the last; None may be any text."""
    if expected is None:
        return True
    if isinstance(expected, str):
        return received == expected.encode()
    missing = len(received) - len(expected)
    padded = expected + ["" if received.ndim == 1 else []] * missing
    return missing >= 0 and all(map(_same_texts, received, padded))


def _is_close(received, expected, rounding):
    """Equal but for rounding, and zero (False) wherever `expected` has no entry."""
    if any(have < need for have, need in zip(received.shape, expected.shape, strict=True)):
        return False
    inside = tuple(slice(size) for size in expected.shape)
    padded = np.zeros(received.shape, received.dtype)
    padded[inside] = expected
    if received.dtype.kind != "f":
        return np.array_equal(received, padded)
    allowed = rounding * (1e-3 + 1e-4 * np.abs(padded))
    return bool(np.all(np.abs(received - padded) <= allowed))


def _shown(value):
    value = np.asarray(value)
    return f"an array {value.shape}" if value.size > 4 else str(value.tolist())


def _packed(value, arrays):
    if isinstance(value, (str, list)):
        return value
    name = f"array{len(arrays)}"
    arrays[name] = np.asarray(value)
    return {"array": name}
