"""Exact Euclidean distance to the background, in integers, up to a reach."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Bool = npt.NDArray[np.bool_]
U16 = npt.NDArray[np.uint16]
I32 = npt.NDArray[np.int32]

REACH = 255
"""Distances are exact up to here and equal beyond, in px; 12.75 um of diameter at 25 nm."""

UNIT = 256
"""Heights are stored in 1/256 px."""

SMOOTHING = 2
"""Radius of the filter that takes the teeth off the heights, in px."""


@kernel
def _columns(mask: Bool, reach: int, out: U16) -> None:
    """Distance to the nearest background pixel of the same column, up to reach + 1."""
    rows, cols = mask.shape
    top = np.uint16(reach + 1)
    for c in range(cols):
        out[0, c] = top if mask[0, c] else np.uint16(0)
    for r in range(1, rows):
        for c in range(cols):
            grown = min(out[r - 1, c] + np.uint16(1), top)
            out[r, c] = grown if mask[r, c] else np.uint16(0)
    for r in range(rows - 2, -1, -1):
        for c in range(cols):
            out[r, c] = min(out[r, c], np.uint16(out[r + 1, c] + np.uint16(1)))


@kernel
def _run(
    g: U16, start: int, stop: int, site: I32, first: I32, limit: int, root: U16, out: U16
) -> None:
    """Lower envelope of the parabolas of columns start..stop-1 of one row (Meijster et al.)."""
    k = 0
    site[0] = start
    first[0] = start
    for u in range(start + 1, stop):
        gu = np.int64(g[u]) * g[u]
        while True:
            i = site[k]
            x = first[k]
            at = (x - i) * (x - i) + np.int64(g[i]) * g[i]
            if k >= 0 and at > (x - u) * (x - u) + gu:
                k -= 1
                if k < 0:
                    break
            else:
                break
        if k < 0:
            k = 0
            site[0] = u
            first[0] = start
            continue
        i = site[k]
        gi = np.int64(g[i]) * g[i]
        # First column from which u is nearer than i: exact integer division, never negative.
        cut = 1 + (np.int64(u) * u - np.int64(i) * i + gu - gi) // (2 * (u - i))
        if cut < stop:
            k += 1
            site[k] = u
            first[k] = cut
    for u in range(stop - 1, start - 1, -1):
        i = site[k]
        d = (u - i) * (u - i) + np.int64(g[i]) * g[i]
        out[u] = root[min(d, limit)]
        if u == first[k]:
            k -= 1


@kernel
def _rows(g: U16, reach: int, root: U16, out: U16) -> None:
    """Distances along each row, one run of particle pixels at a time."""
    rows, cols = g.shape
    site = np.empty(cols + 1, np.int32)
    first = np.empty(cols + 1, np.int32)
    for r in range(rows):
        c = 0
        while c < cols:
            if g[r, c] == 0:
                out[r, c] = 0
                c += 1
                continue
            start = c
            while c < cols and g[r, c] > 0:
                c += 1
            # The background on either side belongs to the envelope, where there is one.
            a = start - 1 if start > 0 else start
            b = c + 1 if c < cols else c
            _run(g[r], a, b, site, first, reach * reach, root, out[r])


def distance(mask: Bool, reach: int = REACH) -> U16:
    """Distance of every particle pixel to the background, in 1/256 px, exact up to `reach`.

    Beyond the array there is no background: a particle is not narrower for being cut.

    Parameters
    ----------
    mask
        True on particles, shape (row, column).
    reach
        Largest distance that is told from larger ones, in px, at most 255.
    """
    columns = np.empty(mask.shape, np.uint16)
    _columns(mask, reach, columns)
    root = np.floor(UNIT * np.sqrt(np.arange(reach * reach + 1))).astype(np.uint16)
    out = np.empty(mask.shape, np.uint16)
    _rows(columns, reach, root, out)
    return out


def heights(mask: Bool, reach: int = REACH) -> U16:
    """Distance with the teeth of its ridges smoothed, 0 on the background, else positive.

    The filter works in integers, so a pixel's height does not depend on the window around it.
    """
    raw = distance(mask, reach)
    size = 2 * SMOOTHING + 1
    smooth = cv2.GaussianBlur(raw, (size, size), 1.0, borderType=cv2.BORDER_REFLECT_101)
    return np.where(mask, np.maximum(smooth, 1), 0).astype(np.uint16)
