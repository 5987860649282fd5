"""Models: `Transformer` and its presets."""

from keras_transformer.models.presets import PRESETS
from keras_transformer.models.transformer import AttentionWeights, Encoded, Transformer

__all__ = ["PRESETS", "AttentionWeights", "Encoded", "Transformer"]
