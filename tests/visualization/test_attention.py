"""What is drawn of attention is what the model computed."""

import numpy as np
import pytest

from keras_transformer.visualization.attention import (
    KINDS,
    AttentionView,
    draw_attention,
    draw_heads,
    draw_layers,
)
from keras_transformer.visualization.explanation import AttentionSteps, Explanation

LAYERS, HEADS, SOURCE, TARGET = 3, 5, 7, 4


def attention(queries, keys, seed, causal=False):
    weights = np.random.default_rng(seed).random((LAYERS, HEADS, queries, keys)) ** 3
    weights *= np.tri(queries, keys) if causal else 1
    return AttentionSteps((weights / weights.sum(axis=-1, keepdims=True)).astype("float32"))


def explanation(source=SOURCE, target=TARGET):
    """An `Explanation` of so many tokens."""
    return Explanation(
        source=" 나는 학생 ",
        translation="I am",
        languages=("ko", "en"),
        score=-1.0,
        source_truncated=False,
        target_truncated=False,
        source_tokens=tuple(f"▁소{i}" for i in range(source)),
        input_tokens=tuple(f"in{i}" for i in range(target)),
        target_tokens=tuple(f"out{i}" for i in range(target)),
        encoder=attention(source, source, 1),
        decoder=attention(target, target, 2, causal=True),
        cross=attention(target, source, 3),
    )


@pytest.fixture(scope="module")
def sentence():
    return explanation()


def panels(figure):
    """The axes with cells, not those of the colour bar."""
    return [axes for axes in figure.axes if axes.get_images() and not hasattr(axes, "_colorbar")]


def names(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_rows_and_columns_are_called_by_their_tokens(sentence):
    encoder, decoder, cross = (AttentionView.of(sentence, kind) for kind in KINDS)
    assert encoder.queries == encoder.keys == cross.keys == sentence.source_tokens
    assert decoder.queries == decoder.keys == sentence.input_tokens
    assert cross.queries == sentence.target_tokens
    assert encoder.text == "나는 학생  →  I am"
    assert encoder.hidden() is None and cross.hidden() is None
    np.testing.assert_array_equal(decoder.hidden(), np.triu(np.ones((TARGET, TARGET)), 1) > 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head", [None, 3])
def test_one_head(sentence, kind, head):
    view = AttentionView.of(sentence, kind)
    figure = draw_attention(view, 1, head)
    (axes,) = panels(figure)
    weights = view.weights[1].mean(axis=0) if head is None else view.weights[1, head]
    drawn = axes.get_images()[0].get_array()
    np.testing.assert_allclose(drawn.filled(0), weights, atol=1e-7)
    assert np.array_equal(np.ma.getmaskarray(drawn), view.hidden()) == (kind == "decoder")
    assert names(axes.yaxis) == [name.replace("▁", "␣") for name in view.queries]
    assert names(axes.xaxis) == [name.replace("▁", "␣") for name in view.keys]
    written = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text()
               for t in axes.texts}  # fmt: skip
    assert written == {
        (row, column): f"{100 * weights[row, column]:.0f}"
        for row, column in np.argwhere(weights >= 0.01)
    }
    assert "layer 2, " + ("mean over the heads" if head is None else "head 4") in (
        figure.get_suptitle()
    )
    assert ("look-ahead" in figure.get_supxlabel()) == (kind == "decoder")


def test_all_colours_have_one_scale(sentence):
    for figure in (draw_heads(AttentionView.of(sentence, "cross"), 0),
                   draw_attention(AttentionView.of(sentence, "encoder"), 2, 1)):  # fmt: skip
        assert {axes.get_images()[0].get_clim() for axes in panels(figure)} == {(0, 1)}


def test_heads_side_by_side(sentence):
    view = AttentionView.of(sentence, "cross")
    figure = draw_heads(view, 2)
    found = panels(figure)
    assert len(found) == HEADS
    for head, axes in enumerate(found):
        np.testing.assert_allclose(axes.get_images()[0].get_array(), view.weights[2, head])
        assert axes.get_title(loc="left") == f"head {head + 1}"
    assert names(found[0].yaxis) == list(view.queries) and not names(found[1].yaxis)
    assert figure.get_suptitle() == "Cross-attention, layer 3: its 5 heads"
    assert len({round(axes.get_position().y0, 6) for axes in found}) == 1


def test_heads_of_long_sentences_fill_a_square():
    view = AttentionView.of(explanation(70, 2), "encoder")
    figure = draw_heads(view, 0)
    width, height = figure.get_size_inches()
    assert 0.5 < width / height < 2 and max(width, height) <= 40
    assert names(panels(figure)[0].xaxis) == [f"␣소{i}" for i in range(70)]
    figure.canvas.draw()
    size = panels(figure)[0].get_window_extent().width / 70
    assert size > panels(figure)[0].xaxis.get_ticklabels()[0].get_fontsize() * figure.dpi / 72


def test_all_layers_and_heads(sentence):
    view = AttentionView.of(sentence, "decoder")
    figure = draw_layers(view)
    found = panels(figure)
    assert len(found) == LAYERS * HEADS
    for number, axes in enumerate(found):
        weights = view.weights[number // HEADS, number % HEADS]
        np.testing.assert_allclose(axes.get_images()[0].get_array().filled(0), weights)
    assert [axes.get_ylabel() for axes in found[::HEADS]] == ["layer 1", "layer 2", "layer 3"]
    assert [axes.get_title(loc="left") for axes in found[:2]] == ["head 1", "head 2"]
    assert names(found[0].xaxis) == list(sentence.input_tokens)


def test_names_are_left_out_where_they_would_be_dust():
    figure = draw_layers(AttentionView.of(explanation(60, 3), "encoder"))
    assert not names(panels(figure)[0].xaxis)
    assert "The tokens run from left to right" in figure.get_supxlabel()


def test_numbers_are_left_out_where_they_would_not_fit():
    (axes,) = panels(draw_attention(AttentionView.of(explanation(25, 2), "cross"), 0))
    assert not axes.texts
