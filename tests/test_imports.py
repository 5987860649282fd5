"""The arrows of the design: who may import whom, where TensorFlow may be, and no `assert`."""

import ast
import functools
from pathlib import Path

import pytest

PACKAGE = "keras_transformer"
ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))

# What each room may import beside itself; everybody may import `errors`. Adding an arrow here is
# changing the design.
GROUND = {"backend", "config", "masks", "sentences"}
MODEL = {"masks", "layers", "models"}
BELOW_EXPORT = {*GROUND, *MODEL, "tokenizers", "decoding", "data", "training", "evaluation",
                "visualization"}  # fmt: skip
TRANSLATING = {"export", "conversion", "translator", "reverse_ranking"}
ALLOWED = {
    "_import_hook": set(),
    "_registration": {"_import_hook"},  # it names the rooms to register as text
    "errors": set(),
    "backend": set(),
    "config": set(),
    "masks": set(),
    "sentences": set(),
    "layers": {"masks"},
    "models": {"masks", "layers"},
    "tokenizers": {"config"},
    "decoding": {"backend", "config", *MODEL},
    "data": {"config", "tokenizers"},
    "training": {"backend", "config", "tokenizers", "evaluation", *MODEL},
    "evaluation": {"config", "tokenizers", *MODEL},
    "visualization": {"config", "tokenizers", *MODEL},
    "export": {"backend", "config", "tokenizers", "decoding", *MODEL},
    "conversion": {"backend", "config", "tokenizers", *MODEL},
    "translator": BELOW_EXPORT | {"export", "conversion"},
    "reverse_ranking": {"decoding"},
    "runs": BELOW_EXPORT | TRANSLATING,
    "serving": BELOW_EXPORT | {"export", "translator", "runs"},
    "cli": BELOW_EXPORT | TRANSLATING | {"_import_hook", "runs", "serving"},
    "__main__": {"cli"},
    # Public names come on demand, from every room that has some.
    "__init__": BELOW_EXPORT | TRANSLATING | {"_registration", "runs", "serving"},
}

TENSORFLOW = {"tensorflow", "tensorflow_text", "tensorflow_serving", "keras_nlp", "keras_hub"}
# On every backend: TensorFlow may not even be imported inside a function.
NEVER_TENSORFLOW = {"errors", "config", "masks", "sentences", "layers", "models", "decoding",
                    "evaluation", "conversion"}  # fmt: skip
# About TensorFlow through and through; all others import it inside functions only.
TENSORFLOW_ROOMS = {"export"}
# Answer at once, or work on arrays and texts alone: not even Keras when they are imported.
NO_KERAS = {"errors", "config", "masks_of_ids", "sentences", "data", "evaluation", "tokenizers",
            "cli", "__init__", "__main__"}  # fmt: skip
# Its only importer does it inside a function, when a model is to be fitted.
FOR_KERAS = {"keras_transformer.data.planned_dataset"}
# What the command line may import before it knows that there is work to do.
QUICK = {"errors", "config", "cli", "sentences", "__main__", "__init__"}


def module_of(path):
    """`keras_transformer/data/batches.py` as `keras_transformer.data.batches`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def imports_in(tree, lazily):
    """Pairs of line and dotted name; with `lazily`, also those inside functions."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: say the whole name of what is imported"
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif is_type_checking(node):
            continue
        if lazily or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))


@functools.cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules():
    return {module_of(path): path for path in FILES}


def imported_at_once(module):
    """Everything that importing `module` imports: names outside the package, modules inside."""
    known, seen, outside, todo = modules(), set(), {}, [module]
    while todo:
        name = todo.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        todo.extend([parent] if parent else [])
        for line, target in imports_in(tree_of(known[name]), lazily=False):
            if target.split(".")[0] == PACKAGE:
                todo.append(target)
            else:
                outside.setdefault(target.split(".")[0], f"{known[name].relative_to(ROOT)}:{line}")
    return outside


def each_file(test):
    return pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))(test)


@each_file
def test_arrows_point_down(path):
    room = room_of(module_of(path))
    assert room in ALLOWED, f"{room} is a new room: say in ALLOWED what it may import"
    wrong = []
    for line, name in imports_in(tree_of(path), lazily=True):
        parts = name.split(".")
        if parts[0] == PACKAGE and len(parts) > 1:
            target = parts[1]
            if target in ALLOWED and target not in ALLOWED[room] | {room, "errors"}:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {target}")
    assert not wrong


@each_file
def test_tensorflow_is_where_it_may_be(path):
    room = room_of(module_of(path))
    if room in TENSORFLOW_ROOMS:
        return
    lazily = room in NEVER_TENSORFLOW
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for line, name in imports_in(tree_of(path), lazily=lazily)
        if name.split(".")[0] in TENSORFLOW
    ]
    assert not wrong


@each_file
def test_importing_brings_no_more_than_it_must(path):
    module = module_of(path)
    room = room_of(module)
    outside = imported_at_once(module)
    forbidden = set() if room in TENSORFLOW_ROOMS else set(TENSORFLOW)
    forbidden |= {"matplotlib", "rich", "tensorboard", "jax", "torch"}
    if room in NO_KERAS and module not in FOR_KERAS:
        forbidden |= {"keras"}
    if room in QUICK:
        forbidden |= {"numpy", "yaml", "sentencepiece", "sacrebleu"}
    assert {name: where for name, where in outside.items() if name in forbidden} == {}


@each_file
def test_no_assert_in_the_library(path):
    # `python -O` drops them, and they say nothing to a user.
    lines = [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Assert)]
    assert lines == []


def test_every_room_is_installed():
    """A folder without `__init__.py` works in a checkout and is missing from a wheel."""
    rooms = {path.parent for path in FILES}
    assert [room for room in rooms if not (room / "__init__.py").is_file()] == []


def test_the_walk_sees_what_it_should():
    tree = ast.parse(
        "import keras\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import rich\n"
        "try:\n    import numpy as np\nexcept ImportError:\n    pass\n"
        "class A:\n    import yaml\n    def f(self):\n        from tensorflow import raw_ops\n"
    )
    at_once = {name for _, name in imports_in(tree, lazily=False)}
    assert at_once == {"keras", "typing", "typing.TYPE_CHECKING", "numpy", "yaml"}
    lazily = {name for _, name in imports_in(tree, lazily=True)}
    assert lazily == at_once | {"tensorflow", "tensorflow.raw_ops"}
    assert "dataclasses" in imported_at_once("keras_transformer.config")
