"""Cracks that follow the borders of primary grains through a particle, joined to one network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import Voronoi

from transect.phantom.hashing import unit
from transect.phantom.shapes import POINTS, edge_at

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]


def _sites(seed: int, reach: float, size: float, x: float, y: float) -> F64:
    """Centres of the grains about a particle at (x, y): those that its texture is made of."""
    i0, i1 = int(np.floor((x - reach) / size)) - 1, int(np.floor((x + reach) / size)) + 2
    j0, j1 = int(np.floor((y - reach) / size)) - 1, int(np.floor((y + reach) / size)) + 2
    places = [
        ((i + 0.15 + 0.7 * unit(seed, i, j)) * size, (j + 0.15 + 0.7 * unit(seed + 1, i, j)) * size)
        for i in range(i0, i1)
        for j in range(j0, j1)
    ]
    return np.asarray(np.array(places) - np.array([x, y]), dtype=np.float64)


def _graph(sites: F64) -> tuple[F64, dict[int, list[int]]]:
    """Corners of the grains, and which are joined by a border."""
    cells = Voronoi(sites)
    joined: dict[int, list[int]] = {}
    for a, b in sorted((min(pair), max(pair)) for pair in cells.ridge_vertices):
        if a >= 0:
            joined.setdefault(int(a), []).append(int(b))
            joined.setdefault(int(b), []).append(int(a))
    return np.asarray(cells.vertices, dtype=np.float64), joined


def _inside(place: F64, edge: F32, margin: float) -> bool:
    d = float(np.hypot(place[0], place[1]))
    return d < edge_at(edge, float(np.arctan2(place[1], place[0]))) - margin


def _cut(a: F64, b: F64, edge: F32) -> F64:
    """Where the piece from a, inside, to b, outside, meets the outline."""
    low, high = 0.0, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if _inside(a + (b - a) * middle, edge, 0.0):
            low = middle
        else:
            high = middle
    return np.asarray(a + (b - a) * low)


def grain_network(
    seed: int,
    edge: F32,
    size: float,
    x: float,
    y: float,
    branches: int,
    margin: float,
    opens: bool,
) -> list[F64]:
    """Lines of one joined crack, about the particle's centre, each of shape (POINTS, 2).

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
    corners, joined = _graph(_sites(seed, float(edge.max()), size, x, y))
    free = [k for k in sorted(joined) if _inside(corners[k], edge, margin)]
    if len(free) < 3:
        return []
    trunk = [free[int(unit(seed, 0, 81) * len(free))]]
    taken, lines = set(trunk), list[F64]()
    for branch in range(branches):
        at = trunk[int(unit(seed, branch, 82) * len(trunk))]
        heading = 2 * np.pi * unit(seed, branch, 83)
        line = [corners[at]]
        while len(line) < POINTS:
            ways = [k for k in joined[at] if k not in taken]
            if not ways:
                break
            turns = [_turn(corners[k] - corners[at], heading) for k in ways]
            best = ways[int(np.argmin(turns))]
            if not _inside(corners[best], edge, margin):
                if opens and not _inside(corners[best], edge, 0.0):
                    line.append(_cut(corners[at], corners[best], edge))
                break
            taken.add(best)
            trunk.append(best)
            line.append(corners[best])
            at = best
        if len(line) > 1:
            # Pieces of no length fill the line up.
            lines.append(np.array(line + [line[-1]] * (POINTS - len(line))))
    return lines


def _turn(step: F64, heading: float) -> float:
    angle = float(np.arctan2(step[1], step[0])) - heading
    return abs((angle + np.pi) % (2 * np.pi) - np.pi)
