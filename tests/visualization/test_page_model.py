"""What the page computes from queries, keys and values is what a model computed."""

import itertools

import numpy as np
import pytest

from keras_transformer.models.inspection import inspect_attention
from keras_transformer.visualization.explanation import AttentionSteps
from tests.models.small_models import small_model
from tests.visualization.page_browser import explanation_of

READ = """() => {
  const numbers = (selector) => [...document.querySelectorAll(selector)].map((node) =>
    Number(node.textContent));
  return { weights: numbers("#keys .number"), sum: numbers("#result .number") };
}"""
OUTPUT = "() => [...document.querySelector('#result canvas').vector]"


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary"])
def test_weights_and_outputs_of_a_model(open_page, positions):
    model = small_model(positions=positions, norm="pre")
    source, target = np.arange(1, 12), np.arange(5, 12)
    recorded = inspect_attention(model, source, target)
    explanation = explanation_of(
        tokens=[f"s{number}" for number in source],
        target=[f"t{number}" for number in target],
        **{
            kind: AttentionSteps(*getattr(recorded, kind))
            for kind in ("encoder", "decoder", "cross")
        },
    )
    page = open_page([explanation])
    for kind in ("encoder", "decoder", "cross"):
        steps = getattr(explanation, kind)
        num_layers, num_heads, num_queries, _ = steps.weights.shape
        places = list(itertools.product(range(num_layers), range(num_heads), (0, num_queries - 1)))
        addresses = [
            f"#kind={kind}&layer={layer + 1}&head={head + 1}&query={query + 1}&stage="
            for layer, head, query in places
        ]
        found = page.visit([f"{each}5" for each in addresses], READ)
        outputs = page.visit([f"{each}6" for each in addresses], OUTPUT)
        for place, read, output in zip(places, found, outputs, strict=True):
            weights = steps.weights[place]
            np.testing.assert_allclose(read["weights"], weights, atol=6e-4)
            assert read["sum"] == [1]
            np.testing.assert_allclose(output, weights @ steps.values[place[:2]], atol=6e-4)
