"""Runs side by side on one page, without scripts, as `report.html` is."""

from dataclasses import dataclass, field
from pathlib import Path

from keras_transformer.visualization import report
from keras_transformer.visualization.report.charts import Series, line_chart
from keras_transformer.visualization.report.parts import keys_of, table
from keras_transformer.visualization.report.text import escaped

# Colours beside the three of a report, for light and dark pages; more runs begin anew.
_STYLE = """
:root { --s4: #8a3ffc; --s5: #007d79; --s6: #9f1853; }
@media (prefers-color-scheme: dark) { :root { --s4: #be95ff; --s5: #3ddbd9; --s6: #ff7eb6; } }
.s4 { --c: var(--s4); } .s5 { --c: var(--s5); } .s6 { --c: var(--s6); }
"""
MOST_RUNS = 6


@dataclass(frozen=True)
class Comparison:
    """What is told of several runs; every list of values has one entry a run.

    Attributes:
        names: of the runs, each another.
        facts: list of (label, values): scores, sizes, times.
        settings: list of (key, values): the settings that are not the same in all runs.
        curves: list of (title, lines), a line being x and y as two lists.
        tests: list of `evaluation.significance.MetricTest`.
        note: why there are no tests; empty where there are.
        written: when, as text.
    """

    names: list
    facts: list
    settings: list
    curves: list = field(default_factory=list)
    tests: list = field(default_factory=list)
    note: str = ""
    written: str = ""


def comparison_page(comparison):
    """The page of a `Comparison` as text: HTML that is whole by itself."""
    style = Path(report.__file__).with_name("style.css").read_text(encoding="utf-8") + _STYLE
    title = escaped(", ".join(comparison.names))
    sections = (
        ("Scores and sizes", _columns("", comparison, comparison.facts)),
        ("Is the difference more than chance?", _tests(comparison)),
        ("Training", _curves(comparison)),
        ("Settings that differ", _settings(comparison)),
    )
    body = "".join(f"<section><h2>{name}</h2>{content}</section>" for name, content in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: comparison</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<header><h1>Comparison of {len(comparison.names)} runs</h1><p>{title}</p></header>\n"
        f"{body}\n<footer>Written {escaped(comparison.written)} by "
        "<code>keras-transformer compare</code>.</footer>\n</body>\n</html>\n"
    )


def _columns(corner, comparison, rows, mono=False):
    tag = ("<code>", "</code>") if mono else ("", "")
    cells = [
        [f"{tag[0]}{escaped(label)}{tag[1]}", *(escaped(value) for value in values)]
        for label, values in rows
    ]
    head = [corner, *map(escaped, comparison.names)]
    content = table(head, cells, numbers=() if mono else range(1, len(head)))
    return f'<div class="card scroll">{content}</div>'


def _settings(comparison):
    if not comparison.settings:
        return "<p>All settings are the same.</p>"
    return _columns("setting", comparison, comparison.settings, mono=True)


def _tests(comparison):
    if comparison.note:
        return f'<p class="missing">{escaped(comparison.note)}</p>'
    parts = [
        "<p>Paired bootstrap: the test sentences are drawn again and again, and each time the runs "
        f"are scored on the same draw. p is how probable a difference to {escaped(first)} as large "
        "as this one would be if both were equally good.</p>"
        for first in comparison.names[:1]
    ]
    for test in comparison.tests:
        rows = [
            [
                escaped(name),
                f"{one.score:.2f}",
                f"{one.mean:.2f} ± {one.interval:.2f}",
                "" if one.p_value is None else f"{one.p_value:.4f}",
            ]
            for name, one in zip(comparison.names, test.scores, strict=True)
        ]
        head = ["run", test.metric, "95 % interval", "p"]
        parts.append(
            f'<div class="card scroll"><h3>{test.metric}</h3>{table(head, rows, range(1, 4))}'
            f'<p class="small soft"><code>{escaped(test.signature)}</code></p></div>'
        )
    return "".join(parts)


def _curves(comparison):
    figures = []
    for title, lines in comparison.curves:
        series = [Series(name, *line) for name, line in zip(comparison.names, lines, strict=True)]
        chart = line_chart(f"{title} of each run", series, "epoch")
        if chart:
            figures.append(f"<figure><h3>{escaped(title)}{keys_of(series)}</h3>{chart}</figure>")
    if not figures:
        return "<p>Nothing has been measured yet.</p>"
    return f'<div class="grid2">{"".join(figures)}</div>'
