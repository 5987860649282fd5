"""Writing a version for TensorFlow Serving: SavedModel, warmup records, description, gate."""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from importlib import metadata
from pathlib import Path

import keras
import tensorflow as tf

from keras_transformer.errors import UserError
from keras_transformer.export.cases import save_cases
from keras_transformer.export.contract import SIGNATURES
from keras_transformer.export.reference import make_cases
from keras_transformer.export.signatures import Limits, SearchSizes, ServedFunctions
from keras_transformer.export.versions import publish, unfinished_version
from keras_transformer.export.warmup import write_warmup

DESCRIPTION_FILE = "keras_transformer.json"  # in assets.extra/
_FORMAT = 1


def export_saved_model(
    model,
    tokenizers,
    folder,
    decoding,
    export,
    explain_layer=None,
    languages=("", ""),
    progress=None,
):
    """Writes the next version of a model for TensorFlow Serving.

    The version is written beside its place, checked by the gate (`export/gate.py`) in a process of
    its own, and renamed to its number at the end: a server never sees half of one, and an export
    that fails the gate leaves nothing.

    Args:
        model: a built `Transformer`, of any precision; float32 is exported.
        tokenizers: `TokenizerPair`.
        folder: of all versions; made if needed.
        decoding: `DecodingConfig`; its limits of length become those of the export.
        export: `ExportConfig`.
        explain_layer: decoder layer, from 0, whose mean over heads is `attention` of the signature
            `explain`; the last but one if None.
        languages: codes of source and target language where known, such as `("ko", "en")`.
        progress: function of one `str`, called with a line about what is going on.

    Returns:
        Path of the new version, `folder/<integer>`.

    Raises:
        UserError: model and tokenizers do not fit, the folder cannot be written, or the gate
            refuses the export; the message says why.
    """
    progress = progress or (lambda line: None)
    explain_layer = _check(model, tokenizers, explain_layer, export)
    with unfinished_version(folder) as unfinished:
        model = float32_copy(model)
        limits = Limits.of(model, decoding, export)
        sizes = SearchSizes.of(decoding, export)
        functions = ServedFunctions(model, tokenizers, limits, sizes, explain_layer, export.flavour)
        progress("Export: writing the SavedModel")
        try:
            write_archive(functions, unfinished)
            write_warmup(unfinished, Path(folder).resolve().name, export.warmup_batch_sizes)
            description = describe(functions, languages)
            text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
            path = unfinished / "assets.extra" / DESCRIPTION_FILE
            path.write_text(text, encoding="utf-8")
        except (OSError, tf.errors.OpError) as error:
            raise UserError(
                f"The export cannot be written to {folder}: {error}; is the disk full?"
            ) from error
        progress("Export: checking it in a process of its own")
        run_gate(functions, unfinished)
        return publish(unfinished)


def write_archive(functions, folder):
    """Writes `saved_model.pb` and `variables/` of all signatures."""
    archive = keras.export.ExportArchive()
    # Not the model: it would store every weight twice. The variables that the functions use are
    # tracked by `add_endpoint`.
    for resource in functions.tokenizers.resources():
        archive.track(resource)
    for name, function, specification in functions.endpoints():
        function = _traced_once(function, specification)
        archive.add_endpoint(name, function, input_signature=specification)
    archive.write_out(str(folder), verbose=False)


def _traced_once(function, specification):
    """Keras and TensorFlow each trace what is saved; this is quick to trace."""
    traced = tf.function(function, specification, autograph=False).get_concrete_function()
    return lambda *inputs: traced(*inputs)


def float32_copy(model):
    """The same weights in a float32 model of its own, on the CPU.

    The copy knows no mixed precision, no distribution strategy and no other device, so that
    nothing of these is written into the graph.
    """
    config = {**model.get_config(), "dtype": "float32"}
    with tf.device("/CPU:0"):
        copy = type(model).from_config(config)
        copy.build()
        copy.set_weights([keras.ops.convert_to_numpy(w).astype("float32") for w in model.weights])
    return copy


