"""The functions behind the signatures: strings in, strings and numbers out.

Every function takes and returns tensors with a leading batch axis, of any size including 0, and
the answer for a row does not depend on the other rows. An empty or blank text gives an empty
translation and score 0.
"""

from typing import NamedTuple

import tensorflow as tf

from keras_transformer.decoding import BeamSearch, Greedy, SearchOptions, SpecialIds
from keras_transformer.decoding.loop import best_of
from keras_transformer.decoding.options import option_fields
from keras_transformer.decoding.strategies import NO_SCORE
from keras_transformer.export.contract import NUM_CANDIDATES, SIGNATURES
from keras_transformer.export.decoder import ServingDecoder
from keras_transformer.export.folding import fold
from keras_transformer.export.options import OptionReader
from keras_transformer.export.xla_decoder import XlaDecoder


class Limits(NamedTuple):
    """How long texts may be."""

    max_source_length: int  # tokens of a source, its end mark not counted
    factor: float
    constant: int

    @classmethod
    def of(cls, model, decoding, export):
        """The limits of the settings, and of a model that knows only so many positions."""
        longest = export.max_source_length
        if model.positions == "learned":
            longest = min(longest, model.max_length - 1)
        return cls(longest, decoding.max_length_factor, decoding.max_length_constant)

    def target(self, num_tokens):
        """The most ids of a translation of `num_tokens` source tokens, its end mark included."""
        return int(self.factor * num_tokens) + self.constant

    def target_in_graph(self, num_tokens):
        """`target` for an int32 tensor; 0 tokens stay empty."""
        # In float64, so that it rounds as Python does.
        scaled = tf.cast(tf.cast(num_tokens, tf.float64) * self.factor, tf.int32)
        return tf.where(num_tokens > 0, scaled + self.constant, 0)


class SearchSizes(NamedTuple):
    """How far beam search goes; the arguments of `BeamSearch` after the special ids."""

    beam_size: int
    num_results: int
    length_penalty: float

    @classmethod
    def of(cls, decoding, export):
        """The sizes of the settings."""
        results = min(export.n_best or export.beam_size, export.beam_size)
        return cls(export.beam_size, results, decoding.length_penalty)

    def in_order(self):
        """The arguments of `plan_search` after the special ids."""
        return self.num_results, self.beam_size, self.length_penalty


class Source(NamedTuple):
    """A batch of tokenised texts."""

    ids: object  # (B, S) int32, each row with its end mark
    num_tokens: object  # (B,) int32, the end mark not counted; 0 for a blank text
    truncated: object  # (B,) bool


