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
from transect.mosaic.fusion.cells import CELL_COLUMNS, CELL_ROWS, ramp
from transect.mosaic.fusion.sample import NO_LIMITS, room_for, sample
from transect.mosaic.layout import Image

HALF = np.float32(0.5)

STRIP = 8
"""Cells beside each other that are filled at once: the rows in work fit the first cache."""

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
        Its number, and the owner of every cell; those that are filled lose it.
    area
        First and one past the last row, then column, that the tile covers; of the shard.
    pixels, shading, weights, level
        As `sample` takes them.
    limits
        Least and greatest value of a pixel; both 0 where pixels are not whole numbers.
    out, valid
        Pixels and mask of the shard.
    """
    room = room_for(STRIP * CELL_COLUMNS)
    for p in range(owners.shape[0]):
        for q in range(owners.shape[1]):
            if owners[p, q] != tile:
                continue
            p1, q1 = _strip(tile, owners, p, q)
            r0, r1 = p * CELL_ROWS, min(p1 * CELL_ROWS, out.shape[0])
            c0, c1 = q * CELL_COLUMNS, min(q1 * CELL_COLUMNS, out.shape[1])
            i, j, height, width = r0 - area[0], c0 - area[2], r1 - r0, c1 - c0
            sample(pixels, shading, i, j, weights, level, room, limits, out, r0, c0, height, width)
            for r in range(r0, r1):
                for c in range(np.uint64(width)):
                    valid[r, np.uint64(c0) + c] = 1


@kernel
def _strip(tile: int, owners: Ints32, p: int, q: int) -> tuple[int, int]:
    """Take cells of a tile from this one on, to the right and down: where they end."""
    q1 = q
    while q1 < owners.shape[1] and q1 - q < STRIP and owners[p, q1] == tile:
        q1 += 1
    p1, whole = p, True
    while whole:
        for k in range(q, q1):
            owners[p1, k] = -1
        p1 += 1
        whole = p1 < owners.shape[0]
        for k in range(q, q1):
            whole = whole and owners[p1, k] == tile
    return p1, q1


@kernel
def lay_among(
    slots: Ints32,
    fading: bool,
    area: Area,
    sides: tuple[Image, Image],
    reach: tuple[Image, Image],
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
    sides, reach
        Sides of the tile, across and along, and where they lie by cells: see `cells.bands`.
    pixels, shading, weights, level
        As `sample` takes them.
    sums
        Sums of weighted greys and of weights, shape (slot, 2, row, column).
    """
    room = room_for(CELL_COLUMNS)
    greys = np.empty((CELL_ROWS, CELL_COLUMNS), np.float32)
    share = np.empty((CELL_ROWS, CELL_COLUMNS), np.float32)
    across, along = reach
    rows, columns = sides[0].shape[1], sides[1].shape[1]
    for p in range(max(area[0], 0) // CELL_ROWS, -(-min(area[1], rows) // CELL_ROWS)):
        for q in range(max(area[2], 0) // CELL_COLUMNS, -(-min(area[3], columns) // CELL_COLUMNS)):
            if slots[p, q] < 0:
                continue
            r0, r1 = max(p * CELL_ROWS, area[0]), min((p + 1) * CELL_ROWS, area[1], rows)
            c0, c1 = max(q * CELL_COLUMNS, area[2]), min((q + 1) * CELL_COLUMNS, area[3], columns)
            if fading:
                _fade(area, r0, r1, c0, c1, share)
            else:
                # Without what has no weight.
                r0, r1 = max(r0, int(along[0, q]) - 1), min(r1, int(along[3, q]) + 1)
                c0, c1 = max(c0, int(across[0, p]) - 1), min(c1, int(across[3, p]) + 1)
                if r0 >= r1 or c0 >= c1:
                    continue
                beside = c0 + HALF < across[1, p] or c1 - HALF > across[2, p]
                below = r0 + HALF < along[1, q] or r1 - HALF > along[2, q]
                _weigh(sides, beside, below, r0, r1, c0, c1, share)
            i, j, height, width = r0 - area[0], c0 - area[2], r1 - r0, c1 - c0
            sample(
                pixels, shading, i, j, weights, level, room, NO_LIMITS, greys, 0, 0, height, width
            )
            top, left = r0 - p * CELL_ROWS, c0 - q * CELL_COLUMNS
            _add(share, greys, sums, slots[p, q], top, left, height, width)


@kernel
def _add(
    share: Image, greys: Image, sums: Image, slot: int, top: int, left: int, height: int, width: int
) -> None:
    first = np.uint64(left)
    for r in range(height):
        for c in range(np.uint64(width)):
            sums[slot, 0, top + r, first + c] += share[r, c] * greys[r, c]
            sums[slot, 1, top + r, first + c] += share[r, c]


@kernel
def _weigh(
    sides: tuple[Image, Image],
    beside: bool,
    below: bool,
    r0: int,
    r1: int,
    c0: int,
    c1: int,
    share: Image,
) -> None:
    """Weights of a tile's pixels, where its sides to the left and right, or others, matter."""
    across, along = sides
    first = np.uint64(c0)
    for r in range(r0, r1):
        near, near_slope = across[0, r], across[1, r]
        far, far_slope = across[2, r], across[3, r]
        for c in range(np.uint64(c1 - c0)):
            if beside:
                x = np.float32(first + c) + HALF
                share[r - r0, c] = ramp(x - near, near_slope) * ramp(far - x, far_slope)
            else:
                share[r - r0, c] = 1
        if below:
            y = np.float32(r) + HALF
            for c in range(np.uint64(c1 - c0)):
                k = first + c
                w = ramp(y - along[0, k], along[1, k]) * ramp(along[2, k] - y, along[3, k])
                share[r - r0, c] *= w


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
            first = np.uint64(c0)
            for r in range(height):
                for c in range(np.uint64(width)):
                    total, weight = sums[slot, 0, r, c], sums[slot, 1, r, c]
                    greys[r, c] = total / weight if weight > 0 else np.float32(0)
                    valid[r0 + r, first + c] |= np.uint8(weight > 0)
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
    row: int,
    column: int,
    height: int,
    width: int,
) -> None:
    """Put greys into the shard as `sample` does."""
    low, high = np.float32(limits[0]), np.float32(limits[1])
    # As in `sample`: never an index that may be below 0.
    first, whole = np.uint64(column), low < high
    for r in range(height):
        for c in range(np.uint64(width)):
            value = greys[r, c]
            if whole:
                value = np.floor(value + HALF)
                value = value if value > low else low
                value = value if value < high else high
            out[row + r, first + c] = value
