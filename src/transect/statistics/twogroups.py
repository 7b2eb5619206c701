"""Two groups of cell means: difference, tests, effect size, equivalence, false discoveries.

One value per cell goes in. Particles or windows of one cell are no repetitions of the cell: pooling
them would make every difference significant (pseudo-replication).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, stdtr, stdtrit

from transect.statistics.bootstrap import LEVEL
from transect.statistics.noncentral import noncentrality

Floats = npt.NDArray[np.float64]

NAN = float("nan")
EXACT = 20_000
"""Ways to deal cells to two groups up to which all are tried."""
DEALS = 9_999
"""Ways that are drawn where there are more."""


@dataclass(frozen=True)
class Welch:
    """Difference of two means, second minus first, with unequal variances.

    Attributes
    ----------
    difference, error
        Difference and its standard error.
    freedom
        Degrees of freedom by Welch and Satterthwaite.
    """

    difference: float
    error: float
    freedom: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference."""
        half = float(stdtrit(self.freedom, 0.5 + LEVEL / 2)) * self.error
        return self.difference - half, self.difference + half

    @property
    def p(self) -> float:
        """Two-sided p value; NaN where no cell differs from another of its group."""
        if not self.error > 0:
            return NAN
        return float(2 * stdtr(self.freedom, -abs(self.difference / self.error)))

    def equivalence(self, margin: float) -> float:
        """P value of the difference lying beyond +-margin (two one-sided tests, TOST)."""
        if not self.error > 0 or not margin > 0:
            return NAN
        nearest = (margin - abs(self.difference)) / self.error
        return float(stdtr(self.freedom, -nearest))


def welch(first: Floats, second: Floats) -> Welch:
    """Compare the means of two groups of at least two values each.

    References
    ----------
    Welch, Biometrika 34 (1947) 28.
    """
    shares = [float(group.var(ddof=1)) / group.size for group in (first, second)]
    total = sum(shares)
    freedom = NAN
    if total > 0:
        parts = zip(shares, (first, second), strict=True)
        freedom = total**2 / sum(share**2 / (group.size - 1) for share, group in parts)
    return Welch(float(second.mean() - first.mean()), float(np.sqrt(total)), freedom)


def permutation(first: Floats, second: Floats, seed: int) -> tuple[float, float]:
    """Share of the ways to deal the cells whose means differ at least as much.

    All ways are tried where they are few; else many are drawn, and the one that was found counts
    as drawn too.

    Parameters
    ----------
    first, second
        Values of two groups.
    seed
        Of the drawing.

    Returns
    -------
    p
        Two-sided p value.
    least
        Smallest p value that groups of this size could give at all.
    """
    both, n = np.concatenate([first, second]), first.size
    total, found = float(both.sum()), abs(float(second.mean() - first.mean()))
    ways = comb(both.size, n)
    if ways <= EXACT:
        sums = both[np.array(list(combinations(range(both.size), n)))].sum(axis=1)
    else:
        rng = np.random.default_rng(seed)
        order = rng.permuted(np.broadcast_to(both, (DEALS, both.size)), axis=1)
        sums = np.append(order[:, :n].sum(axis=1), first.sum())
    apart = np.abs((total - sums) / second.size - sums / n)
    # Sums of the same numbers in another order are equal up to rounding.
    slack = 1e-9 * max(found, float(np.abs(both).max()))
    # With groups of one size each dealing has its mirror image.
    least = (2 if n == second.size else 1) / ways
    return float(np.mean(apart >= found - slack)), max(least, 1 / (DEALS + 1))


def hedges(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Standardised difference g with its 95 % interval from the noncentral t distribution.

    NaN where no cell differs from another of its group.

    References
    ----------
    Hedges, J. Educ. Stat. 6 (1981) 107: the bias of small groups is taken off by a factor.
    """
    n, m = first.size, second.size
    freedom = n + m - 2
    squares = float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum())
    if freedom < 1 or not squares > 0:
        return NAN, NAN, NAN
    d = float(second.mean() - first.mean()) / np.sqrt(squares / freedom)
    factor = float(np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)))
    factor = factor / np.sqrt(freedom / 2) if freedom > 1 else NAN
    scale = np.sqrt(n * m / (n + m))
    t = d * scale
    low, high = (noncentrality(t, freedom, 0.5 + sign * LEVEL / 2) / scale for sign in (1, -1))
    return factor * d, factor * low, factor * high


def adjusted(p: Floats) -> Floats:
    """P values that hold the share of false discoveries (Benjamini and Hochberg); NaN stay NaN.

    References
    ----------
    Benjamini, Hochberg, J. R. Stat. Soc. B 57 (1995) 289.
    """
    out = np.full(p.size, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * order.size / np.arange(1, order.size + 1)
    # No test can be surer than one with a larger p value.
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out
