"""Translations and scores as lines: plain text, tab-separated values, or JSON."""

import json
import os
from pathlib import Path

from keras_transformer.errors import UserError

FORMATS = ("text", "tsv", "jsonl")


def add_format_argument(parser, columns: str):
    """Adds `--format`; `columns` says in words what tsv has."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help=f"of the output; tsv has {columns}; jsonl has the same by name",
    )


def check_output(output, files):
    """Checks before anything is computed that a file can be written and is none of those read."""
    if output is None:
        return
    path = Path(output)
    if path.is_dir():
        raise UserError(f"--output {output} is a folder: give the name of a file")
    if not path.parent.is_dir():
        raise UserError(f"--output {output}: there is no folder {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"--output {output} may not be written: give the name of another file")
    for name in files:
        if name != "-" and path.exists() and path.samefile(name):
            raise UserError(f"--output {output} is also read: give the name of another file")


def one_line(text: str) -> str:
    """A text without line ends, so that it stays on its line."""
    return text.replace("\r", " ").replace("\n", " ")


def _cell(text):
    return one_line(text).replace("\t", " ")


def translation_lines(number, hypotheses, format, n_best):
    """The output lines for one input line.

    Args:
        number: of the input line, from 1.
        hypotheses: list of objects with the fields of `Hypothesis`, best first; may be empty.
        format: one of `FORMATS`.
        n_best: whether several translations of a line were asked for.

    Returns:
        List of strings.
    """
    if format == "text" and not n_best:
        return [one_line(hypotheses[0].text) if hypotheses else ""]
    if format == "text":
        return [f"{number}\t{rank}\t{_cell(h.text)}" for rank, h in enumerate(hypotheses, 1)]
    write = _tsv_line if format == "tsv" else _json_line
    return [write(number, rank, hypothesis) for rank, hypothesis in enumerate(hypotheses, 1)]


def _tsv_line(number, rank, hypothesis):
    cut = [side for side in ("source", "target") if getattr(hypothesis, f"{side}_truncated")]
    numbers = f"{hypothesis.score:.6f}", f"{hypothesis.ranking_score:.6f}"
    return "\t".join([str(number), str(rank), *numbers, ",".join(cut), _cell(hypothesis.text)])


def _json_line(number, rank, hypothesis):
    values = {
        "line": number,
        "rank": rank,
        "text": hypothesis.text,
        "score": round(hypothesis.score, 6),
        "ranking_score": round(hypothesis.ranking_score, 6),
        "source_truncated": hypothesis.source_truncated,
        "target_truncated": hypothesis.target_truncated,
    }
    return json.dumps(values, ensure_ascii=False)


def score_line(number, log_probability, num_tokens, format):
    """The output line for one scored pair."""
    log_probability += 0.0  # no "-0.000000"
    if format == "jsonl":
        values = {"line": number, "score": round(log_probability, 6), "tokens": num_tokens}
        return json.dumps(values)
    if format == "tsv":
        return f"{number}\t{log_probability:.6f}\t{num_tokens}"
    return f"{log_probability:.6f}"
