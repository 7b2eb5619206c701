"""Whether a fraction varies along the foil by more than its own grain.

A random structure of particles varies from stretch to stretch by itself. What its near covariance
lets one expect of stretches is set against what they do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, fdtri

from transect.statistics.bootstrap import LEVEL

Floats = npt.NDArray[np.float64]

FEWEST = 8
"""Stretches below which their variance says little: its interval spans a factor of nine."""
FILLED = 0.5
"""Share of the usual valid area that a stretch must have to count."""


@dataclass(frozen=True)
class Stretches:
    """Fractions of stretches of the foil, and their variance if only near places were alike.

    Attributes
    ----------
    fractions
        Of each stretch that counts.
    expected
        Variance that the near covariance implies; NaN if it cannot be told.
    freedom
        Degrees of freedom of the expected variance.
    """

    fractions: Floats
    expected: float
    freedom: float

    @property
    def variance(self) -> float:
        """Variance between stretches."""
        return float(self.fractions.var(ddof=1))

    @property
    def ratio(self) -> tuple[float, tuple[float, float]]:
        """Variance over the expected one with its 95 % interval (F): above 1 is not uniform."""
        found = self.variance / self.expected
        n, tail = self.fractions.size - 1, (1 - LEVEL) / 2
        upper = float(fdtri(n, self.freedom, 1 - tail))
        # The lower quantile of F is the upper one of its inverse.
        lower = 1 / float(fdtri(self.freedom, n, 1 - tail))
        return found, (found / upper, found / lower)

    @property
    def index(self) -> tuple[float, tuple[float, float]]:
        """1 - standard deviation over mean of the stretches, with its 95 % interval."""
        n, tail = self.fractions.size - 1, (1 - LEVEL) / 2
        spread = float(np.sqrt(self.variance)) / float(self.fractions.mean())
        wide, narrow = (float(np.sqrt(n / chdtri(n, t))) for t in (1 - tail, tail))
        return 1 - spread, (1 - spread * wide, 1 - spread * narrow)


def stretches(part: Floats, whole: Floats, length: int, near: int) -> Stretches:
    """Cut the foil into stretches of some x-blocks.

    The near covariance is what the semivariogram still lacks of its height at one to two times
    `near`: what varies more slowly than that adds to all of it alike and drops out.

    Parameters
    ----------
    part, whole
        Area of the phase and valid area of each x-block, in order; 0 and 0 where nothing is valid.
    length
        X-blocks of a stretch.
    near
        X-blocks beyond which the grain of the structure is no longer correlated.
    """
    count = part.size // length
    parts, wholes = (v[: count * length].reshape(count, length).sum(axis=1) for v in (part, whole))
    kept = wholes > FILLED * (np.median(wholes) if count else 0.0)
    fractions = parts[kept] / wholes[kept]
    valid = whole > 0
    n = int(np.count_nonzero(valid))
    if n < 4 * near:
        return Stretches(fractions, float("nan"), 1.0)
    value = float(part.sum() / whole.sum())
    away = (part - value * whole) / float(whole[valid].mean())
    lags = np.array([_half_square(away, valid, lag) for lag in range(2 * near + 1)])
    sill = float(np.nanmean(lags[near:]))
    covariance = sill - lags[:near]
    reach = np.arange(min(near, length))
    weights = np.where(reach == 0, 1, 2) * (length - reach) / length**2
    expected = float(np.dot(weights, covariance[: reach.size]))
    return Stretches(fractions, expected if expected > 0 else float("nan"), max(n / near, 1.0))


def _half_square(values: Floats, valid: npt.NDArray[np.bool_], lag: int) -> float:
    """Half the mean squared difference of valid values that lie a lag apart."""
    end = values.size - lag
    both = valid[:end] & valid[lag:]
    if not both.any():
        return float("nan")
    return float(0.5 * np.mean((values[lag:][both] - values[:end][both]) ** 2))
