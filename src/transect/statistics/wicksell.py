"""Spheres cut by a plane: how likely a section of some diameter is, and what counts of them say.

Diameters are counted in classes of equal ratio. A sphere is met in proportion to its diameter, so
shares are those of *met* spheres; what a section volume holds follows from them.

References
----------
Wicksell, "The corpuscle problem", Biometrika 17 (1925) 84. ISO 9276-2 for the moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CLASSES = 48
"""Classes between the smallest and the largest section at most."""
WIDEST, NARROWEST = 1.12, 1.05
"""Ratio of the ends of a class. Narrower ones cost time and tell nothing that smoothing leaves."""
BEYOND = 3
"""Classes of spheres above the largest section: no cut has to go through a centre."""
_POINTS = 12
"""Diameters within a class of spheres over which its sections are averaged."""


@dataclass(frozen=True)
class Grid:
    """Classes of diameters and the chance of each section, for spheres of each class.

    Attributes
    ----------
    edges
        Ends of the classes in um, shape (classes + 1,); the first is the smallest that is seen.
    chance
        Share of the sections of a met sphere that lie in a class, shape (sphere, section).
        Rows add up to less than 1 by what is too small to be seen.
    """

    edges: Floats
    chance: Floats

    @property
    def seen(self) -> Floats:
        """Share of the sections of a met sphere that are seen at all, shape (classes,)."""
        return np.asarray(self.chance.sum(axis=1))

    @property
    def middles(self) -> Floats:
        """Diameter in the middle of each class in um, shape (classes,)."""
        return np.sqrt(self.edges[:-1] * self.edges[1:])

    def place(self, diameters: Floats) -> npt.NDArray[np.int64]:
        """Class of each diameter."""
        spot = np.searchsorted(self.edges, diameters, side="right") - 1
        return np.clip(spot, 0, self.edges.size - 2).astype(np.int64)


def grid(smallest: float, largest: float) -> Grid:
    """Choose classes from the smallest visible to the largest section.

    Parameters
    ----------
    smallest, largest
        Diameters in um.
    """
    largest = max(largest * (1 + 1e-9), smallest * WIDEST**4)
    span = np.log(largest / smallest)
    step = float(np.clip(span / CLASSES, np.log(NARROWEST), np.log(WIDEST)))
    count = int(np.ceil(span / step)) + BEYOND
    edges = smallest * np.exp(step * np.arange(count + 1))
    return Grid(edges, chances(edges, edges))


def chances(spheres: Floats, sections: Floats) -> Floats:
    """Share of sections in each class, for met spheres spread evenly over a class in log diameter.

    A plane at a uniform distance cuts a sphere of diameter D in less than d with the probability
    1 - sqrt(1 - (d/D)^2).

    Parameters
    ----------
    spheres, sections
        Ends of classes in um, ascending.

    Returns
    -------
    Shape (classes of spheres, classes of sections).
    """
    within = (np.arange(_POINTS) + 0.5) / _POINTS
    diameters = spheres[:-1, None] * (spheres[1:] / spheres[:-1])[:, None] ** within
    ratio = np.minimum(sections / diameters[..., None], 1.0)
    below = 1 - np.sqrt(1 - ratio**2)
    return np.asarray(np.diff(below, axis=-1).mean(axis=1))


def content(classes: Grid, met: Floats, power: float) -> Floats:
    """Moment of the spheres in a volume, per class: number x diameter^power, in any unit.

    Parameters
    ----------
    classes
        Classes of diameters.
    met
        Met spheres of each class, shape (..., classes).
    power
        0 for their number, 2 for surface, 3 for volume.
    """
    # A met sphere counts 1 / D: the chance to meet it grew with its diameter.
    p = power - 1
    if p == 0:
        return np.asarray(met, dtype=np.float64)
    low, high = classes.edges[:-1], classes.edges[1:]
    # Mean of D^p over a class that is even in log D.
    return np.asarray(met * (high**p - low**p) / (p * np.log(high / low)))


def cumulative(classes: Grid, met: Floats, power: float) -> Floats:
    """Share of a moment below each end of a class, shape (..., classes + 1); NaN for none."""
    parts = content(classes, met, power)
    total = parts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        rising = np.cumsum(parts, axis=-1) / total
    first = np.where(total > 0, 0.0, np.nan)
    return np.concatenate([first, rising], axis=-1)


def quantiles(classes: Grid, met: Floats, power: float, shares: Floats) -> Floats:
    """Diameters below which some shares of a moment lie, in um.

    Parameters
    ----------
    classes, met, power
        As in `content`; `met` of one distribution, shape (classes,).
    shares
        In (0, 1).
    """
    rising = cumulative(classes, met, power)
    if not np.isfinite(rising).all():
        return np.full(np.shape(shares), np.nan)
    # Only ends of classes that hold something: an empty stretch has no share in it.
    up = np.diff(rising) > 0
    keep = np.append(up, False) | np.append(False, up)
    return np.asarray(np.exp(np.interp(shares, rising[keep], np.log(classes.edges[keep]))))
