"""Packs explanations, texts, style and scripts into one HTML file that needs no network."""

import base64
import hashlib
import json
import re
from importlib.resources import files

from keras_transformer.errors import UserError
from keras_transformer.visualization.page.packing import KINDS, pack_sentence, plan_vectors

LANGUAGES = ("ko", "en")
# In the order in which they are joined into one module.
SCRIPTS = (
    "dom",
    "numbers",
    "attention",
    "colors",
    "state",
    "generation",
    "map",
    "stages",
    "tables",
    "main",
)
# Most bytes of the numbers of a sentence in the page, which stays under 3 MB with them.
SENTENCE_BUDGET = 2_880_000
_FOLDER = files("keras_transformer.visualization.page")


def build_page(explanations, language="", vectors_of_layers=None):
    """The page for some sentences.

    Args:
        explanations: list of `Explanation` of one model; blank sentences are left out.
        language: `"ko"` or `"en"`; what the reader's browser prefers if empty.
        vectors_of_layers: numbers, from 1, of the layers whose queries, keys and values the page
            holds; as many as fit into 3 MB for the longest sentence if None.

    Returns:
        The HTML, a string. Numbers agree with the arrays to three digits.

    Raises:
        UserError: there is no sentence with words, the language is unknown, or the model has no
            such layer.
    """
    explanations = [each for each in explanations if not each.is_blank]
    if not explanations:
        raise UserError("There is no sentence to show: give one that is not blank.")
    if language not in ("", *LANGUAGES):
        raise UserError(f'A page has no texts in "{language}": choose one of {LANGUAGES}.')
    plan = plan_vectors(
        explanations, SENTENCE_BUDGET, _wanted_layers(explanations, vectors_of_layers)
    )
    page = {
        "language": language,
        "texts": {code: json.loads(_read("texts", f"{code}.json")) for code in LANGUAGES},
        "sentences": [each.source for each in explanations],
    }
    blocks = (
        f'<script type="application/json" id="sentence-{number}">{_json(sentence)}</script>'
        for number, sentence in enumerate(pack_sentence(each, plan) for each in explanations)
    )
    parts = {
        "style": _read("style.css"),
        "early": _read("scripts", "early.js"),
        "script": "\n".join(_read("scripts", f"{name}.js") for name in SCRIPTS),
        "page": _json(page),
        "sentences": "\n".join(blocks),
    }
    parts["policy"] = _policy(parts)
    # In one pass, so that nothing in a sentence is taken for a place to fill.
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("template.html"))


def _wanted_layers(explanations, vectors_of_layers):
    if vectors_of_layers is None:
        return None
    count = max(len(getattr(explanations[0], kind).weights) for kind in KINDS)
    for layer in vectors_of_layers:
        if not 1 <= layer <= count:
            raise UserError(f"There is no layer {layer}: the model has layers 1 to {count}.")
    return sorted({layer - 1 for layer in vectors_of_layers})


def _read(*path):
    return _FOLDER.joinpath(*path).read_text(encoding="utf-8")


def _json(value):
    """JSON that cannot end the element it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _policy(parts):
    """Nothing is loaded from anywhere, and no other script than ours runs."""

    def allowed(*names):
        digests = (hashlib.sha256(parts[name].encode()).digest() for name in names)
        return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)

    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed('early', 'script')}",
            f"style-src {allowed('style')}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
