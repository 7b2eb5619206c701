"""Finding the neighbours of a disc among thousands: cells for the small, a list for the large."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class Cells(NamedTuple):
    """Discs by place.

    Attributes
    ----------
    head
        First disc of each cell, -1 for none.
    follow
        Disc after each disc in its cell.
    large, counts
        Discs too large for cells; how many they are.
    x0, y0, size, most
        Corner of the first cell, edge of a cell, largest radius in cells.
    """

    head: I64
    follow: I64
    large: I64
    counts: I64
    x0: float
    y0: float
    size: float
    most: float


@kernel
def no_cells() -> Cells:
    """Give cells that are not used."""
    none = np.empty(0, dtype=np.int64)
    return Cells(np.empty((0, 0), dtype=np.int64), none, none, none, 0.0, 0.0, 1.0, 1.0)


@kernel
def some_cells(discs: F64, m: int, radii: F64, x0: float, x1: float, y0: float, y1: float) -> Cells:
    """Cells over a strip, with the first m discs in them.

    Parameters
    ----------
    discs
        Room for all discs.
    m
        How many are there already.
    radii
        Of those to come.
    x0, x1, y0, y1
        Where centres may lie.
    """
    most = 2.5 * np.median(radii)
    size = max(2.0 * most, 4.0)
    wide, tall = int((x1 - x0) / size) + 1, int((y1 - y0) / size) + 1
    head = np.full((tall, wide), -1, dtype=np.int64)
    n = discs.shape[0]
    follow, large = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    cells = Cells(head, follow, large, np.zeros(1, dtype=np.int64), x0, y0, size, most)
    for i in range(m):
        add(cells, discs, i)
    return cells


@kernel
def add(cells: Cells, discs: F64, i: int) -> None:
    """Put disc i where it is found; those outside the cells count as large."""
    c = int(np.floor((discs[i, 0] - cells.x0) / cells.size))
    r = int(np.floor((discs[i, 1] - cells.y0) / cells.size))
    inside = 0 <= r < cells.head.shape[0] and 0 <= c < cells.head.shape[1]
    if inside and discs[i, 2] <= cells.most:
        cells.follow[i] = cells.head[r, c]
        cells.head[r, c] = i
    else:
        cells.large[cells.counts[0]] = i
        cells.counts[0] += 1


@kernel
def near_two(
    discs: F64, cells: Cells, x: float, y: float, r: float
) -> tuple[int, float, int, float]:
    """Nearest and second nearest disc and the gaps to them, as far as they matter in packing.

    Gaps of up to 1.2 r + 4 are found. Where there is one neighbour it is given twice, the second
    time far off.
    """
    first, second, gap1, gap2 = -1, -1, 1e18, 1e18
    for k in range(cells.counts[0]):
        i = cells.large[k]
        gap = np.sqrt((discs[i, 0] - x) ** 2 + (discs[i, 1] - y) ** 2) - r - discs[i, 2]
        if gap < gap1:
            second, gap2 = first, gap1
            first, gap1 = i, gap
        elif gap < gap2:
            second, gap2 = i, gap
    far = 2.2 * r + 4.0 + cells.most
    tall, wide = cells.head.shape
    c0 = max(int(np.floor((x - far - cells.x0) / cells.size)), 0)
    c1 = min(int(np.floor((x + far - cells.x0) / cells.size)) + 1, wide)
    r0 = max(int(np.floor((y - far - cells.y0) / cells.size)), 0)
    r1 = min(int(np.floor((y + far - cells.y0) / cells.size)) + 1, tall)
    for row in range(r0, r1):
        for column in range(c0, c1):
            i = cells.head[row, column]
            while i >= 0:
                gap = np.sqrt((discs[i, 0] - x) ** 2 + (discs[i, 1] - y) ** 2) - r - discs[i, 2]
                if gap < gap1:
                    second, gap2 = first, gap1
                    first, gap1 = i, gap
                elif gap < gap2:
                    second, gap2 = i, gap
                i = cells.follow[i]
    if second < 0:
        second = first
    return first, gap1, second, gap2
