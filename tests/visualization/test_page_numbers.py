"""Every number that the page shows is the model's, to three digits."""

import itertools

import numpy as np
import pytest

from tests.visualization.page_browser import (
    DECODER_LAYERS,
    ENCODER_LAYERS,
    HEAD_DIM,
    HEADS,
    as_exported,
    explanation_of,
)

LAYERS = {"encoder": ENCODER_LAYERS, "decoder": DECODER_LAYERS, "cross": DECODER_LAYERS}
STAGES = {
    name: number
    for number, name in enumerate(("vectors", "products", "scaling", "mask", "softmax", "sum"), 1)
}

READ = """() => {
  const text = (node) => node.textContent;
  const cells = (id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) =>
    [...row.children].map(text));
  return {
    steps: cells("table"),
    vectors: cells("vectors"),
    rows: [...document.querySelectorAll("#keys .number")].map(text),
    labels: [...document.querySelectorAll("#keys .label")].map(text),
    strips: [...document.querySelectorAll("#stage .row canvas")].map((one) => [...one.vector]),
    equation: text(document.querySelector("#equation")),
    readout: text(document.querySelector("#readout")),
    agreement: text(document.querySelector("#agreement")),
  };
}"""


def number(text):
    return float(text.replace("−", "-").replace("∞", "inf"))


def assert_shown(texts, values):
    """What is written is the number to three digits: one unit in the last place of three."""
    texts, values = list(texts), np.asarray(values, "float64")
    assert len(texts) == len(values)
    shown = np.array([number(text) for text in texts])
    finite = np.isfinite(values)
    np.testing.assert_array_equal(shown[~finite], values[~finite])
    allowed = np.maximum(0.001, 0.001 * np.abs(values[finite]))
    wrong = np.abs(shown[finite] - values[finite]) > allowed
    assert not wrong.any(), (np.array(texts)[finite][wrong], values[finite][wrong])


def address(kind, layer, head, query, key=0, stage="softmax"):
    """From indices, which count from 0."""
    numbers = f"layer={layer + 1}&head={head + 1}&query={query + 1}&key={key + 1}"
    return f"#sentence=1&kind={kind}&{numbers}&stage={STAGES[stage]}"


@pytest.fixture
def opened(open_page):
    explanation = explanation_of()
    page = open_page([explanation])
    page.tab.locator("#table summary").click()
    page.tab.locator("#vectors summary").click()
    return explanation, page


def the_steps(steps, kind, layer, head, query):
    """The numbers of one query by numpy, in float64."""
    queries, keys, values = (
        getattr(steps, name)[layer, head].astype("float64")
        for name in ("queries", "keys", "values")
    )
    products = keys @ queries[query]
    scaled = products / np.sqrt(HEAD_DIM)
    scores = scaled.copy()
    if kind == "decoder":
        scores[query + 1 :] = -np.inf
    return products, scaled, scores, np.exp(scores - scores.max()), values


@pytest.mark.parametrize("kind", LAYERS)
def test_all_steps_of_every_query_of_every_head(opened, kind):
    explanation, page = opened
    steps = getattr(explanation, kind)
    num_queries, num_keys = steps.weights.shape[2:]
    places = list(itertools.product(range(LAYERS[kind]), range(HEADS), range(num_queries)))
    found = page.visit([address(kind, *place, key=num_keys - 1) for place in places], READ)
    for (layer, head, query), read in zip(places, found, strict=True):
        weights = steps.weights[layer, head, query]
        products, scaled, scores, powers, _ = the_steps(steps, kind, layer, head, query)
        *rows, total = read["steps"]
        columns = list(zip(*rows, strict=True))
        for texts, values in zip(columns[1:5], (products, scaled, scores, powers), strict=True):
            assert_shown(texts, values)
        assert_shown(columns[5], weights)
        assert_shown(read["rows"], weights)
        assert total[5] == "1.000"
        assert_shown(total[4:5], [powers.sum()])
        if kind == "decoder":
            assert all(text == "0.000" for text in columns[5][query + 1 :])
            assert all(text == "−∞" for text in columns[3][query + 1 :])
        assert "0.000" in read["agreement"] or "10⁻" in read["agreement"]


@pytest.mark.parametrize("kind", LAYERS)
def test_vectors_and_their_weighted_sum(opened, kind):
    explanation, page = opened
    steps = getattr(explanation, kind)
    layer, head, query, key = LAYERS[kind] - 1, 3, 2, 1
    read = page.visit([address(kind, layer, head, query, key, stage) for stage in STAGES], READ)
    read = dict(zip(STAGES, read, strict=True))
    queries, keys, values = (
        getattr(steps, name)[layer, head] for name in ("queries", "keys", "values")
    )
    weights = steps.weights[layer, head, query]
    # The strips: the query and all keys; the values and what comes out.
    np.testing.assert_allclose(
        read["vectors"]["strips"], [queries[query], *keys], atol=1e-3, rtol=1e-3
    )
    output = weights @ values
    np.testing.assert_allclose(read["sum"]["strips"], [*values, output], atol=1e-3, rtol=1e-3)
    # Number by number.
    *rows, total = read["products"]["vectors"]
    columns = list(zip(*rows, strict=True))
    assert_shown(columns[1], queries[query])
    assert_shown(columns[2], keys[key])
    assert_shown(columns[3], queries[query] * keys[key])
    assert_shown(total[3:], [queries[query] @ keys[key]])
    columns = list(zip(*read["sum"]["vectors"], strict=True))
    assert_shown(columns[1], values[key])
    assert_shown(columns[2], weights[key] * values[key])
    assert_shown(columns[3], output)
    # Beside the keys and in the line below.
    products, scaled, scores, _, _ = the_steps(steps, kind, layer, head, query)
    assert_shown(read["products"]["rows"], products)
    assert_shown(read["scaling"]["rows"], scaled)
    shown = [text.split(" ")[-1] for text in read["mask"]["rows"]]
    assert_shown(shown, scores)
    for stage, result in {
        "products": products[key],
        "scaling": scaled[key],
        "softmax": weights[key],
        "sum": output[0],
    }.items():
        assert_shown([read[stage]["equation"].rpartition("= ")[2]], [result])


