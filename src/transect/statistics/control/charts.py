"""Control charts: where lots lie if nothing but chance moves them.

References
----------
ISO 7870-2:2013 (individuals, means and standard deviations); ISO 7870-6:2016 (EWMA);
D. C. Montgomery, Introduction to Statistical Quality Control, chapters 6 and 9;
I. W. Burr, "Control charts for measurements with varying sample sizes", J. Qual. Technol. 1, 1969.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

Floats = npt.NDArray[np.float64]

WIDTH = 3.0
"""Half width of Shewhart's limits, in standard deviations."""
MEMORY, EWMA_WIDTH = 0.2, 2.7
"""Weight of the newest lot in the EWMA, and the half width of its limits."""
RANGE, RANGE_SPREAD = 2 / np.sqrt(np.pi), 0.8525
"""Mean and standard deviation of the range of two values of a standard normal (d2, d3)."""


@dataclass(frozen=True)
class Limits:
    """A line that lots scatter about, and the ends that chance hardly passes; shape (lots,).

    An end is NaN where there is none.
    """

    values: Floats
    centre: Floats
    low: Floats
    high: Floats

    @property
    def beyond(self) -> npt.NDArray[np.bool_]:
        """Lots that lie outside."""
        return np.asarray((self.values < self.low) | (self.values > self.high))


@dataclass(frozen=True)
class Charts:
    """The charts of one metric.

    Attributes
    ----------
    kind
        `individuals` (with moving ranges), or `means` (with standard deviations).
    sigma
        Standard deviation of a lot (individuals) or of a cell within its lot (means).
    freedom
        Degrees of freedom that `sigma` is worth.
    level, spread, ewma
        Where lots lie, how much they scatter, and their exponentially weighted mean.
    z
        Distance of each lot from the centre in its own standard deviations.
    """

    kind: str
    sigma: float
    freedom: float
    level: Limits
    spread: Limits
    ewma: Limits
    z: Floats


def individuals(values: Floats, baseline: int) -> Charts:
    """Chart lots of one value each: the value, and its distance from the lot before.

    Parameters
    ----------
    values
        Shape (lots,), in order of time, all finite; three or more.
    baseline
        Lots from the first on that the limits are made from.
    """
    ranges = np.concatenate([[np.nan], np.abs(np.diff(values))])
    first, n = values[:baseline], min(baseline, values.size)
    mean_range = float(ranges[1:n].mean())
    sigma = mean_range / RANGE
    # The mean of equal values may be off by a rounding, which no lot should be flagged for.
    centre = float(first.mean()) if sigma > 0 else float(values[0])
    ones = np.ones_like(values)
    spread = Limits(
        ranges,
        mean_range * ones,
        np.nan * ones,
        mean_range * (1 + WIDTH * RANGE_SPREAD / RANGE) * ones,
    )
    return _charts("individuals", values, centre, sigma * ones, spread, sigma,
                   range_freedom(n))  # fmt: skip


def means(values: Floats, sds: Floats, counts: npt.NDArray[np.int64], baseline: int) -> Charts:
    """Chart lots of two cells and more: their mean, and the standard deviation between cells.

    Parameters
    ----------
    values, sds, counts
        Mean, standard deviation and number of the cells of each lot, shape (lots,), in order of
        time; every count is two or more.
    baseline
        Lots from the first on that the limits are made from.
    """
    n, first = counts.astype(np.float64), slice(0, baseline)
    bias = unbiased(n)
    # Each lot tells the standard deviation as surely as its cells are many (Burr).
    weights = bias**2 / (1 - bias**2)
    sigma = float(np.average(sds[first] / bias[first], weights=weights[first]))
    centre = float(np.average(values[first], weights=n[first]))
    reach = WIDTH * sigma * np.sqrt(1 - bias**2)
    low = sigma * bias - reach
    spread = Limits(sds, sigma * bias, np.where(low > 0, low, np.nan), sigma * bias + reach)
    freedom = float(np.sum(n[first] - 1))
    return _charts("means", values, centre, sigma / np.sqrt(n), spread, sigma, freedom)


def unbiased(n: Floats) -> Floats:
    """Give c4: the mean of the standard deviation of n values of a standard normal."""
    return np.asarray(np.sqrt(2 / (n - 1)) * np.exp(gammaln(n / 2) - gammaln((n - 1) / 2)))


def range_freedom(n: int) -> float:
    """Degrees of freedom of a standard deviation made of n - 1 moving ranges.

    Neighbouring ranges share a value: the estimate varies as (0.826 n - 1.082) / (n - 1)^2 (J. D.
    Cryer, T. P. Ryan, "The estimation of sigma for an X chart", J. Qual. Technol. 22, 1990).
    """
    return float((n - 1) ** 2 / (2 * (0.826 * n - 1.082)))


def _charts(
    kind: str,
    values: Floats,
    centre: float,
    sigmas: Floats,
    spread: Limits,
    sigma: float,
    freedom: float,
) -> Charts:
    line = np.full_like(values, centre)
    level = Limits(values, line, line - WIDTH * sigmas, line + WIDTH * sigmas)
    z = (values - centre) / sigmas if sigma > 0 else np.full_like(values, np.nan)
    return Charts(kind, sigma, freedom, level, spread, _ewma(values, line, sigmas), z)


def _ewma(values: Floats, line: Floats, sigmas: Floats) -> Limits:
    """Exponentially weighted mean from the centre on, with the limits of its exact variance."""
    seen, variances = np.empty_like(values), np.empty_like(values)
    mean, variance = float(line[0]), 0.0
    for lot, (value, sigma) in enumerate(zip(values, sigmas, strict=True)):
        mean = MEMORY * value + (1 - MEMORY) * mean
        variance = (MEMORY * sigma) ** 2 + (1 - MEMORY) ** 2 * variance
        seen[lot], variances[lot] = mean, variance
    reach = EWMA_WIDTH * np.sqrt(variances)
    return Limits(seen, line, line - reach, line + reach)
