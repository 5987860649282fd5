"""Writes a model for CTranslate2, an engine of its own in C++ (https://opennmt.net/CTranslate2)."""

import importlib
import importlib.resources
import json
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_transformer.backend import compile_function
from keras_transformer.config import DecodingConfig
from keras_transformer.conversion import QUANTIZATIONS, specification
from keras_transformer.conversion import folder as folders
from keras_transformer.errors import UserError
from keras_transformer.tokenizers import teacher_forcing_batch
from keras_transformer.tokenizers.cleaning import NEWER_COMBINING, WHITE_SPACE, code_points

FORMAT_VERSION = 1
# So many tokens CTranslate2 reads, and so many it writes, where it is not told otherwise.
_DEFAULT_SOURCE, _DEFAULT_TARGET = 1024, 256
# Lengths of the sentences with which a written model is checked.
_CHECKED = ((11, 7), (3, 5), (7, 2))


def export_ctranslate2(
    model,
    tokenizers,
    folder,
    options=None,
    quantization="float32",
    overwrite=False,
    languages=("", ""),
    progress=None,
):
    """Writes the folder that `ctranslate2.Translator` loads.

    In it are the model, the vocabularies and the tokenizers; `translate.py`, which translates lines
    of text and needs no keras_transformer; and `README.md`, which says how. The written model is
    loaded and gives the scores of `model` before the folder gets its name.

    Args:
        model: a built `Transformer` with sinusoidal or learned positions.
        tokenizers: the `TokenizerPair` it was trained with.
        folder: of the model, a new one.
        options: `DecodingConfig`, for the limits of lengths; the defaults if None.
        quantization: kind of the weights, one of `QUANTIZATIONS`.
        overwrite: replace the model that an earlier call wrote to `folder`.
        languages: codes of the source and the target language, `""` where unknown.
        progress: called with a line about what is going on.

    Returns:
        Path of the folder.

    Raises:
        UserError: CTranslate2 cannot express the model, is not installed or gives other scores, or
            the folder cannot be written; it is as it was then.
    """
    say = progress or (lambda line: None)
    options = options or DecodingConfig()
    if quantization not in QUANTIZATIONS:
        raise UserError(
            f"quantization must be one of {', '.join(QUANTIZATIONS)}; received {quantization!r}"
        )
    folders.check_target(folder, overwrite)
    specification.check_expressible(model, tokenizers)
    _check_installed()
    lengths = _lengths(model, options)
    say(f"Converting {model.count_params():,} parameters to {quantization}")
    spec = specification.specification(model, tokenizers, *_num_positions(model, lengths))
    spec.validate()
    spec.optimize(quantization)
    with folders.replacing_folder(folder) as unfinished:
        spec.save(unfinished)
        tokenizers.save(unfinished)
        _write_texts(unfinished, tokenizers, lengths, quantization, languages)
        say("Comparing the scores of the written model with those of Keras")
        _check(unfinished, model, tokenizers, quantization)
        size = (unfinished / "model.bin").stat().st_size
    say(
        f"Written: {size / 1e6:,.1f} MB; translate with 'python {folder}/{folders.SCRIPT} < FILE', "
        f"or load it as {folder}/{folders.README} says"
    )
    return Path(folder)


def _check_installed():
    try:
        importlib.import_module("ctranslate2")
    except ImportError as error:
        raise UserError(
            f"The Python package ctranslate2 cannot be imported ({error}): run "
            "'pip install \"ctranslate2>=4.8,<5\"'."
        ) from error


def _lengths(model, options):
    """The limits that `translate.py` keeps, as in `Translator`."""
    longest = options.max_source_length
    if model.positions == "learned":  # one of them is the end mark's
        longest = min(longest, model.max_length - 1)
    return {
        "max_source_length": longest,
        "max_length_factor": options.max_length_factor,
        "max_length_constant": options.max_length_constant,
    }


def _num_positions(model, lengths):
    """Enough for the limits, and for the defaults of CTranslate2."""
    source = max(lengths["max_source_length"] + 1, _DEFAULT_SOURCE)
    if model.positions == "learned":
        source = model.max_length
    longest = int(lengths["max_length_factor"] * lengths["max_source_length"])
    target = max(longest + lengths["max_length_constant"], _DEFAULT_TARGET)
    if model.positions == "sinusoidal":  # one table for both, which is stored once
        source = target = max(source, target)
    return source, target


