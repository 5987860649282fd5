"""Curves, bars and attention as SVG that takes its colours from the page around it."""

import math
from typing import NamedTuple

import numpy as np

from keras_transformer.visualization.report.text import escaped, token_label

WIDTH, HEIGHT = 440, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 12, 42
_MOST_POINTS = 60  # more would hide the line
_CELL = 24
_LEAST_SCALE = 0.65
_LEAST_SHOWN = 0.02  # of an attention weight


class Series(NamedTuple):
    """A named line; values that are not finite are left out."""

    name: str
    x: list
    y: list

    def points(self):
        """The pairs of finite numbers, in order."""
        pairs = ((float(x), float(y)) for x, y in zip(self.x, self.y, strict=True))
        return [pair for pair in pairs if all(map(math.isfinite, pair))]


def line_chart(label, series, x_title, whole_x=True, from_zero=False):
    """Lines over one axis.

    Args:
        label: what the picture shows, for those who cannot see it.
        series: list of `Series`, at most three.
        x_title: under the axis.
        whole_x: whether x counts something, so that ticks are whole numbers.
        from_zero: whether y begins at 0.

    Returns:
        SVG as text; an empty text where there is no point.
    """
    lines = [one.points() for one in series]
    points = [point for line in lines for point in line]
    if not points:
        return ""
    xs, ys = zip(*points, strict=True)
    x_ticks = ticks(min(xs), max(xs), 6, whole=whole_x)
    y_ticks = ticks(0 if from_zero else min(ys), max(ys), 5)
    low_x, high_x = _range(xs, x_ticks, outer=False)
    low_y, high_y = _range(ys, y_ticks, outer=True)

    def place(point):
        x = LEFT + (point[0] - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT)
        y = TOP + (high_y - point[1]) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM)
        return round(x, 1), round(y, 1)

    parts = [_axes(x_ticks, y_ticks, place, (low_x, low_y), x_title)]
    for number, (one, line) in enumerate(zip(series, lines, strict=True), 1):
        parts.append(_line(one.name, line, place, number, x_title))
    return _svg(WIDTH, HEIGHT, label, "".join(parts))


def _axes(x_ticks, y_ticks, place, corner, x_title):
    parts = []
    for value, text in y_ticks:
        y = place((corner[0], value))[1]
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{text}</text>')
    for value, text in x_ticks:
        x = place((value, corner[1]))[0]
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{text}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escaped(x_title)}</text>'
    )
    return "".join(parts)


def _line(name, points, place, number, x_title):
    placed = [place(point) for point in points]
    path = " ".join(f"{x},{y}" for x, y in placed)
    parts = [f'<polyline class="line s{number}" points="{path}"/>']
    if len(points) <= _MOST_POINTS:
        for (x, y), (at, value) in zip(placed, points, strict=True):
            title = escaped(f"{name}, {x_title} {at:g}: {value:,.5g}")
            parts.append(
                f'<circle class="dot s{number}" cx="{x}" cy="{y}" r="3"><title>{title}</title>'
                "</circle>"
            )
    return "".join(parts)


def ticks(low, high, count, whole=False):
    """Round numbers from about `low` to about `high`.

    Args:
        low, high: finite.
        count: about how many.
        whole: only whole numbers.

    Returns:
        List of pairs of the number and its text.
    """
    span = high - low or abs(high) or 1.0
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    if whole:
        step = max(1.0, float(round(step)))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = next((d for d in range(12) if abs(round(step, d) - step) < 1e-9 * step), 12)
    # `+ 0.0` makes -0.0 positive.
    values = [round(number * step, decimals) + 0.0 for number in range(first, last + 1)]
    return [(value, f"{value:,.{decimals}f}") for value in values]


def _range(values, marks, outer):
    """The ends of an axis; where `outer`, its first and last tick are in it."""
    low, high = min(values), max(values)
    if outer:
        low, high = min(low, marks[0][0]), max(high, marks[-1][0])
    else:
        marks[:] = [mark for mark in marks if low <= mark[0] <= high] or marks[:1]
    if low == high:
        low, high = low - 0.5, high + 0.5
    return low, high


def attention_map(weights, source_tokens, target_tokens):
    """How much each produced token (a row) looks at each source token (a column).

    Args:
        weights: `(T, S)`, rows sum to 1.
        source_tokens, target_tokens: `S` and `T` pieces.

    Returns:
        SVG of its natural size; weights under 2 % are left blank.
    """
    weights = np.asarray(weights, "float32")
    columns, rows = list(map(token_label, source_tokens)), list(map(token_label, target_tokens))
    if weights.shape != (len(rows), len(columns)):
        raise ValueError(
            f"`weights` must be of shape {(len(rows), len(columns))}. Received: {weights.shape}"
        )
    left = 12 + max(map(_text_width, rows))
    # The names of the columns stand upright.
    top = 12 + max(map(_text_width, columns))
    width, height = left + _CELL * len(columns) + 4, top + _CELL * len(rows) + 4
    parts = []
    for number, name in enumerate(columns):
        x = left + _CELL * (number + 0.5) + 4
        parts.append(
            f'<text transform="translate({x:g},{top - 6}) rotate(-90)">{escaped(name)}</text>'
        )
    for number, name in enumerate(rows):
        y = top + _CELL * (number + 0.5) + 4
        parts.append(f'<text x="{left - 6}" y="{y:g}" text-anchor="end">{escaped(name)}</text>')
    parts.append(
        f'<rect class="frame" x="{left}" y="{top}" width="{_CELL * len(columns)}" '
        f'height="{_CELL * len(rows)}"/>'
    )
    for row, column in np.argwhere(weights >= _LEAST_SHOWN):
        weight = float(weights[row, column])
        title = escaped(f"{rows[row]} ← {columns[column]}: {weight:.0%}")
        parts.append(
            f'<rect class="cell" x="{left + _CELL * column}" y="{top + _CELL * row}" '
            f'width="{_CELL}" height="{_CELL}" fill-opacity="{weight:.2f}"><title>{title}</title>'
            "</rect>"
        )
    return _svg(width, height, "Attention of the translation to the source", "".join(parts), True)


def _text_width(text):
    """Pixels of a text of 13 pixels, generously."""
    return math.ceil(sum(14 if ord(character) > 0x1100 else 8 for character in text))


def _svg(width, height, label, body, natural=False):
    # Where there is less room it shrinks, as long as its names can be read.
    least = f"min-width:{_LEAST_SCALE * width:.0f}px"
    size = f' width="{width}" height="{height}" style="{least}"' if natural else ""
    return (
        f'<svg viewBox="0 0 {width} {height}"{size} role="img" aria-label="{escaped(label)}">'
        f"{body}</svg>"
    )
