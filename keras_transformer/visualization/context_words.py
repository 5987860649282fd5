"""A word in two sentences: where its encoder state looks, and how the two states part."""

import re
from typing import NamedTuple

import numpy as np

from keras_transformer.errors import UserError
from keras_transformer.visualization.matrices import (
    add_scale,
    fill_cells,
    name_cells,
    separate_cells,
    write_percentages,
)
from keras_transformer.visualization.style import (
    LINE,
    SERIES,
    SOFT,
    describe,
    new_figure,
    styled,
)

_SPACE = "\u2581"  # of SentencePiece
_CONTINUES = "##"  # of WordPiece
_BYTE = re.compile("<0x([0-9A-F]{2})>")


class WordInSentence(NamedTuple):
    """A word of a sentence inside the encoder."""

    word: str
    sentence: str
    translation: str
    tokens: tuple  # S pieces, the end mark last
    positions: tuple  # of the pieces that hold the word
    attention: np.ndarray  # (layers, heads, S): where these pieces look, their mean
    states: np.ndarray  # (stages, hidden_dim), mean of their states
    stages: tuple  # names, see `encoder_stages`


def word_positions(tokens, word, kind="unigram", number=0):
    """Positions of the pieces that hold a word: where a word of the sentence begins with it.

    Args:
        tokens: pieces of a sentence, as its tokenizer shows them.
        word: text.
        kind: of the tokenizer.
        number: which of the words that begin with it, from 0.

    Returns:
        Tuple of integers; empty if there is no such word.
    """
    pieces = [_bytes(token, kind) for token in tokens]
    owners = [position for position, piece in enumerate(pieces) for _ in piece]
    text, needle = b"".join(pieces), word.encode()
    starts = [
        match.start()
        for match in re.finditer(re.escape(needle), text)
        if not text[: match.start()].strip() or text[match.start() - 1 : match.start()] == b" "
    ]
    if number >= len(starts) or not needle:
        return ()
    start = starts[number]
    return tuple(sorted(set(owners[start : start + len(needle)])))


def _bytes(token, kind):
    """The text of a piece, with a space before each beginning of a word."""
    if kind == "wordpiece":
        continues = token.startswith(_CONTINUES)
        return (token.removeprefix(_CONTINUES) if continues else f" {token}").encode()
    byte = _BYTE.fullmatch(token)
    return bytes([int(byte[1], 16)]) if byte else token.replace(_SPACE, " ").encode()


def encoder_stages(model, source_ids, states):
    """The states of a sentence from its embedding to what the decoder gets.

    Args:
        model: `Transformer`.
        source_ids: `(S,)` integers.
        states: `(layers + 1, S, hidden_dim)`, `encoder_states` of an `Explanation`.

    Returns:
        Names of the stages, and `(stages, S, hidden_dim)`. The first is the embedding without its
        position, which is the same in every sentence; a pre-norm model normalises the last state
        once more.
    """
    embedding = _numpy(model.source_embedding(np.asarray(source_ids, "int32")[None]))[0]
    stages = {"embedding": embedding}
    if model.source_positions is not None:
        stages["with its position"] = states[0]
    stages |= {f"block {number}": state for number, state in enumerate(states[1:], 1)}
    if model.encoder_norm is not None:
        stages["output"] = _numpy(model.encoder_norm(states[-1]))
    return tuple(stages), np.stack(list(stages.values()))


def _numpy(tensor):
    from keras import ops

    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


def find_word(model, source_ids, explanation, word, kind):
    """A word of a sentence inside the encoder.

    Args:
        model: `Transformer` that was explained.
        source_ids: ids of the sentence.
        explanation: `Explanation` of it.
        word: the beginning of one of its words; the first one counts.
        kind: of the source's tokenizer.

    Returns:
        `WordInSentence`.

    Raises:
        UserError: no word begins with it.
    """
    positions = word_positions(explanation.source_tokens, word, kind)
    if not positions:
        raise UserError(
            f'No word of "{explanation.source}" begins with "{word}", or the vocabulary lacks its '
            "letters: give two sentences with that word in them."
        )
    stages, states = encoder_stages(model, source_ids, explanation.encoder_states)
    here = list(positions)
    return WordInSentence(
        word=word,
        sentence=explanation.source,
        translation=explanation.translation,
        tokens=explanation.source_tokens,
        positions=positions,
        attention=explanation.encoder.weights[:, :, here].mean(axis=2),
        states=states[:, here].mean(axis=1),
        stages=stages,
    )


