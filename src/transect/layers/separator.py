"""The border of a separator, by its texture: its grey is that of binder, or near it.

Fibres run along the foil, so a separator is even along a row; a coating is not. How even and how
grey each is, is learned from the section itself, where one of them surely is. The border is the
line that parts the pixels best and does not jump.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.layers.envelope import running_median
from transect.layers.greys import Greys
from transect.parallel import WINDOW, Window, run

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Read = Callable[[Window], F32]

CELL = 16
"""Columns that are judged together."""

ALONG = 41
"""Columns over which a separator is even, in px."""

JUMP = 4
"""Most rows that the line goes up or down from cell to cell: a slope of 1/4 beside the foil's."""

STIFF = 60.0
"""What a row of slope costs, in natural units of likelihood."""

SAMPLES = 24
"""Windows that the two layers' looks are learned from."""

_HALO = 64
_SHADES, _ROUGH = 32, 16
_MID = 1


@dataclass(frozen=True)
class Bounds:
    """Rows of the mosaic at each column, from the coarse level.

    Attributes
    ----------
    foil
        Border of the foil on this side.
    coating
        Outermost active material: the coating goes at least this far.
    far
        Border of the separator that faces away.
    step
        Row step outwards: -1 above the foil, 1 below.
    """

    foil: F64
    coating: F64
    far: F64
    step: int

    def part(self, columns: slice) -> Bounds:
        """Take a few columns."""
        return Bounds(self.foil[columns], self.coating[columns], self.far[columns], self.step)


@dataclass(frozen=True)
class _Strip:
    """What is seen of a window: bins of grey and roughness, and where the layers surely are."""

    row0: int
    shade: npt.NDArray[np.int32]
    rough: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    separator: Bool
    coating: Bool
    open: Bool


def _look(
    read: Read, shape: tuple[int, int], bounds: Bounds, window: Window, greys: Greys
) -> _Strip:
    """Grey against the separator's own, and roughness along the row, of a window's columns."""
    c0, c1 = max(window.col0 - _HALO, 0), min(window.col1 + _HALO, shape[1])
    around = bounds.part(slice(c0, c1))
    deep = around.coating - around.step * np.abs(around.far - around.coating)
    low = int(min(deep.min(), around.far.min())) - 4
    high = int(max(deep.max(), around.far.max())) + 5
    row0, row1 = max(low, 0), min(high, shape[0])
    pixels = read(Window(row0, row1, c0, c1))
    hidden = cv2.dilate(np.isnan(pixels).view(np.uint8), np.ones((9, ALONG), np.uint8)) > 0
    pixels = np.nan_to_num(pixels, nan=greys.binder)
    strip = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.0))
    unit = max(greys.bright - greys.pore, 1e-9) / 200
    rows = np.arange(row0, row1)[:, None] + 0.5
    # 0 at the far border, 1 at the coating that is sure, 2 as deep again.
    depth = (rows - around.far) / np.where(around.coating == around.far, 1.0,
                                           around.coating - around.far)  # fmt: skip
    separator = (depth > 0.15) & (depth < 0.45) & ~hidden
    level = np.full(strip.shape[1], np.nan)
    some = separator.any(axis=0)
    level[some] = np.nanmedian(np.where(separator, strip, np.nan)[:, some], axis=0)
    level = running_median(level if some.any() else np.full(level.size, greys.binder), 129)
    rough = np.abs(strip - cv2.blur(strip, (ALONG, 1))) / unit
    core = slice(window.col0 - c0, window.col1 - c0)
    kind = (strip > greys.material).astype(np.int8) + (strip > greys.active)
    shade = np.clip((strip - level) / (4 * unit) + _SHADES / 2, 0, _SHADES - 1)
    outside = np.abs(rows - around.far) < 8
    return _Strip(
        row0,
        shade[:, core].astype(np.int32),
        np.clip(rough[:, core], 0, _ROUGH - 1).astype(np.int32),
        kind[:, core],
        separator[:, core],
        ((depth > 1.0) & (depth < 2.0) & ~hidden)[:, core],
        ((depth > 0) & ~outside & ~hidden)[:, core],
    )


def _ratio(separator: I64, coating: I64, limit: float) -> F32:
    """Logarithm of how much likelier a bin is in the separator."""
    a, b = separator + 1.0, coating + 1.0
    ratio = np.log(a / a.sum()) - np.log(b / b.sum())
    return np.asarray(np.clip(ratio, -limit, limit), np.float32)


