"""Scores of translations: strings in, numbers out."""

from keras_transformer.evaluation.by_sentence import scores_by_length, sentence_scores
from keras_transformer.evaluation.scores import (
    TOKENIZERS,
    bleu,
    bleu_tokenizer,
    check_tokenizer,
    corpus_scores,
)

__all__ = [
    "TOKENIZERS",
    "bleu",
    "bleu_tokenizer",
    "check_tokenizer",
    "corpus_scores",
    "scores_by_length",
    "sentence_scores",
]