def _write_texts(folder, tokenizers, lengths, quantization, languages):
    shared = tokenizers.shared
    description = {
        "format_version": FORMAT_VERSION,
        "quantization": quantization,
        "languages": list(languages),
        "source_tokenizer": "tokenizer" if shared else "source",
        "target_tokenizer": "tokenizer" if shared else "target",
        **lengths,
        "white_space": code_points(WHITE_SPACE),
        "not_composed": code_points(NEWER_COMBINING),
    }
    text = json.dumps(description, indent=1) + "\n"
    (folder / folders.DESCRIPTION).write_text(text, encoding="utf-8")
    script = importlib.resources.files("keras_transformer.conversion") / folders.SCRIPT
    (folder / folders.SCRIPT).write_bytes(script.read_bytes())
    target = tokenizers.target
    unknown, start, end = target.tokens([target.unknown_id, target.start_id, target.end_id])
    limit = f"{lengths['max_length_factor']:g} * pieces + {lengths['max_length_constant']}"
    readme = _README.format(
        quantization=quantization,
        languages=" to ".join(languages) if all(languages) else "one language to another",
        needs="sentencepiece" if target.model_suffix == ".model" else "keras-transformer-mt",
        tokenizers="`tokenizer.*`" if shared else "`source.*` and `target.*`",
        unknown=unknown,
        start=start,
        end=end,
        limit=limit,
        max_source_length=lengths["max_source_length"],
    )
    (folder / folders.README).write_text(readme, encoding="utf-8")


def _check(folder, model, tokenizers, quantization):
    """Compares log-probabilities of random sentences; `UserError` if they are others."""
    import ctranslate2

    random = np.random.default_rng(0)
    sides = tokenizers.source, tokenizers.target
    ordinary = [_ordinary_ids(side) for side in sides]
    rows = [
        [random.choice(ids, size=length) for ids, length in zip(ordinary, lengths, strict=True)]
        for lengths in _checked_lengths(model)
    ]
    expected = _token_scores(model, tokenizers, rows)
    compute_type = "int8_float32" if quantization.startswith("int8") else "float32"
    translator = ctranslate2.Translator(
        str(folder), device="cpu", compute_type=compute_type, intra_threads=1
    )
    sources, targets = ([side.tokens(row[n]) for row in rows] for n, side in enumerate(sides))
    results = translator.score_batch(sources, targets)
    found = np.concatenate([result.log_probs for result in results])
    difference = float(np.abs(found - expected).mean())
    if not difference <= QUANTIZATIONS[quantization]:  # nor a number at all
        raise UserError(
            "The CTranslate2 model gives other scores than Keras (log-probabilities are off by "
            f"{difference:.3g} on average), so it was not kept: try a quantization other than "
            f"{quantization}, or a version of ctranslate2 other than {ctranslate2.__version__}."
        )


def _checked_lengths(model):
    longest = model.max_length - 1 if model.positions == "learned" else max(map(max, _CHECKED))
    return [[min(length, longest) for length in lengths] for lengths in _CHECKED]


def _ordinary_ids(tokenizer):
    marks = [tokenizer.padding_id, tokenizer.unknown_id, tokenizer.start_id, tokenizer.end_id]
    return np.setdiff1d(np.arange(tokenizer.vocabulary_size), marks)


def _token_scores(model, tokenizers, rows):
    """Log-probabilities of all target ids and end marks, in a row."""
    source, target = tokenizers.source, tokenizers.target
    sources = [np.append(ids, source.end_id) for ids, _ in rows]
    targets = [ids for _, ids in rows]
    batch = teacher_forcing_batch(sources, targets, target, model.padding_id)

    def score(source_ids, target_ids):
        return ops.log_softmax(model.decode(model.encode(source_ids), target_ids))

    scores = compile_function(model, score)(batch.source_ids, batch.target_ids)
    scores = keras.ops.convert_to_numpy(scores)
    return np.concatenate(
        [
            scores[row, np.arange(len(ids) + 1), batch.labels[row, : len(ids) + 1]]
            for row, ids in enumerate(targets)
        ]
    )


_README = """\
# A translation model for CTranslate2

From {languages}; weights as {quantization}. Written by keras-transformer-mt.

## Lines of text

    pip install "ctranslate2>=4.8,<5" {needs}
    python translate.py < input.txt > output.txt

`python translate.py --help` tells the options: width of the beam, device, kind of arithmetic. From
Python, with this folder on the path: `CTranslate2Translator(folder).translate(texts)` of
`translate.py`.

## Pieces

`ctranslate2.Translator(folder)` reads and writes pieces of the tokenizers in {tokenizers}.

- Before it is tokenized a text is composed (NFC), and every run of white space becomes one space
  (`clean` in `translate.py`).
- Give the pieces of the text and nothing else. CTranslate2 puts the end mark `{end}` behind the
  source and `{start}` before the translation itself (`config.json` says so). There is no start mark
  before the source. A piece that is not in the vocabulary is `{unknown}`, which may also be
  produced: it is not suppressed.
- The texts of keras-transformer's greedy search need `beam_size=1, min_decoding_length=0` and, for
  each sentence, `max_decoding_length` {limit}, sources being cut to {max_source_length} pieces.
  CTranslate2's own defaults are a beam of 2, at least 1 and at most 256 tokens.
- `length_penalty` divides by `length ** length_penalty` in CTranslate2, and by
  `((5 + length) / 6) ** length_penalty` in keras-transformer: only 0 means the same. Its own
  default is 1.
"""
