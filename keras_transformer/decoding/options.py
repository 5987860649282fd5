"""Options of many texts as tensors, and what comes back for one of them."""

from typing import NamedTuple

from keras_transformer.config.translation_options import (
    OptionField,
    TranslationOptions,
    option_fields,
)

__all__ = ["Hypothesis", "OptionField", "SearchOptions", "TranslationOptions", "option_fields"]


class SearchOptions(NamedTuple):
    """Options as tensors, one row a sentence. A field is None where no row of a program uses it.

    Where a program has a field, a row has the value in brackets for "not set".
    """

    limits: object  # (B,) int32: most ids of a row, the end mark included; 0: it stays empty
    beam_sizes: object = None  # (B,) int32, from 1 to the program's; greedy and sampled rows: 1
    min_lengths: object = None  # (B,) int32: least ids of a row, the end mark included [0]
    length_penalties: object = None  # (B,) float32, from 0 to 3
    sampled: object = None  # (B,) bool; the four fields that follow count only where it is True
    temperatures: object = None  # (B,) float32, above 0 [1]
    top_k: object = None  # (B,) int32 [0]
    top_p: object = None  # (B,) float32 [1]
    seeds: object = None  # (B,) int32; needed where `sampled` is given
    no_repeat_ngrams: object = None  # (B,) int32 [0]
    prefixes: object = None  # (B, P) int32: ids to begin with, then -1
    forbidden: object = None  # (B, W, Q) int32: W sequences of ids, each with -1 on its left


class Hypothesis(NamedTuple):
    """One translation of a text."""

    text: str
    score: float  # natural logarithm of its probability, its end mark included
    ranking_score: float  # score / ((5 + tokens) / 6) ** length penalty: what decides the order
    source_truncated: bool  # the text was longer than can be read: its end was not seen
    target_truncated: bool | None  # the limit cut the translation off; None: nobody knows
