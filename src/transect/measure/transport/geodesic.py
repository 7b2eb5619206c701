"""Shortest ways through a phase: straight where they can be, around corners where they must.

The phase is a polygon whose sides are those of its pixels. A shortest way in it is straight but
for turns at corners of pixels, so that distances are taken between corners: true lengths, not steps
on a grid (up to 8 % too long). Corners are visited by distance; each takes over the corner that
the way of a neighbour turns at, if it sees that one. Else it turns at the neighbour, or at a corner
of the pixel that is in the way of its sight, whichever is nearer. A turn out of sight of both can
be missed: single distances can be a few hundredths of a pixel too long (tests hold them against all
pairs of corners).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Geodesics:
    """Ways from the surface (first row) to the collector (last row) of a window.

    Attributes
    ----------
    total
        Sum of the shortest ways of all pixels of the surface that have one, in px.
    started
        How many these are.
    closed
        Pixels of the phase at the surface without a way to the collector.
    rows
        Thickness of the window in px.
    """

    total: float
    started: int
    closed: int
    rows: int

    @property
    def tau(self) -> float:
        """Mean way over thickness; infinite without a path, NaN without phase at the surface."""
        if self.started:
            return self.total / self.started / self.rows
        return float("inf") if self.closed else float("nan")


def geodesics(mask: npt.NDArray[np.bool_]) -> Geodesics:
    """Measure the shortest ways through a phase, from the first row to the last.

    Parameters
    ----------
    mask
        Whether a pixel is of the phase; rows from the surface to the collector.
    """
    away = distances(mask)[0]
    # Over the outer side of a pixel the mean of a smooth function is that of its ends.
    ways = (away[:-1] + away[1:])[mask[0]] / 2
    reached = np.isfinite(ways)
    started = int(np.count_nonzero(reached))
    return Geodesics(float(ways[reached].sum()), started, len(ways) - started, len(mask))


def distances(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Shortest way within the phase from every corner of a pixel to the last row's outer side.

    Parameters
    ----------
    mask
        Whether a pixel is of the phase.

    Returns
    -------
    distances
        In px, shape (rows + 1, columns + 1); infinite where there is no way. None leads through a
        corner at which two pixels of the phase touch that share no side with it around them.
    """
    away = np.full((mask.shape[0] + 1, mask.shape[1] + 1), np.inf)
    framed, free = corners(mask)
    _spread(framed, free, away)
    return away


