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


_MIX = np.int64(0x1E3779B97F4A7C15)
"""An odd number whose bits are mixed: the golden ratio's."""


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
def _pairs(h: U16, ptr: I32, keys: I64, saddles: U16, sides: I32) -> bool:
    """Note pixel pairs of different basins: the two ends, the highest pass, the sides shared.

    The arrays are a hash table of the pairs of ends, with keys of -1 where nothing is; False where
    it is too small.
    """
    rows, cols = h.shape
    size = np.int64(rows * cols)
    mask = keys.size - 1
    count, before, slot = 0, np.int64(-1), 0
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
                key = min(a, b) * size + max(a, b)
                if key != before:
                    before = key
                    # Neighbouring keys are far apart in the table: Knuth's multiplicative hash.
                    slot = ((key * _MIX) >> 24) & mask
                    while keys[slot] != key and keys[slot] >= 0:
                        slot = (slot + 1) & mask
                    if keys[slot] < 0:
                        count += 1
                        if 2 * count > mask:
                            return False
                        keys[slot] = key
                saddles[slot] = max(saddles[slot], min(h[r, c], h[rr, cc]))
                sides[slot] += 1 if q == 0 or q == 2 else 0
    return True


@kernel
def _sizes(h: U16, ptr: I32, size: I32) -> None:
    """Pixels that end in each peak or ring pixel, by its index."""
    rows, cols = h.shape
    for r in range(1, rows - 1):
        for c in range(1, cols - 1):
            if h[r, c] > 0:
                size[ptr[r, c]] += 1


@kernel
def _name(ptr: I32, row0: int, col0: int, columns: int, labels: U64) -> None:
    """Give each pixel 1 + the global index of where its climb ends, or 0."""
    rows, cols = labels.shape
    width = cols + 2
    for r in range(rows):
        before, name = -1, np.uint64(0)
        for c in range(cols):
            end = ptr[r + 1, c + 1]
            if end != before:
                # Dividing takes longer than all else, and neighbours mostly end alike.
                before, name = end, np.uint64(0)
                if end >= 0:
                    row = end // width - 1 + row0
                    name = np.uint64(row * columns + end % width + col0)
            labels[r, c] = name


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
    a, b, saddle, length = _contacts(ringed, ptr, ends.size)
    labels = np.empty(window.shape, np.uint64)
    _name(ptr, window.row0, window.col0, columns, labels)
    own, first, second = (
        (_global(spots, ringed.shape[1], window, columns) + 1).astype(np.uint64)
        for spots in (ends, a, b)
    )
    pixel, label, height = _faces(labels, ringed[1:-1, 1:-1], window, columns)
    return Basins(
        labels,
        np.concatenate([own, first]),
        np.concatenate([own, second]),
        np.concatenate([ringed.ravel()[ends], saddle]),
        np.concatenate([size[ends].astype(np.int64), length]),
        pixel,
        label,
        height,
    )


def _contacts(ringed: U16, ptr: I32, count: int) -> tuple[I64, I64, U16, I64]:
    """Pairs of basins that touch, by their ends: highest pass and sides shared.

    `count` basins have about three neighbours each, and half of a table must stay empty.
    """
    bits = max(int(8 * count).bit_length(), 10)
    while True:
        keys = np.full(1 << bits, -1, np.int64)
        saddles, sides = np.zeros(keys.size, np.uint16), np.zeros(keys.size, np.int32)
        if _pairs(ringed, ptr, keys, saddles, sides):
            break
        bits += 1
    used = np.flatnonzero(keys >= 0)
    used = used[np.argsort(keys[used])]
    found = keys[used]
    return found // ringed.size, found % ringed.size, saddles[used], sides[used].astype(np.int64)


def _global(local: I64, width: int, window: Window, columns: int) -> I64:
    """Global pixel index of pixels of the ringed array."""
    row = local // width - 1 + window.row0
    return row * columns + (local % width - 1 + window.col0)


def _faces(labels: U64, height: U16, window: Window, columns: int) -> tuple[U64, U64, U16]:
    """Particle pixels on the border of the window, by rising index."""
    rows, cols = labels.shape
    across, down = np.arange(cols), np.arange(rows) * cols
    ring = np.concatenate([across, down[-1] + across, down, down + cols - 1])
    spots = np.unique(ring)
    r, c = np.divmod(spots[labels.ravel()[spots] > 0], cols)
    pixel = (r + window.row0) * columns + c + window.col0
    return pixel.astype(np.uint64), labels[r, c], height[r, c]
