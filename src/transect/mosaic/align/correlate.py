"""Where one strip lies in another: phase correlation, then normalised correlation of its peaks."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from transect.kernels import kernel
from transect.mosaic.align.strips import Levels, Strip, StripPlan
from transect.mosaic.layout import Image

CANDIDATES = 6
PEAK_RADIUS = 3


@dataclass(frozen=True)
class Match:
    """The best lag of a strip in another.

    Attributes
    ----------
    lag
        (x, y) of the near strip's corner in the far strip, in pixels of full resolution.
    ncc
        Normalised correlation at that lag.
    score
        How many standard deviations of chance that is: Fisher's z by the root of the number of
        independent samples in the overlap.
    second
        Score of the best peak elsewhere.
    samples
        Independent samples in the overlap.
    """

    lag: npt.NDArray[np.float64]
    ncc: float
    score: float
    second: float
    samples: float


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


def match(
    far: Strip, near: Strip, plan: StripPlan, lag: npt.NDArray[np.float64], radius: int
) -> Match:
    """Search the near strip in the far strip around an expected lag.

    Parameters
    ----------
    far, near
        Right and left, or bottom and top, edges of two tiles.
    plan
        What both strips have in common.
    lag
        Expected (x, y) of the near strip's corner in the far strip, in full pixels.
    radius
        Largest deviation from it, in full pixels.
    """
    middle = np.rint(lag[::-1] / plan.binning).astype(np.int64)
    reach = max(radius // plan.binning, 2)
    window = _window(_surface(far, near, plan.fft_shape), middle, reach)
    area = pixels_per_sample(far, near)
    found: list[tuple[float, float, float, int, int]] = []
    for row, column in _peaks(window):
        spot = (int(middle[0]) + row - reach, int(middle[1]) + column - reach)
        ncc, n = _ncc(far.small, near.small, *spot)
        samples = n / area
        # 3: what the variance of Fisher's z loses.
        score = np.arctanh(min(ncc, 0.9999)) * np.sqrt(max(samples - 3.0, 0.0))
        found.append((float(score), float(ncc), float(samples), row, column))
    found.sort(reverse=True)
    score, ncc, samples, row, column = found[0]
    second = found[1][0] if len(found) > 1 else 0.0
    at = middle[::-1] - reach + _top(window, row, column)
    return Match(at * plan.binning, max(ncc, 0.0), max(score, 0.0), max(second, 0.0), samples)


def _top(window: Image, row: int, column: int) -> npt.NDArray[np.float64]:
    """Place (x, y) of a peak between the pixels, by a parabola in either direction."""
    top = np.array([column, row], dtype=np.float64)
    if 0 < row < window.shape[0] - 1 and 0 < column < window.shape[1] - 1:
        here = float(window[row, column])
        sides = (window[row, column - 1 : column + 2], window[row - 1 : row + 2, column])
        for k, (before, _, after) in enumerate(sides):
            bend = 2.0 * here - float(before) - float(after)
            if bend > 0:
                top[k] += np.clip((float(after) - float(before)) / (2.0 * bend), -0.5, 0.5)
    return top


def pixels_per_sample(far: Strip, near: Strip) -> float:
    """Pixels that count as one sample of the correlation of two unrelated strips.

    By Bartlett's formula: the sum over all lags of the product of both autocorrelations, here
    from the power spectra.
    """
    total = float(far.power.sum(dtype=np.float64)) * float(near.power.sum(dtype=np.float64))
    if total <= 0:
        return float(far.small.size)
    # The transform of a real image holds half of the frequencies.
    together = float(np.vdot(far.power, near.power))
    return max(together * far.power.size / total, 1.0)


def _surface(far: Strip, near: Strip, shape: tuple[int, int]) -> Image:
    cross = near.spectrum.conj()
    cross *= far.spectrum
    return np.asarray(fft.irfft2(cross, s=shape, overwrite_x=True), dtype=np.float32)


def _window(surface: Image, middle: npt.NDArray[np.int64], reach: int) -> Image:
    span = np.arange(-reach, reach + 1)
    rows = (middle[0] + span) % surface.shape[0]
    columns = (middle[1] + span) % surface.shape[1]
    return np.ascontiguousarray(surface[np.ix_(rows, columns)])


def _peaks(window: Image) -> list[tuple[int, int]]:
    size = 2 * PEAK_RADIUS + 1
    top = cv2.dilate(window, np.ones((size, size), np.uint8))
    rows, columns = np.nonzero(window >= top)
    order = np.argsort(-window[rows, columns], kind="stable")[:CANDIDATES]
    return [(int(rows[k]), int(columns[k])) for k in order]
