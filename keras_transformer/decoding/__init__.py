"""Decoding on every Keras backend: one loop, strategies for choosing tokens, batches of rows."""

from keras_transformer.decoding.beam_search import BeamSearch
from keras_transformer.decoding.decoder import Decoder
from keras_transformer.decoding.loop import Decoded, decode, search
from keras_transformer.decoding.options import Hypothesis, SearchOptions, TranslationOptions
from keras_transformer.decoding.requests import Request, options_of_each, plan_search
from keras_transformer.decoding.strategies import Greedy, Hypotheses, SpecialIds

__all__ = [
    "BeamSearch",
    "Decoded",
    "Decoder",
    "Greedy",
    "Hypotheses",
    "Hypothesis",
    "Request",
    "SearchOptions",
    "SpecialIds",
    "TranslationOptions",
    "decode",
    "options_of_each",
    "plan_search",
    "search",
]
