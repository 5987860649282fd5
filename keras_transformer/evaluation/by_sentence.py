"""Scores of single sentences, and of sentences of like length."""

import functools

import numpy as np

from keras_transformer.evaluation.scores import bleu


@functools.lru_cache
def _chrf():
    from sacrebleu.metrics import CHRF

    return CHRF()


def sentence_scores(hypotheses, references):
    """chrF of each sentence, 0 to 100: BLEU is hardly defined for one.

    Args:
        hypotheses, references: lists of strings, line by line.

    Returns:
        float array.

    Reference:
        Popović 2015.
    """
    pairs = zip(hypotheses, references, strict=True)
    return np.array([_chrf().sentence_score(ours, [theirs]).score for ours, theirs in pairs])


def scores_by_length(hypotheses, references, lengths, tokenizer="13a", groups=6):
    """BLEU and chrF of groups of sentences of like length, of about as many sentences each.

    Args:
        hypotheses, references: lists of strings, line by line.
        lengths: of the sources, integers.
        tokenizer: of sacrebleu.
        groups: most groups; sentences of one length are never parted.

    Returns:
        List of tuples: the least and the greatest length of the group, its number of sentences,
        BLEU, chrF.
    """
    lengths = np.asarray(lengths)
    found = []
    for low, high in _intervals(lengths, groups):
        rows = np.flatnonzero((lengths >= low) & (lengths <= high))
        ours = [hypotheses[row] for row in rows]
        theirs = [references[row] for row in rows]
        chrf = _chrf().corpus_score(ours, [theirs]).score
        found.append((low, high, len(rows), bleu(ours, theirs, tokenizer), chrf))
    return found


def _intervals(lengths, groups):
    """Pairs of least and greatest length of each group, short sentences first."""
    if not len(lengths):
        return []
    values, counts = np.unique(lengths, return_counts=True)
    # The group in which the middle of a length's sentences falls.
    middles = (np.cumsum(counts) - counts / 2) / len(lengths)
    places = (middles * groups).astype(int)
    chosen = [values[places == place] for place in np.unique(places)]
    return [(int(group[0]), int(group[-1])) for group in chosen]
