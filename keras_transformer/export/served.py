"""An export in Python, run as a server runs it."""

import json

import tensorflow as tf

from keras_transformer.errors import UserError
from keras_transformer.export.contract import SIGNATURES
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

    def translate(self, texts, batch_size=None):
        """Translations of a list of texts, in their order."""
        rows = self._run("serving_default", [texts], batch_size or BATCH_SIZE)
        return [row["translation"].decode() for row in rows]

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
        rows = self._run("score", [sources, references], batch_size or BATCH_SIZE)
        return [(float(row["log_probability"]), int(row["num_tokens"])) for row in rows]

    def explain(self, texts, batch_size=16):
        """All outputs of the signature `explain` for each text, without padding.

        Returns:
            List of dicts: `translation` (`str`), `score`, the two flags, `source_tokens` and
            `target_tokens` (lists of `str`), `attention` `(T, S)`, `cross_attention`
            `(layers, heads, T, S)`, `encoder_attention` `(layers, heads, S, S)` and
            `decoder_attention` `(layers, heads, T, T)`.
        """
        return [_explanation(row) for row in self._run("explain", [texts], batch_size)]

    def close(self):
        """Frees the memory of the model."""
        self._model.close()

    def _run(self, signature, columns, batch_size):
        """Runs a signature over lists of texts; a list with a dict of outputs for each row."""
        if signature not in self._model.signatures:
            raise UserError(
                f"The export {self.folder} has no signature {signature}: export the model again."
            )
        columns = [[_as_bytes(text) for text in column] for column in columns]
        names = list(SIGNATURES[signature].inputs)
        rows = [None] * len(columns[0])
        # Sentences of like length share a batch: a batch takes as long as its longest.
        order = sorted(range(len(rows)), key=lambda row: -len(columns[0][row]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            inputs = {
                name: [column[row] for row in batch]
                for name, column in zip(names, columns, strict=True)
            }
            outputs = self._model.run(signature, inputs)
            for place, row in enumerate(batch):
                rows[row] = {name: value[place] for name, value in outputs.items()}
        return rows


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


def _as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def _explanation(row):
    source, target = int(row["source_lengths"]), int(row["target_lengths"])
    return {
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
