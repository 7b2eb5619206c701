"""Intervals of phase fractions from the two-point covariance along the foil (integral range)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import chdtri, stdtrit

from transect.statistics.bootstrap import LEVEL

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FractionInterval:
    """A phase fraction with the standard error that its spatial covariance implies."""

    value: float
    standard_error: float
    independent: float
    """Independent x-blocks that the section is worth."""
    freedom: float = 1.0
    """Degrees of freedom of the variance: pairs of blocks are summed over so many lags."""

    @property
    def ends(self) -> tuple[float, float]:
        """95 % interval by Student's t with the independent blocks, cut at 0 and 1."""
        freedom = max(self.independent - 1, 1.0)
        half = float(stdtrit(freedom, 0.5 + LEVEL / 2)) * self.standard_error
        return max(self.value - half, 0.0), min(self.value + half, 1.0)

    @property
    def variance_ends(self) -> tuple[float, float]:
        """Factors on the variance that end its 95 % interval (chi-square)."""
        tail = (1 - LEVEL) / 2
        low, high = (float(self.freedom / chdtri(self.freedom, t)) for t in (tail, 1 - tail))
        return low, high


def lagged(values: Floats) -> Floats:
    """Sum the products of values that lie 0, 1, 2 ... apart, by FFT, shape of `values`."""
    n = values.size
    # Zeros behind the end keep it from meeting the start.
    size = next_fast_len(2 * n, real=True)
    spectrum = np.abs(rfft(values, size)) ** 2
    return np.asarray(irfft(spectrum, size)[:n])


def fraction_interval(part: Floats, whole: Floats) -> FractionInterval:
    """Interval of sum(part) / sum(whole) over x-blocks in order along the foil.

    The residuals `part - fraction * whole` of x-blocks have the two-point covariance of the phase,
    integrated over all depths and over pairs within two blocks. What lies outside the valid mask
    has no residual and makes no pair, and a lag is told from noise by the pairs that it has. The
    covariance is summed to where it first falls within its noise, 2/sqrt(pairs), and corrected for
    the mean having been estimated from the same blocks (Lantuejoul's finite-mean term).

    Parameters
    ----------
    part, whole
        Area of the phase and valid area of each x-block; 0 and 0 where nothing is valid.
    """
    valid = whole > 0
    n, total = int(np.count_nonzero(valid)), float(whole.sum())
    if n < 2 or total <= 0:
        return FractionInterval(float(part.sum()) / total if total else np.nan, np.nan, 1.0)
    value = float(part.sum()) / total
    residual = part - value * whole
    variance = float(np.dot(residual, residual))
    if variance <= 0:
        return FractionInterval(value, 0.0, float(n), float(n - 1))
    products, pairs = lagged(residual) / variance, np.rint(lagged(valid.astype(np.float64)))
    summed, lag = 1.0, 1
    while lag < part.size // 2 and pairs[lag] > 0:
        # Covariances of residuals about their own mean are low by about 1/n each.
        rho = float(products[lag] * n / pairs[lag]) + 1 / n
        if rho < 2 / np.sqrt(pairs[lag]):
            break
        summed += 2 * float(products[lag] + pairs[lag] / n**2)
        lag += 1
    independent = max(n / summed, 1.0)
    correction = independent / max(independent - 1, 0.5)
    error = np.sqrt(variance * summed * correction) / total
    return FractionInterval(value, float(error), independent, max(n / (2 * lag - 1), 1.0))
