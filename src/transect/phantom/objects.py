"""What lies in a coating: particles with their outlines, voids and cracks, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from transect.phantom import shapes
from transect.phantom.hashing import unit
from transect.phantom.spec import Geometry

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

CAPACITY = 4096
"""Largest number of particles in a strip, both sides: ids are strip * CAPACITY + number."""
CRACKS = 8
"""Crack ids are particle * CRACKS + number."""

_RETRIES = 6


@dataclass(frozen=True)
class Objects:
    """Particles of some strips with all that lies in them; arrays in the order of ids.

    Attributes
    ----------
    discs
        x, y, radius of each particle, in px.
    side
        0 for side a, 1 for side b.
    ids
        Id of each particle, 0 for an agglomerate of binder.
    seeds
        Seed of each particle.
    edges, edge_start
        Outlines end to end, and where each begins (one more than particles).
    voids
        Particle (index), x, y, radius.
    void_edges
        Outline of each void.
    cracks
        Particle (index), width, id.
    lines
        Points of each crack in the frame of the section.
    """

    discs: F64
    side: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    seeds: npt.NDArray[np.int64]
    edges: npt.NDArray[np.float32]
    edge_start: npt.NDArray[np.int64]
    voids: F64
    void_edges: npt.NDArray[np.float32]
    cracks: F64
    lines: F64

    def magnified(self, zoom: float) -> Objects:
        """Give the same objects in pixels that are finer by a factor."""
        return replace(
            self,
            discs=self.discs * _factors(self.discs, [0, 1, 2], zoom),
            edges=self.edges * np.float32(zoom),
            voids=self.voids * _factors(self.voids, [1, 2, 3], zoom),
            void_edges=self.void_edges * np.float32(zoom),
            cracks=self.cracks * _factors(self.cracks, [1], zoom),
            lines=self.lines * zoom,
        )


def _factors(table: F64, lengths: list[int], zoom: float) -> F64:
    """Factor of every column: the zoom for lengths, 1 for the rest."""
    factors = np.ones(table.shape[1])
    factors[lengths] = zoom
    return factors


def fill(shape: Geometry, px: float, discs: F64, side: I64, ids: I64, seeds: I64) -> Objects:
    """Give every packed disc its outline, voids and cracks.

    Parameters
    ----------
    shape
        Shares and sizes.
    px
        Pixel size in um.
    discs
        x, y, radius, 1 for an agglomerate; shape (n, 4).
    side, ids, seeds
        One for each disc.
    """
    edges, voids, void_edges, cracks, lines = [], [], [], [], []
    grain = shape.grain_um / px
    for n, (x, y, r, clump) in enumerate(discs):
        seed = int(seeds[n])
        rough = 0.0 if clump else shape.roughness
        edge = shapes.outline(seed, r, shape.elongation, rough, max(grain, 2.0))
        edges.append(edge)
        if clump:
            continue
        inner = _voids(shape, seed, r)
        for m, (vx, vy, vr) in enumerate(inner):
            voids.append((n, x + vx, y + vy, vr))
            void_edges.append(shapes.void_outline(seed * 8 + m, vr))
        for m, (line, width) in enumerate(_cracks(shape, px, seed, r, edge, inner)):
            cracks.append((n, width, ids[n] * CRACKS + m))
            lines.append(line + np.array([x, y]))
    start = np.concatenate([[0], np.cumsum([e.size for e in edges])]).astype(np.int64)
    return Objects(
        discs[:, :3].copy(),
        side,
        ids,
        seeds,
        np.concatenate(edges) if edges else np.empty(0, np.float32),
        start,
        np.array(voids, dtype=np.float64).reshape(-1, 4),
        np.array(void_edges, dtype=np.float32).reshape(-1, 48),
        np.array(cracks, dtype=np.float64).reshape(-1, 3),
        np.array(lines, dtype=np.float64).reshape(-1, shapes.POINTS, 2),
    )


def _voids(shape: Geometry, seed: int, r: float) -> list[tuple[float, float, float]]:
    if unit(seed, 0, 21) >= shape.voids:
        return []
    found: list[tuple[float, float, float]] = []
    for k in range(1 + int(3 * unit(seed, 1, 21))):
        size = shape.void_ratio * r * (0.4 + 0.6 * unit(seed, k, 22))
        away, turn = 0.45 * r * unit(seed, k, 23), 2 * np.pi * unit(seed, k, 24)
        x, y = away * np.cos(turn), away * np.sin(turn)
        apart = all(np.hypot(x - a, y - b) > 1.4 * (size + c) + 4 for a, b, c in found)
        # 1.5 px: smaller ones would hardly hold a pixel.
        if size >= 1.5 and apart:
            found.append((float(x), float(y), size))
    return found


def _cracks(
    shape: Geometry,
    px: float,
    seed: int,
    r: float,
    edge: F32,
    voids: list[tuple[float, float, float]],
) -> list[tuple[F64, float]]:
    if 2 * r * px < shape.crack_min_diameter_um or unit(seed, 0, 25) >= shape.cracked:
        return []
    low, high = shape.crack_width_px
    kept: list[tuple[F64, float]] = []
    wanted = 1 + int(shape.cracks_max * unit(seed, 1, 25) ** 2)
    for k in range(min(wanted, shape.cracks_max)):
        # Squared: most cracks are thin.
        width = min(low + (high - low) * unit(seed, k, 26) ** 2, max(0.12 * r, low))
        for retry in range(_RETRIES):
            own = (seed * 8 + k) * _RETRIES + retry
            line = shapes.crack_line(own, edge, r, max(shape.grain_um / px, 3.0))
            if _fits(line, width, edge, voids, kept):
                kept.append((line, width))
                break
    return kept


def _fits(
    line: F64,
    width: float,
    edge: F32,
    voids: list[tuple[float, float, float]],
    kept: list[tuple[F64, float]],
) -> bool:
    """Whether a crack stays inside its particle and clear of what is there already."""
    if not shapes.inside(line, edge, width / 2 + 3.0):
        return False
    for x, y, r in voids:
        spot = np.array([[x, y], [x, y]])
        if shapes.distance_between(line, spot) < 1.4 * r + width / 2 + 3.0:
            return False
    return all(
        shapes.distance_between(line, other) >= (width + wide) / 2 + 3.0 for other, wide in kept
    )


def joined(parts: list[Objects]) -> Objects:
    """Objects of several strips as one."""
    offsets = np.cumsum([0] + [len(p.discs) for p in parts[:-1]])
    points = np.cumsum([0] + [p.edges.size for p in parts[:-1]])
    voids, cracks = [p.voids.copy() for p in parts], [p.cracks.copy() for p in parts]
    for n, offset in enumerate(offsets):
        voids[n][:, 0] += offset
        cracks[n][:, 0] += offset
    starts = [p.edge_start[:-1] + at for p, at in zip(parts, points, strict=True)]
    edges = np.concatenate([p.edges for p in parts])
    return Objects(
        np.concatenate([p.discs for p in parts]),
        np.concatenate([p.side for p in parts]),
        np.concatenate([p.ids for p in parts]),
        np.concatenate([p.seeds for p in parts]),
        edges,
        np.concatenate([*starts, [edges.size]]).astype(np.int64),
        np.concatenate(voids),
        np.concatenate([p.void_edges for p in parts]),
        np.concatenate(cracks),
        np.concatenate([p.lines for p in parts]),
    )
