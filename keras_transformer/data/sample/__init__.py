"""The sample corpus: exact Korean-English sentence pairs from a grammar, without any download."""

from keras_transformer.data.sample.baselines import context_word_accuracy, nearest_neighbour
from keras_transformer.data.sample.counting import count_pairs, count_stems
from keras_transformer.data.sample.dictionary import word_for_word
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
    "count_pairs",
    "count_stems",
    "nearest_neighbour",
    "sample_splits",
    "word_for_word",
]
