"""Extreme points of objects in many directions, and the hull and calipers that follow from them.

Directions are integer vectors, so that projections of pixels are exact integers. The projection
along a direction and the one across it are packed into one integer, whose largest over a window
merges with any other's without rounding and still tells which pixel it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DIRECTIONS = 36
"""Directions over half a turn: 5 degrees apart."""
_LENGTH = 100
_SHIFT = 32
_angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
VECTORS = np.stack(
    [np.rint(_LENGTH * np.cos(_angles)), np.rint(_LENGTH * np.sin(_angles))], axis=1
).astype(np.int64)
"""Column and row step of each direction."""
RIGHTWARD = int(np.count_nonzero(VECTORS[:, 0] >= 0))
"""How many directions, the first ones, do not point to the left."""
PACKED = np.stack(
    [(VECTORS[:, 0] << _SHIFT) - VECTORS[:, 1], (VECTORS[:, 1] << _SHIFT) + VECTORS[:, 0]], axis=1
)
"""Packed projection of one column and of one row."""


def hulls(low: Array, high: Array) -> tuple[Floats, Floats, Floats]:
    """Area and calipers of the hulls of objects, in pixels.

    The hull is that of the middles between the object's pixels and their neighbours outside (the
    contour at one half), spanned by the extreme pixels in 2 x DIRECTIONS directions. For a disc
    its area is 0.1 % small.

    Parameters
    ----------
    low, high
        Smallest and largest packed projection of each object's pixels, (objects, DIRECTIONS).

    Returns
    -------
    area, largest, smallest
        Area of the hull, largest and smallest caliper width of each object.
    """
    # Tables may give narrower integers.
    return _hulls(np.asarray(low, np.int64), np.asarray(high, np.int64), VECTORS)


@kernel
def _width(points: Array, nx: float, ny: float) -> float:
    """Extent of a polygon's contour along a unit normal."""
    low, high = np.inf, -np.inf
    for k in range(len(points)):
        value = points[k, 0] * nx + points[k, 1] * ny
        low, high = min(low, value), max(high, value)
    return high - low + max(abs(nx), abs(ny))


@kernel
def _point(packed: int, a: int, b: int) -> tuple[float, float]:
    """Column and row of the pixel that a packed projection along (a, b) belongs to."""
    along = (packed + (1 << (_SHIFT - 1))) >> _SHIFT
    across = packed - (along << _SHIFT)
    # Of integers far below 2^53: exact, and faster than their division.
    square = float(a * a + b * b)
    return float(a * along - b * across) / square, float(b * along + a * across) / square


@kernel
def _hulls(low: Array, high: Array, vectors: Array) -> tuple[Floats, Floats, Floats]:
    n, half = low.shape
    corners = 2 * half
    points = np.empty((corners, 2))
    area, largest, smallest = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        for k in range(half):
            a, b = vectors[k]
            points[k] = _point(high[i, k], a, b)
            points[k + half] = _point(low[i, k], a, b)
        # Small numbers keep the products exact.
        left, top = points[0]
        for k in range(corners):
            points[k, 0] -= left
            points[k, 1] -= top
        # The contour is the polygon grown by a diamond of half a pixel: its own area is 1/2.
        total, grown = 0.0, 0.5
        wide = 1.0
        diagonal = np.sqrt(0.5)
        thin = min(_width(points, diagonal, diagonal), _width(points, diagonal, -diagonal))
        # The corner furthest from an edge moves on as the edge does (rotating calipers).
        far_corner = 1
        for k in range(corners):
            x0, y0 = points[k]
            x1, y1 = points[(k + 1) % corners]
            dx, dy = x1 - x0, y1 - y0
            total += x0 * y1 - x1 * y0
            grown += 0.5 * max(abs(dx), abs(dy))
            length = np.sqrt(dx * dx + dy * dy)
            if length > 0:
                nx, ny = dy / length, -dx / length
                away = abs((points[far_corner, 0] - x0) * nx + (points[far_corner, 1] - y0) * ny)
                for _ in range(corners):
                    step = (far_corner + 1) % corners
                    next_away = abs((points[step, 0] - x0) * nx + (points[step, 1] - y0) * ny)
                    if next_away < away:
                        break
                    far_corner, away = step, next_away
                thin = min(thin, away + max(abs(nx), abs(ny)))
            if k < corners // 2:
                fx, fy = x0 - points[k + corners // 2, 0], y0 - points[k + corners // 2, 1]
                across = np.sqrt(fx * fx + fy * fy)
                if across > 0:
                    wide = max(wide, across + max(abs(fx), abs(fy)) / across)
        area[i], largest[i], smallest[i] = abs(total) / 2 + grown, wide, thin
    return area, largest, smallest
