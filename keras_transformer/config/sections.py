"""The settings of a run: one frozen dataclass a section.

To add a setting, add one line to a section: its YAML comment, its command-line option, its checks
and their messages all follow from it.
"""

import dataclasses
import typing
from pathlib import Path

from keras_transformer.config.formats import FORMATS, format_of
from keras_transformer.config.settings import Key, Section, count, keys_of, setting
from keras_transformer.config.training import TrainingConfig
from keras_transformer.config.translation_options import MAX_LENGTH_PENALTY
from keras_transformer.errors import UserError


@dataclasses.dataclass(frozen=True)
class DataConfig(Section):
    """Where the sentence pairs come from and which of them are used."""

    name: typing.ClassVar[str] = "data"

    sample: str = setting(
        "ko-en",
        "direction of the built-in sample corpus; files or a download take its place",
        choices=("", "ko-en", "en-ko"),
    )
    sample_pairs: int = setting(
        30_000, "training pairs drawn from the sample corpus", minimum=100, maximum=30_000
    )
    download: str = setting(
        "",
        "known corpus to fetch into `folder` where it is missing",
        choices=("", "multi30k", "multi30k-raw"),
    )
    folder: str = setting("data", "folder of the downloaded corpus")
    source: tuple[str, ...] = setting((), "training files: source text, or both sides in one file")
    target: tuple[str, ...] = setting(
        (), "training files: target text, line by line as `source`; empty for tsv and jsonl"
    )
    format: str = setting(
        "auto",
        "kind of the files; auto goes by their names",
        choices=FORMATS,
    )
    corpus_weights: tuple[float, ...] = setting(
        (),
        "proportions in which the files of `source` come in every epoch, whatever their sizes, one "
        "number for each; empty: every pair comes once",
        minimum=0,
    )
    pair_weights: tuple[str, ...] = setting(
        (),
        "files with a weight for each training pair, a number a line as `source`: the loss of the "
        "pair is multiplied with it, and the mean weight of all tokens counts as 1",
    )
    weights_inside: bool = setting(
        False, "training pairs have weights in the third column of tsv, as `weight` in jsonl"
    )
    validation_source: tuple[str, ...] = setting((), "validation files, as `source`")
    validation_target: tuple[str, ...] = setting((), "validation files, as `target`")
    test_source: tuple[str, ...] = setting(
        (), "test files, as `source`; empty: the validation set is scored at the end"
    )
    test_target: tuple[str, ...] = setting((), "test files, as `target`")
    source_language: str = setting("", "code of the source language, such as ko")
    target_language: str = setting(
        "", "code of the target language, such as en; it decides how BLEU splits words"
    )
    bleu_tokenizer: str = setting(
        "",
        "how BLEU splits words; empty: by target_language; none: the text is tokenised already",
        choices=("", "13a", "none", "char", "intl", "zh", "ja-mecab", "ko-mecab"),
    )
    validation_pairs: int = setting(
        1000, "pairs held out of training where no validation files are given", minimum=1
    )
    max_length: int = setting(
        128,
        "longest training sentence, either side; longer pairs are dropped",
        minimum=1,
        unit="tokens",
    )
    max_ratio: float = setting(
        4.0, "drop pairs whose lengths differ by more than this factor; 0: keep all", minimum=0
    )
    deduplicate: bool = setting(True, "keep each pair once")
    both_directions: bool = setting(
        False,
        "train on every pair turned round as well, for more to learn from few pairs; needs "
        "tokenizer.shared",
    )
    back_translations: tuple[str, ...] = setting(
        (),
        "files with other sources for the training targets, line by line: translations of them "
        "into the source language; not turned round",
    )

    @property
    def corpus(self) -> str:
        """Which corpus these settings name: "files", "download" or "sample"."""
        if self.source:
            return "files"
        return "download" if self.download else "sample"

    def check_together(self):
        if not (self.source or self.download or self.sample):
            raise UserError(
                "data has nothing to train on: give data.source and data.target, data.download, "
                "or data.sample"
            )
        if self.source and self.download:
            raise UserError("data.source and data.download exclude each other: give one of them")
        if self.corpus != "sample":
            object.__setattr__(self, "sample", "")
        if 0 < self.max_ratio < 1:
            raise UserError(
                f"data.max_ratio is {self.max_ratio}: expected at least 1, or 0 to keep all pairs"
            )
        for prefix in ("", "validation_", "test_"):
            self._check_sides(prefix)

    def _check_sides(self, prefix):
        sources, targets = getattr(self, f"{prefix}source"), getattr(self, f"{prefix}target")
        source_key, target_key = f"data.{prefix}source", f"data.{prefix}target"
        if targets and not sources:
            raise UserError(f"{target_key} is given without {source_key}: give both")
        if not sources or (not targets and all(map(self._holds_both_sides, sources))):
            return
        if not targets:
            raise UserError(
                f"{target_key} is missing: give the files with the translations of {source_key} "
                "(only .tsv and .jsonl files hold both sides)"
            )
        if len(sources) != len(targets):
            raise UserError(
                f"{source_key} names {count(len(sources), 'file')} and {target_key} "
                f"{count(len(targets), 'file')}: expected one target file for each source file"
            )

    def _holds_both_sides(self, path):
        if self.format != "auto":
            return self.format != "text"
        return format_of(path) != "text"


