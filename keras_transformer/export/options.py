"""Options of requests as tensors: what `decoding/requests.py` does, inside a graph.

A row may ask for anything without harm to the rows it was merged with: what is out of range is
clamped, and said in the row's `warnings`.
"""

import tensorflow as tf

from keras_transformer.config.translation_options import STRATEGIES, option_fields
from keras_transformer.decoding.options import SearchOptions

MAX_FORBIDDEN_WORDS, MAX_FORBIDDEN_IDS = 1000, 64  # of a row, and of a word
_TOO_MUCH_FORBIDDEN = (
    f"forbidden takes {MAX_FORBIDDEN_WORDS} words of {MAX_FORBIDDEN_IDS} tokens each: the others "
    "were left out"
)


class OptionReader:
    """Reads the inputs of the signature `options`.

    Args:
        tokenizer: of the target.
        limits: `signatures.Limits`.
        beam_size: hypotheses of rows that say nothing, and the most a row may have.
        length_penalty: of rows that say nothing.
    """

    def __init__(self, tokenizer, limits, beam_size, length_penalty):
        self.tokenizer = tokenizer
        self.beam_size = beam_size
        self.length_penalty = length_penalty
        self.maxima = {
            "beam_size": beam_size,
            "max_length": limits.target(limits.max_source_length),
        }

    def __call__(self, inputs, limits):
        """What is asked of each row.

        Args:
            inputs: dict of the signature's inputs, `(B,)` each.
            limits: `(B,)` int32, most ids of rows that say nothing; 0 for a blank text.

        Returns:
            `SearchOptions`, and warnings `(B,)`, `""` where there is nothing to say.
        """
        values, warnings = {}, []
        for field in option_fields():
            if field.type is not str:
                values[field.name], warning = self._in_range(field, inputs[field.name])
                warnings.append(warning)
        strategy, warning = self._strategy(inputs["strategy"])
        warnings.append(warning)
        warnings.append(_too_long(values))
        forbidden, warning = self._forbidden(inputs["forbidden"])
        warnings.append(warning)
        is_beam = tf.equal(strategy, "beam")

        def given(name, otherwise):
            return tf.where(values[name] > 0, values[name], otherwise)

        options = SearchOptions(
            limits=tf.where(limits > 0, given("max_length", limits), 0),
            beam_sizes=tf.where(is_beam, given("beam_size", self.beam_size), 1),
            min_lengths=values["min_length"],
            length_penalties=tf.where(
                values["length_penalty"] >= 0, values["length_penalty"], self.length_penalty
            ),
            sampled=tf.equal(strategy, "sample"),
            temperatures=given("temperature", 1.0),
            top_k=values["top_k"],
            top_p=given("top_p", 1.0),
            seeds=given("seed", _random_seeds(limits)),
            no_repeat_ngrams=values["no_repeat_ngram"],
            prefixes=self._prefixes(inputs["prefix"]),
            forbidden=forbidden,
        )
        return options, _joined(warnings)

    def _in_range(self, field, values):
        """The values, clamped, and warnings."""
        unset = tf.cast(field.unset, values.dtype)
        most = tf.cast(self.maxima.get(field.name, field.maximum), values.dtype)
        least = tf.cast(field.minimum, values.dtype)
        is_set = tf.not_equal(values, unset)
        clamped = tf.clip_by_value(values, least, most)
        if values.dtype.is_floating:
            # What is no number is not a wish.
            clamped = tf.where(tf.math.is_nan(values), unset, clamped)
        taken = tf.where(is_set, clamped, unset)
        said = tf.strings.join(
            [field.name, " ", _text(values), " is out of range: ", _text(taken), " was taken"]
        )
        return taken, tf.where(is_set & tf.not_equal(values, clamped), said, "")

    def _strategy(self, names):
        """The names, "beam" where there is none that we know, and warnings."""
        known = tf.reduce_any(tf.equal(names[:, None], tf.constant(STRATEGIES)), axis=1)
        is_given = known & tf.not_equal(names, "")
        said = "strategy is none of beam, greedy and sample: beam was taken"
        return tf.where(is_given, names, "beam"), tf.where(known, "", said)

    def _prefixes(self, texts):
        ids = self.tokenizer.encode_in_graph(texts).to_tensor(-1)
        return tf.pad(ids, [[0, 0], [0, 1]], constant_values=-1)  # at least one column

    def _forbidden(self, texts):
        """Ids `(B, W, Q)` of the words of each text, -1 on their left; and warnings.

        Both axes are as long as the longest of all rows need, so that both have a limit.
        """
        # What `str.split` takes for blank and `tf.strings.split` does not.
        words = tf.strings.split(tf.strings.regex_replace(texts, r"[\pZ\x{1c}-\x{1f}\x{85}]", " "))
        num_words = words.row_lengths()
        words = words[:, :MAX_FORBIDDEN_WORDS]
        ids = self.tokenizer.encode_in_graph(words.flat_values)
        is_long = ids.row_lengths() > MAX_FORBIDDEN_IDS
        ids = tf.reverse(ids[:, :MAX_FORBIDDEN_IDS], axis=[1]).to_tensor(-1)
        ids = tf.where(is_long[:, None], -1, ids)
        ids = tf.reverse(tf.pad(ids, [[0, 0], [0, 1]], constant_values=-1), axis=[1])
        left_out = tf.RaggedTensor.from_row_splits(is_long, words.row_splits)
        left_out = tf.reduce_any(left_out, axis=1) | (num_words > MAX_FORBIDDEN_WORDS)
        words = tf.RaggedTensor.from_row_splits(ids, words.row_splits).to_tensor(-1)
        words = tf.pad(words, [[0, 0], [0, 1], [0, 0]], constant_values=-1)  # at least one word
        return words, tf.where(left_out, _TOO_MUCH_FORBIDDEN, "")


def _too_long(values):
    least, most = values["min_length"], values["max_length"]
    said = "min_length is more than max_length, which was kept"
    return tf.where((most > 0) & (least > most), said, "")


def _random_seeds(like):
    """A seed for each row, another one at every call."""
    return tf.random.uniform(tf.shape(like), 1, 2**31 - 1, tf.int32)


def _text(values):
    return tf.strings.as_string(values, shortest=values.dtype.is_floating)


def _joined(warnings):
    """One text a row of those that are not empty."""
    stacked = tf.stack(warnings, axis=1)
    kept = tf.ragged.boolean_mask(stacked, tf.not_equal(stacked, ""))
    return tf.strings.reduce_join(kept, axis=1, separator="; ")
