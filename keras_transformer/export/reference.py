"""What Keras itself answers to the requests of the gate: eager, one unpadded sentence at a time.

Tokens come from the tokenizers outside of the graph, ids from `decoding/`, and scores and attention
from teacher forcing, so that an export is compared with paths that it does not share.
"""

import numpy as np
from keras import ops

from keras_transformer.decoding import Decoder
from keras_transformer.decoding.options import TranslationOptions
from keras_transformer.export.cases import Case
from keras_transformer.export.contract import NUM_CANDIDATES, option_inputs
from keras_transformer.export.reference_search import OPTIONS, best_translations

# Where the two best tokens are nearer than this, rounding decides between them: the gate does not
# ask for such a translation. (A model that was never trained has many.)
_CLOSE = 1e-3

_TEXTS = [
    b"1",
    "나는 학생입니다.".encode(),
    "\u1102\u1161\u1102\u1173\u11ab e\u0301".encode(),  # not composed
    b"A man, a plan; 3.50!",
    "👨\u200d👩\u200d👧 🏳️".encode(),
    b" \t\xe3\x80\x80",
    b"caf\xc3 \xff\xfe\x80!",
    b"</s> <pad> <s>",
    b"",
    b"\0 a\0b",
    b"x" * 23,
]
# Rows of the texts: batches of 1, 2 and 7 (with blank rows among others), blank ones alone, none.
_BATCHES = [[0], [1, 2], [3, 4, 5, 6, 7, 8, 9], [10, 0, 1], [5, 8], []]


def make_cases(functions):
    """The cases of the gate for all signatures.

    Args:
        functions: `ServedFunctions`.

    Returns:
        List of `Case`.
    """
    answers = _translations(functions, _TEXTS)
    references = [_TEXTS[(3 * row + 1) % len(_TEXTS)] for row in range(len(_TEXTS))]
    scores = [_score(functions, *pair) for pair in zip(_TEXTS, references, strict=True)]
    sources = [_source(functions, text) for text in _TEXTS]
    options = [OPTIONS[row % len(OPTIONS)] for row in range(len(_TEXTS))]
    found = best_translations(
        functions, sources * 2, [TranslationOptions()] * len(_TEXTS) + options
    )
    beams, with_options = found[: len(_TEXTS)], found[len(_TEXTS) :]
    beams = _without(beams, "count", "warnings")
    cases = []
    for rows in _BATCHES:
        texts = [_TEXTS[row] for row in rows]
        explained = [answers[row] for row in rows]
        cases.append(Case("serving_default", {"text": texts}, _brief(explained)))
        cases.append(Case("explain", {"text": texts}, explained))
        pairs = {"text": texts, "reference": [references[row] for row in rows]}
        cases.append(Case("score", pairs, [scores[row] for row in rows]))
        cases.append(Case("beam", {"text": texts}, [beams[row] for row in rows]))
        inputs = option_inputs(texts, [options[row] for row in rows])
        cases.append(Case("options", inputs, [with_options[row] for row in rows]))
    return cases + _long_cases(functions)


def _long_cases(functions):
    """Cases with a source that is cut, and translations short enough not to wait for."""
    text, reference = b"a " * (functions.limits.max_source_length + 3), _TEXTS[3]
    source = _source(functions, text)
    options = [TranslationOptions(strategy="greedy", max_length=7)]
    answers = best_translations(functions, [source], options)
    pair = {"text": [text], "reference": [reference]}
    return [
        Case("serving_default", {"text": [text]}, [{"source_truncated": True}]),
        Case("options", option_inputs([text], options), answers),
        Case("score", pair, [_score(functions, text, reference)]),
    ]


def _without(answers, *names):
    return [{k: v for k, v in answer.items() if k not in names} for answer in answers]


def _brief(answers):
    names = ("translation", "score", "source_truncated", "target_truncated")
    return [{name: answer[name] for name in names if name in answer} for answer in answers]


def _translations(functions, texts):
    """The answers of `explain`, which hold those of `serving_default`."""
    sources = [_source(functions, text) for text in texts]
    target = functions.tokenizers.target
    decoder = Decoder(
        functions.model,
        target.start_id,
        target.end_id,
        batch_size=len(texts),
        length_factor=functions.limits.factor,
        length_constant=functions.limits.constant,
    )
    rows = [row for row, (ids, _) in enumerate(sources) if len(ids) > 1]
    decoded = decoder([sources[row][0] for row in rows])
    answers = [_blank(functions) for _ in texts]
    for place, row in enumerate(rows):
        ids = decoded.ids[place, : decoded.lengths[place]]
        answers[row] = _explanation(functions, sources[row], ids, decoded.truncated[place])
    return answers


