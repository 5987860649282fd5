"""The signatures of an export: what a client may count on, and what the gate holds them to."""

from typing import NamedTuple

from keras_transformer.config.translation_options import option_fields


class Signature(NamedTuple):
    """Names, types and ranks of one signature; the first axis of everything is the batch."""

    inputs: dict  # name -> type; each has the shape (batch,)
    outputs: dict  # name -> (type, rank)


# `B` rows, `S` and `T` the longest source and target of the batch, end marks included.
_TRANSLATED = {
    "translation": ("string", 1),
    "score": ("float32", 1),
    "source_truncated": ("bool", 1),
    "target_truncated": ("bool", 1),
}
_TRANSLATIONS = {
    "translations": ("string", 2),  # (B, N), best first, '' where there are no more
    "scores": ("float32", 2),  # (B, N), -1e9 where there are no more
    "ranking_scores": ("float32", 2),  # (B, N), what they are ordered by
    "source_truncated": ("bool", 1),
    "target_truncated": ("bool", 1),  # of the best
}
# Tokens told for each step of `explain`, best first.
NUM_CANDIDATES = 5
_OPTION_TYPES = {str: "string", int: "int32", float: "float32"}
SIGNATURES = {
    "serving_default": Signature({"text": "string"}, _TRANSLATED),
    "beam": Signature({"text": "string"}, _TRANSLATIONS),
    "options": Signature(
        {
            "text": "string",
            **{field.name: _OPTION_TYPES[field.type] for field in option_fields()},
        },
        {
            **_TRANSLATIONS,
            "count": ("int32", 1),  # how many of the N translations are real
            "warnings": ("string", 1),  # what was asked for and could not be done
        },
    ),
    "explain": Signature(
        {"text": "string"},
        {
            **_TRANSLATED,
            "source_tokens": ("string", 2),  # (B, S), '' after the end mark
            "target_tokens": ("string", 2),  # (B, T)
            "source_lengths": ("int32", 1),
            "target_lengths": ("int32", 1),
            "attention": ("float32", 3),  # (B, T, S), mean over the heads of one decoder layer
            "cross_attention": ("float32", 5),  # (B, layers, heads, T, S)
            "encoder_attention": ("float32", 5),  # (B, layers, heads, S, S)
            "decoder_attention": ("float32", 5),  # (B, layers, heads, T, T)
            "candidates": ("string", 3),  # (B, T, NUM_CANDIDATES), most probable tokens of a step
            "candidate_probabilities": ("float32", 3),  # (B, T, NUM_CANDIDATES)
        },
    ),
    "score": Signature(
        {"text": "string", "reference": "string"},
        {
            "log_probability": ("float32", 1),
            "num_tokens": ("int32", 1),
            "source_truncated": ("bool", 1),
            "target_truncated": ("bool", 1),
        },
    ),
}

# What JSON and every client can carry; bfloat16 and float16 cannot be written as JSON.
TYPES = ("string", "float32", "int32", "bool")

# The ops of TensorFlow Text that TensorFlow Serving 2.20 links (`SUPPORTED_TENSORFLOW_OPS` of
# tensorflow_serving/model_servers/BUILD: sentencepiece, normalize, fast wordpiece, regex split,
# whitespace) and the tokenizers of this package use.
SERVED_TEXT_OPS = {
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "SentencepieceDetokenizeOp",
    "SentencepieceIdToStringOp",
    "SentencepieceVocabSizeOp",
    "NormalizeUTF8",
    "RegexSplitWithOffsets",
    "FastWordpieceTokenizeWithOffsets",
    "TFText>FastWordpieceDetokenize",
    "TFText>WhitespaceTokenizeWithOffsetsV2",
}


def option_inputs(texts, options):
    """The inputs of the signature `options`: name -> list, of a `TranslationOptions` a text."""
    inputs = {"text": texts}
    for field in option_fields():
        values = [getattr(each, field.name) for each in options]
        if field.type is str:
            values = [value.encode("utf-8", "surrogatepass") for value in values]
        inputs[field.name] = values
    return inputs
