"""Scores of translations: strings in, numbers out."""

from keras_transformer.evaluation.scores import TOKENIZERS, bleu, bleu_tokenizer, corpus_scores

__all__ = ["TOKENIZERS", "bleu", "bleu_tokenizer", "corpus_scores"]
