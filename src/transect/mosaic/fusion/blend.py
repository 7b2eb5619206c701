"""The kernels of fusion: lay tiles on the cells of a shard.

Most of a mosaic is shown by one tile alone, and its greys go straight to where they belong. Where
several meet, weighted greys are summed in float and divided. Cells only say which of the two ways
is taken: a grey that is summed with a single weight of 1 is the same grey.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.fusion.cells import CELL_COLUMNS, CELL_ROWS, bounds, ramp
from transect.mosaic.fusion.sample import sample
from transect.mosaic.layout import Image

HALF = np.float32(0.5)

Pixels = npt.NDArray[Any]
Ints32 = npt.NDArray[np.int32]
Area = npt.NDArray[np.int64]


@kernel
def lay_alone(
    tile: int,
    owners: Ints32,
    area: Area,
    pixels: Pixels,
    shading: Image,
    weights: Image,
    level: Image,
    limits: tuple[float, float],
    out: Pixels,
    valid: npt.NDArray[np.uint8],
) -> None:
    """Fill the cells that one tile owns.

    Parameters
    ----------
    tile, owners
        Its number, and the owner of every cell.
    area
        First and one past the last row, then column, that the tile covers; of the shard.
    pixels, shading, weights, level
        As `sample` takes them.
    limits
        Least and greatest value of a pixel; both 0 where pixels are not whole numbers.
    out, valid
        Pixels and mask of the shard.
    """
    lines = np.empty((CELL_ROWS + 5, CELL_COLUMNS + 5), np.float32)
    greys = np.empty((CELL_ROWS, CELL_COLUMNS), np.float32)
    for p in range(owners.shape[0]):
        r0 = p * CELL_ROWS
        height = min(CELL_ROWS, out.shape[0] - r0)
        for q in range(owners.shape[1]):
            if owners[p, q] == tile:
                c0 = q * CELL_COLUMNS
                width = min(CELL_COLUMNS, out.shape[1] - c0)
                i, j = r0 - area[0], c0 - area[2]
                sample(pixels, shading, i, j, weights, level, lines, greys, height, width)
                _store(greys, limits, out, r0, c0, height, width)
                for r in range(r0, r0 + height):
                    for c in range(c0, c0 + width):
                        valid[r, c] = 1


@kernel
def lay_among(
    slots: Ints32,
    fading: bool,
    area: Area,
    across: Image,
    along: Image,
    pixels: Pixels,
    shading: Image,
    weights: Image,
    level: Image,
    sums: Image,
) -> None:
    """Add a tile to the sums of the cells that several share, in order of the tiles.

    Parameters
    ----------
    slots
        Number of every cell's sums, or -1.
    fading
        Whether its weight falls from its middle to its border, instead of at its sides.
    area
        As in `lay_alone`.
    across, along
        Sides of the tile: see `cells.claim`.
    pixels, shading, weights, level
        As `sample` takes them.
    sums
        Sums of weighted greys and of weights, shape (slot, 2, row, column).
    """
    lines = np.empty((CELL_ROWS + 5, CELL_COLUMNS + 5), np.float32)
    greys = np.empty((CELL_ROWS, CELL_COLUMNS), np.float32)
    share = np.empty((CELL_ROWS, CELL_COLUMNS), np.float32)
    rows, columns = across.shape[1], along.shape[1]
    for p in range(max(area[0], 0) // CELL_ROWS, -(-min(area[1], rows) // CELL_ROWS)):
        r0, r1 = max(p * CELL_ROWS, area[0]), min((p + 1) * CELL_ROWS, area[1], rows)
        for q in range(max(area[2], 0) // CELL_COLUMNS, -(-min(area[3], columns) // CELL_COLUMNS)):
            if slots[p, q] < 0:
                continue
            c0, c1 = max(q * CELL_COLUMNS, area[2]), min((q + 1) * CELL_COLUMNS, area[3], columns)
            if fading:
                _fade(area, r0, r1, c0, c1, share)
            elif not _weigh(across, along, r0, r1, c0, c1, share):
                continue
            i, j, height, width = r0 - area[0], c0 - area[2], r1 - r0, c1 - c0
            sample(pixels, shading, i, j, weights, level, lines, greys, height, width)
            top, left = r0 - p * CELL_ROWS, c0 - q * CELL_COLUMNS
            _add(share, greys, sums, slots[p, q], top, left, height, width)


@kernel
def _add(
    share: Image, greys: Image, sums: Image, slot: int, top: int, left: int, height: int, width: int
) -> None:
    for r in range(height):
        for c in range(width):
            sums[slot, 0, top + r, left + c] += share[r, c] * greys[r, c]
            sums[slot, 1, top + r, left + c] += share[r, c]


@kernel
def _weigh(across: Image, along: Image, r0: int, r1: int, c0: int, c1: int, share: Image) -> bool:
    """Weights of a tile's pixels; whether any may be more than 0."""
    least_x, most_x = bounds(across, r0, r1, c0, c1)
    least_y, most_y = bounds(along, c0, c1, r0, r1)
    if most_x <= 0 or most_y <= 0:
        return False
    for r in range(r1 - r0):
        for c in range(c1 - c0):
            share[r, c] = 1
    if least_x < 1:
        for r in range(r0, r1):
            near, near_slope = across[0, r], across[1, r]
            far, far_slope = across[2, r], across[3, r]
            for c in range(c0, c1):
                x = np.float32(c) + HALF
                share[r - r0, c - c0] = ramp(x - near, near_slope) * ramp(far - x, far_slope)
    if least_y < 1:
        for r in range(r0, r1):
            y = np.float32(r) + HALF
            for c in range(c0, c1):
                w = ramp(y - along[0, c], along[1, c]) * ramp(along[2, c] - y, along[3, c])
                share[r - r0, c - c0] *= w
    return True


