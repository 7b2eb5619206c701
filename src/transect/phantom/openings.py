"""What is open inside particles: voids, hollow cores, and cracks of several kinds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.phantom import shapes
from transect.phantom.cleaving import cleavage_line, off_edge, opened
from transect.phantom.geometry import Geometry
from transect.phantom.hashing import unit
from transect.phantom.network import grain_network

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

_RETRIES = 6
_ANGLES = np.linspace(0.0, 2 * np.pi, 12, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


class Grain(NamedTuple):
    """Lattice of a particle's primary grains, as its texture shows them: size and place."""

    size: float
    x: float
    y: float


def voids_of(
    shape: Geometry, seed: int, r: float, edge: F32 | None
) -> list[tuple[float, float, float]]:
    """Centre and radius of the voids of a particle, about its centre.

    Parameters
    ----------
    shape
        Settings.
    seed, r
        Of the particle.
    edge
        Outline that voids must stay in; none: a disc, which they do by themselves.
    """
    if shape.voids == 0 or unit(seed, 0, 21) >= shape.voids:
        return []
    found: list[tuple[float, float, float]] = []
    for k in range(1 + int(3 * unit(seed, 1, 21))):
        size = shape.void_ratio * r * (0.4 + 0.6 * unit(seed, k, 22))
        away, turn = 0.45 * r * unit(seed, k, 23), 2 * np.pi * unit(seed, k, 24)
        x, y = away * np.cos(turn), away * np.sin(turn)
        apart = all(np.hypot(x - a, y - b) > 1.4 * (size + c) + 4 for a, b, c in found)
        held = edge is None or shapes.inside(_around(x, y, 1.4 * size), edge, 2.0)
        # 1.5 px: smaller ones would hardly hold a pixel.
        if size >= 1.5 and apart and held:
            found.append((float(x), float(y), size))
    return found


def _around(x: float, y: float, r: float) -> F64:
    return np.array([x, y]) + r * _CIRCLE


def hollow_core(shape: Geometry, seed: int, edge: F32) -> F32 | None:
    """Outline of a hollow core at a particle's centre, irregular, or none."""
    if shape.hollow == 0 or unit(seed, 0, 27) >= shape.hollow:
        return None
    low, high = shape.hollow_ratio
    core = shapes.core_outline(seed, edge, low + (high - low) * unit(seed, 1, 27))
    return core if core.mean() >= 1.5 else None


def cracks_of(
    shape: Geometry,
    seed: int,
    r: float,
    edge: F32,
    holes: list[tuple[float, float, float]],
    axis: float,
    grain: Grain,
) -> list[tuple[F64, float]]:
    """Points and width of the separate cracks of a particle, about its centre."""
    low, high = shape.crack_width_px
    kept: list[tuple[F64, float]] = []
    wanted = 1 + int(shape.cracks_max * unit(seed, 1, 25) ** 2)
    for k in range(min(wanted, shape.cracks_max)):
        # Squared: most cracks are thin.
        width = min(low + (high - low) * unit(seed, k, 26) ** 2, max(0.12 * r, low))
        open_ = unit(seed, k, 28) < shape.open_cracks
        cleaves = unit(seed, k, 29) < shape.cleavage
        for retry in range(_RETRIES):
            own = (seed * 8 + k) * _RETRIES + retry
            if cleaves:
                line = cleavage_line(own, edge, r, axis, open_)
            else:
                line = shapes.crack_line(own, edge, r, max(grain.size, 3.0))
                if open_:
                    line = opened(line, edge)
            if _fits(line, width, edge, holes, kept, open_):
                kept.append((line, width))
                break
    return kept


def network_of(
    shape: Geometry, seed: int, r: float, edge: F32, grain: Grain
) -> list[tuple[F64, float]]:
    """Branches of one joined crack along the grains of a particle, about its centre."""
    low, high = shape.crack_width_px
    width = min(low + (high - low) * unit(seed, 7, 26) ** 2, max(0.3 * grain.size, low))
    opens = unit(seed, 7, 28) < shape.open_cracks
    branches = 2 + int(6 * unit(seed, 7, 25))
    margin = width / 2 + 2.0
    lines = grain_network(seed, edge, grain.size, grain.x, grain.y, branches, margin, opens)
    return [(line, width) for line in lines]


def is_cracked(shape: Geometry, cracked: float, px: float, seed: int, r: float) -> bool:
    """Whether a particle has cracks at all."""
    return 2 * r * px >= shape.crack_min_diameter_um and unit(seed, 0, 25) < cracked


def has_network(shape: Geometry, seed: int) -> bool:
    """Whether the cracks of a cracked particle follow its grains."""
    return shape.grain_cracks > 0 and unit(seed, 2, 25) < shape.grain_cracks


def _fits(
    line: F64,
    width: float,
    edge: F32,
    holes: list[tuple[float, float, float]],
    kept: list[tuple[F64, float]],
    opens: bool,
) -> bool:
    """Whether a crack stays inside its particle, but for open ends, and clear of the others."""
    inner = line[off_edge(line, edge)] if opens else line
    if len(inner) < 2 or not shapes.inside(inner, edge, width / 2 + 3.0):
        return False
    for x, y, r in holes:
        spot = np.array([[x, y], [x, y]])
        if shapes.distance_between(line, spot) < 1.4 * r + width / 2 + 3.0:
            return False
    return all(
        shapes.distance_between(line, other) >= (width + wide) / 2 + 3.0 for other, wide in kept
    )
