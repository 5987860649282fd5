"""From files of sentence pairs to the batches that `model.fit` takes."""

from keras_transformer.data.batch_plan import BatchPlan, PlannedBatch, PlanStatistics
from keras_transformer.data.batch_shapes import BatchShape
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.corpus import Pairs
from keras_transformer.data.download import ensure_corpus
from keras_transformer.data.filters import FilterOptions, FilterReport, filter_pairs
from keras_transformer.data.fingerprint import corpus_fingerprint
from keras_transformer.data.keras_dataset import as_dataset
from keras_transformer.data.readers import Pair, read_lines, read_pairs
from keras_transformer.data.token_array import TokenArray
from keras_transformer.data.token_corpus import TokenCorpus

__all__ = [
    "BatchPlan",
    "BatchShape",
    "FilterOptions",
    "FilterReport",
    "Pair",
    "Pairs",
    "PlanStatistics",
    "PlannedBatch",
    "TokenArray",
    "TokenCorpus",
    "TranslationBatches",
    "as_dataset",
    "corpus_fingerprint",
    "ensure_corpus",
    "filter_pairs",
    "read_lines",
    "read_pairs",
]
