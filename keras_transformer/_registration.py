"""What `import keras_transformer` does besides giving names: registers, and warns of a namesake."""

import importlib
import importlib.abc
import importlib.metadata
import importlib.util
import sys
import warnings

_ROOMS = ("layers", "models", "training")


def register_with_keras():
    """Makes Keras know our classes now if it is imported already, else when it will be.

    Safe mode refuses to import a module that a saved model names, so the classes must be registered
    before; importing Keras for that takes seconds, which the command line's help should not.
    """
    if "keras" in sys.modules:
        _import_rooms()
    else:
        sys.meta_path.insert(0, _AfterKeras())


def _import_rooms():
    for room in _ROOMS:
        importlib.import_module(f"keras_transformer.{room}")


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Lets the import of Keras go its usual way and imports our rooms after it."""

    def find_spec(self, name, path=None, target=None):
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                _import_rooms()

            spec.loader.exec_module = exec_module
        return spec


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
