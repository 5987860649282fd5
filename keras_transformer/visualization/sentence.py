"""The `Explanation` of one sentence: what a model computes, with the words of its tokenizers."""

import numpy as np

from keras_transformer.errors import UserError
from keras_transformer.models.inspection import inspect_attention
from keras_transformer.visualization.explanation import AttentionSteps, Explanation


def explain_ids(model, tokenizers, source_ids, target_ids, /, num_candidates=5, **about):
    """What a model computes for one pair of sentences (teacher forcing), in words and numbers.

    Args:
        model: a built `Transformer`, on any backend.
        tokenizers: `TokenizerPair`.
        source_ids: integers, the end mark last; none for a blank sentence.
        target_ids: integers that are produced, the end mark last unless they were cut; none for a
            blank sentence.
        num_candidates: most probable tokens told for each step.
        **about: fields of `Explanation` that ids do not tell: `source`, and optionally
            `languages`, `source_truncated` and `model`.

    Returns:
        `Explanation`.

    Raises:
        UserError: a sentence is longer than the model has learned positions.
    """
    source, target = tokenizers.source, tokenizers.target
    target_ids = np.asarray(target_ids, "int32")
    input_ids = np.append(target.start_id, target_ids)[: len(target_ids)].astype("int32")
    if len(source_ids):
        check_lengths(model, source_ids, target_ids)
        *attention, states, logits = inspect_attention(model, source_ids, input_ids)
        score, best, probabilities = _scored(logits, target_ids, num_candidates)
        is_cut = target_ids[-1] != target.end_id
    else:
        attention, states = _nothing(model)
        score, best, probabilities = 0.0, (), np.zeros((0, num_candidates), "float32")
        is_cut = False
    names = ("encoder", "decoder", "cross")
    return Explanation(
        **{"languages": ("", ""), "source_truncated": False, **about},
        translation=target.decode([target_ids])[0],
        score=score,
        target_truncated=bool(is_cut),
        source_tokens=tuple(source.tokens(source_ids)),
        input_tokens=tuple(target.tokens(input_ids)),
        target_tokens=tuple(target.tokens(target_ids)),
        **{name: AttentionSteps(*steps) for name, steps in zip(names, attention, strict=True)},
        candidate_tokens=tuple(tuple(target.tokens(ids)) for ids in best),
        candidate_probabilities=probabilities,
        encoder_states=states,
    )


def _scored(logits, target_ids, num_candidates):
    """Score of the target; ids `(T, K)` and probabilities of the most probable ones."""
    logits = logits.astype("float64")
    logits = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    score = log_probabilities[np.arange(len(target_ids)), target_ids].sum()
    best = np.argsort(-log_probabilities, axis=1, kind="stable")[:, :num_candidates]
    probabilities = np.exp(np.take_along_axis(log_probabilities, best, axis=1))
    return float(score), best, probabilities.astype("float32")


def check_lengths(model, source_ids, target_ids):
    """`UserError` where a sentence or its translation has more ids than learned positions."""
    longest = max(len(source_ids), len(target_ids))
    if model.positions == "learned" and longest > model.max_length:
        raise UserError(
            f"The model has learned {model.max_length} positions and the sentence or its "
            f"translation has {longest} tokens: give a shorter one."
        )


def _nothing(model):
    """Attention and states of no tokens."""
    head_dim = model.hidden_dim // model.num_heads

    def steps(num_layers):
        vectors = np.zeros((num_layers, model.num_heads, 0, head_dim), "float32")
        return vectors[..., :0], vectors, vectors, vectors

    decoder = steps(model.num_decoder_layers)
    states = np.zeros((model.num_encoder_layers + 1, 0, model.hidden_dim), "float32")
    return [steps(model.num_encoder_layers), decoder, decoder], states
