"""The kernel of fusion: lay one tile on a band of the mosaic, with a weight that fades."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.strips import Image

FAINT = np.float32(1e-6)
"""Weight beyond a blend: pixels count there only where no other tile shows the place."""


@kernel
def lay(
    total: Image,
    weight: Image,
    pixels: npt.NDArray[Any],
    shading: Image,
    row0: int,
    col0: int,
    part: npt.NDArray[np.float32],
    weight_rows: Image,
    weight_columns: Image,
    level: npt.NDArray[np.float32],
) -> None:
    """Add a tile to the sums of a band.

    Parameters
    ----------
    total, weight
        Sums of weighted greys and of weights, shape (row, column) of the band.
    pixels
        Raw pixels of the tile.
    shading
        Reciprocal of the flat field, same shape, or (1, 1) for none.
    row0, col0
        Whole part of the band's first row and column in the tile: band pixel (r, c) shows tile
        position (row0 + r + part[0], col0 + c + part[1]).
    part
        Fraction of a row and of a column, 0 to 1.
    weight_rows, weight_columns
        Weight of every row and column of the tile.
    level
        Gain, offset and black level: grey = (pixel - level[2]) * shading * level[0] + level[1].
    """
    rows, columns = pixels.shape
    fy, fx = part[0], part[1]
    # The last row has nothing below it to interpolate with.
    last_row = rows - 1 if fy > 0 else rows
    last_col = columns - 1 if fx > 0 else columns
    r_start, r_stop = max(0, -row0), min(total.shape[0], last_row - row0)
    c_start, c_stop = max(0, -col0), min(total.shape[1], last_col - col0)
    flat = shading.shape[0] == 1
    whole = fy == 0 and fx == 0
    gain, term, dark = level[0], level[1], level[2]
    one = np.float32(1.0)
    w00, w01 = (one - fy) * (one - fx), (one - fy) * fx
    w10, w11 = fy * (one - fx), fy * fx
    for r in range(r_start, r_stop):
        i = row0 + r
        below = i + 1 if fy > 0 else i
        by_row = weight_rows[i]
        for c in range(c_start, c_stop):
            j = col0 + c
            if whole:
                value = np.float32(pixels[i, j])
            else:
                right = j + 1 if fx > 0 else j
                value = (
                    w00 * np.float32(pixels[i, j])
                    + w01 * np.float32(pixels[i, right])
                    + w10 * np.float32(pixels[below, j])
                    + w11 * np.float32(pixels[below, right])
                )
            value -= dark
            if not flat:
                value *= shading[i, j]
            w = max(by_row * weight_columns[j], FAINT)
            total[r, c] += w * (value * gain + term)
            weight[r, c] += w


@kernel
def finish(
    total: Image,
    weight: Image,
    lowest: float,
    highest: float,
    whole: bool,
    out: npt.NDArray[Any],
    valid: npt.NDArray[np.uint8],
) -> None:
    """Divide the sums, round halves up where greys are whole numbers, and mark what was seen."""
    for r in range(total.shape[0]):
        for c in range(total.shape[1]):
            w = weight[r, c]
            if w > 0:
                value = total[r, c] / w
                if whole:
                    value = np.floor(value + np.float32(0.5))
                out[r, c] = min(max(value, lowest), highest)
                valid[r, c] = 1


def ramps(length: int, before: tuple[float, float], after: tuple[float, float]) -> Image:
    """Weight along one axis of a tile.

    Parameters
    ----------
    length
        Pixels of the tile along this axis.
    before, after
        Overlap at the near and the far side and the width of its blend, in px; (0, 0) where
        there is no neighbour. The blend lies in the middle of the overlap; the other tile's ramp
        there is this one's complement.
    """
    place = np.arange(length, dtype=np.float64)
    weights = np.ones(length)
    sides = ((before, place + 0.5), (after, length - 0.5 - place))
    for (overlap, width), distance in sides:
        if overlap > 0:
            width = max(min(width, overlap), 1e-3)
            ramp = (distance - (overlap - width) / 2) / width
            weights *= np.clip(ramp, 0.0, 1.0)
    return np.maximum(weights, np.float64(FAINT)).astype(np.float32)
