"""Other weights in a model for a while."""

import contextlib

import numpy as np
from keras import ops


@contextlib.contextmanager
def lent(model, values):
    """Within this context the model's weights are `values`; afterwards they are its own again.

    Args:
        model: a built Keras model.
        values: arrays in the order of `model.weights`; None: nothing is lent.
    """
    if values is None:
        yield
        return
    own = [np.array(ops.convert_to_numpy(weight.value)) for weight in model.weights]
    _assign(model, values)
    try:
        yield
    finally:
        _assign(model, own)


def _assign(model, values):
    for weight, value in zip(model.weights, values, strict=True):
        weight.assign(value)
