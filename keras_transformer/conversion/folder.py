"""The folder of a converted model: written beside its place, and there whole or not at all."""

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from keras_transformer.errors import UserError

# All that a converted model consists of; a folder with anything else in it is not replaced.
_TOKENIZERS = [
    f"{name}{suffix}"
    for name in ("tokenizer", "source", "target")
    for suffix in (".json", ".model", ".vocabulary.txt")
]
_VOCABULARIES = [f"{name}_vocabulary.json" for name in ("shared", "source", "target")]
DESCRIPTION, SCRIPT, README = "translation.json", "translate.py", "README.md"
FILES = {
    "model.bin",
    "config.json",
    DESCRIPTION,
    SCRIPT,
    README,
    "__pycache__",
    *_TOKENIZERS,
    *_VOCABULARIES,
}


def check_target(folder, overwrite=False):
    """Raises `UserError` if no model can be written to `folder`; writes nothing."""
    folder = Path(folder)
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"{folder} is a file: give a folder, a new one")
    names = {path.name for path in folder.iterdir()}
    if names and not overwrite:
        raise UserError(
            f"{folder} exists and is not empty: give a new folder, or --overwrite to replace the "
            "model in it"
        )
    if names and (DESCRIPTION not in names or names - FILES):
        others = ", ".join(sorted(names - FILES)[:3]) or f"no {DESCRIPTION}"
        raise UserError(
            f"{folder} is not replaced, it is not only a converted model ({others}): give a new "
            "folder"
        )


@contextlib.contextmanager
def replacing_folder(folder):
    """Gives a new folder beside `folder` to write to, and at the end puts it into its place.

    Raises:
        UserError: it cannot be written; `folder` is as it was.
    """
    folder = Path(folder).resolve()
    unfinished = folder.with_name(f".new-{folder.name}-{uuid.uuid4().hex[:12]}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished.mkdir()
        yield unfinished
        _put(unfinished, folder)
    except OSError as error:
        raise UserError(
            f"The model cannot be written to {folder} ({error.strerror or error}): make room or "
            "give a folder that can be written; what was there before is as it was."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _put(new, folder):
    """Renames `new` to `folder`; an old model there makes way, and comes back if that fails."""
    if not folder.exists() or not any(folder.iterdir()):
        os.rename(new, folder)
        return
    old = folder.with_name(f".old-{folder.name}-{uuid.uuid4().hex[:12]}")
    os.rename(folder, old)
    try:
        os.rename(new, folder)
    except OSError:
        os.rename(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