def corners(mask: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Pixels with a frame that is not of the phase, and the corners that ways may lead through."""
    framed = np.pad(mask, 1)
    a, b, c, d = framed[:-1, :-1], framed[:-1, 1:], framed[1:, :-1], framed[1:, 1:]
    pinched = (a & d & ~b & ~c) | (b & c & ~a & ~d)
    return framed, (a | b | c | d) & ~pinched


@kernel
def _spread(framed: Array, free: Array, away: Array) -> None:
    rows, columns = free.shape
    done = np.zeros(free.shape, np.bool_)
    turns = np.zeros(free.shape, np.int32)
    keys, nodes = np.empty(1024, np.float64), np.empty(1024, np.int32)
    count = 0
    for c in range(columns):
        if free[rows - 1, c]:
            away[rows - 1, c] = 0.0
            turns[rows - 1, c] = (rows - 1) * columns + c
            keys, nodes = _room(keys, nodes, count)
            count = _push(keys, nodes, count, 0.0, (rows - 1) * columns + c)
    while count > 0:
        node = nodes[0]
        count = _pop(keys, nodes, count)
        r, c = node // columns, node % columns
        if done[r, c]:
            continue
        done[r, c] = True
        turn = turns[r, c]
        for y in range(max(r - 1, 0), min(r + 2, rows)):
            for x in range(max(c - 1, 0), min(c + 2, columns)):
                if not free[y, x] or done[y, x] or in_the_way(framed, free, r, c, y, x) >= 0:
                    continue
                r0, c0 = turn // columns, turn % columns
                way = away[r0, c0] + np.sqrt(float((y - r0) ** 2 + (x - c0) ** 2))
                if way >= away[y, x]:
                    continue
                wall = in_the_way(framed, free, y, x, r0, c0)
                if wall >= 0:
                    way, r0, c0 = _around(framed, free, away, done, wall, (y, x), (r, c))
                if way < away[y, x]:
                    away[y, x] = way
                    turns[y, x] = r0 * columns + c0
                    keys, nodes = _room(keys, nodes, count)
                    count = _push(keys, nodes, count, way, y * columns + x)


@kernel
def _around(
    framed: Array,
    free: Array,
    away: Array,
    done: Array,
    wall: int,
    start: tuple[int, int],
    neighbour: tuple[int, int],
) -> tuple[float, int, int]:
    """Shortest way on from a corner, and where it turns: at a neighbour, or around a pixel."""
    (y, x), (r0, c0) = start, neighbour
    way = away[r0, c0] + np.sqrt(float((y - r0) ** 2 + (x - c0) ** 2))
    below, right = wall // framed.shape[1], wall % framed.shape[1]
    for r in range(max(below - 1, 0), min(below + 1, free.shape[0])):
        for c in range(max(right - 1, 0), min(right + 1, free.shape[1])):
            if not done[r, c]:
                continue
            other = away[r, c] + np.sqrt(float((y - r) ** 2 + (x - c) ** 2))
            if other < way and in_the_way(framed, free, y, x, r, c) < 0:
                way, r0, c0 = other, r, c
    return way, r0, c0


@kernel
def in_the_way(framed: Array, free: Array, r0: int, c0: int, r1: int, c1: int) -> int:
    """Where the straight line from one corner to another leaves the phase; on its sides is inside.

    Returns
    -------
    pixel
        The first one in the way: row times columns plus column of the framed pixels; -1 if none is.
    """
    dr, dc = abs(r1 - r0), abs(c1 - c0)
    step_r, step_c = int(r1 > r0) - int(r1 < r0), int(c1 > c0) - int(c1 < c0)
    columns = framed.shape[1]
    if dr == 0 or dc == 0:
        for k in range(max(dr, dc)):
            r, c = r0 + k * step_r, c0 + k * step_c
            # The pixels on both sides of this side of a pixel.
            r_far, c_far = r + int(step_r >= 0), c + int(step_c >= 0)
            if step_r == 0:
                side = framed[r, c_far] or framed[r + 1, c_far]
            else:
                side = framed[r_far, c] or framed[r_far, c + 1]
            if not side or not free[r + step_r, c + step_c]:
                return int(r_far * columns + c_far)
        return -1
    r, c, i, j = r0 + int(step_r > 0), c0 + int(step_c > 0), 0, 0
    while framed[r, c]:
        if i == dr - 1 and j == dc - 1:
            return -1
        # Which side of the pixel the line leaves through; 0: its corner.
        ahead = (j + 1) * dr - (i + 1) * dc
        if ahead <= 0:
            c += step_c
            j += 1
        if ahead >= 0:
            r += step_r
            i += 1
        if ahead == 0 and not free[r0 + i * step_r, c0 + j * step_c]:
            break
    return int(r * columns + c)


@kernel
def _room(keys: Array, nodes: Array, count: int) -> tuple[Array, Array]:
    if count < len(keys):
        return keys, nodes
    more_keys, more_nodes = np.empty(2 * count, np.float64), np.empty(2 * count, np.int32)
    more_keys[:count], more_nodes[:count] = keys, nodes
    return more_keys, more_nodes


@kernel
def _push(keys: Array, nodes: Array, count: int, key: float, node: int) -> int:
    """Add to a heap whose smallest key comes first."""
    i = count
    while i > 0 and keys[(i - 1) // 2] > key:
        keys[i], nodes[i] = keys[(i - 1) // 2], nodes[(i - 1) // 2]
        i = (i - 1) // 2
    keys[i], nodes[i] = key, node
    return count + 1


@kernel
def _pop(keys: Array, nodes: Array, count: int) -> int:
    """Take the smallest off a heap."""
    count -= 1
    key, node = keys[count], nodes[count]
    i = 0
    while 2 * i + 1 < count:
        child = 2 * i + 1
        if child + 1 < count and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i], nodes[i] = keys[child], nodes[child]
        i = child
    keys[i], nodes[i] = key, node
    return count
