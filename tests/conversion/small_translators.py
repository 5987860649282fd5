"""Translators with random weights whose translations end early, late, or at their limit."""

import keras
import numpy as np

from keras_transformer.config import DecodingConfig
from keras_transformer.models.presets import preset_arguments
from keras_transformer.translator import Translator
from tests.models.small_models import small_model
from tests.runs import tiny

SMALL = {"hidden_dim": 20, "intermediate_dim": 29, "num_heads": 5, "max_length": 41}


def small_translator(pair=None, seed=5, preset=None, **arguments):
    """A `Translator`; its arguments are those of `Transformer`, or of a preset made small."""
    pair = pair or tiny.tokenizers()
    sizes = {"vocabulary_size": pair.source.vocabulary_size}
    if not pair.shared:
        sizes["target_vocabulary_size"] = pair.target.vocabulary_size
    if preset is not None:
        arguments = {**preset_arguments(preset), **SMALL, **arguments}
    model = small_model(seed, **sizes, **arguments)
    # Short vectors, so that the layers say more than the token before; the longer one of the end
    # mark is more often the most probable.
    table = model.target_embedding.embeddings
    values = 0.1 * keras.ops.convert_to_numpy(table)
    values[pair.target.end_id] *= 1.7
    table.assign(values)
    return Translator(model, pair, DecodingConfig(max_length_constant=3), ("ko", "en"))


def texts(number=23, seed=1):
    """Sentences of the words that the tokenizers of `tiny` know, and a blank one."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 13, size=number)
    return ["", *(" ".join(random.choice(tiny.SOURCE_WORDS, size=length)) for length in lengths)]


def random_ids(pair, seed=2):
    """Pairs of rows of ids, special ones left out, of many lengths; the second may be empty."""
    random = np.random.default_rng(seed)
    lengths = [(11, 7), (1, 0), (7, 19), (19, 1), (2, 5), (13, 13)]
    return [
        (
            random.integers(4, pair.source.vocabulary_size, size=source),
            random.integers(4, pair.target.vocabulary_size, size=target),
        )
        for source, target in lengths
    ]
