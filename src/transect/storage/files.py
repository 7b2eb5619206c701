"""Atomic writes: a file or store that is visible is complete."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from transect.errors import StorageError

_CURES = {
    errno.ENOSPC: "the disk is full; free some space and run again",
    errno.EDQUOT: "the quota is used up; free some space and run again",
    errno.EACCES: "no permission to write there; choose another results folder",
    errno.EPERM: "no permission to write there; choose another results folder",
    errno.EROFS: "the file system is read-only; choose another results folder",
}


def explain(path: Path, error: OSError) -> StorageError:
    """Put a failure while writing `path` into the user's words.

    A file that is not there, outside `path`, is an input that could not be read.
    """
    culprit = Path(str(error.filename)) if error.filename else path
    if error.errno == errno.ENOENT and culprit.parent not in (path.parent, *path.parents):
        return StorageError(f"{culprit}: could not be read: it is not there")
    cure = _CURES.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"{path}: could not be written: {cure}")


@contextmanager
def writing(path: Path, keep: bool = False) -> Iterator[Path]:
    """Give a path to write a file or folder to, swapped in for `path` when all went well.

    A failure leaves what was there before, and removes what was half written, or keeps that for
    the next time where `keep` is set.

    Raises
    ------
    StorageError
        The disk is full or the folder cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not keep:
            remove(partial)
        yield partial
        if partial.is_dir():
            remove(path)
        os.replace(partial, path)
    except OSError as error:
        if not keep:
            remove(partial)
        raise explain(path, error) from error
    except BaseException:
        if not keep:
            remove(partial)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, as UTF-8 with line feeds."""
    with writing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
