"""A log-normal distribution of spheres, by maximum likelihood of the sections that are seen.

The form is assumed: where the fit and the unfolding without a form disagree, it does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from transect.statistics.wicksell import Grid, chances

Floats = npt.NDArray[np.float64]

ABOVE = 3.0
"""How far above the largest section spheres may lie: the tail of the assumed form is part of it."""
LEAST, MOST = 0.02, 1.5
"""Standard deviations of the logarithm that are looked at."""
_STEP = 1e-4
_STEPS = 30


@dataclass(frozen=True)
class Model:
    """Classes of spheres up to far above the largest section, seen in the classes of a grid."""

    spheres: Floats
    chance: Floats

    @classmethod
    def of(cls, classes: Grid) -> Model:
        """Take the classes of a grid and more of the same ratio above and below them."""
        ratio = float(classes.edges[1] / classes.edges[0])
        more = int(np.ceil(np.log(ABOVE) / np.log(ratio)))
        above = classes.edges[-1] * ratio ** np.arange(1, more + 1)
        edges = np.concatenate([classes.edges, above])
        return cls(edges, chances(edges, classes.edges))

    def sections(self, places: Floats) -> Floats:
        """Shares of the seen sections in each class, for (mean, log sd) of ln D of met spheres."""
        z = (np.log(self.spheres) - places[0]) / np.exp(places[1])
        found = np.einsum("j,ji->i", np.diff(ndtr(z)), self.chance)
        return np.asarray(np.maximum(found / max(float(found.sum()), 1e-300), 1e-300))


@dataclass(frozen=True)
class Lognormal:
    """Number distribution of the diameters of spheres.

    Attributes
    ----------
    mean
        Mean of ln(D / um).
    sd
        Standard deviation of ln D; the geometric standard deviation is exp(sd).
    """

    mean: float
    sd: float

    def below(self, diameters: Floats, power: float) -> Floats:
        """Share of number x diameter^power below each diameter (Hatch and Choate)."""
        centre = self.mean + power * self.sd**2
        return np.asarray(ndtr((np.log(diameters) - centre) / self.sd))

    def quantile(self, share: float, power: float) -> float:
        """Diameter below which a share of number x diameter^power lies, in um."""
        return float(np.exp(self.mean + power * self.sd**2 + self.sd * ndtri(share)))


def fit(model: Model, counts: Floats, start: Lognormal | None = None) -> Lognormal | None:
    """Likeliest log-normal distribution, by Fisher's scoring with halved steps.

    Parameters
    ----------
    model
        Chances of the sections.
    counts
        Weighted sections of each class of the grid, shape (classes,).
    start
        What is tried first.

    Returns
    -------
    None without sections in two classes: one diameter alone has no spread.
    """
    total = float(counts.sum())
    if np.count_nonzero(counts) < 2:
        return None
    if start is None:
        middle = np.log(np.sqrt(model.spheres[1:] * model.spheres[:-1]))[: counts.size]
        mean = float(np.dot(counts, middle) / total)
        sd = float(np.sqrt(np.dot(counts, (middle - mean) ** 2) / total))
        # Sections are on average pi/4 of the sphere.
        places = np.array([mean + 0.24, np.log(np.clip(sd, 2 * LEAST, 1.0))])
    else:
        places = np.array([start.mean + start.sd**2, np.log(start.sd)])
    score = _score(model, counts, places)
    for _ in range(_STEPS):
        step = _scoring(model, counts, places)
        while np.abs(step).max() > 1e-7:
            tried = places + step
            tried[1] = np.clip(tried[1], np.log(LEAST), np.log(MOST))
            better = _score(model, counts, tried)
            if better >= score:
                break
            step = step / 2
        else:
            break
        places, score, gained = tried, better, better - score
        if gained < 1e-9 * abs(score):
            break
    sd = float(np.exp(places[1]))
    # A sphere is met in proportion to its diameter: the number's mean is lower by the variance.
    return Lognormal(float(places[0]) - sd**2, sd)


def _score(model: Model, counts: Floats, places: Floats) -> float:
    return float(np.dot(counts, np.log(model.sections(places))))


def _scoring(model: Model, counts: Floats, places: Floats) -> Floats:
    expected = model.sections(places)
    slopes = np.empty((2, counts.size))
    for k in range(2):
        shift = np.zeros(2)
        shift[k] = _STEP
        change = model.sections(places + shift) - model.sections(places - shift)
        slopes[k] = change / (2 * _STEP)
    gradient = (slopes * (counts / expected)).sum(axis=1)
    information = counts.sum() * np.einsum("ai,bi->ab", slopes / expected, slopes)
    (a, b), (_, d) = information
    determinant = a * d - b * b
    if not determinant > 1e-12 * a * d:
        return np.zeros(2)
    g0, g1 = gradient
    step = np.array([d * g0 - b * g1, a * g1 - b * g0]) / determinant
    return np.asarray(step * min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-12)))
