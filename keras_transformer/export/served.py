"""An export in Python, run as a server runs it."""

import dataclasses
import json

import tensorflow as tf

from keras_transformer.decoding.options import Hypothesis
from keras_transformer.decoding.requests import options_of_each
from keras_transformer.decoding.strategies import NO_SCORE
from keras_transformer.errors import UserError
from keras_transformer.export.contract import option_inputs
from keras_transformer.export.session import SessionModel
from keras_transformer.export.versions import latest_version

BATCH_SIZE = 64


class ServedModel:
    """Translates with an exported version, through the loader that TensorFlow Serving uses.

    Args:
        path: folder of one version, or of all; of several the one with the largest number.

    Attributes:
        folder: of the version.

    Raises:
        UserError: there is no version, it was not exported by this package, or it is damaged.
    """

    def __init__(self, path):
        self.folder = latest_version(path)
        self._description = _read_description(self.folder)
        try:
            self._model = SessionModel(self.folder)
        except (tf.errors.OpError, OSError, ValueError) as error:
            raise UserError(
                f"The export {self.folder} cannot be loaded ({error}): export it again."
            ) from error

    def description(self):
        """What the export says of itself: languages, limits, vocabulary, sizes of the model."""
        return dict(self._description)

    @property
    def languages(self):
        """Codes of the source and the target language, `""` where unknown."""
        return self._description["source_language"], self._description["target_language"]

    def translate(self, texts, options=None, batch_size=None):
        """Translates.

        Args:
            texts: list of sentences, one string each.
            options: `TranslationOptions` for all texts, or a list with one for each; None: the
                signature `serving_default`. Translation is greedy unless options ask for a
                strategy or a beam.
            batch_size: sentences translated together.

        Returns:
            List of strings; a blank sentence gives an empty one.

        Raises:
            UserError: there are not as many options as texts, or the export cannot do what they ask
                for, such as a wider beam than its own.
        """
        if options is None:
            rows = self._run("serving_default", {"text": texts}, batch_size)
            return [row["translation"].decode() for row in rows]
        found = self.hypotheses(texts, options, 1, batch_size)
        return [hypotheses[0].text if hypotheses else "" for hypotheses in found]

    def hypotheses(self, texts, options=None, n_best=None, batch_size=None):
        """The best translations of each text, with their scores.

        Args:
            texts, options, batch_size: as for `translate`; the one best translation is greedy
                unless options ask for more, and several come from a beam as wide as the export's.
            n_best: most translations of a text; as many as the export answers with if None.

        Returns:
            For each text a list of `Hypothesis`, as those of `Translator.hypotheses`. An export
            says of the best one alone whether its end was cut off; `target_truncated` of the others
            is None.

        Raises:
            UserError: as `translate`; or the export answers with fewer than `n_best`.
        """
        most = self._description.get("n_best")
        self._check_at_most("n_best", n_best or 0, most, "larger --beam-size and --n-best")
        if options is None and n_best != 1:
            rows = self._run("beam", {"text": texts}, batch_size)
        else:
            options = options_of_each(texts, options)
            self._check_options(options)
            if n_best == 1:
                options = [_greedy_unless_asked(each) for each in options]
            rows = self._run("options", option_inputs(texts, options), batch_size)
        return [_hypotheses(row, n_best) for row in rows]

    def _check_options(self, options):
        """`UserError` before anything is translated, for what a server would clamp."""
        about = self._description
        longest = int(about["max_length_factor"] * about["max_source_length"])
        longest += about["max_length_constant"]
        for each in options:
            self._check_at_most(
                "beam_size", each.beam_size, about.get("beam_size"), "a larger --beam-size"
            )
            self._check_at_most(
                "max_length", each.max_length, longest, "a larger decoding.max_length_factor"
            )

    def _check_at_most(self, name, value, most, remedy):
        """`UserError` if more is asked for than the export was made for."""
        if most is not None and value > most:
            raise UserError(
                f"{name} is {value} and the export {self.folder} has at most {most}: ask for less, "
                f"or export the model again with {remedy}."
            )

    def score(self, sources, references, batch_size=None):
        """How probable the model finds given translations, as `Translator.score` says it.

        Returns:
            List of pairs: log-probability, and number of tokens, the end mark among them. See
            `ServedFunctions.score`.
        """
        if len(sources) != len(references):
            raise UserError(
                f"{len(sources)} sources and {len(references)} references: give one reference for "
                "each source."
            )
        rows = self._run("score", {"text": sources, "reference": references}, batch_size)
        return [(float(row["log_probability"]), int(row["num_tokens"])) for row in rows]

    def explain(self, texts, batch_size=16):
        """All outputs of the signature `explain` for each text, without padding.

        Returns:
            List of dicts, from which `visualization.explanation.explanations_of_served` makes what
            `Translator.explain` gives: `source`, `translation`, `languages`, `model` (a name to
            show), `score`, the two flags, `source_tokens` and `target_tokens` (lists of `str`),
            `attention` `(T, S)`, `cross_attention` `(layers, heads, T, S)`, `encoder_attention`
            `(layers, heads, S, S)`, `decoder_attention` `(layers, heads, T, T)`, and, unless the
            export is older than that, `candidates` (`T` lists of `str`, most probable first) and
            `candidate_probabilities` `(T, 5)`.
        """
        about = {
            "languages": self.languages,
            "model": f"{self.folder.parent.name}/{self.folder.name}",
        }
        rows = self._run("explain", {"text": texts}, batch_size)
        return [
            {"source": text, **about, **_explanation(row)}
            for text, row in zip(texts, rows, strict=True)
        ]

    def close(self):
        """Frees the memory of the model."""
        self._model.close()

    def _run(self, signature, columns, batch_size):
        """Runs a signature over named lists; a list with a dict of outputs for each row."""
        if signature not in self._model.signatures:
            raise UserError(
                f"The export {self.folder} has no signature {signature}: export the model again."
            )
        columns = {name: [_as_bytes(value) for value in column] for name, column in columns.items()}
        texts = columns["text"]
        rows = [None] * len(texts)
        batch_size = batch_size or BATCH_SIZE
        # Sentences of like length share a batch: a batch takes as long as its longest.
        order = sorted(range(len(rows)), key=lambda row: -len(texts[row]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            inputs = {name: [column[row] for row in batch] for name, column in columns.items()}
            outputs = self._model.run(signature, inputs)
            for place, row in enumerate(batch):
                rows[row] = {name: value[place] for name, value in outputs.items()}
        return rows


def _greedy_unless_asked(options):
    """An export would take its beam where nothing is said, for one translation as for several."""
    is_asked = options.strategy or options.beam_size
    return options if is_asked else dataclasses.replace(options, strategy="greedy")


def _read_description(folder):
    path = folder / "assets.extra" / "keras_transformer.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"{folder} is not an export of keras_transformer (it has no {path.name}): give a "
            "folder that `keras-transformer export` wrote."
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): export the model again.") from error


def _as_bytes(value):
    """Texts as a server gets them; numbers as they are."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _hypotheses(row, n_best):
    """A row of `beam` or `options` as `Hypothesis` objects.

    Raises:
        UserError: the export did not do all that was asked for.
    """
    warnings = row.get("warnings", b"").decode()
    if warnings:
        raise UserError(f"The export cannot do what was asked for: {warnings}.")
    scores = row["scores"]
    count = row.get("count", (scores > NO_SCORE).sum())
    is_cut = bool(row["target_truncated"])
    return [
        Hypothesis(
            row["translations"][place].decode(),
            float(scores[place]),
            float(row["ranking_scores"][place]),
            bool(row["source_truncated"]),
            is_cut if place == 0 else None,
        )
        for place in range(min(count, n_best or count))
    ]


def _explanation(row):
    source, target = int(row["source_lengths"]), int(row["target_lengths"])
    explanation = {
        "translation": row["translation"].decode(),
        "score": float(row["score"]),
        "source_truncated": bool(row["source_truncated"]),
        "target_truncated": bool(row["target_truncated"]),
        "source_tokens": [token.decode() for token in row["source_tokens"][:source]],
        "target_tokens": [token.decode() for token in row["target_tokens"][:target]],
        "attention": row["attention"][:target, :source],
        "cross_attention": row["cross_attention"][..., :target, :source],
        "encoder_attention": row["encoder_attention"][..., :source, :source],
        "decoder_attention": row["decoder_attention"][..., :target, :target],
    }
    if "candidates" in row:
        steps = row["candidates"][:target]
        explanation["candidates"] = [[token.decode() for token in step] for step in steps]
        explanation["candidate_probabilities"] = row["candidate_probabilities"][:target]
    return explanation
