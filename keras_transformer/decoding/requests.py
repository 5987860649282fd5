"""From the options of texts to one search for all of them."""

from typing import NamedTuple

import numpy as np

from keras_transformer.decoding.beam_search import BeamSearch
from keras_transformer.decoding.options import SearchOptions, TranslationOptions
from keras_transformer.decoding.strategies import Greedy
from keras_transformer.errors import UserError

# Where a beam is asked for by name and nobody says how wide.
DEFAULT_BEAM_SIZE = 5
# Prefixes and forbidden words are padded to a multiple of this, so that few programs are compiled.
_STEP = 4


class Request(NamedTuple):
    """What is asked of one text."""

    options: TranslationOptions
    limit: int  # most ids where the options say nothing, the end mark included
    prefix: object = ()  # ids
    forbidden: object = ()  # sequences of ids


def options_of_each(texts, options):
    """Options for each text.

    Args:
        texts: list.
        options: `TranslationOptions` for all texts, or a list with one (or None) for each; or None.

    Raises:
        UserError: there are not as many options as texts.
    """
    if options is None or isinstance(options, TranslationOptions):
        return [options or TranslationOptions()] * len(texts)
    if len(options) != len(texts):
        raise UserError(
            f"There are {len(texts)} texts and {len(options)} options: give one for each text, or "
            "one for all."
        )
    return [each or TranslationOptions() for each in options]


def plan_search(requests, special_ids, num_results=1, beam_size=1, length_penalty=0.0):
    """The strategy that serves all requests, and their options as tensors.

    Rows differ in tensors, not in programs: greedy, beam and sampled rows share one.

    Args:
        requests: list of `Request`, not empty.
        special_ids: `SpecialIds`.
        num_results: most hypotheses wanted for a row; a row has no more than its beam.
        beam_size, length_penalty: of requests that say nothing.

    Returns:
        Strategy and `SearchOptions` of numpy arrays.
    """
    options = [request.options for request in requests]
    beam_sizes = np.array([beam_size_of(each, beam_size) for each in options], "int32")
    width = int(beam_sizes.max())
    penalties = [each.length_penalty for each in options]
    penalties = [length_penalty if penalty < 0 else penalty for penalty in penalties]
    fields = _fields(requests)
    if (beam_sizes < width).any():
        fields["beam_sizes"] = beam_sizes
    if len(set(penalties)) > 1:
        fields["length_penalties"] = np.array(penalties, "float32")
    limits = [request.options.max_length or request.limit for request in requests]
    row_options = SearchOptions(np.array(limits, "int32"), **fields)
    if width == 1 and not fields:
        return Greedy(special_ids, penalties[0]), row_options
    results = min(num_results, width)
    return BeamSearch(special_ids, width, results, penalties[0]), row_options


def beam_size_of(options, default):
    """How many hypotheses a text with these `TranslationOptions` has."""
    if options.strategy in ("greedy", "sample"):
        return 1
    if options.beam_size:
        return options.beam_size
    return DEFAULT_BEAM_SIZE if options.strategy == "beam" and default == 1 else default


def _fields(requests):
    """The fields of `SearchOptions` that any row uses, apart from those that every row has."""
    options = [request.options for request in requests]
    fields = {
        "min_lengths": _column(options, "min_length", "int32"),
        "no_repeat_ngrams": _column(options, "no_repeat_ngram", "int32"),
    }
    sampled = np.array([each.strategy == "sample" for each in options])
    if sampled.any():
        seeds = np.random.default_rng().integers(1, 2**31 - 1, size=len(options), dtype="int32")
        given = np.array([each.seed for each in options], "int32")
        fields["sampled"] = sampled
        fields["seeds"] = np.where(given > 0, given, seeds)
        fields["temperatures"] = _column(options, "temperature", "float32", 1.0)
        fields["top_k"] = _column(options, "top_k", "int32")
        fields["top_p"] = _column(options, "top_p", "float32", 1.0)
    if any(len(request.prefix) for request in requests):
        fields["prefixes"] = _prefixes([request.prefix for request in requests])
    if any(len(request.forbidden) for request in requests):
        fields["forbidden"] = _forbidden([request.forbidden for request in requests])
    return {name: values for name, values in fields.items() if values is not None}


def _column(options, name, dtype, unset=0):
    """The option's values, `unset` where it is not set; None where no row sets it."""
    values = np.array([getattr(each, name) for each in options], dtype)
    return np.where(values > 0, values, np.array(unset, dtype)) if values.any() else None


def _prefixes(prefixes):
    array = np.full((len(prefixes), _rounded_up(max(map(len, prefixes)))), -1, "int32")
    for row, ids in enumerate(prefixes):
        array[row, : len(ids)] = ids
    return array


def _forbidden(rows):
    num_words = _rounded_up(max(map(len, rows)))
    num_ids = _rounded_up(max(len(ids) for words in rows for ids in words))
    array = np.full((len(rows), num_words, num_ids), -1, "int32")
    for row, words in enumerate(rows):
        for place, ids in enumerate(words):
            array[row, place, num_ids - len(ids) :] = ids
    return array


def _rounded_up(number):
    return -(-number // _STEP) * _STEP
