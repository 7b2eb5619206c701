"""Which tiles show each cell of a shard, and with what weight they meet at their sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.layout import Image

CELL_ROWS, CELL_COLUMNS = 64, 128
"""Size of a cell: its floats stay in the first cache of a core."""

HALF = np.float32(0.5)

Area = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]


@kernel
def ramp(inside: np.float32, slope: np.float32) -> np.float32:
    """Weight of a place that is this far inside a side: a half on the side itself."""
    weight = inside * slope + HALF
    weight = weight if weight > 0 else np.float32(0)
    return weight if weight < 1 else np.float32(1)


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
    across
        Left and right sides by row of the shard: where the left one lies, its slope (weight per
        px), where the right one lies, its slope; shape (4, row).
    along
        Top and bottom sides by column, likewise, shape (4, column).
    owners
        Of every cell, the last tile that covers it all with weight 1, else -1; updated.
    shown
        Of every cell, how many tiles have weight there, or -1 where none touches it; updated.
    """
    rows, columns = across.shape[1], along.shape[1]
    for p in range(max(area[0], 0) // CELL_ROWS, -(-min(area[1], rows) // CELL_ROWS)):
        r0, r1 = p * CELL_ROWS, min((p + 1) * CELL_ROWS, rows)
        for q in range(max(area[2], 0) // CELL_COLUMNS, -(-min(area[3], columns) // CELL_COLUMNS)):
            c0, c1 = q * CELL_COLUMNS, min((q + 1) * CELL_COLUMNS, columns)
            top, bottom = max(r0, area[0]), min(r1, area[1])
            left, right = max(c0, area[2]), min(c1, area[3])
            least, most = bounds(across, top, bottom, left, right)
            least_too, most_too = bounds(along, left, right, top, bottom)
            shown[p, q] = max(shown[p, q], 0) + (most > 0 and most_too > 0)
            whole = top == r0 and bottom == r1 and left == c0 and right == c1
            if whole and least >= 1 and least_too >= 1:
                owners[p, q] = tile


@kernel
def bounds(
    sides: Image, start: int, stop: int, low: int, high: int
) -> tuple[np.float32, np.float32]:
    """Least and greatest weight that two facing sides leave a rectangle.

    Parameters
    ----------
    sides
        As `claim` takes them.
    start, stop
        Pixels along the sides.
    low, high
        Pixels across them.
    """
    first, last = np.float32(low) + HALF, np.float32(high) - HALF
    least, most = np.float32(1), np.float32(0)
    for k in range(start, stop):
        near, near_slope, far, far_slope = sides[0, k], sides[1, k], sides[2, k], sides[3, k]
        least = min(least, ramp(first - near, near_slope), ramp(far - last, far_slope))
        most = max(most, min(ramp(last - near, near_slope), ramp(far - first, far_slope)))
    return least, most


def share_out(owners: Ints32, shown: Ints32) -> Ints32:
    """Numbers, from 0, for cells that need sums, -1 elsewhere; those lose their owners."""
    alone = (owners >= 0) & (shown == 1)
    owners[~alone] = -1
    several = (shown >= 0) & ~alone
    slots = np.full(owners.shape, -1, dtype=np.int32)
    slots[several] = np.arange(np.count_nonzero(several), dtype=np.int32)
    return slots
