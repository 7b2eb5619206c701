"""Sub-pixel shifts: inverse-compositional Lucas-Kanade on the overlap.

References
----------
S. Baker and I. Matthews, "Lucas-Kanade 20 years on", Int. J. Computer Vision 56 (2004) 221.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.align.texture import texture
from transect.mosaic.layout import Image

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SIGMA = 0.8
STRIPE_PX = 21
"""Length over which row and column means are taken: curtaining is longer, edges are shorter."""

MARGIN = 4
"""Border that the interpolation reaches over, in pixels."""

LEAST_PX = 12
"""Thinnest overlap that is refined, in pixels."""

ITERATIONS = 12
ENOUGH_PX = 2e-3
"""A step this short is the last: the next would be some ten times shorter."""

FAR_PX = 1.5
NEAR_PX = 0.75
"""A shift up to this is left to the interpolation; beyond it the overlap is cut out anew."""

# Smoothing makes neighbouring residuals alike: so many pixels count as one (4 pi sigma^2 at the
# most; 6 matches the scatter on made pairs).
PIXELS_PER_SAMPLE = 6.0

LEAST_SHARE = 1e-3
"""Share of all slope below which what strips share is taken for nothing."""


@dataclass(frozen=True)
class Refined:
    """A sub-pixel lag (x, y), the standard error of each part, and whether it converged.

    `lags` and `errors`, of shape (piece, 2), are the same for pieces along the overlap: one step
    of the iteration from the lag of the whole. `centres` are those of the pieces (x, y) in the
    far strip.
    """

    lag: Floats
    se: Floats
    converged: bool
    lags: Floats
    errors: Floats
    centres: Floats

    def scaled(self, factor: float) -> Refined:
        """Give the same in pixels that are smaller by a factor."""
        lengths = ("lag", "se", "lags", "errors", "centres")
        return replace(self, **{name: getattr(self, name) * factor for name in lengths})


def overlap(far: Image, near: Image, lag: Ints) -> tuple[Image, Image]:
    """Pixels that both strips show at an integer lag (x, y)."""
    column, row = int(lag[0]), int(lag[1])
    row0, row1 = max(row, 0), min(far.shape[0], row + near.shape[0])
    col0, col1 = max(column, 0), min(far.shape[1], column + near.shape[1])
    if row1 <= row0 or col1 <= col0:
        return far[:0, :0], near[:0, :0]
    return (
        far[row0:row1, col0:col1],
        near[row0 - row : row1 - row, col0 - column : col1 - column],
    )


def refine(
    far: Image, near: Image, lag: Floats, reach: float, pieces: tuple[int, int] = (1, 1)
) -> Refined:
    """Refine a lag that is right to a few pixels.

    Parameters
    ----------
    far, near
        Shading-corrected strips.
    lag
        (x, y) of the near strip's corner in the far strip.
    reach
        Largest move from it that counts as converged, in pixels.
    pieces
        Into how many rows and columns of pieces the overlap is divided.
    """
    whole = np.rint(lag).astype(np.int64)
    none = np.zeros((0, 2))
    lost = Refined(lag, np.full(2, np.inf), False, none, none, none)
    for _ in range(4):
        a, b = overlap(far, near, whole)
        if min(a.shape) < LEAST_PX:
            return lost
        # Both crops are filtered alike, borders included, so that no border effect votes.
        found = _align(texture(a, SIGMA, STRIPE_PX), texture(b, SIGMA, STRIPE_PX), pieces)
        if np.abs(found.lag).max() <= NEAR_PX:
            moved = whole + found.lag
            close = bool(np.abs(moved - lag).max() <= reach)
            corner = np.maximum(whole, 0)
            return Refined(
                moved, found.se, close, found.lags + whole, found.errors, found.centres + corner
            )
        whole = whole + np.rint(found.lag).astype(np.int64)
        if np.abs(whole - lag).max() > reach:
            return lost
    return lost


def _align(a: Image, b: Image, pieces: tuple[int, int]) -> Refined:
    """Shift (x, y) of b against a, below about 1.5 px."""
    gx, gy = _gradients(a)
    # A thin overlap has no pixels to spare.
    margin = min(MARGIN, min(a.shape) // 4)
    rows, columns = (
        np.linspace(margin, n - margin, k + 1).astype(np.int64)
        for n, k in zip(a.shape, pieces, strict=True)
    )
    hessians = _gram(gx, gy, gx, gy, rows, columns) + np.eye(2) * 1e-9
    inverse = np.asarray(np.linalg.inv(hessians.sum(axis=0)), dtype=np.float64)
    shift, step = np.zeros(2), np.zeros(2)
    for _ in range(ITERATIONS):
        shift = shift + np.clip(step, -0.7, 0.7)
        moved = _shifted(b, shift)
        sums = _project(gx, gy, a, moved, rows, columns)
        step = inverse @ sums[:, :2].sum(axis=0)
        if np.abs(step).max() < ENOUGH_PX or np.abs(shift).max() > FAR_PX:
            break
    each = np.asarray(np.linalg.inv(hessians), dtype=np.float64)
    lags = shift + np.einsum("nij,nj->ni", each, sums[:, :2])
    areas = np.outer(np.diff(rows), np.diff(columns)).ravel()
    common = _gram(gx, gy, *_gradients(moved), rows, columns)
    errors = _errors(hessians, common, sums[:, 2] / areas)
    whole = np.array([float(sums[:, 2].sum()) / float(areas.sum())])
    error = _errors(hessians.sum(axis=0)[None], common.sum(axis=0)[None], whole)[0]
    middle_x, middle_y = np.meshgrid(
        (columns[:-1] + columns[1:]) / 2.0, (rows[:-1] + rows[1:]) / 2.0
    )
    centres = np.stack([middle_x.ravel(), middle_y.ravel()], axis=1)
    return Refined(shift + step, error, True, lags, errors, centres)


def _gradients(image: Image) -> tuple[Image, Image]:
    """Slopes along x and y."""
    across, down = (
        np.asarray(cv2.Scharr(image, cv2.CV_32F, *order, scale=1 / 32), dtype=np.float32)
        for order in ((1, 0), (0, 1))
    )
    return across, down


def _errors(normal: Floats, common: Floats, squares: Floats) -> Floats:
    """Give standard errors (x, y) from normal matrices and mean square residuals.

    Slopes of noise count in a normal matrix of one strip as if they were texture: along a
    straight edge, where nothing tells the shift, they would seem to. Slopes that both strips
    share, `common`, are the specimen's.
    """
    values, axes = np.linalg.eigh((common + common.transpose(0, 2, 1)) / 2)
    least = np.maximum(np.trace(normal, axis1=1, axis2=2)[:, None] * LEAST_SHARE, 1e-9)
    inverse = (axes / np.maximum(values, least)[:, None, :]) @ axes.transpose(0, 2, 1)
    variances = np.einsum("nij,njk,nki->ni", inverse, normal, inverse)
    variances = variances * squares[:, None] * PIXELS_PER_SAMPLE
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))


# Both kernels sum down the columns first: that order is the same on every machine and still
# fills its vector units.


@kernel
def _gram(gx: Image, gy: Image, hx: Image, hy: Image, rows: Ints, columns: Ints) -> Floats:
    """Sum gx hx, gx hy, gy hx, gy hy over every piece."""
    out = np.zeros((len(rows) - 1, len(columns) - 1, 4))
    for i in range(len(rows) - 1):
        xx, xy, yx, yy = np.zeros((4, gx.shape[1]), np.float32)
        for r in range(rows[i], rows[i + 1]):
            for c in range(gx.shape[1]):
                xx[c] += gx[r, c] * hx[r, c]
                xy[c] += gx[r, c] * hy[r, c]
                yx[c] += gy[r, c] * hx[r, c]
                yy[c] += gy[r, c] * hy[r, c]
        for j in range(len(columns) - 1):
            for c in range(columns[j], columns[j + 1]):
                out[i, j, 0] += xx[c]
                out[i, j, 1] += xy[c]
                out[i, j, 2] += yx[c]
                out[i, j, 3] += yy[c]
    return out.reshape(-1, 2, 2)


@kernel
def _project(
    gx: Image, gy: Image, target: Image, moved: Image, rows: Ints, columns: Ints
) -> Floats:
    """Sum gx e, gy e and e e over every piece, where e = moved - target."""
    out = np.zeros((len(rows) - 1, len(columns) - 1, 3))
    for i in range(len(rows) - 1):
        xe, ye, ee = np.zeros((3, gx.shape[1]), np.float32)
        for r in range(rows[i], rows[i + 1]):
            for c in range(gx.shape[1]):
                e = moved[r, c] - target[r, c]
                xe[c] += gx[r, c] * e
                ye[c] += gy[r, c] * e
                ee[c] += e * e
        for j in range(len(columns) - 1):
            for c in range(columns[j], columns[j + 1]):
                out[i, j, 0] += xe[c]
                out[i, j, 1] += ye[c]
                out[i, j, 2] += ee[c]
    return out.reshape(-1, 3)


def _shifted(image: Image, shift: Floats) -> Image:
    """Copy moved by a few tenths of a pixel, by 9-tap Lanczos interpolation."""
    taps = np.arange(-4, 5)
    kernels = []
    for value in shift:
        at = taps + value
        weights = np.where(np.abs(at) < 4, np.sinc(at) * np.sinc(at / 4), 0.0)
        kernels.append((weights / weights.sum()).astype(np.float32))
    moved = cv2.sepFilter2D(image, cv2.CV_32F, kernels[0], kernels[1])
    return np.asarray(moved, dtype=np.float32)
