"""Noncentral t: how far a true effect may lie from one that is estimated in its own spread."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gammaincinv, ndtr

NAN = float("nan")


def noncentrality(t: float, freedom: float, share: float) -> float:
    """Noncentrality for which a share of t values lies below t; NaN where none is found.

    The share is the mean of a normal one over the estimated spread: this is defined wherever
    libraries' noncentral t gives up.
    """
    places, weights = _legendre()
    estimated = np.sqrt(2 * gammaincinv(freedom / 2, (places + 1) / 2) / freedom)

    def off(centre: float) -> float:
        return float(np.sum(weights / 2 * ndtr(t * estimated - centre))) - share

    # The distribution is about as wide as 1 + |t| / sqrt(2 freedom).
    reach = 8 * (1 + abs(t) / np.sqrt(2 * freedom)) + 8
    low, high = t - reach, t + reach
    if not off(low) > 0 > off(high):
        return NAN
    return float(brentq(off, low, high, xtol=1e-9))


@cache
def _legendre() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Places and weights of the quadrature: finding them takes a hundred times as long."""
    return np.polynomial.legendre.leggauss(400)
