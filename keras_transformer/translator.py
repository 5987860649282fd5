"""Text in, text out: a model, its tokenizers and how to decode."""

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np

from keras_transformer.backend import compile_function
from keras_transformer.config import DecodingConfig, ExportConfig
from keras_transformer.decoding import (
    Decoder,
    Hypothesis,
    Request,
    options_of_each,
    plan_search,
)
from keras_transformer.errors import UserError
from keras_transformer.models import Transformer
from keras_transformer.tokenizers import TokenizerPair, teacher_forcing_batch
from keras_transformer.training.files import save_weights, write_text
from keras_transformer.training.masked_crossentropy import token_losses
from keras_transformer.visualization.sentence import check_lengths, explain_ids

DESCRIPTION, WEIGHTS = "translator.json", "model.weights.h5"
FORMAT_VERSION = 1
_MOST = 10_000  # hypotheses; more than any beam has
_SCORED_WIDTHS = 16  # scored batches are as many tokens wide, or a multiple: few are compiled for


class Translator:
    """Translates sentences.

    Args:
        model: a built `Transformer`.
        tokenizers: the `TokenizerPair` it was trained with.
        options: `DecodingConfig`; the defaults if None.
        languages: codes of the source and the target language, `""` where unknown.

    Attributes:
        name: a short name to show; that of the folder it was loaded from.
        origin: dict about the run whose weights its training began with, or None.
        both_directions: whether it was trained to translate its target language back as well.
    """

    def __init__(self, model, tokenizers, options=None, languages=("", "")):
        _check_vocabularies(model, tokenizers)
        self.model = model
        self.tokenizers = tokenizers
        self.options = options or DecodingConfig()
        self.languages = tuple(languages)
        self.name = ""
        self.origin = None
        self.both_directions = False
        self._decoders = {}
        self._scoring = None

    def translate(self, texts, options=None, batch_size=None, on_progress=None):
        """Translates.

        Args:
            texts: list of sentences, one string each.
            options: `TranslationOptions` for all texts, or a list with one for each; None:
                a beam as wide as the settings say, 1 being greedy.
            batch_size: sentences translated together; that of the settings if None.
            on_progress: called with the number of sentences done after every batch.

        Returns:
            List of strings; a blank sentence gives an empty one.

        Raises:
            UserError: there are not as many options as texts.
        """
        found = self.hypotheses(texts, options, 1, batch_size, on_progress)
        return [hypotheses[0].text if hypotheses else "" for hypotheses in found]

    def hypotheses(self, texts, options=None, n_best=None, batch_size=None, on_progress=None):
        """The best translations of each text, with their scores.

        Args:
            texts, options, batch_size, on_progress: as for `translate`.
            n_best: most translations of a text, of which a row has no more than its beam; as many
                as the beam if None.

        Returns:
            For each text a list of `Hypothesis`, best first. No translation comes twice: where
            several ways to write it in tokens were found, the best counts. A blank sentence has
            one, empty, with score 0; a text for which the options leave nothing to say has none.
        """
        options = options_of_each(texts, options)
        sources, cut = self._sources(texts)
        rows = [row for row, ids in enumerate(sources) if len(ids) > 1]
        outcomes = [[Hypothesis("", 0.0, 0.0, False, False)] for _ in texts]
        if not rows:
            return outcomes
        decoder = self._decoder(batch_size)
        requests = [self._request(decoder, options[row], sources[row]) for row in rows]
        settings = self.options
        strategy, search_options = plan_search(
            requests,
            decoder.special_ids,
            n_best or _MOST,
            settings.beam_size,
            settings.length_penalty,
        )
        chosen = [sources[row] for row in rows]
        found = decoder.search(chosen, strategy, search_options, on_progress)
        for row, hypotheses in zip(rows, self._in_words(found), strict=True):
            outcomes[row] = [each._replace(source_truncated=cut[row]) for each in hypotheses]
        return outcomes

    def _request(self, decoder, options, source):
        encode = self.tokenizers.target.encode
        return Request(
            options,
            decoder.limit(len(source) - 1),
            encode([options.prefix])[0] if options.prefix else (),
            [ids for ids in encode(options.forbidden.split()) if len(ids)],
        )

    def _in_words(self, found):
        """`Hypotheses` as lists of `Hypothesis` without repetitions."""
        num_rows, num_results, length = found.ids.shape
        texts = self.tokenizers.target.decode(found.ids.reshape(num_rows * num_results, length))
        for row in range(num_rows):
            outcomes = {}
            for place in range(found.count[row]):
                text = texts[row * num_results + place]
                scores = float(found.scores[row, place]), float(found.ranking_scores[row, place])
                truncated = bool(found.truncated[row, place])
                outcomes.setdefault(text, Hypothesis(text, *scores, False, truncated))
            yield list(outcomes.values())

    def source_ids(self, texts):
        """Ids of each sentence with the end mark, cut to `max_source_length` tokens before it.

        A model with learned positions may have fewer, and cuts at these.
        """
        return self._sources(texts)[0]

    def _sources(self, texts):
        """The same, and which sentences were cut."""
        end = np.int32([self.tokenizers.source.end_id])
        limit = self.options.max_source_length
        if self.model.positions == "learned":
            limit = min(limit, self.model.max_length - 1)
        encoded = self.tokenizers.source.encode(texts)
        ids = [np.concatenate([each[:limit], end]) for each in encoded]
        return ids, [len(each) > limit for each in encoded]

    def _decoder(self, batch_size):
        size = batch_size or self.options.batch_size
        if size not in self._decoders:
            target = self.tokenizers.target
            self._decoders[size] = Decoder(
                self.model,
                target.start_id,
                target.end_id,
                size,
                self.options.max_length_factor,
                self.options.max_length_constant,
            )
        return self._decoders[size]

    def score(self, sources, targets):
        """How probable the model finds given translations (teacher forcing).

        Args:
            sources, targets: lists of strings, line by line.

        Returns:
            List of pairs: the sum of the natural logarithms of the probabilities of the target's
            tokens, end mark included, and the number of these tokens; 0 and 0 for a blank source.

        Raises:
            UserError: there are not as many targets as sources, or one has more tokens than the
                model has learned positions.
        """
        _check_targets(sources, targets)
        source_ids = self.source_ids(sources)
        tokenizer, padding_id = self.tokenizers.target, self.model.padding_id
        target_ids = tokenizer.encode(targets)
        order = [row for row, ids in enumerate(source_ids) if len(ids) > 1]
        order.sort(key=lambda row: (len(target_ids[row]), len(source_ids[row])))
        scores = [(0.0, 0)] * len(sources)
        size = self.options.batch_size
        most = self.model.max_length if self.model.positions == "learned" else None
        for row in order if most else ():
            check_lengths(self.model, source_ids[row], [*target_ids[row], tokenizer.end_id])
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            pairs = [[ids[row] for row in rows] for ids in (source_ids, target_ids)]
            batch = teacher_forcing_batch(
                *pairs, tokenizer, padding_id, multiple=_SCORED_WIDTHS, limit=most
            )
            for row, score in zip(rows, self._score_batch(*batch), strict=True):
                scores[row] = (float(score), len(target_ids[row]) + 1)
        return scores

    def _score_batch(self, source_ids, target_ids, labels):
        if self._scoring is None:

            def scoring(source_ids, target_ids, labels):
                logits = self.model.decode(self.model.encode(source_ids), target_ids)
                return token_losses(labels, logits, padding_id=self.model.padding_id)[0]

            self._scoring = compile_function(self.model, scoring)
        losses = keras.ops.convert_to_numpy(self._scoring(source_ids, target_ids, labels))
        return -losses.reshape(labels.shape).sum(axis=1)

    def explain(self, texts, targets=None, num_candidates=5):
        """What the model computes to translate sentences: attention, candidates, states.

        Args:
            texts: list of sentences.
            targets: list of translations to explain (teacher forcing); greedy ones if None.
            num_candidates: most probable tokens told for each step.

        Returns:
            List of `keras_transformer.visualization.explanation.Explanation`, in float32.

        Raises:
            UserError: there are not as many targets as texts, or one has more tokens than the
                model has learned positions.
        """
        sources, cut = self._sources(texts)
        if targets is None:
            produced = self._greedy_ids(sources)
        else:
            _check_targets(texts, targets)
            end_id = self.tokenizers.target.end_id
            produced = [np.append(ids, end_id) for ids in self.tokenizers.target.encode(targets)]
        about = {"languages": self.languages, "model": self.name, "num_candidates": num_candidates}
        explanations = []
        for text, source, target, is_cut in zip(texts, sources, produced, cut, strict=True):
            pair = (source, target) if len(source) > 1 else ((), ())
            explanation = explain_ids(
                self.model, self.tokenizers, *pair, source=text, source_truncated=is_cut, **about
            )
            explanations.append(explanation)
        return explanations

    def _greedy_ids(self, sources):
        """What is produced for each source, the end mark included; nothing for a blank one."""
        rows = [row for row, ids in enumerate(sources) if len(ids) > 1]
        produced = [()] * len(sources)
        if rows:
            decoded = self._decoder(None)([sources[row] for row in rows])
            for place, row in enumerate(rows):
                produced[row] = decoded.ids[place, : decoded.lengths[place]]
        return produced

    def save(self, folder):
        """Writes description, weights and tokenizers into a folder, from which `load` reads."""
        folder = Path(folder)
        self.tokenizers.save(folder)
        self.describe(folder)
        save_weights(self.model, folder / WEIGHTS)

    def describe(self, folder):
        """Writes the description alone: what `load` needs besides weights and tokenizers."""
        description = {
            "format_version": FORMAT_VERSION,
            # Keras numbers the names of models in a process; the number says nothing.
            "model": {**self.model.get_config(), "name": "transformer"},
            "decoding": dataclasses.asdict(self.options),
            "languages": self.languages,
            **({"origin": self.origin} if self.origin else {}),
            **({"both_directions": True} if self.both_directions else {}),
        }
        write_text(Path(folder) / DESCRIPTION, json.dumps(description, indent=1) + "\n")

    @classmethod
    def load(cls, folder, weights=WEIGHTS):
        """A translator from the folder of a run, or from where `save` put it.

        Args:
            folder: the folder.
            weights: name of the file with the weights.

        Raises:
            UserError: something is missing, damaged, or does not belong together.
        """
        folder = Path(folder)
        description = read_description(folder)
        model, options, languages = _rebuild(description, folder)
        tokenizers = TokenizerPair.load(folder)
        if not (folder / weights).exists():
            raise UserError(
                f"{folder} has no {weights} yet: a run writes it after its first evaluation; "
                "let it train longer."
            )
        try:
            model.load_weights(folder / weights)
        except Exception as error:  # h5py and Keras raise many kinds
            raise UserError(
                f"{folder / weights} does not hold the weights of the model that {DESCRIPTION} "
                f"beside it describes, or is damaged: {f'{error}'.partition(chr(10))[0]}"
            ) from error
        translator = cls(model, tokenizers, options, languages)
        translator.name = folder.resolve().name
        translator.origin = description.get("origin")
        translator.both_directions = description.get("both_directions", False)
        return translator

    def export(self, folder, options=None, on_progress=None):
        """Exports a SavedModel for TensorFlow Serving.

        Args:
            folder: of the served model; its next version is made in it.
            options: `ExportConfig`; the defaults if None.
            on_progress: called with a line about what is going on.

        Returns:
            Path of the new version.

        Raises:
            UserError: the export failed its gate; nothing was published.
        """
        from keras_transformer.export import export_saved_model

        return export_saved_model(
            self.model,
            self.tokenizers,
            folder,
            self.options,
            options or ExportConfig(),
            languages=self.languages,
            progress=on_progress,
        )


