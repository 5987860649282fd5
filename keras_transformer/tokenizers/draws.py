"""Random numbers that are a pure function of their key: the same in any process, in any order.

The mixing function is that of SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable
pseudorandom number generators"), whose stream can be entered at any place. Only integers are used,
so that all machines and versions of numpy give the same.
"""

import numpy as np

_STEP = 0x9E3779B97F4A7C15  # the golden ratio, as SplitMix64 has it
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1


def key_of(*numbers) -> int:
    """One 64-bit key of several integers, whose order matters."""
    key = 0
    for number in numbers:
        key = int(draw(np.array([key], np.uint64), number)[0])
    return key


def draw(keys, places) -> np.ndarray:
    """The numbers at some places of the streams of some keys: uint64, 64 random bits each.

    Args:
        keys: uint64 array, or one integer.
        places: non-negative integer array that broadcasts with `keys`, or one integer.
    """
    keys = np.asarray(keys, dtype=np.uint64)
    if isinstance(places, int):
        moved = keys + np.uint64((places + 1) * _STEP & _MASK)
    else:
        moved = keys + (np.asarray(places).astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP)
    mixed = (moved ^ (moved >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return mixed ^ (mixed >> np.uint64(31))
