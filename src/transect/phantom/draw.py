"""Sizes and kinds of the particles and clumps of a strip, drawn from its seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.phantom.bodies import PARTICLE, SECOND
from transect.phantom.geometry import Geometry, Second
from transect.phantom.hashing import normal, unit

F64 = npt.NDArray[np.float64]


def reach_of(shape: Geometry, px: float) -> float:
    """How far from its centre anything can reach, with some room, in px.

    Half as much again as the largest diameter: bumps, ovals and pressing are in it.
    """
    longest = [
        kind.d_max_um * (_elongated(kind) * (1 + shape.press) if shape.pressed else 1.0)
        for kind in (shape, shape.second)
        if kind is not None
    ]
    return max(*longest, shape.agglomerate_um[1]) / px * 1.5


def _elongated(kind: Geometry | Second) -> float:
    """Largest half length of a body over the radius of its disc, over that of an oval."""
    return float(np.sqrt(kind.aspect[1])) if kind.habit == "plates" else 1.2


def stretch_of(shape: Geometry) -> float:
    """Factor by which plates are longer, and thinner, than discs, as far as they lie along x."""
    if shape.habit != "plates" or shape.orientation_spread_deg >= 90:
        return 1.0
    aligned = np.exp(-2 * np.radians(shape.orientation_spread_deg) ** 2)
    return float(np.sqrt(sum(shape.aspect) / 2) ** aligned)


def particles(shape: Geometry, px: float, seed: int, area: float, most: int) -> tuple[F64, F64]:
    """Radii of the particles of an area (px2), largest first, and their kinds."""
    budget, radii, kinds = shape.packing * area, list[float](), list[int]()
    second = 0.0
    two = shape.second
    drawn, grown = 0.0, 1 + shape.press
    while budget > 0 and len(radii) < most:
        kind = SECOND if two and second <= two.share * drawn else PARTICLE
        of = two if two and kind == SECOND else shape
        d = of.d50_um / px * float(np.exp(of.sigma * normal(seed, len(radii), 3)))
        r = min(max(d, of.d_min_um / px), of.d_max_um / px) / 2
        radii.append(r)
        kinds.append(kind)
        budget -= np.pi * r * r * grown * grown
        drawn += r * r
        second += r * r if kind == SECOND else 0.0
    sizes = np.array(radii)
    order = np.argsort(-sizes, kind="stable")
    return sizes[order], np.array(kinds, dtype=np.float64)[order]


def clumps(shape: Geometry, px: float, seed: int, area: float) -> F64:
    """Radii of the agglomerates of an area (px2): a whole number that is right on average."""
    expected = shape.agglomerates_per_mm2 * area * px * px * 1e-6
    count = int(expected + unit(seed, 0, 5))
    low, high = shape.agglomerate_um
    radii = [(low + (high - low) * unit(seed, n, 6)) / 2 / px for n in range(count)]
    return np.sort(np.array(radii, dtype=np.float64))[::-1]
