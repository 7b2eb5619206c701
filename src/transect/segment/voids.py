"""Openings inside particles: which holes are voids, and which belong to the space between."""

from __future__ import annotations

from typing import Literal

import cc3d
import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

Bool = npt.NDArray[np.bool_]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]

EXTENT = 96
"""Longest side of a hole that may be a void, in px: what keeps the decision inside the halo."""

ELLIPSE = 0.9
"""Least area over the area of the ellipse with the same second moments: 1 for a disc, 0.95 for a
square, 0.83 for a triangle; a pore between touching particles, with its cusps, is below."""

ROUGH, OBLONG = 0.8, 2.2
"""The same for a thin opening, whose few pixels make a rough outline, and the largest ratio of the
ellipse's axes: what is longer is a crack."""

ROUND = 0.95
"""The same for a hole without a wall that thin openings run into: between four particles that
touch, what is left of a pore without its cusps is above `ELLIPSE`."""

APART = 0.05
"""Largest share of thin openings in the outline of a hole that none runs into: noise of edges."""

MOUTH = 0.2
"""Largest share of a void's outline that thin openings may take: a pore between particles goes on
into the wedges where they touch."""


WEDGE, CUSPS = 8, 3
"""Pixels of a thin opening that is no bump of an outline, and how many of them run into a pore
between three particles: a crack that crosses a void makes two."""

WALL = 32
"""A hole with solid material this far around, in px, may have cracks running into it; holes no
larger than this are part of what is solid."""

CRACKED_MOUTH = 0.6
"""Largest share of thin openings in the outline of a hole with such a wall."""


@kernel
def _moments(labels: I32, boxes: I32, keep: Bool, sums: I64) -> None:
    """Sum coordinates from each component's corner, for those that may be kept."""
    for k in range(1, keep.size):
        if not keep[k]:
            continue
        left, top, right, bottom = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        for y in range(bottom - top):
            for x in range(right - left):
                if labels[top + y, left + x] == k:
                    sums[k, 0] += y
                    sums[k, 1] += x
                    sums[k, 2] += y * y
                    sums[k, 3] += x * x
                    sums[k, 4] += x * y


@kernel
def _outline(labels: I32, boxes: I32, thin: Bool, keep: Bool, sides: I64) -> None:
    """Count pixel sides of each component, and those that face a thin opening."""
    rows, cols = labels.shape
    for k in range(1, keep.size):
        if not keep[k]:
            continue
        left, top, right, bottom = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        for r in range(max(top, 1), min(bottom, rows - 1)):
            for c in range(max(left, 1), min(right, cols - 1)):
                if labels[r, c] != k:
                    continue
                for y, x in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
                    if labels[y, x] != k:
                        sides[k, 0] += 1
                        sides[k, 1] += thin[y, x]


@kernel
def _walled(labels: I32, boxes: I32, small: Bool, good: Bool, out: Bool) -> None:
    """Whether the box of each component, grown by `WALL`, holds no other that is not small."""
    rows, cols = labels.shape
    for k in range(1, good.size):
        if not good[k]:
            continue
        left, top, right, bottom = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        free = True
        for r in range(max(top - WALL, 0), min(bottom + WALL, rows)):
            for c in range(max(left - WALL, 0), min(right + WALL, cols)):
                near = labels[r, c]
                free = free and (near == 0 or near == k or small[near])
            if not free:
                break
        out[k] = free


