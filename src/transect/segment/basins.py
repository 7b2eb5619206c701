"""Basins of the height map: every pixel climbs to its peak, or out of its window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.parallel import Window

U16 = npt.NDArray[np.uint16]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Basins:
    """The basins of one window.

    Attributes
    ----------
    labels
        1 + global pixel index of the peak, or of the pixel outside the window that the climb
        leaves through; 0 off the particles. Shape (row, column) of the window.
    pair_a, pair_b, saddle, length
        Contacts: for a < b, the highest pass between two basins in 1/256 px and the number of
        pixel sides that they share; for a = b, the height of the peak and the pixels.
    pixel, label, height
        Faces: global index, label and height of each particle pixel on the window's border.
    """

    labels: U64
    pair_a: U64
    pair_b: U64
    saddle: U16
    length: I64
    pixel: U64
    label: U64
    height: U16


@kernel
def _climb(h: U16, ptr: I32) -> None:
    """Index of the highest neighbour of each inner pixel of a ringed array, or its own.

    Equal heights: the larger index wins. Indices of the ringed array are in the same order as
    global ones, so every window chooses alike.
    """
    rows, cols = h.shape
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            own = h[r, c]
            if own == 0:
                continue
            top = own
            best = r * cols + c
            moved = False
            for q in range(4):
                rr, cc = (r - 1, c - 1 + q) if q < 3 else (r, c - 1)
                v = h[rr, cc]
                if v > top or (moved and v == top):
                    top, best, moved = v, rr * cols + cc, True
            for q in range(4):
                rr, cc = (r, c + 1) if q == 0 else (r + 1, c - 2 + q)
                v = h[rr, cc]
                if v >= top:
                    top, best = v, rr * cols + cc
            ptr[r, c] = best


@kernel
def _roots(h: U16, ptr: I32) -> None:
    """Replace each pointer by the end of its climb: a peak, or a pixel of the ring."""
    rows, cols = h.shape
    flat = ptr.reshape(-1)
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            if h[r, c] == 0:
                continue
            start = r * cols + c
            end = start
            while flat[end] >= 0 and flat[end] != end:
                end = flat[end]
            here = start
            while here != end:
                following = flat[here]
                flat[here] = end
                here = following


@kernel
def _pairs(h: U16, ptr: I32, keys: I64, saddles: U16, sides: I32) -> int:
    """List pixel pairs of different basins: key of the two ends, pass height, whether a side."""
    rows, cols = h.shape
    size = np.int64(rows * cols)
    count = 0
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            if h[r, c] == 0:
                continue
            a = ptr[r, c]
            for q in range(4):
                rr, cc = (r, c + 1) if q == 0 else (r + 1, c - 2 + q)
                if rr > rows - 2 or cc > cols - 2 or cc < 1 or h[rr, cc] == 0:
                    continue
                b = ptr[rr, cc]
                if a == b:
                    continue
                if count < keys.size:
                    keys[count] = min(a, b) * size + max(a, b)
                    saddles[count] = min(h[r, c], h[rr, cc])
                    sides[count] = 1 if q == 0 or q == 2 else 0
                count += 1
    return count


@kernel
def _sizes(h: U16, ptr: I32, size: I32) -> None:
    """Pixels that end in each peak or ring pixel, by its index."""
    rows, cols = h.shape
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            if h[r, c] > 0:
                size[ptr[r, c]] += 1


def basins(ringed: U16, window: Window, columns: int) -> Basins:
    """Find the basins of one window.

    Parameters
    ----------
    ringed
        Heights of the window with one more pixel on each side, 0 where the mosaic ends.
    window
        The window in the mosaic.
    columns
        Columns of the mosaic, for global pixel indices.
    """
    ptr = np.full(ringed.shape, -1, np.int32)
    _climb(ringed, ptr)
    _roots(ringed, ptr)
    size = np.zeros(ringed.size, np.int32)
    _sizes(ringed, ptr, size)
    ends = np.flatnonzero(size)
    a, b, saddle, length = _contacts(ringed, ptr)
    spot = _global(np.arange(ringed.size), ringed.shape[1], window, columns)
    inner = ptr[1:-1, 1:-1]
    labels = np.where(inner >= 0, spot[inner] + 1, 0).astype(np.uint64)
    own = spot[ends].astype(np.uint64) + np.uint64(1)
    pixel, label, height = _faces(labels, ringed[1:-1, 1:-1], window, columns)
    return Basins(
        labels,
        np.concatenate([own, (spot[a] + 1).astype(np.uint64)]),
        np.concatenate([own, (spot[b] + 1).astype(np.uint64)]),
        np.concatenate([ringed.ravel()[ends], saddle]),
        np.concatenate([size[ends].astype(np.int64), length]),
        pixel,
        label,
        height,
    )


def _contacts(ringed: U16, ptr: I32) -> tuple[I64, I64, U16, I64]:
    keys, saddles, sides = np.empty(0, np.int64), np.empty(0, np.uint16), np.empty(0, np.int32)
    room = max(ringed.size // 16, 1024)
    while True:
        keys, saddles, sides = (
            np.empty(room, np.int64),
            np.empty(room, np.uint16),
            np.empty(room, np.int32),
        )
        count = _pairs(ringed, ptr, keys, saddles, sides)
        if count <= room:
            break
        room = count
    order = np.argsort(keys[:count], kind="stable")
    unique, start = np.unique(keys[order], return_index=True)
    if unique.size == 0:
        none = np.empty(0, np.int64)
        return none, none, np.empty(0, np.uint16), none
    high = np.maximum.reduceat(saddles[order], start)
    length = np.add.reduceat(sides[order].astype(np.int64), start)
    return unique // ringed.size, unique % ringed.size, high, length


def _global(local: I64, width: int, window: Window, columns: int) -> I64:
    """Global pixel index of pixels of the ringed array."""
    row = local // width - 1 + window.row0
    return row * columns + (local % width - 1 + window.col0)


def _faces(labels: U64, height: U16, window: Window, columns: int) -> tuple[U64, U64, U16]:
    """Particle pixels on the border of the window, by rising index."""
    edge = np.zeros(labels.shape, bool)
    edge[[0, -1], :] = True
    edge[:, [0, -1]] = True
    r, c = np.nonzero(edge & (labels > 0))
    pixel = (r + window.row0) * columns + c + window.col0
    return pixel.astype(np.uint64), labels[r, c], height[r, c]
