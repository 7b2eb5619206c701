"""Half-size copies of one shard, computed where the shard is in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Pixels = npt.NDArray[np.generic]
Plane = npt.NDArray[Any]


def levels_for(shape: tuple[int, int], shard: int) -> int:
    """Levels of a pyramid: down to about 1,000 px, while a shard still halves evenly.

    Parameters
    ----------
    shape
        Rows and columns of level 0.
    shard
        Edge of a shard of level 0, in pixels.
    """
    levels = 1
    while max(shape) >> levels >= 512 and shard >> levels >= 64:
        levels += 1
    return levels


def halve_image(block: Pixels) -> Pixels:
    """Mean of each 2 x 2 square of a (..., row, column) block; an odd last line is repeated.

    Integers are rounded to the nearest (halves up), so the same pixels give the same bytes.
    """
    rows, columns = block.shape[-2:]
    half = np.empty((*block.shape[:-2], -(-rows // 2), -(-columns // 2)), block.dtype)
    halve = _halve_whole if np.issubdtype(block.dtype, np.integer) else _halve_real
    for place in np.ndindex(block.shape[:-2]):
        halve(np.ascontiguousarray(block[place]), half[place])
    return half


def halve_labels(block: Pixels) -> Pixels:
    """Top-left label of each 2 x 2 square: labels cannot be averaged."""
    rows, columns = block.shape[-2:]
    half = np.empty((*block.shape[:-2], -(-rows // 2), -(-columns // 2)), block.dtype)
    for place in np.ndindex(block.shape[:-2]):
        _thin(block[place], half[place])
    return half


@kernel
def _halve_whole(block: Plane, half: Plane) -> None:
    last = block.shape[1] - 1
    for r in range(half.shape[0]):
        a, b = 2 * r, min(2 * r + 1, block.shape[0] - 1)
        for c in range(block.shape[1] // 2):
            # 32 bits: in 64, half as many at a time.
            left = np.int32(block[a, 2 * c]) + np.int32(block[b, 2 * c])
            right = np.int32(block[a, 2 * c + 1]) + np.int32(block[b, 2 * c + 1])
            half[r, c] = (left + right + np.int32(2)) >> 2
        if last % 2 == 0:
            half[r, last // 2] = (np.int32(block[a, last]) + np.int32(block[b, last]) + 1) >> 1


@kernel
def _thin(block: Plane, half: Plane) -> None:
    for r in range(half.shape[0]):
        for c in range(half.shape[1]):
            half[r, c] = block[2 * r, 2 * c]


@kernel
def _halve_real(block: Plane, half: Plane) -> None:
    last = block.shape[1] - 1
    for r in range(half.shape[0]):
        a, b = 2 * r, min(2 * r + 1, block.shape[0] - 1)
        for c in range(half.shape[1]):
            d = min(2 * c + 1, last)
            left = np.float64(block[a, 2 * c]) + np.float64(block[b, 2 * c])
            half[r, c] = (left + np.float64(block[a, d]) + np.float64(block[b, d])) / 4
