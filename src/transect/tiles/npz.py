"""Named arrays in one file whose bytes depend on the arrays only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.errors import StorageError
from transect.storage.files import writing

# `numpy.savez` stamps the time of writing into each member.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays atomically to a file that `numpy.load` reads."""
    with writing(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name in sorted(arrays):
            member = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]))
            archive.writestr(member, buffer.getvalue(), compresslevel=1)


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read all arrays of a file.

    Raises
    ------
    StorageError
        The file is absent or is not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise StorageError(f"{path}: not a readable file of arrays: {error}") from error
