"""Where the correlation of two unlike images has its summit, to parts of a pixel.

Images of two detectors are alike in part only, so their correlation has a broad, low summit: a
gradient climbs it slowly. A quadratic surface through its top finds it at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from transect.mosaic.align.refine import overlap
from transect.mosaic.layout import Floats, Image, Ints

REACH = 2
"""Lags around the middle that the surface is fitted to, in px."""

PIECES = 3
"""Rows and columns of pieces whose scatter tells the error."""

LANCZOS = 4
MOVES = 6
PASSES = 2

_SPAN = np.arange(-REACH, REACH + 1)
_Y, _X = (g.ravel().astype(np.float64) for g in np.meshgrid(_SPAN, _SPAN, indexing="ij"))
_FIT = np.linalg.pinv(np.stack([np.ones_like(_X), _X, _Y, _X * _X, _X * _Y, _Y * _Y], axis=1))


@dataclass(frozen=True)
class Summit:
    """Lag (x, y) of the highest correlation, and its standard error; infinite where it has none."""

    lag: Floats
    se: Floats


def find_summit(a: Image, b: Image, lag: Ints) -> Summit:
    """Find the summit near a lag that is right to a few pixels.

    Parameters
    ----------
    a, b
        Images with mean 0.
    lag
        (x, y) of b's corner in a.
    """
    lost = Summit(lag.astype(np.float64), np.full(2, np.inf))
    for _ in range(MOVES):
        heights = _heights(a, b, lag)
        if heights is None:
            return lost
        row, column = divmod(int(heights.sum(axis=0).argmax()), len(_SPAN))
        step = np.array([column - REACH, row - REACH], dtype=np.int64)
        if np.abs(step).max() <= 1:
            break
        lag = lag + step
    else:
        return lost
    part = np.zeros(2)
    moved = b
    for _ in range(PASSES):
        heights = _heights(a, moved, lag)
        if heights is None:
            return lost
        part = part + _top(heights.sum(axis=0))
        if not np.abs(part).max() <= REACH:
            return lost
        # What is off the middle bends the fit: move the image there and fit again.
        moved = _moved(b, part)
    tops = np.array([_top(one) for one in heights])
    tops = tops[np.abs(tops).max(axis=1) <= REACH]
    if len(tops) <= PIECES:
        return lost
    return Summit(lag + part, tops.std(axis=0, ddof=1) / np.sqrt(len(tops)))


def _heights(a: Image, b: Image, lag: Ints) -> Floats | None:
    """Sum products over each piece for every lag around the middle, shape (piece, lag)."""
    u, v = overlap(a, b, lag)
    rows, columns = (np.linspace(REACH, n - REACH, PIECES + 1).astype(np.int64) for n in u.shape)
    if min(rows[1] - rows[0], columns[1] - columns[0]) < 4 * REACH:
        return None
    found = np.empty((PIECES * PIECES, len(_X)))
    for n in range(PIECES * PIECES):
        i, j = divmod(n, PIECES)
        part = u[rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
        for k, (y, x) in enumerate(zip(_Y.astype(int), _X.astype(int), strict=True)):
            # A larger lag shows an earlier pixel of b.
            other = v[rows[i] - y : rows[i + 1] - y, columns[j] - x : columns[j + 1] - x]
            found[n, k] = np.vdot(part, other)
    return found


def _top(heights: Floats) -> Floats:
    """Place (x, y) of the top of the quadratic surface; infinite where it has none."""
    _, x, y, xx, xy, yy = _FIT @ heights
    bend = np.array([[2 * xx, xy], [xy, 2 * yy]])
    if xx >= 0 or np.linalg.det(bend) <= 0:
        return np.full(2, np.inf)
    return np.asarray(np.linalg.solve(bend, [-x, -y]))


def _moved(image: Image, shift: Floats) -> Image:
    """Copy moved by parts of a pixel, by Lanczos interpolation."""
    at = np.arange(-LANCZOS - REACH, LANCZOS + REACH + 1)
    kernels = []
    for value in shift:
        away = at + value
        weights = np.where(np.abs(away) < LANCZOS, np.sinc(away) * np.sinc(away / LANCZOS), 0.0)
        kernels.append((weights / weights.sum()).astype(np.float32))
    moved = cv2.sepFilter2D(image, cv2.CV_32F, kernels[0], kernels[1])
    return np.asarray(moved, dtype=np.float32)
