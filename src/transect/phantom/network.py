"""Cracks that follow the borders of primary grains through a particle, joined to one network.

Grains are the cells of Voronoi about the sites of their texture. Only the corners that a crack
passes are looked for: from one corner to the next along the border of two grains.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import unit
from transect.phantom.shapes import POINTS, edge_at

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_NEAR = 3
"""Sites of a lattice as full as this one share borders over at most so many of its cells."""
_STARTS = 8


@kernel
def _site(seed: int, i: int, j: int) -> tuple[float, float]:
    """Place of a grain, in sizes of a grain, as `texture.grain` has it."""
    return i + 0.15 + 0.7 * unit(seed, i, j), j + 0.15 + 0.7 * unit(seed + 1, i, j)


@kernel
def _end(seed: int, p: I64, q: I64, ahead: float) -> tuple[float, float, int, int]:
    """Corner that ends the border of grains p and q, and the grain beyond it.

    Of the two ends it is the one to the left of the way from p to q where `ahead` is 1, to the
    right where it is -1.
    """
    px, py = _site(seed, p[0], p[1])
    qx, qy = _site(seed, q[0], q[1])
    mx, my = 0.5 * (px + qx), 0.5 * (py + qy)
    nx, ny = -ahead * (qy - py), ahead * (qx - px)
    own = (px - mx) ** 2 + (py - my) ** 2
    best, bi, bj = 1e18, p[0], p[1]
    ci, cj = int(np.floor(mx)), int(np.floor(my))
    for i in range(ci - _NEAR, ci + _NEAR + 1):
        for j in range(cj - _NEAR, cj + _NEAR + 1):
            if (i == p[0] and j == p[1]) or (i == q[0] and j == q[1]):
                continue
            x, y = _site(seed, i, j)
            beyond = nx * (x - mx) + ny * (y - my)
            if beyond > 1e-9:
                t = ((x - mx) ** 2 + (y - my) ** 2 - own) / (2.0 * beyond)
                if t < best:
                    best, bi, bj = t, i, j
    return mx + best * nx, my + best * ny, bi, bj


@kernel
def _first(seed: int, x: float, y: float, grains: I64) -> tuple[float, float]:
    """Corner near a place; the three grains around it are filled in."""
    one, two = 1e18, 1e18
    ci, cj = int(np.floor(x)), int(np.floor(y))
    for i in range(ci - 2, ci + 3):
        for j in range(cj - 2, cj + 3):
            sx, sy = _site(seed, i, j)
            away = (sx - x) ** 2 + (sy - y) ** 2
            if away < one:
                two, one = one, away
                grains[1] = grains[0]
                grains[0, 0], grains[0, 1] = i, j
            elif away < two:
                two = away
                grains[1, 0], grains[1, 1] = i, j
    ex, ey, grains[2, 0], grains[2, 1] = _end(seed, grains[0], grains[1], 1.0)
    return ex, ey


@kernel
def _margin(x: float, y: float, edge: F32) -> float:
    """How far inside an outline a place lies, towards the centre."""
    return float(edge_at(edge, np.arctan2(y, x)) - np.sqrt(x * x + y * y))


@kernel
def _seen(corners: F64, count: int, x: float, y: float) -> bool:
    found = False
    for k in range(count):
        found |= abs(corners[k, 0] - x) + abs(corners[k, 1] - y) < 1e-6
    return found


@kernel
def _next(
    seed: int, corners: F64, grains: I64, count: int, at: int, heading: float
) -> tuple[bool, float, float]:
    """Corner that follows corner `at` best along a heading, unless all were passed.

    The grains around it are written after those of the corners that are there.
    """
    best, found, bx, by = 1e18, False, 0.0, 0.0
    for k in range(3):
        p, q, o = grains[at, k], grains[at, (k + 1) % 3], grains[at, (k + 2) % 3]
        (px, py), (qx, qy) = _site(seed, p[0], p[1]), _site(seed, q[0], q[1])
        ox, oy = _site(seed, o[0], o[1])
        # Away from the third grain.
        left = (qx - px) * (oy - py) - (qy - py) * (ox - px)
        x, y, i, j = _end(seed, p, q, -1.0 if left > 0.0 else 1.0)
        if _seen(corners, count, x, y):
            continue
        turn = np.arctan2(y - corners[at, 1], x - corners[at, 0]) - heading
        turn = abs((turn + np.pi) % (2.0 * np.pi) - np.pi)
        if turn < best:
            best, found, bx, by = turn, True, x, y
            grains[count, 0], grains[count, 1] = p, q
            grains[count, 2, 0], grains[count, 2, 1] = i, j
    return found, bx, by


@kernel
def grain_network(
    seed: int,
    edge: F32,
    size: float,
    x: float,
    y: float,
    branches: int,
    margin: float,
    opens: bool,
) -> F64:
    """Lines of one joined crack, about the particle's centre, of shape (lines, POINTS, 2).

    Parameters
    ----------
    seed, edge
        Of the particle.
    size, x, y
        Size of a grain, and the particle's place in the section.
    branches
        Most branches.
    margin
        How far from the outline the crack stays, where it does not open to it.
    opens
        Branches that meet the outline end on it.
    """
    lines = np.empty((branches, POINTS, 2))
    # Corners in sizes of a grain from the section's origin, as the lattice has them.
    most = branches * POINTS + 1
    corners, grains = np.empty((most, 2)), np.empty((most, 3, 2), dtype=np.int64)
    count, made = 0, 0
    for k in range(_STARTS):
        turn = 2.0 * np.pi * unit(seed, k, 81)
        away = 0.6 * unit(seed, k, 84) * edge_at(edge, turn)
        sx, sy = (x + away * np.cos(turn)) / size, (y + away * np.sin(turn)) / size
        cx, cy = _first(seed, sx, sy, grains[0])
        if _margin(cx * size - x, cy * size - y, edge) > margin:
            corners[0, 0], corners[0, 1] = cx, cy
            count = 1
            break
    for branch in range(branches if count > 0 else 0):
        at = int(unit(seed, branch, 82) * count)
        heading = 2.0 * np.pi * unit(seed, branch, 83)
        points = 1
        lines[made, 0, 0], lines[made, 0, 1] = corners[at, 0] * size - x, corners[at, 1] * size - y
        while points < POINTS:
            found, cx, cy = _next(seed, corners, grains, count, at, heading)
            if not found:
                break
            px, py = cx * size - x, cy * size - y
            held = _margin(px, py, edge)
            if held <= margin and not (opens and held <= 0.0):
                break
            if held <= margin:
                ax, ay = lines[made, points - 1, 0], lines[made, points - 1, 1]
                low, high = 0.0, 1.0
                for _ in range(24):
                    middle = 0.5 * (low + high)
                    if _margin(ax + (px - ax) * middle, ay + (py - ay) * middle, edge) > 0.0:
                        low = middle
                    else:
                        high = middle
                px, py = ax + (px - ax) * low, ay + (py - ay) * low
            lines[made, points, 0], lines[made, points, 1] = px, py
            points += 1
            if held <= margin:
                break
            corners[count, 0], corners[count, 1] = cx, cy
            at = count
            count += 1
        if points > 1:
            # Pieces of no length fill the line up.
            for k in range(points, POINTS):
                lines[made, k] = lines[made, points - 1]
            made += 1
    return lines[:made].copy()
