"""Cracks too thin for a threshold: dark lines in active material that blur has made shallow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.segment.voids import components

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

REACH = 3
"""Radius within which both banks of a thin crack lie, in px."""

SHORT = 10
"""Lines shorter than this in both directions are grains and noise, in px."""

HALO = 2 * REACH + SHORT + 2
"""Pixels around a window that `ridges` must see."""


@kernel
def _lines(smooth: U8, material: Bool, depth: int, out: Bool) -> None:
    """Mark pixels of material that are darker than both banks, and the darkest between them."""
    rows, cols = smooth.shape
    for r in range(REACH, rows - REACH):
        for c in range(REACH, cols - REACH):
            if not material[r, c]:
                continue
            own = np.int64(smooth[r, c])
            for q in range(4):
                dr, dc = (0, 1) if q == 0 else (1, q - 2)
                n = REACH if dr * dc == 0 else REACH - 1
                a, b = (
                    np.int64(smooth[r + n * dr, c + n * dc]),
                    np.int64(smooth[r - n * dr, c - n * dc]),
                )
                if min(a, b) - own < depth:
                    continue
                if own <= smooth[r + dr, c + dc] and own < smooth[r - dr, c - dc]:
                    out[r, c] = True
                    break


@kernel
def _keep(labels: I32, long: Bool, out: Bool) -> None:
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            if out[r, c] and not long[labels[r, c]]:
                out[r, c] = False


def ridges(smooth: U8, material: Bool, thin: Bool, depth: float) -> Bool:
    """Find dark lines in active material.

    Parameters
    ----------
    smooth
        Denoised greys, shape (row, column).
    material
        Active material.
    thin
        Thin openings that thresholds have found: a line may end at one.
    depth
        Least difference from both banks, in grey levels.
    """
    out = np.zeros(smooth.shape, np.bool_)
    _lines(smooth, material, max(int(np.ceil(depth)), 2), out)
    labels, boxes = components(out | thin, 8)
    size = (boxes[:, 2:4] - boxes[:, :2]).max(axis=1)
    _keep(labels, np.asarray(size >= SHORT), out)
    return out