@dataclasses.dataclass(frozen=True)
class TokenizerConfig(Section):
    """How text becomes pieces."""

    name: typing.ClassVar[str] = "tokenizer"

    kind: str = setting(
        "unigram",
        "kind: SentencePiece (unigram, bpe), WordPiece, or plain bytes",
        choices=("unigram", "bpe", "wordpiece", "bytes"),
    )
    vocabulary_size: int = setting(
        0, "pieces in the vocabulary; 0: as many as suit the corpus", minimum=0
    )
    shared: bool = setting(True, "one vocabulary for both languages")
    byte_fallback: bool = setting(False, "write unknown characters as bytes (unigram and bpe)")
    character_coverage: float = setting(
        1.0,
        "share of characters that get a piece; 0.9995 suits noisy text with many rare characters",
        minimum=0.9,
        maximum=1.0,
    )
    load_from: str = setting("", "folder with tokenizer files to use; empty: train from the corpus")
    bpe_dropout: float = setting(
        0.0,
        "bpe: share of merges left out by chance in training, anew in every epoch, 0.1 in its "
        "paper; 0: off",
        minimum=0,
        maximum=0.99,
    )
    sampling_alpha: float = setting(
        0.0,
        "unigram: segmentations in training are drawn, anew in every epoch, by their probability "
        "to this power, 0.1 to 0.5 in its paper; 0: off",
        minimum=0,
    )
    sampling_n_best: int = setting(
        64, "unigram: how many of the likeliest segmentations of a word are drawn from", minimum=2
    )


