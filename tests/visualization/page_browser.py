"""A headless Chromium for tests of pages, and explanations made of random numbers."""

import os
import shutil

import keras
import numpy as np
import pytest

from keras_transformer.visualization.explanation import AttentionSteps, Explanation
from keras_transformer.visualization.page import build_page

# Layers, heads, widths and lengths are all different, so that a swap fails.
ENCODER_LAYERS, DECODER_LAYERS, HEADS, HEAD_DIM = 3, 2, 5, 7
SOURCE = ("▁나", "는", "▁학생", "입니다", ".", "</s>")
TARGET = ("▁I", "▁am", "▁a", "▁student", "</s>")


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True, initial=-1e9))
    return powers / powers.sum(axis=-1, keepdims=True)


def random_steps(random, num_layers, num_queries, num_keys, causal=False):
    queries = random.normal(size=(num_layers, HEADS, num_queries, HEAD_DIM)) * 2
    keys, values = random.normal(size=(2, num_layers, HEADS, num_keys, HEAD_DIM))
    scores = queries @ np.swapaxes(keys, -1, -2) / np.sqrt(HEAD_DIM)
    if causal:
        scores = np.where(np.tri(num_queries, dtype=bool), scores, -np.inf)
    return AttentionSteps(
        *(each.astype("float32") for each in (softmax(scores), queries, keys, values))
    )


def explanation_of(source="나는 학생입니다.", tokens=SOURCE, target=TARGET, seed=1, **changes):
    """An `Explanation` in which everything agrees with everything."""
    random = np.random.default_rng(seed)
    num_source, num_target = len(tokens), len(target)
    probabilities = np.sort(random.dirichlet(np.ones(31) / 5, num_target)[:, :5])[:, ::-1]
    values = {
        "source": source,
        "translation": "I am a student.",
        "languages": ("ko", "en"),
        "score": float(np.log(probabilities[:, 0]).sum()),
        "source_truncated": False,
        "target_truncated": False,
        "source_tokens": tuple(tokens),
        "input_tokens": ("<s>", *target[:-1]),
        "target_tokens": tuple(target),
        "encoder": random_steps(random, ENCODER_LAYERS, num_source, num_source),
        "decoder": random_steps(random, DECODER_LAYERS, num_target, num_target, causal=True),
        "cross": random_steps(random, DECODER_LAYERS, num_target, num_source),
        "candidate_tokens": tuple((token, "▁b", "c", "▁d", "e") for token in target),
        "candidate_probabilities": probabilities.astype("float32"),
        "model": "a model of random numbers",
    }
    return Explanation(**{**values, **changes})


def as_exported(explanation):
    """What an export tells of it: weights alone."""
    steps = (getattr(explanation, kind).weights for kind in ("encoder", "decoder", "cross"))
    encoder, decoder, cross = map(AttentionSteps, steps)
    return explanation_of(encoder=encoder, decoder=decoder, cross=cross)


def chromium_path():
    """Where a Chromium is, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


# Not for the whole session: meanwhile Playwright runs an event loop, and no test can start another.
@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by Playwright; the test is skipped where either is missing.

    A page knows no backend: once is enough.
    """
    if keras.backend.backend() != "tensorflow":
        pytest.skip("pages are looked at with TensorFlow as the backend")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install '.[test]'"
    )
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    # Chromium's sandbox does not work for root, as whom containers run.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=options)
        yield launched
        launched.close()


class OpenPage:
    """A page in a browser, with what it asked for and complained about."""

    def __init__(self, browser, path, address="", **context):
        self.context = browser.new_context(**{"locale": "en-US", **context})
        self.context.set_default_timeout(180_000)  # milliseconds: the machine may be busy
        self.requests, self.complaints = [], []
        self.tab = self.context.new_page()
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on(
            "console",
            lambda message: (
                self.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        self.url = path.as_uri()
        self.tab.goto(self.url + address)
        self.tab.wait_for_selector("html[data-drawn]")

    def go(self, address):
        """Chooses what an address says."""
        self.visit([address], "() => null")

    def visit(self, addresses, read):
        """Goes to each address and returns what the JavaScript function `read` finds there."""
        script = "async (addresses) => { const found = [];" + GO
        script += "for (const address of addresses) { await go(address); found.push(READ()); }"
        script += "return found; }"
        return self.tab.evaluate(script.replace("READ", f"({read})"), addresses)

    def text(self, selector):
        return self.tab.locator(selector).inner_text()

    def close(self):
        self.context.close()


# Until the page says that it has drawn itself anew.
GO = """
const go = async (address) => {
  if (location.hash === address) return;
  const before = document.documentElement.dataset.drawn;
  location.hash = address;
  while (document.documentElement.dataset.drawn === before) {
    await new Promise((done) => setTimeout(done));
  }
};
"""


@pytest.fixture
def open_page(browser, tmp_path):
    """Builds a page of explanations and opens it; complaints of the page fail the test."""
    opened = []

    def call(explanations, address="", options=None, **context):
        path = tmp_path / f"page-{len(opened)}.html"
        path.write_text(build_page(explanations, **(options or {})), encoding="utf-8")
        opened.append(OpenPage(browser, path, address, **context))
        return opened[-1]

    yield call
    for page in opened:
        page.close()
    assert [complaint for page in opened for complaint in page.complaints] == []
