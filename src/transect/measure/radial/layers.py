"""Layers of equal depth in one particle: how far a pixel lies from the rim, over the furthest."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

Array = npt.NDArray[Any]

LAYERS = 5
"""Layers of equal depth: small particles have a pixel or two for each."""

SUMS = ("n_active_material", "n_crack", "n_void", "sum_grey")
"""What is summed in each layer: pixels of the phases, greys of active material."""

_AM, _CRACK, _VOID = int(Phase.ACTIVE_MATERIAL), int(Phase.CRACK), int(Phase.VOID)


def layer_sums(inside: Array, phases: Array, grey: Array) -> npt.NDArray[np.int64]:
    """Sum over the layers of a particle.

    Depth is the distance from a pixel's centre to that of the nearest pixel outside, less half a
    pixel; openings inside the particle are part of it. Layers as GREAT2 takes them.

    Parameters
    ----------
    inside
        Whether a pixel is the particle's, shape (row, column).
    phases, grey
        Phases, and grey values as integers, of the same shape.

    Returns
    -------
    int64 (LAYERS, SUMS); the first layer is at the rim.
    """
    # Beyond its box lies what is not the particle.
    padded = np.pad(inside.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    sums = np.zeros((LAYERS, len(SUMS)), np.int64)
    if inside.any():
        _sum(depth, inside, phases, grey, np.float32(depth.max()), sums)
    return sums


@kernel
def _sum(
    depth: Array, inside: Array, phases: Array, grey: Array, deepest: np.float32, sums: Array
) -> None:
    rows, columns = inside.shape
    for r in range(rows):
        for c in range(columns):
            if not inside[r, c]:
                continue
            share = (depth[r, c] - np.float32(0.5)) / deepest
            k = min(int(share * np.float32(LAYERS)), LAYERS - 1)
            phase = phases[r, c]
            if phase == _AM:
                sums[k, 0] += 1
                sums[k, 3] += grey[r, c]
            elif phase == _CRACK:
                sums[k, 1] += 1
            elif phase == _VOID:
                sums[k, 2] += 1