@dataclasses.dataclass(frozen=True)
class ModelConfig(Section):
    """The Transformer: a preset, and what to change in it (null: as in the preset)."""

    name: typing.ClassVar[str] = "model"

    preset: str = setting(
        "tiny",
        "named size",
        choices=("tiny", "small", "base", "big", "deep_shallow", "tiny_deep_shallow"),
    )
    num_encoder_layers: int | None = setting(None, "blocks of the encoder", minimum=1)
    num_decoder_layers: int | None = setting(None, "blocks of the decoder", minimum=1)
    hidden_dim: int | None = setting(None, "width of the model, a multiple of num_heads", minimum=1)
    intermediate_dim: int | None = setting(None, "width inside the feed-forward part", minimum=1)
    num_heads: int | None = setting(None, "attention heads", minimum=1)
    dropout: float | None = setting(
        None, "share of activations dropped in training", minimum=0, maximum=0.99
    )
    attention_dropout: float | None = setting(
        None, "share of attention weights dropped in training", minimum=0, maximum=0.99
    )
    activation: str | None = setting(
        None,
        "activation of the feed-forward part; the last three are gated",
        choices=("relu", "gelu", "swiglu", "geglu", "reglu"),
    )
    norm: str | None = setting(
        "pre",
        "layer norm after (post, as published) or before each part, which trains more safely",
        choices=("post", "pre"),
    )
    positions: str | None = setting(
        None, "how positions are told", choices=("sinusoidal", "learned", "rotary")
    )
    max_length: int | None = setting(
        None, "number of learned positions; no limit for the other kinds", minimum=1, unit="tokens"
    )

    def overrides(self) -> dict:
        """The arguments that differ from the preset, by name, for `Transformer.from_preset`."""
        values = {key.field: getattr(self, key.field) for key in keys_of(ModelConfig)}
        return {k: v for k, v in values.items() if k != "preset" and v is not None}

    def check_together(self):
        if self.hidden_dim and self.num_heads and self.hidden_dim % self.num_heads:
            raise UserError(
                f"model.hidden_dim ({self.hidden_dim}) is not a multiple of model.num_heads "
                f"({self.num_heads}): change one of them"
            )


@dataclasses.dataclass(frozen=True)
class DecodingConfig(Section):
    """How translations are made."""

    name: typing.ClassVar[str] = "decoding"

    batch_size: int = setting(64, "sentences translated together", minimum=1)
    beam_size: int = setting(
        1, "hypotheses kept at every step; 1: greedy, as in validation", minimum=1, maximum=200
    )
    length_penalty: float = setting(
        0.6,
        "of a beam: scores are divided by ((5 + length) / 6) to this power; 0: shorter is likelier",
        minimum=0,
        maximum=MAX_LENGTH_PENALTY,
    )
    max_length_factor: float = setting(
        2.0, "longest translation: this times the source tokens, plus ...", minimum=0
    )
    max_length_constant: int = setting(
        10, "... this many, to which the translation is cut", minimum=1, unit="tokens"
    )
    max_source_length: int = setting(
        512, "longer sources are cut to this", minimum=1, unit="tokens"
    )


@dataclasses.dataclass(frozen=True)
class ExportConfig(Section):
    """The SavedModel for TensorFlow Serving."""

    name: typing.ClassVar[str] = "export"

    warmup_batch_sizes: tuple[int, ...] = setting(
        (1, 8, 32), "batch sizes the server tries out before it takes requests", minimum=1
    )
    max_source_length: int = setting(
        512, "longer sources are cut to this, and the answer says so", minimum=1, unit="tokens"
    )
    flavour: str = setting(
        "plain",
        "plain: for any server; bfloat16: quicker in batches on processors that multiply it; xla: "
        "quicker one by one on a server started with --xla_cpu_compilation_enabled",
        choices=("plain", "bfloat16", "xla"),
    )
    beam_size: int = setting(
        5,
        "hypotheses of the signature beam, and the most that a row of options may have",
        minimum=2,
        maximum=200,
    )
    n_best: int = setting(
        0, "translations that beam and options answer with; 0: as many as the beam", minimum=0
    )


@dataclasses.dataclass(frozen=True)
class Config:
    """All settings of a run."""

    data: DataConfig = DataConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)
    decoding: DecodingConfig = DecodingConfig()
    export: ExportConfig = ExportConfig()

    @classmethod
    def load(cls, path) -> "Config":
        """Reads a YAML file; keys that it leaves out have their defaults."""
        from keras_transformer.config.yaml_text import config_from

        return config_from(path, {})

    def save(self, path):
        """Writes a YAML file with every key and its comment."""
        from keras_transformer.config.yaml_text import to_yaml

        Path(path).write_text(to_yaml(self), encoding="utf-8")


SECTIONS = {field.name: field.type for field in dataclasses.fields(Config)}


def all_keys() -> dict[str, Key]:
    """Every setting by its dotted name."""
    return {key.name: key for section in SECTIONS.values() for key in keys_of(section)}
