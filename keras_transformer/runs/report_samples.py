"""Translations for the report of a run: the best and the worst of them, and their attention."""

import warnings

import numpy as np
from keras import ops

from keras_transformer.errors import UserError
from keras_transformer.evaluation import sentence_scores
from keras_transformer.tokenizers import teacher_forcing_batch
from keras_transformer.visualization.report import SampleTranslation


def best_and_worst(sources, references, translations, count=4):
    """The best and the worst translated sentences.

    Args:
        sources, references, translations: lists of strings, line by line.
        count: how many of each; no sentence is in both.

    Returns:
        Two lists of `SampleTranslation` without attention: the best, of equally good ones the
        longest first, and the worst.
    """
    scores = sentence_scores(translations, references)
    lengths = np.array([len(reference) for reference in references])
    order = np.lexsort((-lengths, -scores))
    num_worst = min(count, len(order) // 2)
    worst = order[::-1][:num_worst]
    best = order[: min(count, len(order) - num_worst)]

    def samples(rows):
        return [
            SampleTranslation(sources[row], references[row], translations[row], float(scores[row]))
            for row in rows
        ]

    return samples(best), samples(worst)


def explained_layer(num_layers):
    """Decoder layer, from 0, whose mean over heads aligns words best: the last but one.

    Reference:
        Garg et al. 2019, "Jointly Learning to Align and Translate with Transformer Models".
    """
    return max(num_layers - 2, 0)


def cross_attention(translator, sources, translations):
    """How each token of translations looks at the tokens of their sources (teacher forcing).

    Args:
        translator: a `Translator`.
        sources, translations: lists of strings, line by line.

    Returns:
        For each sentence its source tokens and target tokens, end marks last, and the mean over
        the heads of `explained_layer`, `(target, source)`.

    Raises:
        UserError: a sentence is longer than the model has learned positions.
    """
    model, target = translator.model, translator.tokenizers.target
    source_ids = translator.source_ids(sources)
    target_ids = target.encode(translations)
    ended = [np.append(ids, target.end_id) for ids in target_ids]
    longest = max(map(len, [*source_ids, *ended]), default=0)
    if model.positions == "learned" and longest > model.max_length:
        raise UserError(
            f"The model has learned {model.max_length} positions and a sentence has {longest} "
            "tokens: its attention cannot be shown."
        )
    batch = teacher_forcing_batch(source_ids, target_ids, target, model.padding_id)
    with warnings.catch_warnings():
        # Keras wonders about a softmax over a single token.
        warnings.simplefilter("ignore", UserWarning)
        weights = model.attention_weights(
            ops.convert_to_tensor(batch.source_ids), ops.convert_to_tensor(batch.target_ids)
        ).cross[explained_layer(model.num_decoder_layers)]
    weights = ops.convert_to_numpy(ops.mean(weights, axis=1))
    tokens = translator.tokenizers.source.tokens
    return [
        (tuple(tokens(ours)), tuple(target.tokens(theirs)), row[: len(theirs), : len(ours)])
        for ours, theirs, row in zip(source_ids, ended, weights, strict=True)
    ]
