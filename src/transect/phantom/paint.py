"""Painting objects into a window: how deep inside a particle, a void or a crack a pixel lies.

Depths are in pixels, positive inside. The centre of pixel (row, column) of a window at (x0, y0)
is (x0 + column + 0.5, y0 + row + 0.5) in the section, whatever fraction of a pixel x0 has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.objects import Objects
from transect.phantom.pressed import paint_pressed, span
from transect.phantom.shapes import edge_at, to_piece

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

FAR = np.float32(-1e9)


class Canvas(NamedTuple):
    """What was painted into a window of (rows, columns).

    Attributes
    ----------
    depth, owner
        Depth inside the particle that holds the pixel, and its index, -1 where none is near.
    rival
        Depth inside the particle that comes second.
    hollow
        Depth inside a void or crack (of its own particle).
    opening
        Index of that crack, or -2 - index for a void; -1 where none is near.
    """

    depth: F32
    rival: F32
    owner: I32
    hollow: F32
    opening: I32


def paint(objects: Objects, x0: float, y0: float, rows: int, columns: int) -> Canvas:
    """Paint all objects into a window whose top-left corner is (x0, y0)."""
    depth = np.full((rows, columns), FAR, dtype=np.float32)
    rival, hollow = depth.copy(), depth.copy()
    owner = np.full((rows, columns), -1, dtype=np.int32)
    opening = owner.copy()
    discs, start = objects.discs, objects.edge_start
    if objects.full is None:
        _particles(discs, objects.edges, start, x0, y0, depth, rival, owner)
    else:
        seen = depth.copy()
        paint_pressed(discs, objects.edges, objects.full, start, x0, y0, depth, rival, owner, seen)
    _voids(objects.voids, objects.void_edges, x0, y0, owner, hollow, opening)
    _cracks(objects.cracks, objects.lines, x0, y0, owner, hollow, opening)
    return Canvas(depth, rival, owner, hollow, opening)


@kernel
def _particles(
    discs: F64, edges: F32, start: I64, x0: float, y0: float, depth: F32, rival: F32, owner: I32
) -> None:
    rows, columns = depth.shape
    for n in range(discs.shape[0]):
        edge = edges[start[n] : start[n + 1]]
        x, y = discs[n, 0], discs[n, 1]
        far, near = float(edge.max()), float(edge.min())
        c0, c1 = span(x, far + 1.0, x0, columns)
        r0, r1 = span(y, far + 1.0, y0, rows)
        for r in range(r0, r1):
            dy = y0 + r + 0.5 - y
            for c in range(c0, c1):
                dx = x0 + c + 0.5 - x
                square = dx * dx + dy * dy
                if square > (far + 1.0) * (far + 1.0):
                    continue
                d = np.sqrt(square)
                # Deep inside, the direction does not matter: nothing else is near.
                reach = edge_at(edge, np.arctan2(dy, dx)) if d > 0.5 * near else near
                inside = np.float32(reach - d)
                if inside > depth[r, c]:
                    rival[r, c] = depth[r, c]
                    depth[r, c] = inside
                    owner[r, c] = n
                elif inside > rival[r, c]:
                    rival[r, c] = inside


@kernel
def _voids(
    voids: F64, edges: F32, x0: float, y0: float, owner: I32, hollow: F32, opening: I32
) -> None:
    rows, columns = owner.shape
    for n in range(voids.shape[0]):
        edge = edges[n]
        x, y = voids[n, 1], voids[n, 2]
        far = float(edge.max()) + 1.0
        c0, c1 = span(x, far, x0, columns)
        r0, r1 = span(y, far, y0, rows)
        for r in range(r0, r1):
            dy = y0 + r + 0.5 - y
            for c in range(c0, c1):
                dx = x0 + c + 0.5 - x
                inside = np.float32(edge_at(edge, np.arctan2(dy, dx)) - np.sqrt(dx * dx + dy * dy))
                if owner[r, c] == int(voids[n, 0]) and inside > hollow[r, c]:
                    hollow[r, c] = inside
                    opening[r, c] = -2 - n


@kernel
def _cracks(
    cracks: F64, lines: F64, x0: float, y0: float, owner: I32, hollow: F32, opening: I32
) -> None:
    rows, columns = owner.shape
    for n in range(cracks.shape[0]):
        half = cracks[n, 1] / 2.0
        particle = int(cracks[n, 0])
        for k in range(lines.shape[1] - 1):
            ax, ay = lines[n, k, 0], lines[n, k, 1]
            bx, by = lines[n, k + 1, 0], lines[n, k + 1, 1]
            mx, my = 0.5 * (ax + bx), 0.5 * (ay + by)
            c0, c1 = span(mx, 0.5 * abs(bx - ax) + half + 1.0, x0, columns)
            r0, r1 = span(my, 0.5 * abs(by - ay) + half + 1.0, y0, rows)
            for r in range(r0, r1):
                for c in range(c0, c1):
                    square = to_piece(x0 + c + 0.5, y0 + r + 0.5, ax, ay, bx, by)
                    inside = np.float32(half - np.sqrt(square))
                    near = inside > -1.0 and owner[r, c] == particle
                    if near and inside > hollow[r, c]:
                        hollow[r, c] = inside
                        opening[r, c] = n
