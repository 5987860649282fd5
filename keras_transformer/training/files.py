"""Files that are whole or not there, whenever the process is killed and the disk full."""

import contextlib
import math
from pathlib import Path

from keras_transformer.errors import UserError

_BLOCK = 1 << 20  # bytes written at once
_OVERHEAD = 8192  # bytes of HDF5 for each array, generously


@contextlib.contextmanager
def replacing(path):
    """Gives a path beside `path` to write to, and at the end renames that file over `path`.

    Args:
        path: of the file; its folder is made.

    Raises:
        UserError: it cannot be written; a file that was there before is as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".new-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}): make room or mend the "
            "permissions and start the same command again; what was there before is not lost."
        ) from error


def write_text(path, text):
    """Writes a text file in UTF-8: the new text, or where that fails still the old one."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def save_weights(model, path):
    """Writes the weights of a Keras model, complete or not at all, and nothing else.

    Args:
        model: a built Keras model.
        path: ending in `.weights.h5`.
    """
    size = sum(4 * math.prod(weight.shape) for weight in model.weights)  # float32
    with replacing(path) as temporary:
        _reserve(temporary, size + _OVERHEAD * (8 + len(model.weights)))
        with _without_optimizer(model):
            model.save_weights(temporary, overwrite=True)


@contextlib.contextmanager
def _without_optimizer(model):
    """Keras would add the state of the optimizer, twice the size of the weights."""
    optimizer = getattr(model, "optimizer", None)
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def _reserve(path, size):
    """Fails if there is no room: in the middle of a file HDF5 would say so many times over."""
    with open(path, "wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(bytes(min(_BLOCK, size - start)))
    path.unlink()


def number_of_weights(path):
    """How many numbers the weights in a `.weights.h5` file are, without those of an optimizer."""
    import h5py

    sizes = []

    def visit(name, node):
        parts = name.split("/")
        if isinstance(node, h5py.Dataset) and not {"optimizer", "seed_generator"} & set(parts):
            sizes.append(node.size)

    with h5py.File(path) as file:
        file.visititems(visit)
    return sum(sizes)
