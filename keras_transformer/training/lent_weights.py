"""Other weights in a model for a while."""

import contextlib

from keras_transformer.backend import read


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
    own = list(map(read, model.weights))
    _assign(model, values)
    try:
        yield
    finally:
        _assign(model, own)


def _assign(model, values):
    for weight, value in zip(model.weights, values, strict=True):
        weight.assign(value)
