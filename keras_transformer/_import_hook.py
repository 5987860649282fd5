"""Something to be done when a module is imported, which may come late or never."""

import importlib.abc
import importlib.util
import sys


def around_import_of(name, execute):
    """Has the next import of a module done by a function of ours.

    Args:
        name: of the module.
        execute: function `(usual, module)`, which calls `usual(module)` to run the module as ever.
    """
    sys.meta_path.insert(0, Finder(name, execute))


class Finder(importlib.abc.MetaPathFinder):
    """Serves one module once: it is found as ever, and executed by `execute`."""

    def __init__(self, name, execute):
        self.name = name
        self.execute = execute

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            usual = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self.execute(usual, module)
        return spec
