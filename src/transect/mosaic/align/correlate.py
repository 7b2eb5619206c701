"""Where one strip lies in another: phase correlation, then normalised correlation of its peaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from transect.mosaic.align.peaks import ranked
from transect.mosaic.align.strips import Spectrum, Strip, StripPlan
from transect.mosaic.layout import Image

MOST_ROLLS = 6
"""Places along a seam that one surface of correlation serves."""


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
    row, column, reach = _around(plan, lag, radius)
    lines = _lines(_across(far, near), row, reach, plan)
    area = pixels_per_sample(far, near)
    found = ranked(lines, far.small, near.small, row, column, reach, area)
    score, ncc, samples, row, column = found[0].tolist()
    second = float(found[1, 0]) if len(found) > 1 else 0.0
    at = np.array([column, row]) * plan.binning
    return Match(at, max(ncc, 0.0), max(score, 0.0), max(second, 0.0), samples)


def chance(
    far: Strip, other: Strip, plan: StripPlan, lag: npt.NDArray[np.float64], radius: int
) -> list[float]:
    """Scores that a search as that of `match` gives in an unrelated strip.

    The strip is rolled along the seam to `draws_of` places far enough apart: the surface of
    correlation is periodic, so that one serves them all.
    """
    area, across = pixels_per_sample(far, other), _across(far, other)
    row, column, reach = _around(plan, lag, radius)
    scores = []
    for along in _rolls(plan, radius):
        down, right = (along, 0) if plan.axis == 0 else (0, along)
        lines = np.roll(_lines(across, row + down, reach, plan), -right, axis=1)
        rolled = np.roll(other.small, along, axis=plan.axis)
        best = ranked(lines, far.small, rolled, row, column, reach, area)[0, 0]
        scores.append(max(float(best), 0.0))
    return scores


def draws_of(plan: StripPlan, radius: int) -> int:
    """How many scores `chance` gives."""
    return len(_rolls(plan, radius))


def _rolls(plan: StripPlan, radius: int) -> range:
    length = plan.small_shape[plan.axis]
    step = max(length // MOST_ROLLS, 3 * radius // plan.binning, 1)
    return range(0, max(length - step, 0) + 1, step)


def _around(plan: StripPlan, lag: npt.NDArray[np.float64], radius: int) -> tuple[int, int, int]:
    """Row and column of the expected lag, and how far around it to look, in binned pixels."""
    column, row = (round(float(x) / plan.binning) for x in lag)
    return row, column, max(radius // plan.binning, 2)


def pixels_per_sample(far: Strip, near: Strip) -> float:
    """Pixels that count as one sample of the correlation of two unrelated strips.

    By Bartlett's formula: the sum over all lags of the product of both autocorrelations, here
    from the power spectra.
    """
    # The transform of a real image holds half of the frequencies, the shares of both sides.
    together = float(np.vdot(far.power, near.power)) * far.power.size
    return max(together, 1.0) if together > 0 else float(far.small.size)


def _across(far: Strip, near: Strip) -> Spectrum:
    """Correlation of two strips by row of the lag, its columns still transformed."""
    cross = near.spectrum.conj()
    cross *= far.spectrum
    return np.asarray(fft.ifft(cross, axis=0, overwrite_x=True), dtype=np.complex64)


def _lines(across: Spectrum, row: int, reach: int, plan: StripPlan) -> Image:
    """Correlation at the rows around a lag: the others are not needed."""
    rows, columns = plan.fft_shape
    some = across[np.arange(row - reach, row + reach + 1) % rows]
    return np.asarray(fft.irfft(some, columns, axis=1, overwrite_x=True), dtype=np.float32)
