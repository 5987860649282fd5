"""Matrices with named rows and columns: the cells of masks and of attention."""

import numpy as np

from keras_transformer.visualization.style import (
    AMOUNTS,
    HIDDEN,
    HIDDEN_LINES,
    INK,
    LINE,
    SOFT,
    shown_token,
)

LONGEST_NAME = 16  # columns of a token's name
_MOST_NUMBERS = 24  # rows or columns up to which numbers are written into the cells
# Colours follow the square root of a value: among sixty tokens most weights are small.
_POWER = 0.5


def fill_cells(axes, values, limits, hidden=None, colours=AMOUNTS):
    """Draws a matrix as cells.

    Args:
        axes: of matplotlib.
        values: `(rows, columns)`.
        limits: pair of the values that are drawn in the first and the last colour.
        hidden: boolean like `values`: cells that show no value but are crossed out.
        colours: name of a colour map.

    Returns:
        The image, to which a colour bar can refer.
    """
    from matplotlib.colors import PowerNorm

    values = np.ma.masked_array(values, hidden) if hidden is not None else values
    if hidden is not None and np.any(hidden):
        axes.set_facecolor(HIDDEN)
        axes.patch.set(hatch="////", edgecolor=HIDDEN_LINES)
    norm = PowerNorm(_POWER, *limits)
    image = axes.imshow(values, cmap=colours, norm=norm, interpolation="nearest")
    for spine in axes.spines.values():
        spine.set(visible=True, color=LINE)
    axes.tick_params(length=0)
    return image


def name_cells(axes, rows=None, columns=None, size=9.0):
    """Names at the left of rows and above columns; none where None is given."""
    plain = {"parse_math": False, "color": INK, "fontsize": size}
    if rows is None:
        axes.set_yticks([])
    else:
        axes.set_yticks(
            range(len(rows)), [shown_token(name, LONGEST_NAME) for name in rows], **plain
        )
    if columns is None:
        axes.set_xticks([])
    else:
        names = [shown_token(name, LONGEST_NAME) for name in columns]
        axes.xaxis.tick_top()
        axes.set_xticks(range(len(columns)), names, rotation=90, **plain)
    axes.xaxis.set_label_position("top")


def separate_cells(axes, shape):
    """Thin lines between cells."""
    for number in range(1, shape[0]):
        axes.axhline(number - 0.5, color="white", linewidth=0.7)
    for number in range(1, shape[1]):
        axes.axvline(number - 0.5, color="white", linewidth=0.7)


def write_percentages(axes, values, limits, hidden=None, size=7.5):
    """Writes every value of at least 1 % into its cell, in percent, unless there are too many."""
    if max(values.shape) > _MOST_NUMBERS:
        return
    dark = limits[0] + 0.35 * (limits[1] - limits[0])
    for row, column in np.argwhere(values >= 0.01):
        if hidden is None or not hidden[row, column]:
            value = values[row, column]
            axes.text(
                column,
                row,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                fontsize=size,
                color="white" if value > dark else INK,
            )


def add_scale(figure, image, axes, name):
    """A colour bar beside one or several axes."""
    inches = figure.get_figheight()
    bar = figure.colorbar(image, ax=axes, shrink=min(3 / inches, 0.7), aspect=18, pad=0.015)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8)
    bar.set_label(name, fontsize=9, color=SOFT)
