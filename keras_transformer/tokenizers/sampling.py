"""A fixed-size sample of a stream of texts, the same for the same seed."""

import math
import random


def sample_texts(texts, size, seed):
    """A uniform sample without replacement of a stream of unknown length.

    Reservoir sampling that draws only when it replaces (Li, 1994, Algorithm L), so a long stream
    costs no random number a text. A stream of at most `size` texts comes back whole, in order.

    Args:
        texts: iterable, read once.
        size: the most texts to keep.
        seed: integer.

    Returns:
        `(kept, count)`: the list and how many texts the stream had.
    """
    generator = random.Random(seed)
    kept, count, weight, following = [], 0, 1.0, 0
    for text in texts:
        if count < size:
            kept.append(text)
            if count == size - 1:
                weight, following = _next(generator, weight, size, count)
        elif count == following:
            kept[generator.randrange(size)] = text
            weight, following = _next(generator, weight, size, count)
        count += 1
    return kept, count


def _next(generator, weight, size, position):
    weight *= math.exp(math.log(1.0 - generator.random()) / size)
    skip = math.log(1.0 - generator.random()) / math.log1p(-min(weight, 1.0 - 1e-12))
    return weight, position + math.floor(skip) + 1
