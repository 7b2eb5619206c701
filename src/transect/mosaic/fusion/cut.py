"""Cuts: joints that run where two tiles show the same.

Where the scan distorts, neighbours cannot lie on each other everywhere, and fading from one to the
other over many pixels shows what differs twice. A cut goes around it, through what looks the same
in both, and fades over a few pixels. It depends on the two tiles alone, so that every shard sees
the same cut.

How far the mosaic is from either tile, in squares of 12 px in the overlaps, was 4.2 grey levels
(root mean square) for a straight fade over 32 px, 3.0 for one over 8 px and 1.8 for a cut, on
phantoms distorted by up to 4 px; 1.9, 1.4 and 0.9 at 1.5 px; 0.14, 0.10 and 0.10 without
distortion; 2.2, 1.7 and 1.1 on nine real tiles, where 1.9, 1.1 and 0.4 % of the squares were off
by more than 8 levels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.fusion.joints import KNOT_PX, Joint
from transect.mosaic.fusion.sample import NO_LIMITS, Pixels, room_for, sample
from transect.mosaic.layout import Floats, Image

NARROW = 0.25
"""Width of the fade across a cut, of that of a straight blend."""

NOISE = 1.5
"""Differences up to this many times the usual one are taken for noise."""

BLOCK_ROWS, BLOCK_COLUMNS = 64, 256
"""Size of the pieces that are compared at once: they stay in the second cache of a core."""

Source = tuple[Pixels, Image, Image, Image]

PULL, TURN = 0.05, 0.02
"""Cost of a place at the border of the overlap, and of a step aside; noise costs 0, twice the usual
difference 0.5."""


Window = tuple[int, int, int, int]
"""First and one past the last row, then column, of the mosaic."""


def trimmed(window: Window, axis: int) -> Window:
    """Cut an overlap to whole cells, an odd number of them across so that one is the middle."""
    along, across = (window[:2], window[2:]) if axis == 0 else (window[2:], window[:2])
    length = (along[1] - along[0]) // KNOT_PX * KNOT_PX
    cells = (across[1] - across[0]) // KNOT_PX
    width = max(cells - 1 + cells % 2, 0) * KNOT_PX
    first = across[0] + (across[1] - across[0] - width) // 2
    bounds = (along[0], along[0] + length), (first, first + width)
    return (*bounds[0], *bounds[1]) if axis == 0 else (*bounds[1], *bounds[0])


@kernel
def compare(
    height: int,
    width: int,
    row_a: int,
    column_a: int,
    a: Source,
    row_b: int,
    column_b: int,
    b: Source,
) -> Floats:
    """Sum the differences of two tiles, and their squares, in cells of `KNOT_PX` px.

    Parameters
    ----------
    height, width
        Rows and columns to compare, multiples of a cell.
    row_a, column_a, row_b, column_b
        Where that begins in each tile, as `sample` takes it.
    a, b
        Pixels, shading, weights and level of each tile, as `sample` takes them.

    Returns
    -------
    Array of shape (2, cell row, cell column).
    """
    sums = np.zeros((2, height // KNOT_PX, width // KNOT_PX))
    room = room_for(BLOCK_COLUMNS)
    grey_a = np.empty((BLOCK_ROWS, BLOCK_COLUMNS), np.float32)
    grey_b = np.empty((BLOCK_ROWS, BLOCK_COLUMNS), np.float32)
    for r in range(0, height, BLOCK_ROWS):
        rows = min(BLOCK_ROWS, height - r)
        for c in range(0, width, BLOCK_COLUMNS):
            columns = min(BLOCK_COLUMNS, width - c)
            i, j = row_a + r, column_a + c
            sample(a[0], a[1], i, j, a[2], a[3], room, NO_LIMITS, grey_a, 0, 0, rows, columns)
            i, j = row_b + r, column_b + c
            sample(b[0], b[1], i, j, b[2], b[3], room, NO_LIMITS, grey_b, 0, 0, rows, columns)
            _sum(grey_a, grey_b, rows, columns, sums, r // KNOT_PX, c // KNOT_PX)
    return sums


@kernel
def _sum(
    grey_a: Image, grey_b: Image, rows: int, columns: int, sums: Floats, p: int, q: int
) -> None:
    for k in range(rows):
        for n in range(columns // KNOT_PX):
            total, squares = sums[0, p + k // KNOT_PX, q + n], sums[1, p + k // KNOT_PX, q + n]
            for m in range(n * KNOT_PX, (n + 1) * KNOT_PX):
                difference = grey_a[k, m] - grey_b[k, m]
                total += difference
                squares += difference * difference
            sums[0, p + k // KNOT_PX, q + n] = total
            sums[1, p + k // KNOT_PX, q + n] = squares


def bent(joint: Joint, window: Window, sums: Floats) -> Joint:
    """Bend a joint to the cheapest cut through its overlap.

    Parameters
    ----------
    joint
        Joint of the two tiles.
    window
        Its overlap, `trimmed`.
    sums
        What `compare` gives of that.
    """
    narrow = replace(joint, width=max(joint.width * NARROW, 1.0))
    total, square = (part if joint.axis == 0 else part.T for part in sums)
    length, width = total.shape
    # Near its ends a joint meets those of the tiles beyond: all stay in the middle there.
    fixed = width + 1
    if width < 3 or length <= 2 * fixed:
        return narrow
    # A step in brightness is no difference.
    step = float(np.median(total)) / KNOT_PX**2
    cost = _cost(square - 2 * step * total + step**2 * KNOT_PX**2)
    middle = width // 2
    for rows in (slice(0, fixed), slice(length - fixed, length)):
        cost[rows, :middle] = cost[rows, middle + 1 :] = np.inf
    bend = (_cheapest(cost) - middle) * float(KNOT_PX)
    return replace(narrow, bend=bend, bend_start=window[2 * joint.axis])


def _cost(differences: Floats) -> Floats:
    usual = max(float(np.median(differences)), 1e-12)
    cost = np.maximum(differences / usual - NOISE, 0.0)
    middle = differences.shape[1] // 2
    away = (np.arange(differences.shape[1]) - middle) / middle
    return np.asarray(cost + PULL * away**2)


@kernel
def _cheapest(cost: Floats) -> npt.NDArray[np.int64]:
    """Column of every row, on the cheapest way down that moves one column a row at most."""
    rows, columns = cost.shape
    total = cost.copy()
    came = np.zeros((rows, columns), np.int64)
    for r in range(1, rows):
        for c in range(columns):
            best, source = total[r - 1, c], c
            for other in (c - 1, c + 1):
                if 0 <= other < columns and total[r - 1, other] + TURN < best:
                    best, source = total[r - 1, other] + TURN, other
            total[r, c] += best
            came[r, c] = source
    way = np.empty(rows, np.int64)
    # By hand: what NumPy's reductions need in a kernel takes 0.3 s to load, scipy with it.
    way[-1] = 0
    for c in range(1, columns):
        if total[-1, c] < total[-1, way[-1]]:
            way[-1] = c
    for r in range(rows - 1, 0, -1):
        way[r - 1] = came[r, way[r]]
    return way
