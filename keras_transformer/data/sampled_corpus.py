"""The tokenised corpus of one epoch, with segmentations of its own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import numpy as np

from keras_transformer.data.corpus_writer import CorpusWriter
from keras_transformer.data.filters import FilterReport
from keras_transformer.data.mixture import repeated_apart

_CHUNK = 16384  # pairs drawn together


def sampled_lengths(corpus, samplers, longest, rows, epoch: int = 0) -> tuple:
    """Lengths of some pairs in an epoch, special ids not counted, without writing anything.

    Arguments as of `write_sampled`; a row that comes again has the same lengths.

    Returns:
        Integer arrays `(len(rows),)` of source and target.
    """
    parts = [
        [side[1] for side in _drawn(corpus, samplers, longest, chunk, chunk, epoch)]
        for chunk in np.array_split(rows, -(-len(rows) // _CHUNK))
    ]
    source, target = (np.concatenate(side) for side in zip(*parts, strict=True))
    return source, target


def write_sampled(folder, corpus, samplers, longest, epoch: int, rows=None, fingerprint=""):
    """Writes pairs of a corpus, in its order, with the segmentations of an epoch.

    Args:
        folder: where; what is there is replaced.
        corpus: a `TokenCorpus` with the segmentations of the model.
        samplers: `SubwordSampler` of source and target.
        longest: the most tokens of a source and of a target. A sentence whose drawn segmentation
            is longer keeps that of the model.
        epoch: which.
        rows: numbers of pairs, sorted; one that comes again is drawn again. None: all.
        fingerprint: of the result.

    Raises:
        UserError: the folder cannot be written.
    """
    rows = np.arange(len(corpus)) if rows is None else rows
    numbers = repeated_apart(rows, len(corpus))
    with CorpusWriter(folder, [sampler.vocabulary_size for sampler in samplers]) as writer:
        for first in range(0, len(rows), _CHUNK):
            here = slice(first, first + _CHUNK)
            writer.append(*_drawn(corpus, samplers, longest, rows[here], numbers[here], epoch))
        writer.finish(fingerprint, FilterReport(len(rows)))


def sampled_fingerprint(fingerprint: str, options, longest, corpus_weights, epoch: int) -> str:
    """Of the corpus of an epoch: equal if its ids are.

    Args:
        fingerprint: of the corpus that is sampled.
        options: `SamplingOptions`.
        longest, epoch: of `write_sampled`.
        corpus_weights: of the `Mixture` that chooses the rows; empty: there is none.
    """
    parts = [fingerprint, asdict(options), list(longest), list(corpus_weights), epoch]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _drawn(corpus, samplers, longest, rows, numbers, epoch):
    """Ids and lengths of both sides of some pairs."""
    sides = []
    for tokens, sampler, most in zip(
        (corpus.source_tokens, corpus.target_tokens), samplers, longest, strict=True
    ):
        ids, lengths = tokens.gather(rows)
        new_ids, new_lengths = sampler.sample(ids, lengths, numbers, epoch)
        too_long = np.flatnonzero(new_lengths > most)
        if len(too_long):
            sentences = np.split(new_ids, np.cumsum(new_lengths)[:-1])
            for place in too_long.tolist():
                sentences[place] = tokens[rows[place]]
            new_ids = np.concatenate(sentences)
            new_lengths[too_long] = lengths[too_long]
        sides.append((new_ids, new_lengths))
    return sides
