"""Files that are whole or not there, whenever the process is killed and the disk full."""

import contextlib
from pathlib import Path

from keras_transformer.errors import UserError


@contextlib.contextmanager
def replacing(path):
    """Gives a path beside `path` to write to, and at the end renames that file over `path`.

    Args:
        path: of the file; its folder is made.

    Raises:
        UserError: it cannot be written; a file that was there before is as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".new-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise UserError(
            f"{path} cannot be written ({reason(error)}): make room or mend the permissions and "
            "start the same command again; what was there before is not lost."
        ) from error


def write_text(path, text):
    """Writes a text file in UTF-8: the new text, or where that fails still the old one."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def reason(error):
    """What went wrong, in the words of the system."""
    return error.strerror or str(error)
