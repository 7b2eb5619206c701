"""Probability of detection: how surely a defect of some size is found, from hits and misses.

References
----------
MIL-HDBK-1823A, appendix G (hit/miss, a90 and a90/95); ASTM E2862; D. Firth, "Bias reduction of
maximum likelihood estimates", Biometrika 80, 1993 (Jeffreys' prior, defined for any hits and
misses); M. P. Fay, E. J. Feuer, "Confidence intervals for directly standardized rates", Stat. Med.
16, 1997 (weighted counts).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, gammaincinv, logit

from transect.statistics.bootstrap import LEVEL

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEWEST = 20
"""Trials below which no curve is fitted."""
SURE = 0.9
"""Probability that sizes are named by."""
STEPS, SLOPES = 240, 60
"""Sizes and slopes of the grid that the likelihood is known on."""
DRAWS = 400
"""Curves that stand for what is not known of the curve."""
LEAST = 0.5
"""Smallest probability that a find is credited by: below, one find would stand for too many."""


@dataclass(frozen=True)
class Detection:
    """Curves of the probability of detection, logistic in the logarithm of the size.

    Attributes
    ----------
    n, hits
        Trials, and those that were found.
    a90, slope
        Size found with a probability of 0.9, and slope of the log odds, of the likeliest curve.
    a90s, slopes
        The same of curves that are drawn by how likely they are.
    """

    n: int
    hits: int
    a90: float
    slope: float
    a90s: Floats
    slopes: Floats

    @classmethod
    def fit(cls, sizes: Floats, found: Bools, seed: int) -> Detection | None:
        """Fit to trials; None where they are few, or all or none were found.

        Parameters
        ----------
        sizes
            Sizes of the trials, above 0.
        found
            Whether each was found.
        seed
            Of the curves that are drawn.
        """
        n, hits = sizes.size, int(np.count_nonzero(found))
        if n < FEWEST or hits in (0, n) or not np.ptp(sizes) > 0:
            return None
        x = np.log(sizes)
        places = np.linspace(x.min() - 1, x.max() + 1, STEPS)
        slopes = np.geomspace(0.5, 100, SLOPES) / np.ptp(x)
        weight = _likelihood(x, found, places, slopes)
        best = np.unravel_index(int(np.argmax(weight)), weight.shape)
        share = np.exp(weight - weight.max())
        drawn = np.random.default_rng(seed).choice(
            share.size, size=DRAWS, p=share.ravel() / share.sum()
        )
        rows, columns = np.divmod(drawn, SLOPES)
        return cls(
            n, hits, float(np.exp(places[best[0]])), float(slopes[best[1]]),
            np.exp(places[rows]), slopes[columns],
        )  # fmt: skip

    def pod(self, sizes: Floats) -> Floats:
        """Probability of detection of sizes."""
        return _curve(sizes, self.a90, self.slope)

    def size(self, share: float) -> float:
        """Size that is found with a probability."""
        return float(self.a90 * np.exp((logit(share) - logit(SURE)) / self.slope))

    @property
    def a90_95(self) -> float:
        """Size that is found with a probability of 0.9 at least, with a confidence of 95 %."""
        return float(np.quantile(self.a90s, 0.95))

    def credited(self, sizes: Floats, area: float) -> tuple[float, float, float]:
        """Density of defects of which some were not found, with its 95 % interval.

        Parameters
        ----------
        sizes
            Sizes of those that were.
        area
            Area that was looked at; the density is per unit of it.
        """
        weights = 1 / np.maximum(self.pod(sizes), LEAST)
        curves = _curve(sizes[None], self.a90s[:, None], self.slopes[:, None])
        drawn = 1 / np.maximum(curves, LEAST)
        tail = (1 - LEVEL) / 2
        # None found: of those of a90, one in ten would have been missed.
        most = float(drawn.max(axis=1).mean()) if sizes.size else 1 / SURE
        lows, highs = zip(*(_weighted_poisson(w, max(most, w.max(initial=0))) for w in drawn),
                          strict=True)  # fmt: skip
        low, high = float(np.quantile(lows, tail * 2)), float(np.quantile(highs, 1 - tail * 2))
        value = float(weights.sum())
        return value / area, min(low, value) / area, max(high, value) / area


def _curve(sizes: Floats, a90: float | Floats, slope: float | Floats) -> Floats:
    return np.asarray(expit(logit(SURE) + slope * np.log(sizes / a90)))


def _likelihood(x: Floats, found: Bools, places: Floats, slopes: Floats) -> Floats:
    """Log likelihood with Jeffreys' prior on a grid, shape (places, slopes)."""
    out = np.empty((places.size, slopes.size))
    for row, place in enumerate(places):
        odds = logit(SURE) + slopes[:, None] * (x - place)
        p = expit(odds)
        signed = np.where(found, odds, -odds)
        # log(expit(v)) without overflow.
        likelihood = -np.logaddexp(0, -signed).sum(axis=1)
        w = p * (1 - p)
        s0, s1, s2 = w.sum(axis=1), (w * x).sum(axis=1), (w * x * x).sum(axis=1)
        determinant = np.maximum(s0 * s2 - s1 * s1, 1e-300)
        # Jeffreys' prior is of intercept and slope; of place and slope it has the slope in it.
        out[row] = likelihood + 0.5 * np.log(determinant) + np.log(slopes)
    return out


def _weighted_poisson(weights: Floats, most: float) -> tuple[float, float]:
    """95 % interval of a sum of weights of a Poisson count; `most` is the largest weight."""
    tail = (1 - LEVEL) / 2
    total, square = float(weights.sum()), float((weights**2).sum())
    low = square / total * float(gammaincinv(total**2 / square, tail)) if total > 0 else 0.0
    more, wider = total + most, square + most**2
    return low, wider / more * float(gammaincinv(more**2 / wider, 1 - tail))
