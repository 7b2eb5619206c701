"""What every pixel of the cracks' skeletons knows: width, direction, grey across, and its ends.

Angles against a particle's centre and against its neighbours need the whole particle, which a
window does not have: the pixels are kept, thin as they are, and looked at when all is merged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.measure.skeleton import PASSES

Array = npt.NDArray[Any]

FIELDS = ("row", "column", "orthogonal", "diagonal", "width", "tx", "ty", "dark", "across", "end")
"""What `skeleton_points` tells: place in the padded window; steps to neighbours on the skeleton;
twice the distance to the nearest pixel that is no crack, in eighths of a pixel, a mean over the
skeleton nearby: alone it is even or odd; a direction along the skeleton; sum of the
greys across the crack and their number; 1 at an end of the skeleton, 2 where that is at the
particle's outline."""

COUNT = len(FIELDS)

EIGHTHS = 8
"""Parts of a pixel that widths are told in."""

WIDEST = PASSES
"""Largest distance that is measured, in px: wider openings have no skeleton."""

ALONG = 3
"""Pixels to either side that tell the direction of the skeleton."""

ACROSS = 5
"""Pixels to either side of a thin crack whose greys are summed: it and its blur."""

OUTLINE = 3
"""Distance from the particle's outline, in px, at which the end of a crack is at it."""


@kernel
def skeleton_points(
    skeleton: Array,
    labels: Array,
    phases: Array,
    local: Array,
    grey: Array,
    core: Array,
    crack: int,
) -> tuple[Array, Array]:
    """Look at every pixel of the skeleton in the core.

    Parameters
    ----------
    skeleton
        1 on the skeleton, over the padded window.
    labels
        1 + component over the core, 0 where there is none.
    phases, local, grey
        Final phases, local numbers of particles and greys of the padded window.
    core
        First and last (exclusive) row and column of the core in the padded window.
    crack
        Code of the phase.

    Returns
    -------
    points
        int64 (points, FIELDS).
    components
        Component of each point.
    """
    rows, columns = skeleton.shape
    count = 0
    for r in range(core[0], core[1]):
        for c in range(core[2], core[3]):
            count += int(skeleton[r, c] > 0 and labels[r - core[0], c - core[2]] > 0)
    points = np.zeros((count, COUNT), np.int64)
    components = np.zeros(count, np.int64)
    count = 0
    for r in range(core[0], core[1]):
        for c in range(core[2], core[3]):
            label = labels[r - core[0], c - core[2]]
            if not skeleton[r, c] or label == 0:
                continue
            point = points[count]
            components[count] = label - 1
            count += 1
            point[0], point[1] = r, c
            _steps(skeleton, r, c, point)
            point[4] = _width(skeleton, phases, local, r, c, crack)
            _direction(skeleton, local, r, c, point)
            _across(local, grey, r, c, point)
            if point[2] + point[3] <= 1:
                # Thinning draws an end back by half of the width.
                reach = OUTLINE + point[4] // (2 * EIGHTHS)
                point[9] = 2 if _at_outline(local, r, c, reach) else 1
    return points, components


@kernel
def _steps(skeleton: Array, r: int, c: int, point: Array) -> None:
    """Count the neighbours on the skeleton; a diagonal one behind an orthogonal one is not new."""
    rows, columns = skeleton.shape
    for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        y, x = r + dr, c + dc
        if 0 <= y < rows and 0 <= x < columns and skeleton[y, x]:
            point[2] += 1
    for dr in (-1, 1):
        for dc in (-1, 1):
            y, x = r + dr, c + dc
            if 0 <= y < rows and 0 <= x < columns and skeleton[y, x]:
                point[3] += int(not skeleton[r, x] and not skeleton[y, c])


@kernel
def _width(skeleton: Array, phases: Array, local: Array, r: int, c: int, crack: int) -> int:
    rows, columns = skeleton.shape
    total, count = 0.0, 0
    for y in range(max(r - ALONG, 0), min(r + ALONG + 1, rows)):
        for x in range(max(c - ALONG, 0), min(c + ALONG + 1, columns)):
            if skeleton[y, x] and local[y, x] == local[r, c]:
                total += np.sqrt(_nearest(phases, local, y, x, crack))
                count += 1
    return int(np.rint(2 * EIGHTHS * total / count))


@kernel
def _nearest(phases: Array, local: Array, r: int, c: int, crack: int) -> int:
    """Squared distance to the nearest pixel that is not of this crack, in growing squares."""
    rows, columns = phases.shape
    own = local[r, c]
    best = WIDEST * WIDEST
    for k in range(1, WIDEST + 1):
        if k * k >= best:
            break
        for d in range(-k, k + 1):
            for side in range(4):
                dr, dc = (k, d) if side == 0 else (-k, d)
                if side >= 2:
                    dr, dc = (d, k) if side == 2 else (d, -k)
                y, x = r + dr, c + dc
                # The border of the mosaic is no edge of a crack.
                if y < 0 or x < 0 or y >= rows or x >= columns:
                    continue
                if phases[y, x] != crack or local[y, x] != own:
                    best = min(best, dr * dr + dc * dc)
    return best


@kernel
def _direction(skeleton: Array, local: Array, r: int, c: int, point: Array) -> None:
    """Tell the main direction of the skeleton nearby, as an integer vector of length 100."""
    rows, columns = skeleton.shape
    xx, xy, yy = 0, 0, 0
    for dr in range(-ALONG, ALONG + 1):
        for dc in range(-ALONG, ALONG + 1):
            y, x = r + dr, c + dc
            if y < 0 or x < 0 or y >= rows or x >= columns:
                continue
            if skeleton[y, x] and local[y, x] == local[r, c]:
                xx, xy, yy = xx + dc * dc, xy + dc * dr, yy + dr * dr
    angle = 0.5 * np.arctan2(2.0 * xy, float(xx - yy))
    if xx + yy:
        point[5] = int(np.rint(100 * np.cos(angle)))
        point[6] = int(np.rint(100 * np.sin(angle)))


@kernel
def _across(local: Array, grey: Array, r: int, c: int, point: Array) -> None:
    """Sum the greys along the normal, as far as the particle reaches."""
    rows, columns = local.shape
    tx, ty = point[5], point[6]
    if tx == 0 and ty == 0:
        return
    point[7], point[8] = np.int64(grey[r, c]), 1
    for way in (-1, 1):
        for k in range(1, ACROSS + 1):
            y = r + int(np.rint(way * k * tx / 100.0))
            x = c - int(np.rint(way * k * ty / 100.0))
            if y < 0 or x < 0 or y >= rows or x >= columns or local[y, x] != local[r, c]:
                break
            point[7] += np.int64(grey[y, x])
            point[8] += 1


@kernel
def _at_outline(local: Array, r: int, c: int, reach: int) -> bool:
    rows, columns = local.shape
    for dr in range(-reach, reach + 1):
        for dc in range(-reach, reach + 1):
            y, x = r + dr, c + dc
            if 0 <= y < rows and 0 <= x < columns and local[y, x] != local[r, c]:
                return True
    return False
