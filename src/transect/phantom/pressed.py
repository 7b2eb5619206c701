"""Painting bodies that press on each other: their depth is measured across their sides.

The radial way from a place to the outline is longer than the way across: by one over the cosine
of the outline's slope, six times at the flat of a plate six times as long as thick. Depths here
are those across, exact for straight sides.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_SLACK = 0.75
"""How far bodies may reach over a contact, in px: it is found at discrete angles on both sides."""


@kernel
def span(centre: float, reach: float, origin: float, size: int) -> tuple[int, int]:
    """Give the first and the last but one pixel that lie within reach of a centre."""
    low = int(np.floor(centre - reach - origin - 0.5))
    high = int(np.ceil(centre + reach - origin - 0.5)) + 1
    return max(low, 0), min(high, size)


@kernel
def _turn(y: float, x: float) -> float:
    """Angle of a place as a share of a turn, in [0, 1], to 2e-6: faster than arctan2."""
    a, b = abs(x), abs(y)
    top, low = max(a, b), min(a, b)
    t = low / top if top > 0.0 else 0.0
    s = t * t
    # Minimax polynomial of the arcus tangens on [0, 1].
    p = -0.0117212 * s + 0.05265332
    p = p * s - 0.11643287
    p = p * s + 0.19354346
    p = p * s - 0.33262347
    angle = (p * s + 0.99997726) * t
    if b > a:
        angle = 0.5 * np.pi - angle
    if x < 0.0:
        angle = np.pi - angle
    angle /= 2.0 * np.pi
    return float(1.0 - angle if y < 0.0 else angle)


@kernel
def _box(edge: F32) -> tuple[float, float, float, float]:
    """Find the ends of an outline along x and y, about its centre."""
    turn = 2.0 * np.pi / edge.size
    c, s, cos, sin = 1.0, 0.0, np.cos(turn), np.sin(turn)
    x0, x1, y0, y1 = 0.0, 0.0, 0.0, 0.0
    for i in range(edge.size):
        x, y = edge[i] * c, edge[i] * s
        x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        c, s = c * cos - s * sin, s * cos + c * sin
    return x0, x1, y0, y1


@kernel
def paint_pressed(
    discs: F64,
    edges: F32,
    full: F32,
    start: I64,
    x0: float,
    y0: float,
    depth: F32,
    rival: F32,
    owner: I32,
    seen: F32,
) -> None:
    """Paint bodies into a window, as `paint` says.

    Parameters
    ----------
    discs
        Centres.
    edges, full, start
        What shows of the outlines, the outlines, and where each begins.
    x0, y0
        Corner of the window.
    depth, rival, owner
        As of `Canvas`; filled in place. The rival lies across a contact as deep as the place is
        on this side of it.
    seen
        Room for the depth inside what shows.
    """
    rows, columns = depth.shape
    for n in range(discs.shape[0]):
        edge, whole = edges[start[n] : start[n + 1]], full[start[n] : start[n + 1]]
        size = edge.size
        x, y = discs[n, 0], discs[n, 1]
        xa, xb, ya, yb = _box(edge)
        c0, c1 = span(x + 0.5 * (xa + xb), 0.5 * (xb - xa) + 1.5, x0, columns)
        r0, r1 = span(y + 0.5 * (ya + yb), 0.5 * (yb - ya) + 1.5, y0, rows)
        arc = 2.0 * np.pi / size
        for r in range(r0, r1):
            dy = y0 + r + 0.5 - y
            for c in range(c0, c1):
                dx = x0 + c + 0.5 - x
                t = _turn(dy, dx) * size
                i = int(t)
                u = t - i
                i = i % size
                j = i + 1 if i + 1 < size else 0
                show = edge[i] * (1.0 - u) + edge[j] * u
                d = np.sqrt(dx * dx + dy * dy)
                if d > show + 2.0:
                    continue
                reach = whole[i] * (1.0 - u) + whole[j] * u
                rise = (whole[j] - whole[i]) / arc
                inside = (reach - d) * reach / np.sqrt(reach * reach + rise * rise)
                near, touches = inside, show < 0.999 * reach
                if touches:
                    rise = (edge[j] - edge[i]) / arc
                    near = (show - d) * show / np.sqrt(show * show + rise * rise)
                if near <= seen[r, c]:
                    continue
                seen[r, c] = near
                owner[r, c] = n
                depth[r, c], rival[r, c] = inside, -1e9
                if touches:
                    depth[r, c] = inside if near > -_SLACK else min(near, inside)
                    rival[r, c] = depth[r, c] - 2.0 * max(near, 0.0)