def _wedges(labels: I32, box: I32, thin: Bool, k: int) -> int:
    """Thin openings of at least `WEDGE` pixels near a component that run into it."""
    left, top, right, bottom = (int(v) for v in box[:4])
    spot = (
        slice(max(top - WEDGE, 0), bottom + WEDGE),
        slice(max(left - WEDGE, 0), right + WEDGE),
    )
    parts, _ = components(thin[spot], 8)
    beside = cv2.dilate((labels[spot] == k).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    sizes = np.bincount(parts.ravel())
    return sum(int(sizes[part] >= WEDGE) for part in np.unique(parts[beside]) if part)


@kernel
def _fill(labels: I32, boxes: I32, kind: U8, out: U8) -> None:
    """Give the pixels of each component its kind."""
    for k in range(1, kind.size):
        if kind[k] == 0:
            continue
        left, top, right, bottom = boxes[k, 0], boxes[k, 1], boxes[k, 2], boxes[k, 3]
        for r in range(top, bottom):
            for c in range(left, right):
                if labels[r, c] == k:
                    out[r, c] = kind[k]


def _ellipses(area: I64, sums: I64) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Area of components over that of the ellipse with their second moments; its axes' ratio.

    Integers up to the last step, so a component has the same values wherever it lies.
    """
    n = area.astype(np.int64)
    yy = n * sums[:, 2] - sums[:, 0] ** 2
    xx = n * sums[:, 3] - sums[:, 1] ** 2
    xy = n * sums[:, 4] - sums[:, 0] * sums[:, 1]
    # 1/12 is the second moment of a pixel in itself.
    square = n.astype(np.float64) ** 2
    a, b, c = yy / square + 1 / 12, xx / square + 1 / 12, xy / square
    inner = np.maximum(a * b - c * c, 1e-6)
    half, apart = (a + b) / 2, np.sqrt((a - b) ** 2 / 4 + c * c)
    return n / (4 * np.pi * np.sqrt(inner)), (half + apart) / np.sqrt(inner)


@kernel
def _boxes(labels: I32, boxes: I32) -> None:
    """First column and row, one past the last of both, and pixels of each component."""
    rows, cols = labels.shape
    for r in range(rows):
        c = 0
        while c < cols:
            k, start = labels[r, c], c
            while c < cols and labels[r, c] == k:
                c += 1
            if k == 0:
                continue
            if boxes[k, 4] == 0:
                boxes[k, 0], boxes[k, 1] = start, r
            boxes[k, 0] = min(boxes[k, 0], start)
            boxes[k, 2] = max(boxes[k, 2], c)
            boxes[k, 3] = r + 1
            boxes[k, 4] += c - start


def components(mask: Bool, connectivity: Literal[4, 8]) -> tuple[I32, I32]:
    """Label what is connected; first column and row, one past the last of both, and pixels.

    Parameters
    ----------
    mask
        Shape (row, column).
    connectivity
        4 or 8 neighbours.
    """
    # Bytes: of booleans, cc3d 4.1 joins the wrong ones of eight neighbours.
    found, count = cc3d.connected_components(
        mask.view(np.uint8), connectivity=connectivity, out_dtype=np.uint32, return_N=True
    )
    labels = np.asarray(found).view(np.int32)
    boxes = np.zeros((count + 1, 5), np.int32)
    _boxes(labels, boxes)
    return labels, boxes


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
        Absent where the components are thin openings themselves.

    Returns
    -------
    1 in compact components, 2 in components below `smallest`, 0 elsewhere.
    """
    labels, boxes = components(mask, 4)
    sizes = boxes[:, 2:4] - boxes[:, :2]
    keep: Bool = np.all(sizes <= extent, axis=1)
    keep[0] = False
    sums = np.zeros((keep.size, 5), np.int64)
    _moments(labels, boxes, keep, sums)
    area = boxes[:, 4].astype(np.int64)
    share, ratio = _ellipses(np.maximum(area, 1), sums)
    if thin is None:
        good = keep & (share >= ROUGH) & (ratio <= OBLONG)
    else:
        good = keep & (share >= ELLIPSE)
        sides, walled = np.zeros((keep.size, 2), np.int64), np.zeros(keep.size, np.bool_)
        _outline(labels, boxes, thin, good, sides)
        _walled(labels, boxes, np.all(sizes <= WALL, axis=1), good, walled)
        good &= sides[:, 1] <= np.where(walled, CRACKED_MOUTH, MOUTH) * sides[:, 0]
        doubtful = (sides[:, 1] > APART * sides[:, 0]) & (share < ROUND)
        good &= walled | ~doubtful
        for k in np.flatnonzero(good & doubtful):
            good[k] = _wedges(labels, boxes[k], thin, int(k)) < CUSPS
    kind = good.astype(np.uint8)
    kind[keep & (area < smallest)] = 2
    out = np.zeros(mask.shape, np.uint8)
    _fill(labels, boxes, kind, out)
    return out
