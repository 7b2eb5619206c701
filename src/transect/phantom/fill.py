"""Filling particles: which voids and cracks each has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.phantom import shapes
from transect.phantom.bodies import CLUMP, SECOND, Bodies, grown
from transect.phantom.geometry import Geometry
from transect.phantom.habits import HABITS, axis_of
from transect.phantom.objects import CRACKS, Objects
from transect.phantom.openings import (
    Grain,
    cracks_of,
    has_network,
    hollow_core,
    is_cracked,
    network_of,
    voids_of,
)

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]


def fill(
    shape: Geometry,
    px: float,
    discs: F64,
    side: I64,
    ids: I64,
    seeds: I64,
    bodies: Bodies,
    seen: F32 | None = None,
) -> Objects:
    """Give every body its voids and cracks.

    Parameters
    ----------
    shape
        Shares and sizes.
    px
        Pixel size in um.
    discs
        x, y, radius, kind; shape (n, 4).
    side, ids, seeds
        One for each disc.
    bodies
        Their outlines.
    seen
        What shows of these outlines, at the same angles, where bodies press on each other.
    """
    inner = _Inner()
    shown = bodies.edges if seen is None else seen
    radii = grown(shape, discs)
    # Thousands of particles without anything in them need not be looked at one by one.
    empty = shape.voids == shape.hollow == shape.cracked == 0
    empty &= shape.second is None or shape.second.cracked == 0
    for n, (x, y, _, kind) in enumerate(discs[:0] if empty else discs):
        if kind != CLUMP:
            edge = shown[bodies.start[n] : bodies.start[n + 1]]
            whole = seen is None and shape.habit in ("round", "spheres")
            r = float(radii[n]) if whole else float(np.sqrt(shapes.outline_area(edge) / np.pi))
            particle = _Particle(n, x, y, r, int(kind), int(ids[n]), int(seeds[n]), whole)
            _open(shape, px, particle, edge, inner)
    return Objects(
        np.stack([discs[:, 0], discs[:, 1], radii], axis=1),
        side,
        ids,
        seeds,
        shown,
        bodies.start,
        np.array(inner.voids, dtype=np.float64).reshape(-1, 4),
        np.array(inner.void_edges, dtype=np.float32).reshape(-1, 48),
        np.array(inner.cracks, dtype=np.float64).reshape(-1, 3),
        np.array(inner.lines, dtype=np.float64).reshape(-1, shapes.POINTS, 2),
        (discs[:, 3] == SECOND).astype(np.uint8),
        None if seen is None else bodies.edges,
    )


class _Particle(NamedTuple):
    n: int
    x: float
    y: float
    r: float
    kind: int
    id: int
    seed: int
    whole: bool


@dataclass
class _Inner:
    """What was found inside the particles of a strip, in the order of `Objects`."""

    voids: list[tuple[float, ...]] = field(default_factory=list)
    void_edges: list[F32] = field(default_factory=list)
    cracks: list[tuple[float, ...]] = field(default_factory=list)
    lines: list[F64] = field(default_factory=list)


def _open(shape: Geometry, px: float, p: _Particle, edge: F32, inner: _Inner) -> None:
    """Open voids and cracks in a particle."""
    own = shape.second if p.kind == SECOND and shape.second else shape
    cracked = is_cracked(shape, own.cracked, px, p.seed, p.r)
    # As in its texture, whose lattice has at least two pixels.
    grain = Grain(max(shape.grain_um / px, 2.0), p.x, p.y)
    lines = []
    if cracked and has_network(shape, p.seed):
        lines = network_of(shape, p.seed, p.r, edge, grain)
    if lines:
        _add_cracks(inner, p, lines, joined=True)
        return
    core = hollow_core(shape, p.seed, edge)
    holes = [(0.0, 0.0, float(core.max()) / 1.4)] if core is not None else []
    if core is not None:
        inner.voids.append((p.n, p.x, p.y, float(core.mean())))
        inner.void_edges.append(core)
    else:
        holes = voids_of(shape, p.seed, p.r, None if p.whole else edge)
        for m, (x, y, r) in enumerate(holes):
            inner.voids.append((p.n, p.x + x, p.y + y, r))
            inner.void_edges.append(shapes.void_outline(p.seed * 8 + m, r))
    if cracked:
        axis = axis_of(HABITS.index(own.habit), p.seed, own.orientation_spread_deg)
        _add_cracks(inner, p, cracks_of(shape, p.seed, p.r, edge, holes, axis, grain), joined=False)


def _add_cracks(
    inner: _Inner, p: _Particle, lines: list[tuple[F64, float]], *, joined: bool
) -> None:
    """Add cracks; those that are joined are one, and have one id."""
    for m, (line, width) in enumerate(lines):
        inner.cracks.append((p.n, width, p.id * CRACKS + (0 if joined else m)))
        inner.lines.append(line + np.array([p.x, p.y]))
