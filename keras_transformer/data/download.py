"""Fetches files of a corpus with checksums, and finds the ones that are already there."""

from __future__ import annotations

import contextlib
import http.client
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from keras_transformer.data.fingerprint import content_digest
from keras_transformer.data.known_corpora import CORPORA, RemoteFile
from keras_transformer.errors import UserError

TIMEOUT = 30.0  # seconds without any byte
_BLOCK = 1 << 16
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def ensure_corpus(
    name: str,
    folder,
    base_url: str | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> dict[str, dict[str, Path]]:
    """The files of a known corpus in a folder; the missing ones are fetched.

    A file that is there, plain or gzipped, is used as it is; where its content is not the
    published one, `warn` is told.

    Args:
        name: a key of `known_corpora.CORPORA`.
        folder: where the files are or go; made if needed.
        base_url: fetch from there instead of from where the corpus is published.
        warn: called with one sentence.

    Returns:
        Paths by split (`"train"`, `"validation"`, `"test"`) and language.

    Raises:
        UserError: an unknown name, or a file that cannot be fetched or written.
    """
    if name not in CORPORA:
        raise UserError(f"There is no corpus {name!r} to fetch: known are {', '.join(CORPORA)}.")
    corpus, folder = CORPORA[name], Path(folder)
    paths: dict[str, dict[str, Path]] = {}
    for file in corpus.files:
        path = _existing(folder, file)
        if path is None:
            path = folder / Path(file.path).name
            url = f"{(base_url or corpus.base_url).rstrip('/')}/{file.path}"
            fetch(url, path, file.sha256, file.size)
        elif (digest := _digest_or_none(path)) != file.sha256:
            warn(
                f"{path} is not the published file (its content has SHA-256 "
                f"{digest or 'unreadable'}, not {file.sha256}): scores will not compare; delete it "
                "to have it fetched."
            )
        paths.setdefault(file.split, {})[file.language] = path
    return paths


def fetch(url: str, path, sha256: str | None = None, size: int | None = None) -> Path:
    """Fetches one file, with a progress bar where standard error is a terminal.

    It is written under a temporary name, checked, and renamed.

    Args:
        url: `https`; plain `http` only from this machine.
        path: where to put it; folders on the way are made.
        sha256: of the content (after gunzip if it is gzipped), so that both forms check.
        size: expected bytes, for the bar where the server does not say.

    Raises:
        UserError: no network, an HTTP error, another checksum, a disk that cannot be written.
    """
    _check_url(url)
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _receive(url, path, temporary, size)
        if sha256 is not None and (digest := _digest_or_none(temporary)) != sha256:
            raise UserError(
                f"{url} gave another content than expected (SHA-256 {digest or 'unreadable'}, not "
                f"{sha256}): try again, or get the file elsewhere and put it at {path}."
            )
        with _writing(path):
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return path


def _digest_or_none(path: Path) -> str | None:
    try:
        return content_digest(path)
    except (OSError, EOFError, zlib.error):
        return None


def _existing(folder: Path, file: RemoteFile) -> Path | None:
    plain = Path(file.path).name.removesuffix(".gz")
    candidates = (folder / plain, folder / f"{plain}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _check_url(url: str):
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise UserError(f"Files are fetched by https only. Received: {url}")


def _receive(url: str, path: Path, temporary: Path, size: int | None):
    """Writes what a server gives to a temporary file."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            announced = response.headers.get("Content-Length", "")
            announced = int(announced) if announced.isdigit() else None
            with _writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                file = open(temporary, "wb")  # noqa: SIM115
            received = 0
            with file, _progress(path.name, announced or size) as advance:
                while block := response.read(_BLOCK):
                    with _writing(path):
                        file.write(block)
                    received += len(block)
                    advance(len(block))
                with _writing(path):
                    file.flush()
                    os.fsync(file.fileno())
    except urllib.error.HTTPError as error:
        raise UserError(
            f"{url} could not be fetched: the server answered {error.code} ({error.reason}); get "
            f"the file elsewhere and put it at {path}."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{url} could not be fetched ({reason}): check the network, or get the file elsewhere "
            f"and put it at {path}."
        ) from None
    if announced is not None and received < announced:
        raise UserError(
            f"{url} broke off after {received:,} of {announced:,} bytes: check the network and try "
            "again."
        )


@contextlib.contextmanager
def _writing(path: Path):
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}; free space there or choose "
            "another folder."
        ) from None


@contextlib.contextmanager
def _progress(name: str, size: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error if that is a terminal; gives the function that moves it on."""
    if not sys.stderr.isatty():
        yield lambda num_bytes: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=size)
        yield lambda num_bytes: bar.advance(task, num_bytes)


def missing_files(name: str, folder) -> list[Path]:
    """The files of a known corpus that `ensure_corpus` would have to fetch into a folder."""
    files = CORPORA[name].files
    return [Path(folder) / Path(f.path).name for f in files if _existing(Path(folder), f) is None]
