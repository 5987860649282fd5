"""Models of other engines, made of ours: CTranslate2.

Works on every backend, TensorFlow absent. Names come on demand: the command line asks for
`QUANTIZATIONS` before it knows that there is work to do.
"""

import importlib

# Kind of the weights -> how far from ours a log-probability of a token may be on average, in nats,
# before the written model is taken for broken: half precision and 8 bits round.
QUANTIZATIONS = {"float32": 1e-3, "float16": 0.02, "int8": 0.5, "int8_float16": 0.5}
_PLACES = {
    "CTranslate2Translator": "translate",
    "check_target": "folder",
    "export_ctranslate2": "ctranslate2",
}
__all__ = ["QUANTIZATIONS", "CTranslate2Translator", "check_target", "export_ctranslate2"]


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
