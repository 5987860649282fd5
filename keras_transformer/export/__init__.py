"""SavedModels for TensorFlow Serving: strings in, strings out.

Names come on demand: the gate runs in a process that must not load more than a server has.
"""

import importlib

_PLACES = {
    "ServedModel": "served",
    "export_saved_model": "saved_model",
    "latest_version": "versions",
}
__all__ = ["ServedModel", "export_saved_model", "latest_version"]


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
