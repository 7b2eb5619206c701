"""Flat fields: what `shading.npz` holds, without what estimates it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transect.tiles.npz import read_npz


@dataclass(frozen=True)
class Shading:
    """Brightness over the field of one channel: divide a tile by the gain."""

    gain: npt.NDArray[np.float32]
    offset: float


def shading_arrays(shadings: Sequence[Shading]) -> dict[str, npt.NDArray[np.float32]]:
    """Arrays of `shading.npz`: `gain_0`, `offset_0`, and so on, in the index's channel order."""
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    for number, shading in enumerate(shadings):
        arrays[f"gain_{number}"] = shading.gain
        arrays[f"offset_{number}"] = np.array(shading.offset, dtype=np.float32)
    return arrays


def read_shading(path: Path) -> list[Shading]:
    """Shading of every channel, in the index's channel order.

    Raises
    ------
    StorageError
        The file cannot be read.
    """
    arrays = read_npz(path)
    count = sum(name.startswith("gain_") for name in arrays)
    return [Shading(arrays[f"gain_{n}"], float(arrays[f"offset_{n}"].item())) for n in range(count)]


def uneven(gain: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
    """Flat field, or none where it is 1 everywhere: then pixels stay exactly as they are."""
    return None if (gain == 1).all() else gain
