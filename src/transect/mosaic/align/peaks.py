"""Peaks of a correlation surface, each checked by normalised correlation at its place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.align.texture import Levels
from transect.mosaic.layout import Image

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CANDIDATES = 6
PEAK_RADIUS = 3
"""A peak is the highest place so far around, in binned pixels."""


@kernel
def ranked(
    lines: Image, far: Levels, near: Levels, row: int, column: int, reach: int, area: float
) -> Floats:
    """Best peaks around a lag, in the order of their scores.

    Parameters
    ----------
    lines
        Correlation of two strips at the rows of lags that are within reach; columns of negative
        lags count from its end.
    far, near
        Textures of both.
    row, column
        The lag in the middle.
    reach
        How far around it to look.
    area
        Pixels that count as one independent sample.

    Returns
    -------
    Array of shape (peak, 5): score, normalised correlation, samples, row and column of the lag
    between the pixels.
    """
    window = _window(lines, column - reach)
    tops = _tops(window)
    found = np.zeros((len(tops), 5))
    for k in range(len(tops)):
        i, j = tops[k]
        ncc, n = _ncc(far, near, row - reach + i, column - reach + j)
        # 3: what the variance of Fisher's z loses.
        score = np.arctanh(min(ncc, 0.9999)) * np.sqrt(max(n / area - 3.0, 0.0))
        found[k, 0], found[k, 1], found[k, 2] = score, ncc, n / area
        found[k, 3] = row - reach + i + _beside(window[:, j], i)
        found[k, 4] = column - reach + j + _beside(window[i], j)
    return found[np.argsort(-found[:, 0], kind="mergesort")]


@kernel
def _window(lines: Image, column0: int) -> Image:
    size, columns = lines.shape
    out = np.empty((size, size), np.float32)
    for c in range(size):
        column = (column0 + c) % columns
        for r in range(size):
            out[r, c] = lines[r, column]
    return out


@kernel
def _tops(window: Image) -> Ints:
    """Give rows and columns of the highest local maxima, highest first."""
    tops, heights, count = np.zeros((CANDIDATES, 2), np.int64), np.empty(CANDIDATES), 0
    for r in range(window.shape[0]):
        for c in range(window.shape[1]):
            height = window[r, c]
            if (count == CANDIDATES and height <= heights[-1]) or not _is_top(window, r, c):
                continue
            at = min(count, CANDIDATES - 1)
            while at > 0 and heights[at - 1] < height:
                heights[at], tops[at] = heights[at - 1], tops[at - 1]
                at -= 1
            heights[at], tops[at, 0], tops[at, 1] = height, r, c
            count = min(count + 1, CANDIDATES)
    return tops[:count]


@kernel
def _is_top(window: Image, row: int, column: int) -> bool:
    row1 = min(row + PEAK_RADIUS + 1, window.shape[0])
    column1 = min(column + PEAK_RADIUS + 1, window.shape[1])
    for r in range(max(row - PEAK_RADIUS, 0), row1):
        for c in range(max(column - PEAK_RADIUS, 0), column1):
            if window[r, c] > window[row, column]:
                return False
    return True


@kernel
def _beside(line: Image, at: int) -> float:
    """How far beside a pixel the top is, by a parabola through it and its neighbours."""
    if at == 0 or at == len(line) - 1:
        return 0.0
    before, after = float(line[at - 1]), float(line[at + 1])
    bend = 2.0 * line[at] - before - after
    return min(max((after - before) / (2.0 * bend), -0.5), 0.5) if bend > 0 else 0.0


@kernel
def _ncc(a: Levels, b: Levels, row: int, column: int) -> tuple[float, int]:
    """Normalised correlation of b laid on a at a lag, and the number of pixels that overlap."""
    row0, row1 = max(row, 0), min(a.shape[0], row + b.shape[0])
    col0, col1 = max(column, 0), min(a.shape[1], column + b.shape[1])
    if row1 <= row0 or col1 <= col0:
        return 0.0, 0
    sa = sb = saa = sbb = sab = 0
    for r in range(row0, row1):
        ra = rb = raa = rbb = rab = 0
        left, right = a[r, col0:col1], b[r - row, col0 - column : col1 - column]
        for c in range(len(left)):
            # Wider before they are multiplied.
            u, v = int(left[c]), int(right[c])
            ra += u
            rb += v
            raa += u * u
            rbb += v * v
            rab += u * v
        sa, sb, saa, sbb, sab = sa + ra, sb + rb, saa + raa, sbb + rbb, sab + rab
    n = (row1 - row0) * (col1 - col0)
    power = (saa - sa * sa / n) * (sbb - sb * sb / n)
    if power <= 0.0:
        return 0.0, n
    return (sab - sa * sb / n) / np.sqrt(power), n
