"""The SVG pictures of the report."""

import re

import numpy as np
import pytest

from keras_transformer.visualization.report.charts import (
    HEIGHT,
    LEFT,
    WIDTH,
    Series,
    attention_map,
    line_chart,
    ticks,
)
from tests.visualization.report.pages import Page


def positions(svg):
    (points,) = re.findall(r'points="([^"]*)"', svg)
    return [tuple(map(float, point.split(","))) for point in points.split()]


def test_points_are_where_their_values_are():
    chart = line_chart("x", [Series("a", [1, 2, 4], [10.0, 30.0, 20.0])], "epoch", from_zero=True)
    (x1, y1), (x2, y2), (x4, y4) = positions(chart)
    assert x1 == LEFT and x4 < WIDTH
    assert (x2 - x1) / (x4 - x1) == pytest.approx(1 / 3, abs=0.01)
    assert 0 < y2 < y4 < y1 < HEIGHT
    assert (y1 - y2) == pytest.approx(2 * (y1 - y4), abs=0.2)
    # The axis begins at 0, a third of the way below the smallest value.
    zero = max(float(y) for y in re.findall(r'class="grid"[^>]* y1="([\d.]+)"', chart))
    assert zero - y1 == pytest.approx((y1 - y2) / 2, abs=0.2)


def test_values_that_are_no_numbers_are_left_out():
    nan = float("nan")
    assert line_chart("x", [Series("a", [1, 2], [nan, nan])], "epoch") == ""
    chart = line_chart("x", [Series("a", [1, 2, 3], [1.0, nan, 2.0])], "epoch")
    assert len(positions(chart)) == 2
    assert "nan" not in chart


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 41.3, ["0", "10", "20", "30", "40", "50"]),
        (0.00041, 0.00139, ["0.0004", "0.0006", "0.0008", "0.0010", "0.0012", "0.0014"]),
        (-1.5, 1.0, ["-1.5", "-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0, 14_000, ["0", "5,000", "10,000", "15,000"]),
        (3, 3, ["3"]),
    ],
)
def test_ticks_are_round_numbers(low, high, expected):
    found = [text for _, text in ticks(low, high, 5)]
    assert found == expected


def test_ticks_that_count_are_whole():
    assert [text for _, text in ticks(1, 3, 6, whole=True)] == ["1", "2", "3"]
    assert all(value == int(value) for value, _ in ticks(1, 36, 6, whole=True))


WEIGHTS = np.array([[0.7, 0.3, 0.0], [0.015, 0.025, 0.96]], "float32")


def test_a_cell_is_as_opaque_as_its_weight():
    page = Page(attention_map(WEIGHTS, ("▁가", "▁", "</s>"), ("▁a", "</s>")))
    assert page.problems == []
    cells = [a for a in page.tags("rect") if a["class"] == "cell"]
    assert [a["fill-opacity"] for a in cells] == ["0.70", "0.30", "0.03", "0.96"]  # 0.025 -> 0.03
    size = float(cells[1]["x"]) - float(cells[0]["x"])
    assert float(cells[3]["x"]) == float(cells[0]["x"]) + 2 * size
    assert float(cells[3]["y"]) == float(cells[0]["y"]) + size
    assert "a ← 가: 70%" in page.text
    assert "␣" in page.text


def test_the_map_is_as_large_as_what_is_on_it():
    small = Page(attention_map(WEIGHTS, ("가", "나", "다"), ("a", "b"))).tags("svg")[0]
    names = ("가", "나", "아주긴단어입니다")
    large = Page(attention_map(WEIGHTS, names, ("a", "considerably longer"))).tags("svg")[0]
    assert float(large["width"]) > float(small["width"]) + 100
    assert float(large["height"]) > float(small["height"]) + 70
    with pytest.raises(ValueError, match=r"must be of shape \(3, 3\). Received: \(2, 3\)"):
        attention_map(WEIGHTS, names, ("a", "b", "c"))
