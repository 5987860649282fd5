"""The command line. `--help` and wrong arguments are answered without importing TensorFlow."""

import errno
import os
import sys

from keras_transformer.cli.parser import build_parser
from keras_transformer.cli.startup_notes import drop_startup_notes
from keras_transformer.errors import UserError

# What to do about the failures of a disk, by error number; their own text says what happened.
_MENDS = {
    errno.ENOSPC: "make room and start the same command again",
    errno.EDQUOT: "make room and start the same command again",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a place that you may read and write",
    errno.EPERM: "choose a place that you may read and write",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "give a file",
    errno.EEXIST: "choose another name",
}


def main(argv=None) -> int:
    """Runs one command; returns 0, 2 for what the user can mend, 130 when stopped by Ctrl-C."""
    arguments = build_parser().parse_args(sys.argv[1:] if argv is None else argv)
    drop_startup_notes()
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except UserError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        again = "; the same command continues it" if arguments.resumes else ""
        print(f"\nkeras-transformer: stopped{again}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): be quiet, also when Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "keras_transformer":
            raise
        return _fail(
            f"the Python package {error.name} is not installed: run 'pip install -e .' in the "
            "project's folder"
        )
    except OSError as error:
        if error.errno not in _MENDS:
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror}: {_MENDS[error.errno]}")
    return 0


def _fail(message) -> int:
    print(f"keras-transformer: error: {' '.join(message.split())}", file=sys.stderr)
    return 2
