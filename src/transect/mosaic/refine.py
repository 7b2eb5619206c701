"""Sub-pixel shifts: inverse-compositional Lucas-Kanade on the overlap at full resolution.

References
----------
S. Baker and I. Matthews, "Lucas-Kanade 20 years on", Int. J. Computer Vision 56 (2004) 221.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.mosaic.strips import Image, texture

Floats = npt.NDArray[np.float64]

SIGMA = 1.2
MARGIN = 6
"""Border that the interpolation reaches over, in pixels."""

ITERATIONS = 12
# Smoothing makes neighbouring residuals alike: so many pixels count as one (4 pi sigma^2 at the
# most; 6 matches the scatter on made pairs).
PIXELS_PER_SAMPLE = 6.0


@dataclass(frozen=True)
class Refined:
    """A sub-pixel lag (x, y), the standard error of each part, and whether it converged."""

    lag: Floats
    se: Floats
    converged: bool


def overlap(far: Image, near: Image, lag: npt.NDArray[np.int64]) -> tuple[Image, Image]:
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


def refine(far: Image, near: Image, lag: Floats, reach: float) -> Refined:
    """Refine a lag that is right to a few pixels.

    Parameters
    ----------
    far, near
        Shading-corrected strips.
    lag
        (x, y) of the near strip's corner in the far strip.
    reach
        Largest move from it that counts as converged, in pixels.
    """
    whole = np.rint(lag).astype(np.int64)
    lost = Refined(lag, np.full(2, np.inf), False)
    for _ in range(4):
        a, b = overlap(far, near, whole)
        if min(a.shape) < 4 * MARGIN:
            return lost
        # Both crops are filtered alike, borders included, so that no border effect votes.
        part, se = _align(texture(a, SIGMA), texture(b, SIGMA))
        step = np.rint(part).astype(np.int64)
        if not step.any():
            moved = whole + part - lag
            return Refined(whole + part, se, bool(np.abs(moved).max() <= reach))
        whole = whole + step
        if np.abs(whole - lag).max() > reach:
            return lost
    return lost


def _align(a: Image, b: Image) -> tuple[Floats, Floats]:
    """Shift (x, y) of b against a, below about 1.5 px, and its standard error."""
    inner = (slice(MARGIN, -MARGIN), slice(MARGIN, -MARGIN))
    gx, gy = (
        np.array(cv2.Scharr(a, cv2.CV_32F, *order, scale=1 / 32)[inner], dtype=np.float32)
        for order in ((1, 0), (0, 1))
    )
    target = a[inner].copy()
    hessian = np.array([[_dot(gx, gx), _dot(gx, gy)], [_dot(gx, gy), _dot(gy, gy)]])
    hessian += np.eye(2) * 1e-9
    inverse = np.linalg.inv(hessian)
    shift = np.zeros(2)
    error = target
    for _ in range(ITERATIONS):
        moved = _shifted(b, shift)[inner]
        error = moved - target
        step = inverse @ np.array([_dot(gx, error), _dot(gy, error)])
        shift = shift + np.clip(step, -0.7, 0.7)
        if np.abs(shift).max() > 1.5 or np.abs(step).max() < 5e-4:
            break
    variance = float(np.mean(error * error)) * PIXELS_PER_SAMPLE
    return shift, np.sqrt(variance * np.diag(inverse))


def _dot(u: Image, v: Image) -> float:
    return float(np.vdot(u, v))


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
