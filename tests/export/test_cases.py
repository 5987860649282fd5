import numpy as np
import pytest

from keras_transformer.export.cases import Case, differences, load_cases, save_cases

ANSWER = {
    "translation": "말",
    "score": -1.5,
    "source_truncated": True,
    "tokens": ["▁a", ""],
    "candidates": [["▁a", None], [None, "말"]],
    "attention": np.arange(6, dtype="float32").reshape(2, 3),
}


def outputs():
    """Two rows; the second is `ANSWER`, padded to three tokens and four columns."""
    attention = np.zeros((2, 3, 4), "float32")
    attention[1, :2, :3] = np.arange(6).reshape(2, 3)
    candidates = np.full((2, 3, 2), b"", object)
    candidates[1, :2] = [["▁a".encode(), b"x"], [b"y", "말".encode()]]
    return {
        "translation": np.array([b"", "말".encode()], object),
        "score": np.array([0, -1.5], "float32"),
        "source_truncated": np.array([False, True]),
        "tokens": np.array([[b"x", b"", b""], ["▁a".encode(), b"", b""]], object),
        "candidates": candidates,
        "attention": attention,
    }


def test_cases_come_back_from_their_file(tmp_path):
    text = b"\xff\0 a\0"
    save_cases(tmp_path / "c.npz", [Case("s", {"text": [text]}, [ANSWER])], {"weight_bytes": 7})
    (case,), facts = load_cases(tmp_path / "c.npz")
    assert facts == {"weight_bytes": 7}
    assert (case.signature, case.inputs) == ("s", {"text": [text]})
    assert differences(outputs(), 1, case.answers[0]) == []


def test_equal_but_for_rounding():
    received = outputs()
    received["score"][1] += 4e-4
    assert differences(received, 1, ANSWER) == []


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("translation", (1,), b"x"),
        ("score", (1,), -1.6),
        ("score", (1,), np.nan),
        ("source_truncated", (1,), False),
        ("tokens", (1, 0), b"b"),
        ("tokens", (1, 2), b"junk after the end"),
        ("candidates", (1, 0, 0), b"b"),
        ("candidates", (1, 1, 1), b""),
        ("candidates", (1, 2, 1), b"junk after the end"),
        ("attention", (1, 0, 1), 0.9),
        ("attention", (1, 2, 0), 0.1),
        ("attention", (1, 0, 3), 0.1),
    ],
)
def test_everything_else_is_different(name, index, value):
    received = outputs()
    received[name][index] = value
    (line,) = differences(received, 1, ANSWER)
    assert line.startswith(f"{name} is ")


def test_too_short_and_missing():
    received = outputs()
    received["attention"] = received["attention"][:, :1]
    received["tokens"] = received["tokens"][:, :1]
    del received["score"]
    lines = differences(received, 1, ANSWER)
    assert [line.split()[0] for line in lines] == ["score", "tokens", "attention"]


def test_what_is_not_decided_may_be_anything():
    received = outputs()
    received["candidates"][1, 0, 1] = b"z"
    assert differences(received, 1, ANSWER) == []
    received["candidates"] = received["candidates"][:, :, :1]
    (line,) = differences(received, 1, ANSWER)
    assert line.startswith("candidates is ")
