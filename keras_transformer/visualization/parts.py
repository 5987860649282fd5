"""Pictures of the parts of a Transformer: positions, masks, the learning rate, smoothed targets.

The functions that draw take arrays and names, and return a matplotlib `Figure`.
"""

import numpy as np

from keras_transformer.visualization.matrices import (
    add_scale,
    fill_cells,
    name_cells,
    separate_cells,
)
from keras_transformer.visualization.style import (
    INK,
    LINE,
    SERIES,
    SIGNED,
    SOFT,
    VISIBLE,
    describe,
    new_figure,
    shown_token,
    styled,
    text_width,
)

_CELL_COLUMNS = 8  # of a token that is written into a cell
_MOST_COLUMNS = 30  # of a batch up to which tokens are written
_MOST_CANDIDATES = 7  # bars beside that of the right token


@styled
def draw_positions(table):
    """The table of positional encodings, and the dot products of its rows by distance.

    Args:
        table: `(positions, features)`.
    """
    length, features = table.shape
    products = table @ table.T
    figure = new_figure(15, 5.6)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
    image = left.imshow(table, cmap=SIGNED, vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    left.set(xlabel="feature", ylabel="position", title="what is added to the embeddings")
    add_scale(figure, image, left, "")
    limits = {"vmin": -features / 2, "vmax": features / 2}
    image = middle.imshow(products, cmap=SIGNED, aspect="auto", **limits)
    middle.set(xlabel="position", ylabel="position", title="dot products of two positions")
    add_scale(figure, image, middle, "")
    distances = np.arange(1 - length, length)
    by_distance = [products.diagonal(distance) for distance in distances]
    right.fill_between(
        distances,
        [values.min() for values in by_distance],
        [values.max() for values in by_distance],
        color=SERIES[0],
        alpha=0.25,
        linewidth=0,
    )
    right.plot(distances, [values.mean() for values in by_distance], color=SERIES[0])
    right.axhline(0, color=LINE, linewidth=0.8)
    right.set(xlabel="distance", ylabel="dot product", title="the same by distance alone")
    describe(
        figure,
        f"Sinusoidal positions: {length} positions, {features} features",
        "Each pair of features is a sine and a cosine of one wavelength, from 2π positions at "
        "the left to nearly 10000 · 2π at the right. The dot product of two positions depends on "
        "their distance alone, wherever they are: every diagonal in the middle has one value, and "
        "that is the curve at the right, which is highest where the distance is 0.",
    )
    return figure


@styled
def draw_masks(batch, padding_mask, target, look_ahead_mask):
    """The padding mask of a batch of sources, and the look-ahead mask of one target.

    Args:
        batch: a tuple of tokens for each row.
        padding_mask: `(rows, columns)` boolean, True = may be attended to.
        target: tokens that the decoder reads, start mark first.
        look_ahead_mask: `(tokens, tokens)` boolean.
    """
    rows, columns = padding_mask.shape
    longest = max(text_width(token) for row in batch for token in row)
    wide = 0.12 + 0.075 * min(longest, _CELL_COLUMNS) if columns <= _MOST_COLUMNS else 0.2
    side = 0.3 if len(target) <= 20 else 0.2
    sizes = [(max(columns * wide, 4) + 0.6, rows * 0.3 + 0.5), (len(target) * side + 1.4,) * 2]
    widths, heights = zip(*sizes, strict=True)
    if heights[0] < 0.6 * heights[1]:  # few rows: one above the other
        figure = new_figure(max(*widths, 6), sum(heights) + 1.6)
        left, right = figure.subplots(2, 1, height_ratios=heights)
        right.set_anchor("NW")
    else:
        figure = new_figure(sum(widths), max(heights) + 1.2)
        left, right = figure.subplots(1, 2, width_ratios=widths)
    _draw_boolean(left, padding_mask)
    if columns <= _MOST_COLUMNS:
        for row, tokens in enumerate(batch):
            for column, token in enumerate(tokens):
                _write(left, column, row, shown_token(token, _CELL_COLUMNS))
    left.set(aspect=0.3 / wide, anchor="NW")
    left.set_yticks(range(rows), [f"row {row + 1}" for row in range(rows)], fontsize=9)
    left.set_xticks([])
    left.set_title("padding mask: a batch of sources")
    _draw_boolean(right, look_ahead_mask)
    name_cells(right, target, target)
    right.set_title("look-ahead mask: one target")
    describe(
        figure,
        "What may be attended to",
        "Blue: visible. Crossed out: hidden. Padding: rows of a batch are filled up to one length, "
        "and no position of a row looks at what it was filled with. Look-ahead: the row of a token "
        "tells what is seen where that token is the last one read: all before it and itself, "
        "nothing after it.",
    )
    return figure


def _draw_boolean(axes, visible):
    from matplotlib.colors import ListedColormap

    fill_cells(axes, np.ones(visible.shape), (0, 1), ~visible, ListedColormap([VISIBLE]))
    separate_cells(axes, visible.shape)


def _write(axes, x, y, text, **options):
    options = {"ha": "center", "va": "center", "fontsize": 8.5, "color": INK, **options}
    axes.text(x, y, text, parse_math=False, **options)


@styled
def draw_schedule(rates, steps=(), step_rates=(), title=""):
    """The learning rate over the steps, and where a run has been on it.

    Args:
        rates: learning rate of each step, from the first.
        steps: numbers of steps, from 1, at which a run noted its learning rate: ends of epochs.
        step_rates: what it noted.
        title: of the picture.
    """
    peak = int(np.argmax(rates))
    figure = new_figure(9, 4.8)
    axes = figure.subplots()
    axes.plot(np.arange(1, len(rates) + 1), rates, color=SERIES[0], linewidth=2, label="schedule")
    axes.vlines(peak + 1, 0, rates[peak], color=SOFT, linewidth=0.8, linestyle="dotted")
    axes.annotate(
        f"highest: {rates[peak]:.2g} at step {peak + 1:,}",
        (peak + 1, rates[peak]),
        xytext=(10, 4),
        textcoords="offset points",
        color=SOFT,
        fontsize=9,
    )
    if len(steps):
        dots = {"markersize": 5, "markeredgecolor": "white", "markeredgewidth": 0.7}
        axes.plot(
            steps, step_rates, "o", color=SERIES[1], label="noted at the end of an epoch", **dots
        )
        axes.legend(loc="lower right")
    axes.set(xlabel="step", ylabel="learning rate", xlim=(0, None))
    axes.set_ylim(0, 1.12 * max([*rates, *step_rates]))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    describe(
        figure,
        title or "The learning rate",
        f"It rises in a straight line over {peak + 1:,} steps, because long steps from weights "
        "drawn at random lead astray, and then falls with the inverse square root of the number "
        "of steps.",
    )
    return figure


def smoothed_targets(labels, vocabulary_size, label_smoothing):
    """What the model is asked to say: `(tokens, vocabulary)`, rows of which add up to 1.

    The probability `label_smoothing` is spread over the whole vocabulary, the right token included
    (Szegedy et al. 2016, section 7).

    Args:
        labels: ids `(tokens,)`.
        vocabulary_size: number of ids.
        label_smoothing: probability that is spread.
    """
    targets = np.full((len(labels), vocabulary_size), label_smoothing / vocabulary_size)
    targets[np.arange(len(labels)), labels] += 1 - label_smoothing
    return targets


@styled
def draw_smoothing(tokens, labels, label_smoothing, candidate_tokens, candidate_probabilities):
    """Label-smoothed targets of a sentence, and beside those of one step what the model said.

    The step is the one at which the model gave the right token the least.

    Args:
        tokens: `T` tokens that are to be produced.
        labels: their ids.
        label_smoothing: probability that is spread over the vocabulary.
        candidate_tokens: for each step all `V` tokens, most probable first.
        candidate_probabilities: `(T, V)`, what the model gave them.
    """
    vocabulary_size = candidate_probabilities.shape[1]
    targets = smoothed_targets(labels, vocabulary_size, label_smoothing)
    others = vocabulary_size - len(set(tokens))
    names = [*dict.fromkeys(tokens), f"{others:,} others"]
    absent = next(number for number in range(vocabulary_size) if number not in labels)
    shown = targets[:, [*dict.fromkeys(np.asarray(labels).tolist()), absent]]
    side = 0.44 if len(tokens) <= 14 else 0.3
    width = side * len(names) + 1.2
    figure = new_figure(width + 5.6, max(side * len(tokens) + 3, 5.2))
    left, right = figure.subplots(1, 2, width_ratios=(width, 5.2))
    fill_cells(left, np.where(shown > 0.5, shown, 0), (0, 1.2))
    name_cells(left, tokens, names)
    separate_cells(left, shown.shape)
    for (row, column), value in np.ndenumerate(shown):
        if value > 0.5:
            _write(left, column, row, f"{value:.2f}", fontsize=7.5, color="white")
        elif side > 0.4:
            _write(left, column, row, _small(value), fontsize=6.5, color=SOFT)
    left.set_title("asked for at each step", pad=10)
    said = [
        dict(zip(*step, strict=True))
        for step in zip(candidate_tokens, candidate_probabilities, strict=True)
    ]
    step = int(np.argmin([row[token] for row, token in zip(said, tokens, strict=True)]))
    first = [tokens[step], *candidate_tokens[step][:_MOST_CANDIDATES]]
    first = sorted(dict.fromkeys(first), key=lambda token: -said[step][token])
    asked = [targets.max() if token == tokens[step] else targets.min() for token in first]
    _draw_candidates(right, first, asked, [said[step][token] for token in first])
    right.set_title(f"step {step + 1}, where the model was least sure", pad=10)
    describe(
        figure,
        f"Label smoothing of {label_smoothing:g}",
        f"The right token is asked for with {targets.max():.5g}, each of the "
        f"{vocabulary_size - 1:,} others with {_small(targets.min())} and not with 0: a model that "
        "is surer of itself than that is told so. The axis at the right is logarithmic.",
    )
    return figure


def _small(value):
    return f"{value:.1e}".replace("e-0", "e-").replace(".0e", "e") if value else "0"


def _draw_candidates(axes, tokens, asked, said):
    """Pairs of bars, the first pair above."""
    places = np.arange(len(tokens))
    axes.barh(places - 0.2, asked, 0.38, color=SERIES[0], label="asked for")
    axes.barh(places + 0.2, said, 0.38, color=SERIES[1], label="said by the model")
    plain = {"parse_math": False, "color": INK, "fontsize": 9}
    axes.set_yticks(places, [shown_token(token, 16) for token in tokens], **plain)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="probability", xlim=(None, 1))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right")
