"""Openings inside particles: which holes are voids, and which belong to the space between."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Bool = npt.NDArray[np.bool_]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]

EXTENT = 64
"""Longest side of a hole that may be a void, in px: what keeps the decision inside the halo."""

ELLIPSE = 0.9
"""Least area over the area of the ellipse with the same second moments: 1 for a disc, 0.95 for a
square, 0.83 for a triangle; a pore between touching particles, with its cusps, is below."""

MOUTH = 0.2
"""Largest share of a void's outline that thin openings may take: a pore between particles goes on
into the wedges where they touch."""


WALL = 32
"""A hole with solid material this far around, in px, may have cracks running into it."""

CRACKED_MOUTH = 0.6
"""Largest share of thin openings in the outline of a hole with such a wall."""


@kernel
def _moments(labels: I32, top: I32, left: I32, keep: Bool, sums: I64) -> None:
    """Sum coordinates from each component's corner, for those that may be kept."""
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            k = labels[r, c]
            if k > 0 and keep[k]:
                y, x = np.int64(r - top[k]), np.int64(c - left[k])
                sums[k, 0] += y
                sums[k, 1] += x
                sums[k, 2] += y * y
                sums[k, 3] += x * x
                sums[k, 4] += x * y


@kernel
def _outline(labels: I32, thin: Bool, keep: Bool, sides: I64) -> None:
    """Count pixel sides of each component, and those that face a thin opening."""
    rows, cols = labels.shape
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            k = labels[r, c]
            if k == 0 or not keep[k]:
                continue
            for y, x in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
                if labels[y, x] != k:
                    sides[k, 0] += 1
                    sides[k, 1] += thin[y, x]


@kernel
def _select(labels: I32, kind: U8, out: U8) -> None:
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            out[r, c] = kind[labels[r, c]]


def ellipse_share(area: I64, sums: I64) -> npt.NDArray[np.float64]:
    """Area of components over the area of the ellipse with their second moments.

    Integers up to the last step, so a component has the same value wherever it lies.
    """
    n = area.astype(np.int64)
    yy = n * sums[:, 2] - sums[:, 0] ** 2
    xx = n * sums[:, 3] - sums[:, 1] ** 2
    xy = n * sums[:, 4] - sums[:, 0] * sums[:, 1]
    # 1/12 is the second moment of a pixel in itself.
    square = n.astype(np.float64) ** 2
    a, b, c = yy / square + 1 / 12, xx / square + 1 / 12, xy / square
    return n / (4 * np.pi * np.sqrt(np.maximum(a * b - c * c, 1e-6)))


def _components(mask: Bool) -> tuple[int, I32, I32]:
    """Count, labels and boxes of 4-connected components."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    return count, np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _walled(space: Bool, stats: I32) -> Bool:
    """Whether the box of each component, grown by `WALL`, holds no open space."""
    sums = np.asarray(cv2.integral(space.view(np.uint8)), np.int32)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    r0, c0 = np.maximum(top - WALL, 0), np.maximum(left - WALL, 0)
    r1, c1 = np.minimum(bottom + WALL, space.shape[0]), np.minimum(right + WALL, space.shape[1])
    return np.asarray(sums[r1, c1] - sums[r0, c1] - sums[r1, c0] + sums[r0, c0] == 0)


def compact(mask: Bool, extent: int, smallest: int = 1, thin: Bool | None = None) -> U8:
    """Components of a mask that are small and convex-like.

    Parameters
    ----------
    mask
        Shape (row, column).
    extent
        Longest side of a component's box, in px.
    smallest
        Smallest area in px.
    thin
        Thin openings: components whose outline they take more than `MOUTH` of are not compact.

    Returns
    -------
    1 in compact components, 2 in components below `smallest`, 0 elsewhere.
    """
    count, labels, stats = _components(mask)
    keep = (stats[:, cv2.CC_STAT_WIDTH] <= extent) & (stats[:, cv2.CC_STAT_HEIGHT] <= extent)
    keep[0] = False
    sums = np.zeros((count, 5), np.int64)
    _moments(labels, stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_LEFT], keep, sums)
    area = stats[:, cv2.CC_STAT_AREA].astype(np.int64)
    good = keep & (ellipse_share(area, sums) >= ELLIPSE)
    if thin is not None:
        sides = np.zeros((count, 2), np.int64)
        _outline(labels, thin, good, sides)
        walled = _walled(mask & ~keep[labels], stats)
        good &= sides[:, 1] <= np.where(walled, CRACKED_MOUTH, MOUTH) * sides[:, 0]
    kind = good.astype(np.uint8)
    kind[keep & (area < smallest)] = 2
    out = np.empty(mask.shape, np.uint8)
    _select(labels, kind, out)
    return out
