"""Writes the files of a tokenised corpus: complete or absent."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np

from keras_transformer.data.filters import FilterReport
from keras_transformer.errors import UserError

FORMAT_VERSION = 2
DESCRIPTION = "corpus.json"
SIDES = ("source", "target")


class CorpusWriter:
    """The files of `TokenCorpus`, under a temporary name until they are complete.

    Used as a context: what is not finished at its end is removed.

    Args:
        folder: where the corpus shall be; its parents are made.
        vocabulary_sizes: of source and target; they decide how ids are kept.
        weighted: whether the pairs have weights.

    Raises:
        UserError: here and in the methods, a folder that cannot be written.
    """

    def __init__(self, folder, vocabulary_sizes, weighted: bool = False):
        self.folder = Path(folder)
        self._temporary = temporary_name(self.folder, os.getpid())
        self._sides = []
        self._weights = None
        with writing(self.folder):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self.folder)
            self._temporary.mkdir()
        try:
            for name, size in zip(SIDES, vocabulary_sizes, strict=True):
                dtype = np.uint16 if size <= np.iinfo(np.uint16).max + 1 else np.int32
                self._sides.append(_SideWriter(self._temporary, name, dtype, self.folder))
            if weighted:
                self._weights = _FilesWriter(self._temporary, ["weights"], self.folder)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> CorpusWriter:
        return self

    def __exit__(self, *error):
        for writer in (*self._sides, *filter(None, [self._weights])):
            writer.release()
        shutil.rmtree(self._temporary, ignore_errors=True)

    @property
    def num_pairs(self) -> int:
        return self._sides[0].num_sentences

    def append(self, source, target, weights=None):
        """Appends some pairs, each side as `(ids one after the other, lengths)`."""
        for side, (ids, lengths) in zip(self._sides, (source, target), strict=True):
            side.append(ids, lengths)
        if self._weights is not None:
            self._weights.write("weights", np.asarray(weights, dtype="<f4"))

    def finish(self, fingerprint: str, report: FilterReport, part_sizes=None):
        """Puts everything on the disk and renames the folder; what stood there before goes.

        Args:
            fingerprint, report: of `TokenCorpus`.
            part_sizes: how many pairs each part has, one after the other; None: there is one.
        """
        writers = (*self._sides, *filter(None, [self._weights]))
        files = {name: about for writer in writers for name, about in writer.close().items()}
        description = {
            "format_version": FORMAT_VERSION,
            "fingerprint": fingerprint,
            "num_pairs": self.num_pairs,
            "dtypes": {side.name: side.dtype.name for side in self._sides},
            "part_sizes": [self.num_pairs] if part_sizes is None else list(part_sizes),
            "files": files,
            "report": report.to_dict(),
        }
        with writing(self.folder):
            _write_synced(self._temporary / DESCRIPTION, json.dumps(description, indent=2).encode())
            _replace(self._temporary, self.folder)


class _FilesWriter:
    """Files that are appended to, and checksums of what was."""

    def __init__(self, folder: Path, names: list[str], shown: Path):
        self._shown = shown
        self._sums = {name: [0, 0] for name in names}
        self._open_files = ExitStack()
        with writing(shown):
            self._files = {
                name: self._open_files.enter_context(open(folder / name, "wb"))  # noqa: SIM115
                for name in names
            }

    def write(self, name: str, array: np.ndarray):
        data = array.tobytes()
        with writing(self._shown):
            self._files[name].write(data)
        size, checksum = self._sums[name]
        self._sums[name] = [size + len(data), zlib.crc32(data, checksum)]

    def close(self) -> dict:
        """Puts everything on the disk; returns size and checksum of each file."""
        with writing(self._shown):
            for file in self._files.values():
                file.flush()
                os.fsync(file.fileno())
            self._open_files.close()
        return {name: {"bytes": size, "crc32": crc} for name, (size, crc) in self._sums.items()}

    def release(self):
        """Closes the files, whatever state they are in; what went wrong was already said."""
        with suppress(OSError):
            self._open_files.close()


class _SideWriter(_FilesWriter):
    """Appends the ids and offsets of one side to their two files."""

    def __init__(self, folder: Path, name: str, dtype, shown: Path):
        super().__init__(folder, [f"{name}.ids", f"{name}.offsets"], shown)
        self.name = name
        self.dtype = np.dtype(dtype)
        self.num_sentences = 0
        self._num_tokens = 0
        self.write(f"{name}.offsets", np.zeros(1, "<i8"))

    def append(self, ids: np.ndarray, lengths: np.ndarray):
        offsets = self._num_tokens + np.cumsum(lengths, dtype=np.int64)
        self.write(f"{self.name}.ids", ids.astype(self.dtype.newbyteorder("<")))
        self.write(f"{self.name}.offsets", offsets.astype("<i8"))
        self._num_tokens += len(ids)
        self.num_sentences += len(lengths)


@contextmanager
def writing(folder: Path):
    """Says in one sentence what the system reports while a corpus is written."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The tokenised corpus cannot be written to {folder}: {error.strerror or error}; free "
            "space there or choose another folder."
        ) from error


def temporary_name(folder: Path, process_id: int | str) -> Path:
    """Beside the folder, and told apart by machine and process: builds may run at once."""
    return folder.with_name(f".{folder.name}.{os.uname().nodename}.{process_id}.tmp")


def _write_synced(path: Path, data: bytes):
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _remove_abandoned(folder: Path):
    """Removes what builds left that were killed on this machine."""
    beginning = temporary_name(folder, "").name.removesuffix(".tmp")
    for path in folder.parent.iterdir():
        process_id = path.stem.removeprefix(beginning)
        if not path.name.startswith(beginning) or not process_id.isdecimal():
            continue
        try:
            if int(process_id) != os.getpid():  # one of this number, before a restart
                os.kill(int(process_id), 0)  # only asks whether it lives
                continue
        except ProcessLookupError:
            pass
        except OSError:  # it lives and is somebody else's
            continue
        shutil.rmtree(path, ignore_errors=True)


def _replace(temporary: Path, folder: Path):
    """Renames a complete folder into place; one that stood there before goes first."""
    if folder.exists():
        old = temporary.with_suffix(".old")
        os.replace(folder, old)
        os.replace(temporary, folder)
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    else:
        os.replace(temporary, folder)
