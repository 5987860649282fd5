"""Decoding on every Keras backend: one loop, a strategy for choosing tokens, batches of rows."""

from keras_transformer.decoding.decoder import Decoder
from keras_transformer.decoding.loop import Decoded, decode
from keras_transformer.decoding.strategies import Choice, Greedy

__all__ = ["Choice", "Decoded", "Decoder", "Greedy", "decode"]
