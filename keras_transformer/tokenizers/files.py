"""Tokenizers on disk: `NAME.json` says what it is, the model file beside it what it learned."""

import hashlib
import json
import os
from pathlib import Path

from keras_transformer.errors import UserError

FORMAT = "keras_transformer tokenizer"
FORMAT_VERSION = 1
KINDS = ("unigram", "bpe", "wordpiece", "bytes")


def tokenizer_class(kind):
    """The class of a kind of tokenizer; `UserError` for an unknown kind."""
    if kind in ("unigram", "bpe"):
        from keras_transformer.tokenizers.sentence_piece import SentencePieceTokenizer

        return SentencePieceTokenizer
    if kind == "wordpiece":
        from keras_transformer.tokenizers.word_piece import WordPieceTokenizer

        return WordPieceTokenizer
    if kind == "bytes":
        from keras_transformer.tokenizers.byte import ByteTokenizer

        return ByteTokenizer
    raise UserError(f"The kind of tokenizer must be one of {', '.join(KINDS)}; received {kind!r}")


def save_tokenizer(tokenizer, folder, name="tokenizer"):
    """Write a tokenizer; each file is complete or absent, and `NAME.json` is the last one."""
    folder = Path(folder)
    model = tokenizer.model_bytes()
    description = {"format": FORMAT, "version": FORMAT_VERSION, **tokenizer.description()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if tokenizer.model_suffix:
            description["model"] = name + tokenizer.model_suffix
            description["model_sha256"] = hashlib.sha256(model).hexdigest()
            _write(folder / description["model"], model)
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        _write(folder / f"{name}.json", text.encode("utf-8"))
    except OSError as error:
        raise UserError(
            f"The tokenizer cannot be written to {folder}: {error.strerror or error}; free space "
            "or choose another folder."
        ) from error


def load_tokenizer(folder, name="tokenizer"):
    """The tokenizer `name` of a folder, of the class that its kind says.

    Raises:
        UserError: a file is missing, damaged, or does not belong to the other.
    """
    path = Path(folder) / f"{name}.json"
    description = _description(path)
    kind = description.get("kind")
    try:
        tokenizer_type = tokenizer_class(kind)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    model = b""
    if tokenizer_type.model_suffix:
        model = _model(path, description, name + tokenizer_type.model_suffix)
    try:
        tokenizer = tokenizer_type.from_model(kind, model, description["options"])
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    for key, value in tokenizer.description().items():
        if description.get(key) != value:
            raise UserError(
                f"{path}: `{key}` is {description.get(key)!r}, but the model beside it has "
                f"{value!r}; restore both files from one run."
            )
    return tokenizer


def _description(path):
    content = _read(path)
    try:
        description = json.loads(content)
    except ValueError as error:
        raise UserError(
            f"{path} is damaged, it is not JSON ({error}); restore it or train the tokenizer again."
        ) from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise UserError(
            f"{path} does not describe a tokenizer: it must hold an object with "
            f'"format": "{FORMAT}", as `save` writes it.'
        )
    if not isinstance(description.get("options"), dict):
        raise UserError(
            f"{path} is damaged: `options` must be an object; received "
            f"{description.get('options')!r}."
        )
    if description.get("version") != FORMAT_VERSION:
        raise UserError(
            f"{path} has format version {description.get('version')!r}, and this release reads "
            f"version {FORMAT_VERSION}; use the release that wrote it."
        )
    return description


def _model(path, description, file_name):
    model = _read(path.parent / file_name)
    if hashlib.sha256(model).hexdigest() != description.get("model_sha256"):
        raise UserError(
            f"{path.parent / file_name} is not the model that {path.name} was saved with (another "
            "SHA-256); restore both files from one run."
        )
    return model


def _read(path):
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(
            f"There is no {path}; a folder with a tokenizer has the files that `save` writes."
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error


def _write(path, content):
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