def cosine_distances(first, second):
    """`1 - cosine` along the last axis: 0 for one direction, 2 for the opposite one."""
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    cosines = (first * second).sum(axis=-1) / np.maximum(lengths, np.finfo("float64").tiny)
    return np.clip(1 - cosines, 0, 2)


def most_attended(found, count=3):
    """For each layer the tokens beside the word that it looks at most, and how much.

    Args:
        found: `WordInSentence`.
        count: tokens of a layer.

    Returns:
        For each layer a list of `(token, weight)`, the mean over the heads, largest first.
    """
    others = [place for place in range(len(found.tokens)) if place not in found.positions]
    weights = found.attention.mean(axis=1)
    return [
        [(found.tokens[p], float(row[p])) for p in sorted(others, key=lambda p: -row[p])[:count]]
        for row in weights
    ]


@styled
def draw_context_word(first, second):
    """Where a word looks in two sentences, layer by layer, and how its two states part.

    Args:
        first, second: `WordInSentence` of the same word and model.
    """
    num_layers = len(first.attention)
    longest = max(len(first.tokens), len(second.tokens))
    cell = 0.42 if longest <= 16 else 0.3
    left_width = max(longest * cell + 1.2, 5)
    height = 2 * (num_layers * 0.36 + 1.5) + 1.2
    figure = new_figure(left_width + 5.2, max(height, 5.5))
    grid = figure.add_gridspec(2, 2, width_ratios=(left_width, 5.2))
    looks = [figure.add_subplot(grid[row, 0]) for row in (0, 1)]
    for axes, found, colour in zip(looks, (first, second), SERIES, strict=False):
        image = _draw_looks(axes, found, colour)
    add_scale(figure, image, looks, "attention weight")
    _draw_parting(figure.add_subplot(grid[:, 1]), first, second)
    describe(
        figure,
        f"{first.word}: one word, two sentences",
        "Left: where the word (framed) looks, the mean over the heads of each encoder layer, in "
        f"percent. Right: the distance of the word's two states. {_about_pieces(first, second)}",
    )
    return figure


def _about_pieces(first, second):
    pieces = [" ".join(found.tokens[p] for p in found.positions) for found in (first, second)]
    if pieces[0] == pieces[1]:
        return (
            "The embedding is the same in both; what the other words say is added block by block."
        )
    return (
        f"The vocabulary writes it {pieces[0]} in one sentence and {pieces[1]} in the other, so "
        "that already the embeddings differ."
    )


def _draw_looks(axes, found, colour):
    from matplotlib.patches import Rectangle

    weights = found.attention.mean(axis=1)
    image = fill_cells(axes, weights, (0, 1))
    axes.set_aspect("auto")
    name_cells(axes, [f"layer {number + 1}" for number in range(len(weights))], found.tokens)
    separate_cells(axes, weights.shape)
    write_percentages(axes, weights, (0, 1))
    low, high = min(found.positions), max(found.positions)
    axes.add_patch(
        Rectangle(
            (low - 0.5, -0.5),
            high - low + 1,
            len(weights),
            fill=False,
            edgecolor=colour,
            linewidth=2.5,
            clip_on=False,
        )
    )
    axes.set_xlabel(
        f"{found.sentence.strip()}\n{found.translation}", fontsize=9.5, parse_math=False
    )
    axes.xaxis.set_label_position("bottom")
    return image


def _draw_parting(axes, first, second):
    distances = cosine_distances(first.states, second.states)
    places = np.arange(len(distances))
    axes.plot(places, distances, "o-", color=SERIES[2], linewidth=2)
    for place, distance in zip(places, distances, strict=True):
        axes.annotate(
            f"{distance:.3f}" if distances.max() < 0.2 else f"{distance:.2f}",
            (place, distance),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.set_xticks(places, first.stages, rotation=30, ha="right")
    axes.set_ylim(0, 1.15 * distances.max() or 0.1)
    axes.set_ylabel("cosine distance of the two states")
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.tick_params(colors=SOFT)
    axes.set_title("how the two states part")