def _source(functions, text):
    """Ids with the end mark, and whether they were cut."""
    tokenizer = functions.tokenizers.source
    (ids,) = tokenizer.encode([text])
    longest = functions.limits.max_source_length
    ended = np.append(ids[:longest], tokenizer.end_id).astype("int32")
    return ended, len(ids) > longest


def _explanation(functions, source, ids, target_truncated):
    source_ids, source_truncated = source
    model, tokenizers = functions.model, functions.tokenizers
    logits, log_probabilities = _forced(functions, source_ids, ids)
    best = np.sort(logits, axis=1)[:, -2:]
    if np.min(best[:, 1] - best[:, 0]) < _CLOSE * functions.rounding:
        return {"source_truncated": source_truncated}
    weights = model.attention_weights(source_ids[None], _shifted(functions, ids)[None])
    cross, encoder, decoder = (
        np.stack([ops.convert_to_numpy(layer)[0] for layer in layers])
        for layers in (weights.cross, weights.encoder, weights.decoder)
    )
    return {
        "translation": tokenizers.target.decode([ids])[0],
        "score": log_probabilities.sum(),
        "source_truncated": source_truncated,
        "target_truncated": target_truncated,
        "source_tokens": tokenizers.source.tokens(source_ids),
        "target_tokens": tokenizers.target.tokens(ids),
        "source_lengths": len(source_ids),
        "target_lengths": len(ids),
        "attention": cross[functions.explain_layer].mean(axis=0),
        "cross_attention": cross,
        "encoder_attention": encoder,
        "decoder_attention": decoder,
        **_candidates(functions, logits),
    }


def _candidates(functions, logits):
    """The most probable tokens of each step, None where others are as probable, and how much."""
    order = np.argsort(-logits, axis=1, kind="stable")[:, : NUM_CANDIDATES + 1]
    sorted_logits = np.take_along_axis(logits, order, axis=1)
    is_close = -np.diff(sorted_logits, axis=1) < _CLOSE * functions.rounding
    after = is_close[:, :NUM_CANDIDATES]
    before = np.pad(after, ((0, 0), (1, 0)))[:, :NUM_CANDIDATES]
    order, unknown = order[:, :NUM_CANDIDATES], before | after
    names = [functions.tokenizers.target.tokens(ids) for ids in order]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return {
        "candidates": [
            [None if is_unknown else name for name, is_unknown in zip(*row, strict=True)]
            for row in zip(names, unknown, strict=True)
        ],
        "candidate_probabilities": np.take_along_axis(probabilities, order, axis=1),
    }


def _blank(functions):
    model = functions.model
    encoder = np.zeros((model.num_encoder_layers, model.num_heads, 0, 0), "float32")
    decoder = np.zeros((model.num_decoder_layers, model.num_heads, 0, 0), "float32")
    return {
        "translation": "",
        "score": 0.0,
        "source_truncated": False,
        "target_truncated": False,
        "source_tokens": [],
        "target_tokens": [],
        "source_lengths": 0,
        "target_lengths": 0,
        "attention": np.zeros((0, 0), "float32"),
        "cross_attention": decoder,
        "encoder_attention": encoder,
        "decoder_attention": decoder,
        "candidates": [],
        "candidate_probabilities": np.zeros((0, NUM_CANDIDATES), "float32"),
    }


def _score(functions, text, reference):
    source_ids, source_truncated = _source(functions, text)
    target = functions.tokenizers.target
    (ids,) = target.encode([reference])
    longest = functions.limits.target(functions.limits.max_source_length)
    ended = np.append(ids, target.end_id).astype("int32")
    scored = ended[:longest] if len(source_ids) > 1 else ended[:0]
    total = _forced(functions, source_ids, scored)[1].sum() if len(scored) else 0.0
    return {
        "log_probability": total,
        "num_tokens": len(scored),
        "source_truncated": source_truncated,
        "target_truncated": len(ended) > longest,
    }


def _forced(functions, source_ids, ids):
    """Logits `(T, V)` of teacher forcing, and the log-probabilities `(T,)` of `ids`."""
    model = functions.model
    encoded = model.encode(source_ids[None], training=False)
    logits = model.decode(encoded, _shifted(functions, ids)[None], training=False)
    logits = ops.convert_to_numpy(logits)[0].astype("float64")
    best = logits.max(axis=1)
    totals = best + np.log(np.exp(logits - best[:, None]).sum(axis=1))
    return logits, logits[np.arange(len(ids)), ids] - totals


def _shifted(functions, ids):
    return np.append(functions.tokenizers.target.start_id, ids[:-1]).astype("int32")