def describe(functions, languages):
    """What a client can know of the export without running it; plain JSON."""
    model, tokenizers = functions.model, functions.tokenizers
    sizes = model.get_config()
    names = ("num_encoder_layers", "num_decoder_layers", "hidden_dim", "intermediate_dim",
             "num_heads", "activation", "norm", "positions")  # fmt: skip
    return {
        "format": _FORMAT,
        "source_language": languages[0],
        "target_language": languages[1],
        "signatures": {
            name: {"inputs": list(signature.inputs), "outputs": list(signature.outputs)}
            for name, signature in SIGNATURES.items()
        },
        "max_source_length": functions.limits.max_source_length,
        "max_length_factor": functions.limits.factor,
        "max_length_constant": functions.limits.constant,
        "beam_size": functions.search.beam_size,
        "n_best": functions.search.num_results,
        "length_penalty": functions.search.length_penalty,
        "flavour": functions.flavour,
        "explain_layer": functions.explain_layer,
        "source_vocabulary_size": tokenizers.source.vocabulary_size,
        "target_vocabulary_size": tokenizers.target.vocabulary_size,
        "source_tokenizer": tokenizers.source.kind,
        "target_tokenizer": tokenizers.target.kind,
        "shared_vocabulary": tokenizers.shared,
        "model": {name: sizes[name] for name in names},
        "parameters": model.count_params(),
        "made_with": {name: metadata.version(name) for name in ("tensorflow", "keras")},
    }


def run_gate(functions, folder):
    """Lets a fresh process judge a version; `UserError` with its reasons if it refuses."""
    with tempfile.TemporaryDirectory() as temporary:
        cases = Path(temporary) / "cases.npz"
        with tf.device("/CPU:0"), warnings.catch_warnings():
            # Keras wonders about a softmax over a single token.
            warnings.simplefilter("ignore", UserWarning)
            save_cases(cases, make_cases(functions), facts_of(functions))
        package = Path(__file__).resolve().parents[2]
        path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "CUDA_VISIBLE_DEVICES": "-1",  # the GPU may be full, and its rounding is another
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        command = [sys.executable, "-m", "keras_transformer.export.gate", str(folder), str(cases)]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace"
        )
    if done.returncode:
        reasons = done.stdout.strip().splitlines()
        if done.returncode != 1 or not reasons:
            lines = done.stderr.strip().splitlines() or ["no message"]
            reasons = [f"the check itself failed with status {done.returncode}: {lines[-1]}"]
        raise UserError(
            "The export was not published because it failed the gate: " + "; ".join(reasons)
        )


def facts_of(functions):
    """What the gate cannot know of an export: the last argument of `gate.check_version`."""
    weight_bytes = (weight.dtype.size * weight.shape.num_elements() for weight in functions.weights)
    return {
        "weight_bytes": sum(weight_bytes),
        "parameter_bytes": 4 * functions.model.count_params(),
        "needs_xla": functions.flavour == "xla",
        "rounding": functions.rounding,
    }


def _check(model, tokenizers, explain_layer, export):
    """Refuses what cannot be exported; returns the explained layer."""
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"The export needs TensorFlow, and Keras runs on {keras.backend.backend()}: start "
            "again with KERAS_BACKEND=tensorflow."
        )
    if not model.built:
        raise UserError("The model has no weights yet: build, load or train it before the export.")
    sides = (
        ("source", tokenizers.source, model.vocabulary_size),
        ("target", tokenizers.target, model.target_vocabulary_size or model.vocabulary_size),
    )
    for side, tokenizer, size in sides:
        if tokenizer.vocabulary_size > size:
            raise UserError(
                f"The {side} tokenizer has {tokenizer.vocabulary_size} pieces and the model knows "
                f"{size}: export a model with the tokenizers that it was trained with."
            )
        if tokenizer.padding_id != model.padding_id:
            raise UserError(
                f"The {side} tokenizer pads with id {tokenizer.padding_id} and the model with "
                f"{model.padding_id}: build the model with padding_id={tokenizer.padding_id}."
            )
    if not export.warmup_batch_sizes:
        raise UserError(
            "export.warmup_batch_sizes is empty: give at least one size, such as 1, so that the "
            "server can try out every signature."
        )
    if explain_layer is None:
        return max(model.num_decoder_layers - 2, 0)
    if not 0 <= explain_layer < model.num_decoder_layers:
        raise UserError(
            f"`explain_layer` is {explain_layer} and the model has {model.num_decoder_layers} "
            f"decoder layers: give a number from 0 to {model.num_decoder_layers - 1}."
        )
    return explain_layer
