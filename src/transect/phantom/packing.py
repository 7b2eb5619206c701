"""Dense packing of touching discs in one strip of a coating, largest first.

A disc is thrown at random, pulled to its nearest neighbour and rolled on it until it touches a
second one. Even strips are packed alone, odd strips between their neighbours, so that any strip
of a section can be made without the others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import unit
from transect.phantom.neighbours import Cells, add, near_two, no_cells, some_cells

F64 = npt.NDArray[np.float64]

_TRIES = 48
_MANY = 600
"""From so many discs on, neighbours are looked up in cells; fewer are gone through faster."""
_TOUCH = 0.02
"""Overlap of two discs that counts as touching, in pixels."""


@kernel
def nearest_two(
    discs: F64, count: int, x: float, y: float, r: float
) -> tuple[int, float, int, float]:
    """Nearest and second nearest disc, with the gaps to them (negative: overlap)."""
    first, second, gap1, gap2 = -1, -1, 1e18, 1e18
    for i in range(count):
        dx, dy = discs[i, 0] - x, discs[i, 1] - y
        reach = r + discs[i, 2] + gap2
        if dx * dx + dy * dy > reach * reach:
            continue
        gap = np.sqrt(dx * dx + dy * dy) - r - discs[i, 2]
        if gap < gap1:
            second, gap2 = first, gap1
            first, gap1 = i, gap
        elif gap < gap2:
            second, gap2 = i, gap
    return first, gap1, second, gap2


@kernel
def roll(discs: F64, a: int, b: int, x: float, y: float, r: float) -> tuple[float, float]:
    """Place that touches discs a and b, the one nearer to (x, y); that place if out of reach."""
    ra, rb = discs[a, 2] + r, discs[b, 2] + r
    dx, dy = discs[b, 0] - discs[a, 0], discs[b, 1] - discs[a, 1]
    d = np.sqrt(dx * dx + dy * dy)
    if d >= ra + rb or d < 1e-9 or d <= abs(ra - rb):
        return x, y
    along = (d * d + ra * ra - rb * rb) / (2.0 * d)
    away = np.sqrt(max(ra * ra - along * along, 0.0))
    ux, uy = dx / d, dy / d
    side = ux * (y - discs[a, 1]) - uy * (x - discs[a, 0])
    away = away if side >= 0 else -away
    return discs[a, 0] + along * ux - away * uy, discs[a, 1] + along * uy + away * ux


@kernel
def _settle(
    discs: F64,
    count: int,
    cells: Cells,
    x: float,
    y: float,
    r: float,
    inner: float,
    limits: F64,
    x0: float,
) -> tuple[bool, float, float]:
    """Push out of overlaps, pull to a neighbour, roll to a second; true when it fits."""
    for step in range(10):
        k = min(max(int(x - x0), 0), limits.shape[1] - 1)
        y = min(max(y, limits[0, k] + inner), limits[1, k] - inner)
        if cells.head.size == 0:
            a, gap, b, gap2 = nearest_two(discs, count, x, y, r)
        else:
            a, gap, b, gap2 = near_two(discs, cells, x, y, r)
        if a < 0 or gap > 1.2 * r + 4.0:
            return True, x, y
        if gap >= -_TOUCH and (step >= 7 or (gap < _TOUCH and (b < 0 or gap2 < _TOUCH))):
            return True, x, y
        if gap < -_TOUCH or gap > _TOUCH or b < 0 or gap2 > r:
            dx, dy = x - discs[a, 0], y - discs[a, 1]
            d = max(np.sqrt(dx * dx + dy * dy), 1e-9)
            reach = (r + discs[a, 2]) / d
            if gap >= -_TOUCH and gap <= _TOUCH:
                return True, x, y
            x, y = discs[a, 0] + dx * reach, discs[a, 1] + dy * reach
        else:
            x, y = roll(discs, a, b, x, y, r)
    return False, x, y


@kernel
def pack(radii: F64, fixed: F64, x0: float, x1: float, limits: F64, cut: float, seed: int) -> F64:
    """Place discs of the given radii in a strip.

    Parameters
    ----------
    radii
        Radii in px, largest first, of shape (n,).
    fixed
        Discs of the neighbours: x, y, radius, of shape (m, 3).
    x0, x1
        Ends of the strip; centres lie between them.
    limits
        Lowest and highest row of a disc's edge at x0, x0 + 1, ..., of shape (2, columns).
    cut
        Share of its radius that a disc may stick out of the limits.
    seed
        Seed of this strip.

    Returns
    -------
    array of shape (placed, 4)
        x, y, radius, and index into `radii`.
    """
    m, n = fixed.shape[0], radii.size
    discs = np.empty((m + n, 4))
    discs[:m, :3] = fixed
    discs[:m, 3] = -1.0
    count = m
    low, high = limits[0].min(), limits[1].max()
    cells = no_cells() if m + n < _MANY else some_cells(discs, m, radii, x0, x1, low, high)
    for i in range(n):
        r = radii[i]
        inner = r * (1.0 - cut)
        for k in range(_TRIES):
            x = x0 + (x1 - x0) * unit(seed, i * _TRIES + k, 1)
            j = min(max(int(x - x0), 0), limits.shape[1] - 1)
            low, high = limits[0, j] + inner, limits[1, j] - inner
            if high <= low:
                continue
            y = low + (high - low) * unit(seed, i * _TRIES + k, 2)
            fits, x, y = _settle(discs, count, cells, x, y, r, inner, limits, x0)
            if fits and x0 <= x < x1:
                discs[count, 0], discs[count, 1], discs[count, 2] = x, y, r
                discs[count, 3] = i
                if cells.head.size > 0:
                    add(cells, discs, count)
                count += 1
                break
    return discs[m:count].copy()
