"""Intervals of phase fractions from the covariance of x-blocks (integral range)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from transect.statistics.bootstrap import LEVEL

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FractionInterval:
    """A phase fraction with the standard error that its spatial covariance implies."""

    value: float
    standard_error: float
    independent: float
    """Independent x-blocks that the section is worth."""

    @property
    def ends(self) -> tuple[float, float]:
        """95 % interval by Student's t with the independent blocks, cut at 0 and 1."""
        freedom = max(self.independent - 1, 1.0)
        half = float(stdtrit(freedom, 0.5 + LEVEL / 2)) * self.standard_error
        return max(self.value - half, 0.0), min(self.value + half, 1.0)


def fraction_interval(part: Floats, whole: Floats) -> FractionInterval:
    """Interval of sum(part) / sum(whole) over x-blocks in order along the foil.

    The residuals `part - fraction * whole` have the two-point covariance of the phase, integrated
    over pairs of blocks. It is summed to where it first falls within its noise, 2/sqrt(n), and
    corrected for the mean having been estimated from the same blocks (Lantuejoul's finite-mean
    term).

    Parameters
    ----------
    part, whole
        Area of the phase and valid area of each x-block.
    """
    n, total = part.size, float(whole.sum())
    if n < 2 or total <= 0:
        return FractionInterval(float(part.sum()) / total if total else np.nan, np.nan, 1.0)
    value = float(part.sum()) / total
    residual = part - value * whole
    variance = float(np.dot(residual, residual))
    if variance <= 0:
        return FractionInterval(value, 0.0, float(n))
    summed, lag = 1.0, 1
    while lag < n // 2:
        rho = float(np.dot(residual[lag:], residual[:-lag])) / variance
        # Covariances of residuals about their own mean are low by about 1/n each.
        if rho + 1 / n < 2 / np.sqrt(n):
            break
        summed += 2 * (rho + 1 / n)
        lag += 1
    independent = max(n / summed, 1.0)
    correction = independent / max(independent - 1, 0.5)
    error = np.sqrt(variance * summed * correction) / total
    return FractionInterval(value, float(error), independent)
