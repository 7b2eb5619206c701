"""Intervals of counts and shares, and weighted quantiles."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, ndtri

from transect.kernels import kernel
from transect.statistics.bootstrap import LEVEL

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) without observations."""
    if n <= 0:
        return 0.0, 1.0
    z = float(ndtri(0.5 + LEVEL / 2))
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = max(float(middle - half), 0.0) if successes > 0 else 0.0
    return low, min(float(middle + half), 1.0) if successes < n else 1.0


def poisson(count: int) -> tuple[float, float]:
    """Exact interval of a Poisson mean; for none found it ends at 3.69 (one-sided: 3.0)."""
    tail = (1 - LEVEL) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    return low, float(gammaincinv(count + 1, 1 - tail))


def rate(count: int, area_mm2: float) -> tuple[float, tuple[float, float], str]:
    """Density of a count with its exact 95 % interval, per mm2, and a note where none was found.

    None found is no proof of none: by the rule of three the density is below 3 / area with 95 %.
    """
    low, high = poisson(count)
    note = "" if count else f"none found; with 95 % below {3.0 / area_mm2:.3g} per mm2"
    return count / area_mm2, (low / area_mm2, high / area_mm2), note


@kernel
def _replicate_quantiles(
    values: Floats, weights: Floats, blocks: Ints, draws: npt.NDArray[np.int32], shares: Floats
) -> Floats:
    """Quantiles of sorted values under each replicate's draws, (replicates, shares)."""
    out = np.full((len(draws), len(shares)), np.nan)
    n = len(values)
    cumulated = np.empty(n)
    for i in range(len(draws)):
        total = 0.0
        for j in range(n):
            total += weights[j] * draws[i, blocks[j]]
            cumulated[j] = total
        if total <= 0:
            continue
        for k in range(len(shares)):
            spot = np.searchsorted(cumulated, shares[k] * total)
            out[i, k] = values[min(spot, n - 1)]
    return out


def weighted_quantiles(
    values: Floats, weights: Floats, blocks: Ints, draws: npt.NDArray[np.int32], shares: Floats
) -> tuple[Floats, Floats]:
    """Weighted quantiles (the smallest value with that share at or below it) and replicates.

    Parameters
    ----------
    values, weights, blocks
        Value, weight and x-block of each object.
    draws
        How often each replicate draws each x-block.
    shares
        Shares, in (0, 1).

    Returns
    -------
    quantiles
        Shape (shares,); NaN without objects.
    replicates
        Shape (replicates, shares).
    """
    if not values.size:
        return np.full(len(shares), np.nan), np.full((len(draws), len(shares)), np.nan)
    order = np.argsort(values, kind="stable")
    args = (values[order], weights[order], blocks[order])
    once = np.ones((1, draws.shape[1]), np.int32)
    return (
        _replicate_quantiles(*args, once, shares)[0],
        _replicate_quantiles(*args, draws, shares),
    )
