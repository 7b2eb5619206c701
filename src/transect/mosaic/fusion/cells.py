"""Which tiles show each cell of a shard, and with what weight they meet at their sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.layout import Image

CELL_ROWS, CELL_COLUMNS = 64, 64
"""Size of a cell: larger ones would be crossed by more joints, smaller ones be more to do."""

HALF = np.float32(0.5)

ROUND_PX = np.float32(0.01)
"""More than single precision rounds the places of a shard by."""

Area = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]


@kernel
def ramp(inside: np.float32, slope: np.float32) -> np.float32:
    """Weight of a place that is this far inside a side: a half on the side itself."""
    weight = inside * slope + HALF
    weight = weight if weight > 0 else np.float32(0)
    return weight if weight < 1 else np.float32(1)


@kernel
def bands(sides: Image, start: int, stop: int, size: int) -> Image:
    """Where a tile's weight may begin, is 1 from, is 1 to, and has ended, for bands of cells.

    Parameters
    ----------
    sides
        Left and right sides by row of the shard: where the left one lies, its slope (weight per
        px), where the right one lies, its slope; shape (4, row). Or top and bottom ones by column.
    start, stop
        Rows, or columns, that the tile covers.
    size
        How many make a band.

    Returns
    -------
    Array of shape (4, band): columns, or rows, with room for what floats round.
    """
    length = sides.shape[1]
    found = np.empty((4, -(-length // size)), np.float32)
    for k in range(found.shape[1]):
        begins, fully, until, ends = (
            np.float32(3e9),
            -np.float32(3e9),
            np.float32(3e9),
            -np.float32(3e9),
        )
        for n in range(max(k * size, start), min((k + 1) * size, stop, length)):
            near, far = HALF / sides[1, n], HALF / sides[3, n]
            begins, fully = min(begins, sides[0, n] - near), max(fully, sides[0, n] + near)
            until, ends = min(until, sides[2, n] - far), max(ends, sides[2, n] + far)
        found[0, k], found[1, k] = begins - ROUND_PX, fully + ROUND_PX
        found[2, k], found[3, k] = until - ROUND_PX, ends + ROUND_PX
    return found


@kernel
def claim(
    tile: int, area: Area, across: Image, along: Image, owners: Ints32, shown: Ints32
) -> None:
    """Enter a tile in the cells that it touches.

    Parameters
    ----------
    tile
        Number of the tile.
    area
        First and one past the last row, then column, that the tile covers; of the shard.
    across, along
        Where its sides lie, by rows and by columns of cells: see `bands`.
    owners
        Of every cell, the last tile that covers it all with weight 1, else -1; updated.
    shown
        Of every cell, how many tiles have weight there, or -1 where none touches it; updated.
    """
    rows, columns = owners.shape
    for p in range(max(area[0], 0) // CELL_ROWS, min(-(-area[1] // CELL_ROWS), rows)):
        top, bottom = max(p * CELL_ROWS, area[0]), min((p + 1) * CELL_ROWS, area[1])
        for q in range(max(area[2], 0) // CELL_COLUMNS, min(-(-area[3] // CELL_COLUMNS), columns)):
            left, right = max(q * CELL_COLUMNS, area[2]), min((q + 1) * CELL_COLUMNS, area[3])
            seen = right - HALF > across[0, p] and left + HALF < across[3, p]
            seen &= bottom - HALF > along[0, q] and top + HALF < along[3, q]
            shown[p, q] = max(shown[p, q], 0) + seen
            whole = bottom - top == CELL_ROWS and right - left == CELL_COLUMNS
            whole &= left + HALF >= across[1, p] and right - HALF <= across[2, p]
            if whole and top + HALF >= along[1, q] and bottom - HALF <= along[2, q]:
                owners[p, q] = tile


def share_out(owners: Ints32, shown: Ints32) -> Ints32:
    """Numbers, from 0, for cells that need sums, -1 elsewhere; those lose their owners."""
    alone = (owners >= 0) & (shown == 1)
    owners[~alone] = -1
    several = (shown >= 0) & ~alone
    slots = np.full(owners.shape, -1, dtype=np.int32)
    slots[several] = np.arange(np.count_nonzero(several), dtype=np.int32)
    return slots
