"""Pictures of the parts: what is drawn is what they compute."""

import numpy as np
import pytest
from keras import ops

from keras_transformer.layers import SinusoidalPositions
from keras_transformer.training import MaskedCrossentropy, WarmupSchedule
from keras_transformer.visualization.parts import (
    draw_masks,
    draw_positions,
    draw_schedule,
    draw_smoothing,
    smoothed_targets,
)
from tests.modes import to_numpy


def cells(axes):
    return axes.get_images()[0].get_array()


def test_dot_products_of_positions_follow_from_their_distance():
    table = to_numpy(SinusoidalPositions().encoding(23, 14))
    figure = draw_positions(table)
    left, middle, right = figure.axes[:3]
    np.testing.assert_allclose(cells(left), table)
    np.testing.assert_allclose(cells(middle), table @ table.T, rtol=1e-5)
    distances, products = right.lines[0].get_data()
    assert distances.tolist() == list(range(-22, 23))
    expected = [table[0] @ table[abs(distance)] for distance in distances]
    np.testing.assert_allclose(products, expected, atol=1e-4)
    assert products.argmax() == 22 and products.max() == pytest.approx(7, rel=1e-5)
    assert figure.get_suptitle() == "Sinusoidal positions: 23 positions, 14 features"


@pytest.mark.parametrize("rows", [2, 9])
def test_masks(rows):
    batch = [tuple("가나다라마"[: 1 + row % 5]) for row in range(rows)]
    padding = np.arange(5) < np.array([len(row) for row in batch])[:, None]
    target = ("<s>", "▁a", "b")
    figure = draw_masks(batch, padding, target, np.tri(3, dtype=bool))
    left, right = figure.axes
    np.testing.assert_array_equal(~np.ma.getmaskarray(cells(left)), padding)
    np.testing.assert_array_equal(~np.ma.getmaskarray(cells(right)), np.tri(3))
    assert [text.get_text() for text in left.texts] == [token for row in batch for token in row]
    assert [label.get_text() for label in right.get_yticklabels()] == ["<s>", "␣a", "b"]
    is_stacked = left.get_position().y0 > right.get_position().y1
    assert is_stacked == (rows == 2)


def test_wide_batches_are_drawn_without_tokens():
    batch = [tuple("a" * 31), tuple("b" * 3)]
    padding = np.arange(31) < np.array([[31], [3]])
    left, _ = draw_masks(batch, padding, ("<s>",), np.tri(1, dtype=bool)).axes
    assert not left.texts


def test_schedule():
    rates = to_numpy(WarmupSchedule(64, 50)(np.arange(170)))
    figure = draw_schedule(rates, [40, 80, 120], rates[[39, 79, 119]], "The learning rate of demo")
    (axes,) = figure.axes
    steps, drawn = axes.lines[0].get_data()
    assert steps[drawn.argmax()] == 50
    np.testing.assert_allclose(drawn, rates)
    for place, step in enumerate(axes.lines[1].get_xdata()):
        assert drawn[steps.tolist().index(step)] == axes.lines[1].get_ydata()[place]
    assert axes.texts[0].get_text().endswith("at step 50")
    assert "over 50 steps" in figure.get_supxlabel()
    assert figure.get_suptitle() == "The learning rate of demo"
    assert len(draw_schedule(rates).axes[0].lines) == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_smoothed_targets_are_those_of_the_loss(share):
    labels = np.array([3, 1, 4, 1, 5])
    targets = smoothed_targets(labels, 11, share)
    np.testing.assert_allclose(targets.sum(axis=1), 1)
    logits = np.random.default_rng(0).normal(size=(1, 5, 11)).astype("float32")
    log_probabilities = logits[0] - np.log(np.exp(logits[0]).sum(axis=1, keepdims=True))
    expected = -(targets * log_probabilities).sum(axis=1).mean()
    loss = MaskedCrossentropy(share)(ops.convert_to_tensor(labels[None]), logits)
    assert float(to_numpy(loss)) == pytest.approx(expected, rel=1e-5)


def test_smoothing():
    tokens, labels = ("a", "b", "a", "</s>"), [4, 5, 4, 3]
    vocabulary = ["<pad>", "<unk>", "<s>", "</s>", "a", "b", *"cdefghijklm"]
    probabilities = np.random.default_rng(1).dirichlet(np.full(17, 3.0), size=4)
    probabilities[2, 4] = 1e-4  # the right token of step 3
    order = np.argsort(-probabilities, axis=1)
    candidates = [[vocabulary[id] for id in row] for row in order]
    said = np.take_along_axis(probabilities, order, axis=1)
    figure = draw_smoothing(tokens, labels, 0.2, candidates, said)
    left, right = figure.axes
    names = [label.get_text() for label in left.get_xticklabels()]
    assert names == ["a", "b", "</s>", "14 others"]
    right_cells = np.argwhere(cells(left) > 0.5).tolist()
    assert right_cells == [[0, 0], [1, 1], [2, 0], [3, 2]]
    assert {f"{cells(left)[row, column]:.5f}" for row, column in right_cells} == {"0.81176"}
    written = [text.get_text() for text in left.texts]
    assert written.count("0.81") == 4 and written.count("1.2e-2") == 12
    assert right.get_title(loc="left") == "step 3, where the model was least sure"
    asked, told = ([bar.get_width() for bar in bars] for bars in right.containers)
    shown = [label.get_text() for label in right.get_yticklabels()]
    assert len(shown) == 8 and shown[:7] == candidates[2][:7] and shown[7] == "a"
    np.testing.assert_allclose(asked, [0.2 / 17] * 7 + [0.8 + 0.2 / 17])
    np.testing.assert_allclose(told, [*said[2, :7], 1e-4])