def _check_targets(sources, targets):
    if len(sources) != len(targets):
        raise UserError(
            f"There are {len(sources)} sources and {len(targets)} targets: give one target for "
            "each source."
        )


def _check_vocabularies(model, tokenizers):
    sizes = (model.vocabulary_size, model.target_vocabulary_size)
    target = None if tokenizers.shared else tokenizers.target.vocabulary_size
    expected = (tokenizers.source.vocabulary_size, target)
    if sizes != expected:
        raise UserError(
            f"The model has vocabularies of {sizes[0]} (source) and {sizes[1] or 'the same'} "
            f"(target), the tokenizers of {expected[0]} and {expected[1] or 'the same'}: they do "
            "not belong together."
        )
    if model.padding_id != tokenizers.source.padding_id:
        raise UserError(
            f"The model pads with id {model.padding_id} and the tokenizers with "
            f"{tokenizers.source.padding_id}: build the model with "
            f"padding_id={tokenizers.source.padding_id}."
        )


def read_description(folder):
    """The description that `Translator.describe` wrote, as a dict.

    Raises:
        UserError: it is missing, damaged, or of another version.
    """
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        version = description["format_version"]
    except FileNotFoundError:
        raise UserError(
            f"{folder} has no {DESCRIPTION}: it is not the folder of a run or translator, or of a "
            "run that has not begun to train."
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{path} cannot be read ({error}): restore it from a copy.") from error
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} is of format {version}, this version of keras_transformer reads "
            f"{FORMAT_VERSION}: use the version that wrote it."
        )
    return description


def _rebuild(description, folder):
    """The model and how to decode.

    The model is in float32, whatever precision it was trained in: its weights are float32.
    """
    try:
        model = Transformer.from_config({**description["model"], "dtype": "float32"})
        model.build()
        options = DecodingConfig(**description["decoding"])
        source, target = description["languages"]
    except KeyError as error:
        raise UserError(f"{folder / DESCRIPTION} lacks {error}: restore it from a copy.") from error
    except (TypeError, ValueError) as error:
        raise UserError(f"{folder / DESCRIPTION} describes no valid model: {error}") from error
    return model, options, (source, target)


def load_translator(path):
    """What translates: the `Translator` of a run, or the `ServedModel` of an export.

    Args:
        path: folder of a run, of an exported version, or of an export with its versions.

    Returns:
        An object with `translate`, `hypotheses` and `score`, as `Translator` has them.
    """
    if any((Path(path) / name).exists() for name in (DESCRIPTION, "config.yaml")):
        return Translator.load(path)
    from keras_transformer.export import ServedModel

    return ServedModel(path)
