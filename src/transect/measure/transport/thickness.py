"""Local thickness: the largest disc inside a phase that each of its pixels lies in.

Discs have their middles at middles, sides and corners of pixels, and end at the sides of the
pixels around the phase: a channel of w px reads w, odd or even. (Discs about middles only, that
end at middles, read w + 1 where w is odd.) Everything is in integers: exact and the same anywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int32]


def local_thickness(mask: npt.NDArray[np.bool_]) -> Ints:
    """Squares of the diameters of the largest discs, in px2; 0 outside the phase.

    Parameters
    ----------
    mask
        Whether a pixel is of the phase. Beyond the window there is nothing that ends a disc, but
        no disc has its middle there: put rows of False where a wall is.

    Returns
    -------
    squares
        Of a window without any wall, those of twice its diagonal.
    """
    squares = np.zeros(mask.shape, np.int32)
    if mask.any():
        reach = wall_distance(mask)
        inside = np.flatnonzero(reach)
        order = inside[np.argsort(-reach.ravel()[inside], kind="stable")]
        _paint(mask, reach, order, squares)
    return squares


def wall_distance(mask: npt.NDArray[np.bool_]) -> Ints:
    """Squared distances to the nearest pixel outside the phase, in quarters of a px2.

    Points are half a pixel apart, from corner to corner of the window: (2 rows + 1, 2 columns + 1).
    Exact (Meijster, Roerdink and Hesselink 2000).
    """
    rows, columns = 2 * mask.shape[0] + 1, 2 * mask.shape[1] + 1
    walls = np.zeros((rows, columns), np.bool_)
    # The sides and corners of a pixel outside the phase are wall too.
    for r in range(3):
        for c in range(3):
            walls[r : rows - 2 + r : 2, c : columns - 2 + c : 2] |= ~mask
    out = np.empty((rows, columns), np.int32)
    _columns(walls, out)
    _rows(out, rows * rows + columns * columns)
    return out


@kernel
def _columns(walls: Array, out: Array) -> None:
    """Distance to the nearest wall of the same column; far beyond the window where none is."""
    rows, columns = walls.shape
    far = rows + columns
    for c in range(columns):
        out[0, c] = 0 if walls[0, c] else far
    for r in range(1, rows):
        for c in range(columns):
            out[r, c] = 0 if walls[r, c] else min(out[r - 1, c] + 1, far)
    for r in range(rows - 2, -1, -1):
        for c in range(columns):
            out[r, c] = min(out[r, c], out[r + 1, c] + 1)


@kernel
def _rows(out: Array, most: int) -> None:
    """Lower envelope of the parabolas of each row."""
    rows, columns = out.shape
    apex, first = np.empty(columns, np.int64), np.empty(columns, np.int64)
    squares = np.empty(columns, np.int64)
    for r in range(rows):
        count = 0
        for c in range(columns):
            squares[c] = np.int64(out[r, c]) * out[r, c]
        for c in range(columns):
            start = 0
            while count > 0:
                a = apex[count - 1]
                # First column where the parabola about c is the lower one.
                start = (c * c - a * a + squares[c] - squares[a]) // (2 * (c - a)) + 1
                if start > first[count - 1]:
                    break
                count -= 1
                start = 0
            if start < columns:
                apex[count], first[count] = c, start
                count += 1
        k = count - 1
        for c in range(columns - 1, -1, -1):
            while first[k] > c:
                k -= 1
            out[r, c] = min(squares[apex[k]] + (c - apex[k]) ** 2, most)


@kernel
def _paint(mask: Array, reach: Array, order: Array, squares: Array) -> None:
    """Paint discs from the largest down; a pixel keeps the first that covers it."""
    rows, columns = mask.shape
    wide = 2 * columns + 1
    # The next pixel of the row that is not painted yet; a chain of hints that is shortened.
    following = np.empty((rows, columns + 1), np.int32)
    for r in range(rows):
        following[r, columns] = columns
        for c in range(columns - 1, -1, -1):
            following[r, c] = c if mask[r, c] else following[r, c + 1]
    for k in range(len(order)):
        y, x = order[k] // wide, order[k] % wide
        square = np.int64(reach[y, x])
        radius = np.int64(np.sqrt(square))
        for r in range(max((y - radius) // 2, 0), min((y + radius - 1) // 2 + 1, rows)):
            away = np.int64(2 * r + 1 - y)
            left = square - away * away
            if left < 0:
                continue
            half = np.int64(np.sqrt(left))
            c = _next(following[r], max((x - half) // 2, 0))
            while c < columns and 2 * c + 1 <= x + half:
                squares[r, c] = square
                following[r, c] = following[r, c + 1]
                c = _next(following[r], c)


@kernel
def _next(following: Array, c: int) -> int:
    while following[c] != c:
        following[c] = following[following[c]]
        c = following[c]
    return c