class ServedFunctions:
    """One method a signature (`contract.SIGNATURES`), to be traced by an `ExportArchive`.

    Args:
        model: a built float32 `Transformer` on the TensorFlow backend; it is folded.
        tokenizers: `TokenizerPair`.
        limits: `Limits`.
        search: `SearchSizes`.
        explain_layer: decoder layer, from 0, whose mean over heads is the `attention` of `explain`.
        flavour: of `ExportConfig`.
    """

    def __init__(self, model, tokenizers, limits, search, explain_layer, flavour="plain"):
        self.model = model
        self.tokenizers = tokenizers
        self.limits = limits
        self.explain_layer = explain_layer
        fold(model)
        self.flavour = flavour
        # Errors of sums of products, as multiples of those of float32.
        self.rounding = 100.0 if flavour == "bfloat16" else 1.0
        self.decoder = ServingDecoder(model, half=flavour == "bfloat16")
        # What has its own shape in every request is not worth compiling.
        self.compiled = XlaDecoder(model, limits) if flavour == "xla" else self.decoder
        target = tokenizers.target
        self.special_ids = SpecialIds(target.start_id, target.end_id, model.padding_id)
        self.search = search
        self.beam_search = BeamSearch(self.special_ids, *search)
        self.read_options = OptionReader(target, limits, search.beam_size, search.length_penalty)

    @property
    def weights(self):
        """All variables that the functions use, each once."""
        return [weight.value for weight in self.model.weights] + self.decoder.copies

    def endpoints(self):
        """Name, function and input specification of every signature."""
        for name, signature in SIGNATURES.items():
            specification = [
                tf.TensorSpec([None], tf.as_dtype(kind), name=name)
                for name, kind in signature.inputs.items()
            ]
            yield name, getattr(self, name), specification

    def serving_default(self, text):
        """Greedy translation."""
        source = self._read(text)
        decoded = self._greedy(source, self.compiled)
        return self._translated(source, decoded)

    def beam(self, text):
        """The best translations that beam search finds."""
        source = self._read(text)
        options = SearchOptions(limits=self.limits.target_in_graph(source.num_tokens))
        outputs = self._best(source, self.compiled.search(source.ids, options, self.beam_search))
        del outputs["count"]
        return outputs

    def options(self, text, *values):
        """The best translations in the way that each row asks for, see `TranslationOptions`."""
        names = [field.name for field in option_fields()]
        source = self._read(text)
        options, warnings = self.read_options(
            dict(zip(names, values, strict=True)),
            self.limits.target_in_graph(source.num_tokens),
        )
        found = self.decoder.search(source.ids, options, self.beam_search)
        return {**self._best(source, found), "warnings": warnings}

    def explain(self, text):
        """Greedy translation with its tokens, all attention weights, and what else was probable.

        Row `t` of an attention over the target, and of the candidates, belongs to the step that
        produced token `t`.
        """
        source = self._read(text)
        decoded = self._greedy(source, self.decoder, is_quick_alone=False)
        target_ids = _at_least_one_column(decoded.ids, self.model.padding_id)
        source_lengths = tf.where(source.num_tokens > 0, source.num_tokens + 1, 0)
        is_source = tf.sequence_mask(source_lengths, tf.shape(source.ids)[1])
        is_target = tf.sequence_mask(decoded.lengths, tf.shape(target_ids)[1])
        encoded, encoder_weights = self.model.encode(source.ids, return_weights=True)
        logits, decoder_weights, cross_weights = self.model.decode(
            encoded, self._shifted(target_ids), return_weights=True
        )
        source_tokens = self.tokenizers.source.tokens_in_graph(source.ids)
        target_tokens = self.tokenizers.target.tokens_in_graph(target_ids)
        cross = _stack_layers(cross_weights, is_target)
        return {
            **self._translated(source, decoded),
            "source_tokens": tf.where(is_source, source_tokens, ""),
            "target_tokens": tf.where(is_target, target_tokens, ""),
            "source_lengths": source_lengths,
            "target_lengths": decoded.lengths,
            "attention": tf.reduce_mean(cross[:, self.explain_layer], axis=1),
            "cross_attention": cross,
            "encoder_attention": _stack_layers(encoder_weights, is_source),
            "decoder_attention": _stack_layers(decoder_weights, is_target),
            **self._candidates(logits, is_target),
        }

    def _candidates(self, logits, is_target):
        """The most probable tokens of each step, and their probabilities."""
        best = tf.math.top_k(tf.nn.softmax(logits), NUM_CANDIDATES)
        is_target = is_target[:, :, None]
        tokens = self.tokenizers.target.tokens_in_graph(best.indices)
        return {
            "candidates": tf.where(is_target, tokens, ""),
            "candidate_probabilities": tf.where(is_target, best.values, 0.0),
        }

    def score(self, text, reference):
        """Log-probability of given translations, end mark included, by teacher forcing.

        A reference longer than the longest translation there can be is cut to that, as it would be
        by decoding; nothing is scored for a blank text.
        """
        source = self._read(text)
        target = self.tokenizers.target
        ids = target.encode_in_graph(reference)
        ids = tf.concat([ids, tf.fill((ids.nrows(), 1), target.end_id)], axis=1)
        longest = self.limits.target(self.limits.max_source_length)
        truncated = _row_lengths(ids) > longest
        ids = ids[:, :longest]
        num_tokens = tf.where(source.num_tokens > 0, _row_lengths(ids), 0)
        labels = _at_least_one_column(ids.to_tensor(self.model.padding_id), self.model.padding_id)
        encoded = self.model.encode(source.ids, training=False)
        logits = self.model.decode(encoded, self._shifted(labels), training=False)
        chosen = tf.gather(logits, labels, batch_dims=2)
        log_probabilities = chosen - tf.reduce_logsumexp(logits, axis=2)
        is_target = tf.sequence_mask(num_tokens, tf.shape(labels)[1])
        return {
            "log_probability": tf.reduce_sum(tf.where(is_target, log_probabilities, 0.0), axis=1),
            "num_tokens": num_tokens,
            "source_truncated": source.truncated,
            "target_truncated": truncated,
        }

    def _greedy(self, source, decoder, **arguments):
        """`Decoded`, `ids` as wide as the longest."""
        options = SearchOptions(limits=self.limits.target_in_graph(source.num_tokens))
        found = decoder.search(source.ids, options, Greedy(self.special_ids), **arguments)
        decoded = best_of(found)
        return decoded._replace(ids=decoded.ids[:, : tf.reduce_max(decoded.lengths)])

    def _best(self, source, found):
        """`Hypotheses` in words, without those that say the same as a better one."""
        rows, results, length = tf.unstack(tf.shape(found.ids))
        ids = tf.reshape(found.ids, (rows * results, length))
        texts = tf.reshape(self.tokenizers.target.decode_in_graph(ids), (rows, results))
        places = tf.range(results)
        is_real = places < found.count[:, None]
        is_later = places[:, None] > places
        is_same = tf.equal(texts[:, :, None], texts[:, None]) & is_later
        is_new = is_real & ~tf.reduce_any(is_same, axis=2)
        order = tf.argsort(tf.cast(~is_new, tf.int32), axis=1, stable=True)
        count = tf.reduce_sum(tf.cast(is_new, tf.int32), axis=1)
        is_real = places < count[:, None]

        def ordered(values, otherwise):
            return tf.where(is_real, tf.gather(values, order, batch_dims=1), otherwise)

        return {
            "translations": ordered(texts, ""),
            "scores": ordered(found.scores, NO_SCORE),
            "ranking_scores": ordered(found.ranking_scores, NO_SCORE),
            "source_truncated": source.truncated,
            "target_truncated": found.truncated[:, 0],
            "count": count,
        }

    def _read(self, text):
        tokenizer, longest = self.tokenizers.source, self.limits.max_source_length
        ids = tokenizer.encode_in_graph(text)
        truncated = _row_lengths(ids) > longest
        ids = ids[:, :longest]
        ended = tf.concat([ids, tf.fill((ids.nrows(), 1), tokenizer.end_id)], axis=1)
        padding_id = self.model.padding_id
        dense = _at_least_one_column(ended.to_tensor(padding_id), padding_id)
        return Source(dense, _row_lengths(ids), truncated)

    def _shifted(self, target_ids):
        """What the decoder reads to produce `target_ids`: the start mark, then all but the last."""
        start = tf.fill((tf.shape(target_ids)[0], 1), self.tokenizers.target.start_id)
        return tf.concat([start, target_ids[:, :-1]], axis=1)

    def _translated(self, source, decoded):
        return {
            "translation": self.tokenizers.target.decode_in_graph(decoded.ids),
            "score": decoded.scores,
            "source_truncated": source.truncated,
            "target_truncated": decoded.truncated,
        }


def _row_lengths(ragged):
    return tf.cast(ragged.row_lengths(), tf.int32)


def _at_least_one_column(ids, padding_id):
    """`(B, T)` with `T` at least 1: an axis without entries is more than some kernels can bear."""
    missing = tf.maximum(1 - tf.shape(ids)[1], 0)
    return tf.pad(ids, [[0, 0], [0, missing]], constant_values=padding_id)


def _stack_layers(weights, is_query):
    """Layers' weights `(B, H, T, S)` as `(B, layers, H, T, S)`, zero where no query is."""
    return tf.stack(weights, axis=1) * tf.cast(is_query, tf.float32)[:, None, None, :, None]
