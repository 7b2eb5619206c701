"""Cracks that cleave a particle along its axis, and cracks that open to its surface."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import unit
from transect.phantom.shapes import POINTS, edge_at

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]


@kernel
def cleavage_line(seed: int, edge: F32, r: float, axis: float, opens: bool) -> F64:
    """Points of a straight crack along an axis, beside the centre, of shape (POINTS, 2)."""
    out = np.empty((POINTS, 2))
    near = float(edge.min())
    aside = 1.3 * (unit(seed, 0, 44) - 0.5) * near
    turn = axis + 0.16 * (unit(seed, 1, 44) - 0.5)
    cos, sin = np.cos(turn), np.sin(turn)
    # From the outline to the outline: as far as the line stays inside.
    ends = np.empty(2)
    for e in range(2):
        way, pace = 0.0, max(0.02 * r, 0.25)
        while way < 8.0 * r:
            t = way if e == 1 else -way
            x, y = t * cos - aside * sin, t * sin + aside * cos
            if x * x + y * y >= edge_at(edge, np.arctan2(y, x)) ** 2:
                break
            way += pace
        ends[e] = way - pace
    back = ends[0] * (1.0 if opens else 0.5 + 0.4 * unit(seed, 2, 44))
    if opens and unit(seed, 4, 44) < 0.5:
        back *= 0.7 * unit(seed, 5, 44)
    fore = ends[1] * (1.0 if opens else 0.5 + 0.4 * unit(seed, 3, 44))
    for i in range(POINTS):
        t = -back + (back + fore) * i / (POINTS - 1)
        sway = 0.09 * near * (unit(seed, i, 45) - 0.5)
        out[i, 0] = t * cos - (aside + sway) * sin
        out[i, 1] = t * sin + (aside + sway) * cos
    if opens:
        if back >= 0.99 * ends[0]:
            _to_edge(out, 0, edge)
        _to_edge(out, POINTS - 1, edge)
    return out


@kernel
def _to_edge(line: F64, k: int, edge: F32) -> None:
    """Move a point of a line out to the outline, in place."""
    d = np.sqrt(line[k, 0] ** 2 + line[k, 1] ** 2)
    if d > 0.0:
        grow = edge_at(edge, np.arctan2(line[k, 1], line[k, 0])) / d
        line[k, 0] *= grow
        line[k, 1] *= grow


@kernel
def opened(line: F64, edge: F32) -> F64:
    """Stretch a crack away from its first point until its last lies on the outline."""
    out = line.copy()
    dx, dy = out[-1, 0] - out[0, 0], out[-1, 1] - out[0, 1]
    low, high = 0.0, 60.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        x, y = out[0, 0] + middle * dx, out[0, 1] + middle * dy
        if x * x + y * y < edge_at(edge, np.arctan2(y, x)) ** 2:
            low = middle
        else:
            high = middle
    for k in range(1, out.shape[0]):
        out[k, 0] = out[0, 0] + low * (line[k, 0] - out[0, 0])
        out[k, 1] = out[0, 1] + low * (line[k, 1] - out[0, 1])
    _to_edge(out, out.shape[0] - 1, edge)
    return out


@kernel
def off_edge(points: F64, edge: F32) -> npt.NDArray[np.bool_]:
    """Which points do not lie on an outline or next to it: ends that open are left out.

    Only the two pieces at either end may be near it.
    """
    n = points.shape[0]
    out = np.ones(n, dtype=np.bool_)
    for k in (0, n - 1):
        d = np.sqrt(points[k, 0] ** 2 + points[k, 1] ** 2)
        reach = edge_at(edge, np.arctan2(points[k, 1], points[k, 0]))
        if abs(reach - d) < 0.02:
            out[k] = False
            out[1 if k == 0 else n - 2] = False
    return out
