"""Sums over particles: areas, moments, grey values, boxes and extents in one pass over runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.measure.directions import DIRECTIONS, PACKED, RIGHTWARD
from transect.phases import Phase

Array = npt.NDArray[Any]

SUMS = (
    "n_active_material",
    "n_crack",
    "n_void",
    "sum_x",
    "sum_y",
    "sum_xx",
    "sum_xy",
    "sum_yy",
    "sum_grey",
    "sum_grey2",
)
"""Columns of the integer sums; moments are of all three phases, about the particle's anchor."""

_AM, _CRACK = int(Phase.ACTIVE_MATERIAL), int(Phase.CRACK)
_FAR, _FURTHEST = np.iinfo(np.int32).max, np.iinfo(np.int64).max


def particle_sums(
    phases: Array, local: Array, grey: Array, core: Array, origin: Array, anchors: Array
) -> tuple[Array, Array, Array, Array]:
    """Sum over the particles of a window's core.

    Parameters
    ----------
    phases, local, grey
        Final phases, local particle numbers and grey values of the padded window.
    core
        First and last (exclusive) row and column of the core in the padded window.
    origin
        Row and column of the padded window in the mosaic.
    anchors
        Row and column in the mosaic that each particle's moments refer to.

    Returns
    -------
    sums
        int64 (particles, SUMS).
    boxes
        int32 (particles, 4): first row, end row, first column, end column, in the mosaic.
    low, high
        int64 (particles, DIRECTIONS): smallest and largest packed projection of the pixels.
    """
    count = len(anchors)
    sums = np.zeros((count, len(SUMS)), np.int64)
    boxes = np.empty((count, 4), np.int32)
    boxes[:, 0::2], boxes[:, 1::2] = _FAR, -1
    low = np.full((count, DIRECTIONS), _FURTHEST, np.int64)
    high = np.full((count, DIRECTIONS), -_FURTHEST, np.int64)
    vectors = np.ascontiguousarray(PACKED.T)
    _pass(phases, local, grey, core, origin, anchors, vectors, sums, boxes, low, high)
    return sums, boxes, low, high


@kernel
def _run(dx: int, dy: int, n: int, row: Array) -> None:
    """Add the moments of n pixels in a row, the first at (dx, dy) from the anchor."""
    sx = n * dx + n * (n - 1) // 2
    row[3] += sx
    row[4] += n * dy
    row[5] += n * dx * dx + dx * n * (n - 1) + (n - 1) * n * (2 * n - 1) // 6
    row[6] += dy * sx
    row[7] += n * dy * dy


@kernel
def _greys(phases: Array, grey: Array, row: Array) -> None:
    """Count the phases of a run and sum its greys, without a branch: in vector units."""
    material, cracks, total, squares = np.zeros(4, np.int64)
    for x in range(len(phases)):
        mine = np.int64(phases[x] == _AM)
        value = np.int64(grey[x]) * mine
        material += mine
        cracks += np.int64(phases[x] == _CRACK)
        total += value
        squares += value * value
    row[0] += material
    row[1] += cracks
    row[2] += len(phases) - material - cracks
    row[8] += total
    row[9] += squares


@kernel
def _extend(x0: int, x1: int, y: int, vectors: Array, low: Array, high: Array) -> None:
    """Stretch the extents of a particle by a run of pixels x0..x1 in row y."""
    along, down = vectors[0], vectors[1]
    for k in range(RIGHTWARD):
        across = down[k] * y
        low[k] = min(low[k], along[k] * x0 + across)
        high[k] = max(high[k], along[k] * x1 + across)
    for k in range(RIGHTWARD, DIRECTIONS):
        across = down[k] * y
        low[k] = min(low[k], along[k] * x1 + across)
        high[k] = max(high[k], along[k] * x0 + across)


@kernel
def _pass(
    phases: Array,
    local: Array,
    grey: Array,
    core: Array,
    origin: Array,
    anchors: Array,
    vectors: Array,
    sums: Array,
    boxes: Array,
    low: Array,
    high: Array,
) -> None:
    for r in range(core[0], core[1]):
        y = r + origin[0]
        c = core[2]
        while c < core[3]:
            number = local[r, c]
            start = c
            c += 1
            if number == 0:
                continue
            while c < core[3] and local[r, c] == number:
                c += 1
            row = sums[number]
            _greys(phases[r, start:c], grey[r, start:c], row)
            x0, x1 = start + origin[1], c - 1 + origin[1]
            _run(x0 - anchors[number, 1], y - anchors[number, 0], c - start, row)
            _extend(x0, x1, y, vectors, low[number], high[number])
            box = boxes[number]
            box[0], box[1] = min(box[0], y), max(box[1], y + 1)
            box[2], box[3] = min(box[2], x0), max(box[3], x1 + 1)
