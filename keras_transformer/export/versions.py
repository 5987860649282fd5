"""Folders of versions, as TensorFlow Serving reads them: `EXPORTS/<integer>/`."""

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from keras_transformer.errors import UserError

UNFINISHED = "unfinished-"  # no number, so that a server passes it over


def version_folders(folder):
    """`{version: folder}` of what a server would see in `folder`, ascending."""
    folder = Path(folder)
    names = [path for path in folder.iterdir() if path.name.isdecimal() and path.is_dir()]
    return {int(path.name): path for path in sorted(names, key=lambda path: int(path.name))}


def latest_version(folder):
    """The folder of the version that a server would load.

    Args:
        folder: of all versions, or of one version.

    Raises:
        UserError: there is none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(
            f"There is no folder {folder}: give the folder of an export, such as exports/ko-en."
        )
    if (folder / "saved_model.pb").is_file():
        return folder
    versions = version_folders(folder)
    if not versions:
        raise UserError(
            f"{folder} holds no exported model (no saved_model.pb and no folder with a number for "
            "a name): give the folder of an export."
        )
    return versions[max(versions)]


@contextlib.contextmanager
def unfinished_version(folder):
    """A new folder inside of `folder` to write a version into; removed if it is not published."""
    folder = Path(folder)
    path = folder / f"{UNFINISHED}{uuid.uuid4().hex[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except OSError as error:
        raise UserError(
            f"The export cannot be written to {folder} ({error.strerror}): give a folder that can "
            "be written, new or old."
        ) from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def publish(unfinished):
    """Gives a finished version the next number in one step; returns its folder.

    Another export may take the number first: a folder that is not empty is never replaced by a
    rename, and the next number is tried.
    """
    folder = unfinished.parent
    number = max(version_folders(folder), default=0) + 1
    while True:
        target = folder / str(number)
        try:
            os.rename(unfinished, target)
        except OSError:
            if not target.exists():
                raise
            number += 1
        else:
            return target
