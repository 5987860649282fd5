"""The sample corpus: exact Korean-English sentence pairs from a grammar, without any download."""

from keras_transformer.data.sample.baselines import context_word_accuracy, nearest_neighbour
from keras_transformer.data.sample.drawing import REGISTER
from keras_transformer.data.sample.sampling import (
    ContextWord,
    SamplePair,
    Splits,
    sample_splits,
)

CONSTRUCTIONS = tuple(REGISTER)

__all__ = [
    "CONSTRUCTIONS",
    "ContextWord",
    "SamplePair",
    "Splits",
    "context_word_accuracy",
    "nearest_neighbour",
    "sample_splits",
]
