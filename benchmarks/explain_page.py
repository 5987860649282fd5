"""How large the page of `keras-transformer explain` is, and how soon it opens, with a large model.

    python benchmarks/explain_page.py [--preset base] [--tokens 60]

The model has random weights and a vocabulary of 8,000; its attention is spread out, which
compresses worse than that of a trained model. The source has so many tokens, the translation as
many, and in a second page as many as greedy search may produce (twice as many, and ten). Each page
is opened in headless Chromium from a file, several times, each time in a new profile.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

VOCABULARY = 8000


def random_explanation(model, num_source, num_target):
    """An `Explanation` of random words."""
    import numpy as np

    from keras_transformer.models.inspection import inspect_attention
    from keras_transformer.visualization.explanation import AttentionSteps, Explanation

    random = np.random.default_rng(num_target)
    source = random.integers(4, VOCABULARY, num_source)
    target = random.integers(4, VOCABULARY, num_target)
    encoder, decoder, cross, states, logits = inspect_attention(model, source, target)
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    best = np.argsort(-logits, axis=1)[:, :5]
    words = [f"▁word{number}" for number in range(VOCABULARY)]
    tokens = tuple(words[number] for number in target)
    return Explanation(
        source=" ".join(words[number] for number in source).replace("▁", ""),
        translation=" ".join(tokens).replace("▁", ""),
        languages=("", ""),
        score=float(np.log(probabilities.max(axis=1)).sum()),
        source_truncated=False,
        target_truncated=True,
        source_tokens=tuple(words[number] for number in source),
        input_tokens=("<s>", *tokens[:-1]),
        target_tokens=tokens,
        encoder=AttentionSteps(*encoder),
        decoder=AttentionSteps(*decoder),
        cross=AttentionSteps(*cross),
        candidate_tokens=tuple(tuple(words[number] for number in row) for row in best),
        candidate_probabilities=np.take_along_axis(probabilities, best, axis=1),
        encoder_states=states,
        model="random weights",
    )


def opening_times(browser, path, repeats):
    """Seconds until the page is drawn, and until another head is."""
    opening, choosing = [], []
    for _ in range(repeats):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-drawn]")
        page.screenshot()  # only when everything is painted
        opening.append(time.perf_counter() - start)
        choosing += page.evaluate(
            """() => [...document.querySelectorAll("#heads button")].map((_, index) => {
              const start = performance.now();
              document.querySelectorAll("#heads button")[index].click();
              return (performance.now() - start) / 1000;
            })"""
        )
        context.close()
    return opening, choosing


def main():
    """Prints one line for each page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", default="base")
    parser.add_argument(
        "--tokens", type=int, default=60, help="of the source, without its end mark"
    )
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()

    from playwright.sync_api import sync_playwright

    from keras_transformer.models import Transformer
    from keras_transformer.visualization.page import build_page

    model = Transformer.from_preset(arguments.preset, vocabulary_size=VOCABULARY)
    model.build()
    length = arguments.tokens + 1
    path = Path(tempfile.mkdtemp()) / "explanation.html"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=options)
        for num_target in (length, 2 * arguments.tokens + 10):
            explanation = random_explanation(model, length, num_target)
            start = time.perf_counter()
            page = build_page([explanation])
            built = time.perf_counter() - start
            path.write_text(page, encoding="utf-8")
            layers = [name.split(".")[2] for name in sorted(parts_of(page)) if "encoder.q" in name]
            opening, choosing = opening_times(browser, path, arguments.repeats)
            print(
                f"{arguments.preset}, {length} source and {num_target} target tokens: "
                f"{path.stat().st_size / 1e6:.2f} MB, vectors of {len(layers)} encoder layers, "
                f"built in {built:.1f} s, opened in {statistics.median(opening):.2f} s (median of "
                f"{len(opening)}, longest {max(opening):.2f} s), another head in "
                f"{statistics.median(choosing):.3f} s"
            )
        browser.close()
    shutil.rmtree(path.parent)


def parts_of(page):
    """The names of the packed arrays of a page's first sentence."""
    import json
    import re

    block = re.search(r'id="sentence-0">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(block)["parts"]


if __name__ == "__main__":
    main()