@dataclass(frozen=True)
class _Looks:
    """How much each bin speaks for the separator."""

    shade: F32
    rough: F32
    other: float

    @classmethod
    def learn(cls, strips: list[_Strip]) -> _Looks:
        """Count bins in both layers."""
        shade, rough = np.zeros((2, _SHADES), np.int64), np.zeros((2, _ROUGH), np.int64)
        mid = np.zeros((2, 2), np.int64)
        for strip in strips:
            for k, sure in enumerate((strip.separator, strip.coating)):
                binder = sure & (strip.kind == _MID)
                shade[k] += np.bincount(strip.shade[binder], minlength=_SHADES)
                rough[k] += np.bincount(strip.rough[binder], minlength=_ROUGH)
                mid[k] += np.count_nonzero(binder), np.count_nonzero(sure)
        # Pores and active material only speak against a separator; how much of a coating they
        # are says nothing about its binder, so that is compared with the separator on its own.
        rare = 1 - (mid[:, 0] / np.maximum(mid[:, 1], 1)) + 1e-3
        other = min(float(np.log(rare[0] / rare[1])), 0.0)
        # Greys of fibres go on along a row, so that their pixels are far from independent: where
        # both layers have the same greys, these count for less.
        common = np.minimum(*(shade / np.maximum(shade.sum(axis=1, keepdims=True), 1))).sum()
        limit = max(0.5, 3.0 - 15.0 * float(common))
        grey = _ratio(shade[0], shade[1], limit)
        return cls(grey, _ratio(rough[0], rough[1], 3.0), other)

    def score(self, strip: _Strip) -> F32:
        """How much each pixel speaks for the separator."""
        value = self.shade[strip.shade] + self.rough[strip.rough]
        value = np.where(strip.kind == _MID, value, np.float32(self.other))
        return np.asarray(np.where(strip.open, value, 0), np.float32)


@kernel
def _line(score: F32, jump: int, stiff: float) -> I64:
    """Index of the last row of the separator in each cell, for the best line.

    `score` is (cell, row), summed from the far border on.
    """
    cells, rows = score.shape
    back = np.zeros((cells, rows), np.int8)
    best = score[0].astype(np.float64)
    following = np.empty(rows)
    for j in range(1, cells):
        for k in range(rows):
            top, way = -np.inf, 0
            for s in range(-min(jump, k), min(jump, rows - 1 - k) + 1):
                value = best[k + s] - stiff * abs(s)
                if value > top or (value == top and abs(s) < abs(way)):
                    top, way = value, s
            back[j, k] = way
            following[k] = top + score[j, k]
        best, following = following, best
    out = np.empty(cells, np.int64)
    at = np.int64(np.argmax(best))
    for j in range(cells - 1, -1, -1):
        out[j] = at
        at += back[j, at]
    return out


def separator_line(
    read: Read, shape: tuple[int, int], bounds: Bounds, greys: Greys, threads: int
) -> F64:
    """Border between separator and coating at every column, to about a pixel.

    Parameters
    ----------
    read
        Gives pixels of a window of the mosaic.
    shape
        Rows and columns of the mosaic.
    bounds
        Lines around it.
    greys
        Greys of the section.
    threads
        Threads to work with.
    """
    windows = [
        Window(0, shape[0], c, min(c + WINDOW, shape[1])) for c in range(0, shape[1], WINDOW)
    ]

    def look(window: Window) -> _Strip:
        return _look(read, shape, bounds, window, greys)

    some = windows[:: max(len(windows) // SAMPLES, 1)]
    looks = _Looks.learn(list(run(look, some, threads, "separator")))
    # Rows are counted inwards from a line beside the foil, so that a tilted section is straight.
    away = bounds.step * (bounds.far - bounds.foil)
    near = bounds.step * (bounds.coating - bounds.foil)
    rows = int(np.ceil(away.max() - (2 * near - away).min())) + 2
    start = np.floor(bounds.foil + bounds.step * away.max()).astype(np.int64)

    def cells(window: Window) -> F32:
        strip = look(window)
        score = looks.score(strip)
        first = np.arange(0, window.shape[1], CELL)
        score = np.add.reduceat(score, first, axis=1)
        middle = np.minimum(first + CELL // 2, window.shape[1] - 1) + window.col0
        at = start[middle] - bounds.step * np.arange(rows)[:, None] - strip.row0
        inside = (at >= 0) & (at < score.shape[0])
        taken = score[np.clip(at, 0, score.shape[0] - 1), np.arange(first.size)]
        return np.ascontiguousarray(np.cumsum(np.where(inside, taken, 0), axis=0).T)

    found = _line(np.concatenate(list(run(cells, windows, threads, "separator"))), JUMP, STIFF)
    middle = np.minimum(np.arange(found.size) * CELL + CELL // 2, shape[1] - 1)
    last = start[middle] - bounds.step * found
    edge = last + (1.0 if bounds.step < 0 else 0.0)
    return np.asarray(np.interp(np.arange(shape[1]), middle, edge))
