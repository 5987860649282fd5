"""Makes what is measured: bundles, translators and exports of `tiny` and `base`."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from bundle import Bundle
from figures import evenly
from ids_export import export_ids

from keras_transformer.config import ExportConfig
from keras_transformer.conversion import export_ctranslate2
from keras_transformer.models import Transformer
from keras_transformer.translator import Translator

SEED = 20170612
FORCED_LENGTH = 24
BEAM = 5
PLAIN = "plain"
# One translation is returned, as by the peers; the session loader replays no warmup records.
EXPORT = ExportConfig(warmup_batch_sizes=(1,), beam_size=BEAM, n_best=1)


class Prepared(NamedTuple):
    """Folders of one model."""

    bundle: Path
    translator: Path
    ids_exports: dict  # flavour -> folder
    text_export: Path | None = None  # of one version
    ctranslate2: Path | None = None


def prepare_trained(run, sentences, references, folder, beams, flavours):
    """The model of a run, which ends its translations itself.

    Args:
        run: folder of a run or a kept result.
        sentences, references: lists of texts, line by line.
        folder: to write to.
        beams: widths that the plain export of ids offers; the others have `BEAM` alone.
        flavours: beside the plain one.

    Returns:
        `Prepared`.
    """
    translator = _with_options(Translator.load(run))
    prepared = _write("tiny", translator, sentences, references, 0, Path(folder), beams)
    return _with_exports(prepared, translator, flavours)


def prepare_random(preset, run, sentences, folder, flavours):
    """A model of a preset with random weights, whose translations all have one length.

    Args:
        preset: name, such as `"base"`.
        run: folder of a run that lends its tokenizers.
        sentences: list of texts.
        folder: to write to.
        flavours: of exports beside the plain one.

    Returns:
        `Prepared`.
    """
    trained = Translator.load(run)
    keras.utils.set_random_seed(SEED)
    size = trained.tokenizers.target.vocabulary_size
    model = Transformer.from_preset(preset, vocabulary_size=size)
    model.build()
    translator = _endless(Translator(model, trained.tokenizers), FORCED_LENGTH)
    prepared = _write(preset, translator, sentences, [], FORCED_LENGTH, Path(folder), (BEAM,))
    return _with_exports(prepared, translator, flavours)


def prepare_endless(prepared, folder, forced_length, num_sentences):
    """The same model with an end mark that never wins, and some of its sentences.

    Args:
        prepared: `Prepared` of the model.
        folder: to write to.
        forced_length: ids of every translation.
        num_sentences: how many sentences, evenly taken.

    Returns:
        `Prepared`.
    """
    bundle = Bundle.load(prepared.bundle)
    translator = _endless(Translator.load(prepared.translator), forced_length)
    sentences = evenly(bundle.sentences, num_sentences)
    return _write(bundle.name, translator, sentences, [], forced_length, Path(folder), ())


def _endless(translator, forced_length):
    # The logit of a token is its vector times the state: that of a zero vector is 0, and of 8,000
    # others the best are far above.
    embeddings = translator.model.target_embedding.embeddings
    table = keras.ops.convert_to_numpy(embeddings).copy()
    table[translator.tokenizers.target.end_id] = 0
    embeddings.assign(table)
    return _with_options(translator, max_length_factor=0.0, max_length_constant=forced_length)


def _with_options(translator, **changes):
    """No length penalty: systems divide by different lengths. And what else is given."""
    options = dataclasses.replace(translator.options, length_penalty=0.0, **changes)
    return Translator(translator.model, translator.tokenizers, options, translator.languages)


def _write(name, translator, sentences, references, forced_length, folder, beams):
    prepared = Prepared(folder / "bundle", folder / "translator", {PLAIN: folder / PLAIN})
    translator.save(prepared.translator)
    _bundle(name, translator, sentences, references, forced_length).save(prepared.bundle)
    export_ids(translator, prepared.ids_exports[PLAIN], beams)
    return prepared


def _with_exports(prepared, translator, flavours):
    """Other flavours; what users export: a SavedModel that takes texts, a model of CTranslate2."""
    folder = prepared.bundle.parent
    for flavour in flavours:
        prepared.ids_exports[flavour] = folder / flavour
        export_ids(translator, folder / flavour, (BEAM,), flavour)
    version = translator.export(folder / "text", EXPORT)
    converted = export_ctranslate2(
        translator.model, translator.tokenizers, folder / "ctranslate2", overwrite=True
    )
    return prepared._replace(text_export=Path(version), ctranslate2=converted)


def _bundle(name, translator, sentences, references, forced_length):
    model, target = translator.model, translator.tokenizers.target
    config = model.get_config()
    source_ids = [ids.tolist() for ids in translator.source_ids(sentences)]
    options = translator.options
    limits = [
        int(options.max_length_factor * (len(ids) - 1)) + options.max_length_constant
        for ids in source_ids
    ]
    return Bundle(
        name=name,
        model={key: value for key, value in config.items() if key not in ("dtype", "name")},
        special_ids={
            role: int(getattr(target, f"{role}_id"))
            for role in ("padding", "unknown", "start", "end")
        },
        vocabulary=list(target.tokens(np.arange(target.vocabulary_size))),
        sentences=list(sentences),
        references=list(references),
        source_ids=source_ids,
        limits=limits,
        forced_length=forced_length,
        weights={
            weight.path.split("/", 1)[1]: keras.ops.convert_to_numpy(weight)
            for weight in model.weights
        },
    )
