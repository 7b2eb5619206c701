"""Distortion that all tiles share, as a field over the tile: what it is, and how it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from transect.mosaic.layout import Floats

DEGREE = 6
"""Highest total degree of the field: scans start with a jerk, so it bends most at one edge."""


@dataclass(frozen=True)
class Distortion:
    """Where the scan put what it recorded.

    Pixel p of a tile shows what lies at p + u(p), with u a sum of Legendre polynomials.

    Attributes
    ----------
    shape
        Rows and columns of a tile.
    terms
        Coefficients in px, shape (2, term): of the x and the y component.
    """

    shape: tuple[int, int]
    terms: Floats

    def at(self, places: Floats) -> Floats:
        """Displacement u (x, y) in px at places (n, 2) of a tile."""
        return np.asarray(design(places, self.shape) @ self.terms.T)

    @property
    def margin(self) -> int:
        """Pixels at each border that a straightened tile lacks."""
        edge = np.linspace(0, 1, 65)
        x, y = np.meshgrid(edge * (self.shape[1] - 1), edge * (self.shape[0] - 1))
        return int(np.ceil(np.abs(self.at(np.stack([x.ravel(), y.ravel()], axis=1))).max())) + 1


def design(places: Floats, shape: tuple[int, int]) -> Floats:
    """Legendre polynomials at places (n, 2), shape (n, term)."""
    axes = [
        np.polynomial.legendre.legvander(2.0 * places[:, k] / (n - 1) - 1.0, DEGREE)
        for k, n in enumerate(shape[::-1])
    ]
    return np.stack([axes[0][:, p] * axes[1][:, q] for p, q in powers()], axis=1)


def powers() -> list[tuple[int, int]]:
    """Degrees in x and y of every term."""
    return [(n - q, q) for n in range(1, DEGREE + 1) for q in range(n + 1)]


def as_fact(distortion: Distortion | None) -> str:
    """Coefficients as they are written into the metadata of positions, as JSON."""
    return json.dumps(None if distortion is None else np.round(distortion.terms, 6).tolist())


def from_fact(fact: str, shape: tuple[int, int]) -> Distortion | None:
    """Read back what `as_fact` wrote, for tiles of (row, column) `shape`."""
    terms = json.loads(fact)
    return None if terms is None else Distortion(shape, np.asarray(terms, dtype=np.float64))
