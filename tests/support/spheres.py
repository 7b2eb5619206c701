"""Spheres of log-normal diameters cut by a plane, and what is known of them exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from transect.statistics.unfolding import FOLDS
from transect.statistics.wicksell import Grid

Floats = npt.NDArray[np.float64]

SMALLEST_UM = 0.4
MEDIAN_UM = 5.0


def cut_spheres(n: int, gsd: float, seed: int, median: float = MEDIAN_UM) -> Floats:
    """Diameters of the sections that are large enough to be seen, of n met spheres, in um.

    Diameters are log-normal by number; a plane meets a sphere in proportion to its diameter, at a
    distance from its centre that is uniform.
    """
    rng, spread = np.random.default_rng(seed), np.log(gsd)
    spheres = median * np.exp(spread**2 + spread * rng.normal(size=n))
    sections = spheres * np.sqrt(1 - rng.uniform(0, 1, n) ** 2)
    return np.asarray(sections[sections >= SMALLEST_UM])


def volume_quantiles(gsd: float, shares: Floats, median: float = MEDIAN_UM) -> Floats:
    """Diameters of the spheres below which shares of the volume lie, in um (Hatch and Choate)."""
    spread = np.log(gsd)
    return np.asarray(median * np.exp(3 * spread**2 + spread * ndtri(shares)))


def folds_of(classes: Grid, diameters: Floats) -> Floats:
    """Sections of each class, in parts, shape (parts, classes)."""
    place, part = classes.place(diameters), np.arange(diameters.size) % FOLDS
    bins = classes.middles.size
    return np.array(
        [np.bincount(place[part == k], minlength=bins) for k in range(FOLDS)], dtype=np.float64
    )