@kernel
def _fade(area: Area, r0: int, r1: int, c0: int, c1: int, share: Image) -> None:
    """Steep, so that it is nearly the tile alone whose border is the farthest."""
    for r in range(r0, r1):
        y = np.float32(min(r - area[0], area[1] - 1 - r)) + HALF
        for c in range(c0, c1):
            x = np.float32(min(c - area[2], area[3] - 1 - c)) + HALF
            near = min(x, y)
            share[r - r0, c - c0] = near * near * near * near


@kernel
def starving(slots: Ints32, sums: Image, shape: tuple[int, int]) -> Ints32:
    """Find cells with a pixel that nothing was added to: new numbers of theirs, else -1."""
    found = np.full(slots.shape, -1, np.int32)
    count = 0
    for p in range(slots.shape[0]):
        for q in range(slots.shape[1]):
            slot = slots[p, q]
            if slot < 0:
                continue
            empty = 0
            for r in range(min(CELL_ROWS, shape[0] - p * CELL_ROWS)):
                for c in range(min(CELL_COLUMNS, shape[1] - q * CELL_COLUMNS)):
                    empty += sums[slot, 1, r, c] <= 0
            if empty:
                found[p, q] = count
                count += 1
    return found


@kernel
def finish(
    slots: Ints32,
    sums: Image,
    spare_slots: Ints32,
    spare: Image,
    limits: tuple[float, float],
    out: Pixels,
    valid: npt.NDArray[np.uint8],
) -> None:
    """Divide the sums, take `spare` where nothing was added, and mark what was seen."""
    greys = np.empty((CELL_ROWS, CELL_COLUMNS), np.float32)
    for p in range(slots.shape[0]):
        r0 = p * CELL_ROWS
        height = min(CELL_ROWS, out.shape[0] - r0)
        for q in range(slots.shape[1]):
            slot, c0 = slots[p, q], q * CELL_COLUMNS
            width = min(CELL_COLUMNS, out.shape[1] - c0)
            if slot < 0:
                continue
            if spare_slots[p, q] >= 0:
                _fill(sums, slot, spare, spare_slots[p, q], height, width)
            for r in range(height):
                for c in range(width):
                    total, weight = sums[slot, 0, r, c], sums[slot, 1, r, c]
                    greys[r, c] = total / weight if weight > 0 else np.float32(0)
                    valid[r0 + r, c0 + c] |= np.uint8(weight > 0)
            _store(greys, limits, out, r0, c0, height, width)


@kernel
def _fill(sums: Image, slot: int, spare: Image, other: int, height: int, width: int) -> None:
    for r in range(height):
        for c in range(width):
            if sums[slot, 1, r, c] <= 0:
                sums[slot, 0, r, c] = spare[other, 0, r, c]
                sums[slot, 1, r, c] = spare[other, 1, r, c]


@kernel
def _store(
    greys: Image,
    limits: tuple[float, float],
    out: Pixels,
    r0: int,
    c0: int,
    height: int,
    width: int,
) -> None:
    """Round halves up where pixels are whole numbers, and keep them in range."""
    low, high = np.float32(limits[0]), np.float32(limits[1])
    whole = low < high
    for r in range(height):
        if not whole:
            for c in range(width):
                out[r0 + r, c0 + c] = greys[r, c]
            continue
        for c in range(width):
            value = np.floor(greys[r, c] + HALF)
            value = value if value > low else low
            out[r0 + r, c0 + c] = value if value < high else high
