"""Sizes and kinds of the particles and clumps of a strip, drawn from its seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.bodies import PARTICLE, SECOND
from transect.phantom.geometry import Geometry, Second
from transect.phantom.hashing import normal, unit

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


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
    two, drawn = shape.second, np.empty(0)
    budget, share = shape.packing * area / (1 + shape.press) ** 2, two.share if two else 0.0
    kinds = np.empty(0, dtype=np.int64)
    for wanted in (min(256, most), most):
        normals = _normals(seed, wanted)
        first = _radii(shape, px, normals)
        drawn, kinds = _spend(first, _radii(two, px, normals) if two else first, share, budget)
        if drawn.size < wanted:
            break
    order = np.argsort(-drawn, kind="stable")
    return drawn[order], kinds[order].astype(np.float64)


def _radii(of: Geometry | Second, px: float, normals: F64) -> F64:
    diameters = of.d50_um / px * np.exp(of.sigma * normals)
    return np.asarray(np.clip(diameters, of.d_min_um / px, of.d_max_um / px) / 2)


@kernel
def _normals(seed: int, count: int) -> F64:
    out = np.empty(count)
    for n in range(count):
        out[n] = normal(seed, n, 3)
    return out


@kernel
def _spend(first: F64, second: F64, share: float, budget: float) -> tuple[F64, I64]:
    """Take one radius after another until their area is spent; the second's keep their share."""
    radii, kinds = np.empty(first.size), np.empty(first.size, dtype=np.int64)
    count, area, other = 0, 0.0, 0.0
    while budget > 0.0 and count < first.size:
        kind = SECOND if share > 0.0 and other <= share * area else PARTICLE
        r = second[count] if kind == SECOND else first[count]
        radii[count], kinds[count] = r, kind
        count += 1
        budget -= np.pi * r * r
        area += r * r
        other += r * r if kind == SECOND else 0.0
    return radii[:count], kinds[:count]


def clumps(shape: Geometry, px: float, seed: int, area: float) -> F64:
    """Radii of the agglomerates of an area (px2): a whole number that is right on average."""
    expected = shape.agglomerates_per_mm2 * area * px * px * 1e-6
    count = int(expected + unit(seed, 0, 5))
    low, high = shape.agglomerate_um
    radii = [(low + (high - low) * unit(seed, n, 6)) / 2 / px for n in range(count)]
    return np.sort(np.array(radii, dtype=np.float64))[::-1]
