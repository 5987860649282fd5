"""The settings of a run: what they mean, their checks, YAML in and out."""

from keras_transformer.config.sections import (
    SECTIONS,
    Config,
    DataConfig,
    DecodingConfig,
    ExportConfig,
    ModelConfig,
    TokenizerConfig,
    TrainingConfig,
    all_keys,
)
from keras_transformer.config.settings import Key, keys_of
from keras_transformer.config.yaml_text import config_from, from_yaml, refresh, title_of, to_yaml

__all__ = [
    "SECTIONS",
    "Config",
    "DataConfig",
    "DecodingConfig",
    "ExportConfig",
    "Key",
    "ModelConfig",
    "TokenizerConfig",
    "TrainingConfig",
    "all_keys",
    "config_from",
    "from_yaml",
    "keys_of",
    "refresh",
    "title_of",
    "to_yaml",
]
