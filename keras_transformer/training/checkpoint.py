"""Checkpoints that hold everything a run needs to go on as if it had never stopped."""

import contextlib
import json
import os
import re
from pathlib import Path

import numpy as np

from keras_transformer.backend import read
from keras_transformer.errors import UserError
from keras_transformer.training.files import replacing

_NAME = re.compile(r"step-(\d+)\.npz")
_PROGRESS = "progress"


def training_variables(model):
    """Every variable that decides what comes next, by a name that does not depend on the process.

    Weights, the state of random generators (dropout), and the optimizer.

    Args:
        model: a compiled model whose optimizer is built.

    Returns:
        dict of name -> Keras variable.
    """
    weights = {id(variable) for variable in model.weights}
    named = {"weights": list(model.weights)}
    named["random"] = [v for v in model.variables if id(v) not in weights]
    named["optimizer"] = list(model.optimizer.variables)
    return {
        f"{kind}/{number:04d}": variable
        for kind, variables in named.items()
        for number, variable in enumerate(variables)
    }


def save_checkpoint(folder, model, progress, extra=None, keep=2):
    """Writes `FOLDER/step-NNNNNNNN.npz`: complete, or not there at all.

    One file, because a file can be put in the place of another in one step, and a folder cannot.

    Args:
        folder: folder of the run's checkpoints.
        model: a compiled model whose optimizer is built.
        progress: dict for JSON with at least `step`: epoch, batch, best score and the like.
        extra: dict of name -> numpy array, saved beside the model's own.
        keep: how many of the newest checkpoints stay.

    Returns:
        Path of the checkpoint.

    Raises:
        UserError: it cannot be written, or the weights are not finite; the older checkpoints are
            still there.
    """
    folder = Path(folder)
    target = folder / f"step-{progress['step']:08d}.npz"
    arrays = {name: read(variable) for name, variable in training_variables(model).items()}
    _check_finite(arrays, progress["step"])
    arrays.update({f"extra/{name}": array for name, array in (extra or {}).items()})
    arrays[_PROGRESS] = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    write_arrays(target, arrays)
    for old in list_checkpoints(folder)[:-keep]:
        with contextlib.suppress(OSError):
            old.unlink()
    return target


def _check_finite(arrays, step):
    for name, array in arrays.items():
        if name.startswith("weights/") and not np.isfinite(array).all():
            raise UserError(
                f"The weights are not finite at step {step:,}: no checkpoint of them is written "
                "and training stops; the checkpoint before is good; lower the learning rate or "
                "raise training.warmup_steps, in a new folder."
            )


def write_arrays(path, arrays):
    """Writes a dict of arrays as `path` (`.npz`): complete, or not there at all."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())


def list_checkpoints(folder):
    """The complete checkpoints of a run, oldest first."""
    folder = Path(folder)
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=checkpoint_step)


def checkpoint_step(path):
    """The number of updates after which a checkpoint was written."""
    return int(_NAME.fullmatch(path.name)[1])


def read_checkpoint(path):
    """What `save_checkpoint` wrote: arrays by name, and the progress.

    Raises:
        UserError: the file is damaged.
    """
    with _reading(path) as file:
        arrays = dict(file)
        return arrays, json.loads(arrays.pop(_PROGRESS).tobytes())


def read_progress(path):
    """The progress alone, which is quick.

    Raises:
        UserError: the file is damaged.
    """
    with _reading(path) as file:
        return json.loads(file[_PROGRESS].tobytes())


@contextlib.contextmanager
def _reading(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except Exception as error:  # zipfile, numpy and json each have errors of their own
        raise UserError(
            f"The checkpoint {path} cannot be read ({error}): remove it to go on from the one "
            "before, or start a new run in another folder."
        ) from error


def restore_checkpoint(path, model):
    """Puts a checkpoint back into a model compiled and built as it was.

    Args:
        path: of the checkpoint.
        model: a compiled model whose optimizer is built.

    Returns:
        The progress and the extra arrays given to `save_checkpoint`.

    Raises:
        UserError: the checkpoint is damaged, or of another model.
    """
    arrays, progress = read_checkpoint(path)
    extra = {n.removeprefix("extra/"): a for n, a in arrays.items() if n.startswith("extra/")}
    own = {name: array for name, array in arrays.items() if not name.startswith("extra/")}
    variables = training_variables(model)
    for name in sorted(own.keys() | variables.keys()):
        there = own[name].shape if name in own else None
        here = tuple(variables[name].shape) if name in variables else None
        if there != here:
            raise UserError(
                f"The checkpoint {path} is of another model: {name} is {_shape(there)} there and "
                f"{_shape(here)} here; use the configuration of that run, or another folder."
            )
    for name, variable in variables.items():
        variable.assign(own[name])
    return progress, extra


def _shape(shape):
    return "missing" if shape is None else f"of shape {tuple(shape)}"
