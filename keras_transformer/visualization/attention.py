"""Attention as pictures: one head, the heads of a layer side by side, all layers and heads.

The functions that draw take arrays and names of tokens, and return a matplotlib `Figure`.
`AttentionView.of` takes them out of an `Explanation`.
"""

import math
from typing import NamedTuple

import numpy as np

from keras_transformer.visualization.matrices import (
    LONGEST_NAME,
    add_scale,
    fill_cells,
    name_cells,
    separate_cells,
    write_percentages,
)
from keras_transformer.visualization.style import (
    describe,
    new_figure,
    shown_token,
    styled,
    text_width,
)

KINDS = ("encoder", "decoder", "cross")
_TITLES = {
    "encoder": "Encoder self-attention",
    "decoder": "Decoder self-attention",
    "cross": "Cross-attention",
}
_ROWS = {
    "encoder": "the source token that asks",
    "decoder": "the target token that was read last",
    "cross": "the target token that is produced",
}
_COLUMNS = {
    "encoder": "source tokens that it looks at",
    "decoder": "target tokens that it looks at",
    "cross": "source tokens that it looks at",
}
_LIMITS = (0, 1)  # of weights: one scale for all pictures
_PAGE = 18.0  # inches of panels side by side
_LETTER = 0.068  # inches of a letter of a token's name at 9 points


class AttentionView(NamedTuple):
    """One kind of attention of one sentence, and how its parts are called."""

    kind: str  # one of `KINDS`
    weights: np.ndarray  # (layers, heads, queries, keys)
    queries: tuple  # names of the rows
    keys: tuple  # names of the columns
    text: str = ""  # the sentence and its translation

    @classmethod
    def of(cls, explanation, kind):
        """One kind of attention of an `Explanation`."""
        weights = getattr(explanation, kind).weights
        source, inputs = explanation.source_tokens, explanation.input_tokens
        queries, keys = {
            "encoder": (source, source),
            "decoder": (inputs, inputs),
            # Cross-attention is what a produced token is looked up with.
            "cross": (explanation.target_tokens, source),
        }[kind]
        text = f"{explanation.source.strip()}  →  {explanation.translation}"
        return cls(kind, weights, queries, keys, text)

    def hidden(self):
        """Which cells the mask hides, `(queries, keys)`, or None where there are none."""
        if self.kind != "decoder":
            return None
        return np.triu(np.ones((len(self.queries), len(self.keys)), bool), 1)


@styled
def draw_attention(view, layer, head=None):
    """One head as a large picture.

    Args:
        view: `AttentionView`.
        layer: from 0.
        head: from 0; None: the mean over the heads of the layer.
    """
    weights = view.weights[layer]
    weights = weights.mean(axis=0) if head is None else weights[head]
    longest = max(weights.shape)
    cell = min(max(3.6 / longest, 0.36), 0.6) if longest <= 24 else 0.2
    names = _name_inches(view)
    width = max(weights.shape[1] * cell + names[0] + 1.6, 5.6)
    height = max(weights.shape[0] * cell + names[1] + 1.7, 3.5)
    figure = new_figure(width, height)
    axes = figure.subplots()
    image = _fill(axes, view, weights, size=9)
    axes.set_ylabel(_ROWS[view.kind], fontsize=9)
    axes.set_xlabel(_COLUMNS[view.kind], fontsize=9)
    write_percentages(axes, weights, _LIMITS, view.hidden())
    add_scale(figure, image, axes, "attention weight")
    which = "mean over the heads" if head is None else f"head {head + 1}"
    describe(figure, f"{_TITLES[view.kind]}, layer {layer + 1}, {which}", _caption(view))
    return figure


@styled
def draw_heads(view, layer):
    """All heads of a layer side by side.

    Args:
        view: `AttentionView`.
        layer: from 0.
    """
    weights = view.weights[layer]
    num_heads, num_queries, num_keys = weights.shape
    longest = max(num_queries, num_keys)
    cell = 0.215 if longest <= 32 else 0.145
    size = 9 if cell >= 0.2 else 7.5
    names = _name_inches(view, size)
    panel = num_keys * cell + 0.3, num_queries * cell + 0.4
    across = _panels_across(num_heads, *panel)
    down = math.ceil(num_heads / across)
    width = max(across * panel[0] + names[0] + 1.3, 7)
    height = max(down * panel[1] + names[1] + 1.2, 3.5)
    figure = new_figure(width, height)
    grid = figure.subplots(down, across, squeeze=False)
    for number, axes in enumerate(grid.flat):
        if number >= num_heads:
            axes.set_axis_off()
            continue
        image = _fill(
            axes,
            view,
            weights[number],
            size,
            rows=number % across == 0,
            columns=number < across,
        )
        axes.set_title(f"head {number + 1}")
    add_scale(figure, image, list(grid.flat), "attention weight")
    title = f"{_TITLES[view.kind]}, layer {layer + 1}: its {num_heads} heads"
    describe(figure, title, _caption(view))
    return figure


@styled
def draw_layers(view):
    """All heads of all layers: a row for each layer, a column for each head."""
    num_layers, num_heads, num_queries, num_keys = view.weights.shape
    cell = min(max(2.2 / max(num_queries, num_keys), 0.035), 0.17)
    names = cell >= 0.11
    room = _name_inches(view, 6.5) if names else (0.3, 0.3)
    width = max(num_heads * (num_keys * cell + 0.2) + room[0] + 1.4, 7)
    height = max(num_layers * (num_queries * cell + 0.2) + room[1] + 1.6, 4)
    figure = new_figure(width, height)
    grid = figure.subplots(num_layers, num_heads, squeeze=False)
    for (layer, head), axes in np.ndenumerate(grid):
        image = _fill(
            axes,
            view,
            view.weights[layer, head],
            6.5,
            rows=names and head == 0,
            columns=names and layer == 0,
        )
        if layer == 0:
            axes.set_title(f"head {head + 1}")
        if head == 0:
            axes.set_ylabel(f"layer {layer + 1}", fontsize=11)
    add_scale(figure, image, list(grid.flat), "attention weight")
    caption = _caption(view)
    if not names:
        caption += " The tokens run from left to right, and from top to bottom."
    describe(figure, f"{_TITLES[view.kind]}, all layers and heads", caption)
    return figure


def _panels_across(number, width, height):
    """Panels in a row: as many as a page is wide, more where the picture would be a tower."""
    across = min(max(int(_PAGE / width), 1), number)
    while across < number and math.ceil(number / across) * height > max(
        _PAGE, 1.2 * across * width
    ):
        across += 1
    return math.ceil(number / math.ceil(number / across))


def _fill(axes, view, weights, size, rows=True, columns=True):
    image = fill_cells(axes, weights, _LIMITS, view.hidden())
    name_cells(axes, view.queries if rows else None, view.keys if columns else None, size)
    if max(weights.shape) <= 32:
        separate_cells(axes, weights.shape)
    return image


def _name_inches(view, size=9):
    """Room for the names of rows (their width) and of columns (written upwards)."""
    return [
        max(text_width(shown_token(name, LONGEST_NAME)) for name in names) * _LETTER * size / 9
        + 0.1
        for names in (view.queries, view.keys)
    ]


def _caption(view):
    text = (
        f"{view.text}\nRow: {_ROWS[view.kind]}. Columns: the {_COLUMNS[view.kind]}. "
        "The darker, the more; the weights of a row add up to 1."
    )
    if view.kind == "decoder":
        text += " Crossed out: tokens that come later, which the look-ahead mask hides."
    return text
