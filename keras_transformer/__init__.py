"""From sentence pairs to a translation service, in Keras.

Public names are loaded when they are first used, so that `import keras_transformer` and the command
line's help stay quick. The layers, losses and schedules register themselves with Keras as soon as
Keras is imported, before or after this package, so that `keras.models.load_model` finds them.
"""

from keras_transformer import _registration

__version__ = "0.1.0"

_HOMES = {
    "Adam": "training",
    "AdamW": "training",
    "BleuCallback": "training",
    "CheckpointMean": "training",
    "Config": "config",
    "DecoderBlock": "layers",
    "EncoderBlock": "layers",
    "FeedForward": "layers",
    "InverseSquareRootSchedule": "training",
    "LearnedPositions": "layers",
    "MaskedCrossentropy": "training",
    "MovingAverage": "training",
    "MultiHeadAttention": "layers",
    "Perplexity": "training",
    "Residual": "layers",
    "ReverseRanking": "reverse_ranking",
    "RotaryPositions": "layers",
    "SinusoidalPositions": "layers",
    "TokenAccuracy": "training",
    "TokenEmbedding": "layers",
    "TokenizerPair": "tokenizers",
    "TrainingTransformer": "training",
    "Transformer": "models",
    "Translator": "translator",
    "UserError": "errors",
    "WarmupSchedule": "training",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name):
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_HOMES})


_registration.register_with_keras()
_registration.warn_of_namesake()
