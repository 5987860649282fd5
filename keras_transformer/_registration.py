"""What `import keras_transformer` does besides giving names: registers, and warns of a namesake."""

import importlib
import importlib.metadata
import sys
import warnings

from keras_transformer._import_hook import around_import_of

_ROOMS = ("layers", "models", "training")


def register_with_keras():
    """Makes Keras know our classes now if it is imported already, else when it will be.

    Safe mode refuses to import a module that a saved model names, so the classes must be registered
    before; importing Keras for that takes seconds, which the command line's help should not.
    """
    if "keras" in sys.modules:
        _import_rooms()
    else:
        around_import_of("keras", _with_rooms)


def _with_rooms(usual, keras):
    usual(keras)
    _import_rooms()


def _import_rooms():
    for room in _ROOMS:
        importlib.import_module(f"keras_transformer.{room}")


def warn_of_namesake():
    """Warns if the old PyPI project `keras-transformer`, of the same import name, is installed."""
    try:
        namesake = importlib.metadata.distribution("keras-transformer")
    except importlib.metadata.PackageNotFoundError:
        return
    warnings.warn(
        f"The old PyPI project keras-transformer {namesake.version} is installed beside "
        "keras-transformer-mt: both are imported as keras_transformer and overwrite each other's "
        "files; uninstall both and install the one you want.",
        stacklevel=3,
    )
