"""Boolean attention masks: the only place in the package that makes them.

`True` means *may attend*. Every mask is broadcastable to `(batch, queries, keys)` and is passed on
as an explicit argument; nothing rides on tensors as hidden state.
"""

from keras import ops


def padding_mask(ids, padding_id=0):
    """Which keys are real tokens: hides padding from every query.

    Args:
        ids: integer tensor `(batch, keys)`.
        padding_id: the id that fills short rows.

    Returns:
        Boolean tensor `(batch, 1, keys)`.
    """
    return ops.expand_dims(ops.not_equal(ids, padding_id), axis=1)


def causal_mask(length):
    """The look-ahead mask: query `t` may attend to keys `0 ... t` and to nothing after it.

    Vaswani et al. 2017, section 3.2.3 ("prevent leftward information flow").

    Args:
        length: number of positions, an int or a scalar tensor.

    Returns:
        Boolean tensor `(1, length, length)`.
    """
    positions = ops.arange(length, dtype="int32")
    return (positions[None, :] <= positions[:, None])[None]


def cache_mask(index, length):
    """Which entries of a key/value cache are filled when position `index` is being computed.

    Args:
        index: scalar integer tensor, the position of the single query.
        length: number of entries of the cache.

    Returns:
        Boolean tensor `(1, 1, length)`.
    """
    return (ops.arange(length, dtype="int32") <= ops.cast(index, "int32"))[None, None]
