"""Keras layers of the Transformer, each usable alone, on every Keras backend."""

from keras_transformer.layers.decoder_block import DecoderBlock
from keras_transformer.layers.encoder_block import EncoderBlock
from keras_transformer.layers.feed_forward import FeedForward
from keras_transformer.layers.learned_positions import LearnedPositions
from keras_transformer.layers.multi_head_attention import MultiHeadAttention
from keras_transformer.layers.residual import Residual
from keras_transformer.layers.rotary_positions import RotaryPositions
from keras_transformer.layers.sinusoidal_positions import SinusoidalPositions
from keras_transformer.layers.token_embedding import TokenEmbedding

__all__ = [
    "DecoderBlock",
    "EncoderBlock",
    "FeedForward",
    "LearnedPositions",
    "MultiHeadAttention",
    "Residual",
    "RotaryPositions",
    "SinusoidalPositions",
    "TokenEmbedding",
]