@pytest.mark.parametrize("kind", LAYERS)
def test_the_map_says_the_weight_of_each_cell(opened, kind):
    explanation, page = opened
    weights = getattr(explanation, kind).weights[1, 4]
    cells = list(np.ndindex(weights.shape))
    read = page.visit([address(kind, 1, 4, *cell) for cell in cells], READ)
    for (query, key), found in zip(cells, read, strict=True):
        if kind == "decoder" and key > query:
            assert weights[query, key] == 0
            assert found["readout"].endswith("masked, so the weight is 0")
        else:
            assert_shown([found["readout"].rpartition(" ")[2]], [weights[query, key]])
    assert read[0]["labels"] == [
        *(explanation.input_tokens if kind == "decoder" else explanation.source_tokens)
    ]


def test_colours_follow_the_weights(opened):
    explanation, page = opened
    page.go(address("encoder", 2, 1, 0))
    weights = explanation.encoder.weights[2, 1]
    brightness = page.tab.evaluate(
        """(count) => {
          const canvas = document.querySelector("#map canvas");
          const context = canvas.getContext("2d");
          const size = canvas.width / count;
          // The middle of a cell: the marks are at its edges.
          return [...Array(count * count).keys()].map((place) => {
            const [y, x] = [Math.floor(place / count), place % count];
            const pixel = context.getImageData((x + 0.5) * size, (y + 0.5) * size, 1, 1).data;
            return pixel[0] + pixel[1] + pixel[2];
          });
        }""",
        len(weights),
    )
    brightness = np.array(brightness).reshape(weights.shape)
    order = np.argsort(weights, axis=None)
    falling = np.diff(brightness.reshape(-1)[order])
    assert np.all(falling <= 0)
    assert brightness.max() > brightness.min() + 200


def test_candidates_and_score(opened):
    explanation, page = opened
    read = """() => [...document.querySelectorAll("#candidates .bar")].map((bar) =>
      [...bar.querySelectorAll(".label, .number, .tick")].map((node) => node.textContent))"""
    steps = range(len(explanation.target_tokens))
    found = page.visit([address("cross", 0, 0, step) for step in steps], read)
    for step, rows in zip(steps, found, strict=True):
        tokens, numbers, ticks = zip(*rows, strict=True)
        assert tokens == explanation.candidate_tokens[step]
        assert_shown(numbers, explanation.candidate_probabilities[step])
        assert ticks == ("✓", "", "", "", "")
    assert_shown([page.text("#score-shown b")], [explanation.score])


def test_the_source_is_shaded_by_the_mean_over_the_heads(opened):
    explanation, page = opened
    page.go(address("cross", 1, 0, 3))
    shown = page.tab.evaluate(
        "() => [...document.querySelectorAll('#source-read .word')].map((box) => box.title)"
    )
    assert_shown(shown, explanation.cross.weights[1, :, 3].mean(axis=0))


def test_an_export_shows_its_weights(open_page):
    explanation = as_exported(explanation_of())
    page = open_page([explanation])
    page.tab.locator("#table summary").click()
    note = page.text("#vectors-note")
    assert note.startswith("An exported model gives the weights only")
    assert note.count(".") == 1
    (read,) = page.visit([address("decoder", 1, 2, 3)], READ)
    weights = explanation.decoder.weights[1, 2, 3]
    assert_shown(read["rows"], weights)
    assert_shown([row[1] for row in read["steps"]], weights)
    enabled = page.tab.locator("#stages button:enabled")
    assert enabled.all_inner_texts() == ["4 Mask", "5 Softmax"]
    (read,) = page.visit([address("decoder", 1, 2, 2, stage="mask")], READ)
    assert read["rows"] == ["", "", "", "−∞", "−∞"]


def test_a_page_without_some_vectors_says_so(open_page):
    page = open_page([explanation_of()], options={"vectors_of_layers": [1, 3]})
    page.go(address("encoder", 1, 0, 0, stage="sum"))
    assert "vectors of some layers only (1, 3)" in page.text("#vectors-note")
    assert page.tab.locator("#stages [aria-checked=true]").inner_text().endswith("Softmax")
    page.go(address("encoder", 2, 0, 0, stage="sum"))
    assert page.tab.locator("#vectors-note").is_hidden()
    assert page.tab.locator("#stages [aria-checked=true]").inner_text().endswith("Weighted sum")
