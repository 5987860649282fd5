"""Text to ids and back, the same in Python and in the graph that is served."""

from keras_transformer.tokenizers.base import Tokenizer
from keras_transformer.tokenizers.cleaning import clean_text, clean_text_in_graph
from keras_transformer.tokenizers.files import load_tokenizer
from keras_transformer.tokenizers.pair import TokenizerPair
from keras_transformer.tokenizers.sentence_piece import SentencePieceTokenizer
from keras_transformer.tokenizers.train import default_vocabulary_size, train_tokenizer

__all__ = [
    "SentencePieceTokenizer",
    "Tokenizer",
    "TokenizerPair",
    "clean_text",
    "clean_text_in_graph",
    "default_vocabulary_size",
    "load_tokenizer",
    "train_tokenizer",
]
