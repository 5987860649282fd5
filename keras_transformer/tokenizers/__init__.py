"""Text to ids and back, the same in Python and in the graph that is served."""

from keras_transformer.tokenizers.base import Tokenizer
from keras_transformer.tokenizers.byte import ByteTokenizer
from keras_transformer.tokenizers.cleaning import clean_text, clean_text_in_graph
from keras_transformer.tokenizers.files import load_tokenizer
from keras_transformer.tokenizers.pair import TokenizerPair
from keras_transformer.tokenizers.sentence_piece import SentencePieceTokenizer
from keras_transformer.tokenizers.teacher_forcing import (
    TeacherForcingBatch,
    pad_rows,
    teacher_forcing_batch,
)
from keras_transformer.tokenizers.train import default_vocabulary_size, train_tokenizer
from keras_transformer.tokenizers.word_piece import WordPieceTokenizer

__all__ = [
    "ByteTokenizer",
    "SentencePieceTokenizer",
    "TeacherForcingBatch",
    "Tokenizer",
    "TokenizerPair",
    "WordPieceTokenizer",
    "clean_text",
    "clean_text_in_graph",
    "default_vocabulary_size",
    "load_tokenizer",
    "pad_rows",
    "teacher_forcing_batch",
    "train_tokenizer",
]
