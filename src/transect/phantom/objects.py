"""What lies in a coating: particles with their outlines, voids and cracks, as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

CAPACITY = 4096
"""Largest number of particles in a strip, both sides: ids are strip * CAPACITY + number."""
CRACKS = 8
"""Crack ids are particle * CRACKS + number."""


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
        Outlines end to end, and where each begins (one more than particles): what shows of them
        where particles press on each other.
    voids
        Particle (index), x, y, radius.
    void_edges
        Outline of each void.
    cracks
        Particle (index), width, id.
    lines
        Points of each crack in the frame of the section.
    second
        1 for each particle of the second material, 0 for the others.
    full
        The outlines as they would be without contacts, at the same angles; none where particles
        do not press on each other.
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
    second: npt.NDArray[np.uint8]
    full: npt.NDArray[np.float32] | None = None

    def only(self, kept: npt.NDArray[np.bool_]) -> Objects:
        """Give the particles that are marked, with what lies in them."""
        if kept.all():
            return self
        number = np.cumsum(kept) - 1
        sizes = np.diff(self.edge_start)
        points = np.repeat(kept, sizes)
        holes, lines = (kept[x[:, 0].astype(np.int64)] for x in (self.voids, self.cracks))
        voids, cracks = self.voids[holes].copy(), self.cracks[lines].copy()
        for inner in (voids, cracks):
            inner[:, 0] = number[inner[:, 0].astype(np.int64)]
        return Objects(
            self.discs[kept],
            self.side[kept],
            self.ids[kept],
            self.seeds[kept],
            self.edges[points],
            np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64),
            voids,
            self.void_edges[holes],
            cracks,
            self.lines[lines],
            self.second[kept],
            None if self.full is None else self.full[points],
        )

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
            full=None if self.full is None else self.full * np.float32(zoom),
        )


def _factors(table: F64, lengths: list[int], zoom: float) -> F64:
    """Factor of every column: the zoom for lengths, 1 for the rest."""
    factors = np.ones(table.shape[1])
    factors[lengths] = zoom
    return factors


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
        np.concatenate([p.second for p in parts]),
        _joined_full(parts),
    )


def _joined_full(parts: list[Objects]) -> F32 | None:
    full = [p.full for p in parts if p.full is not None]
    return np.concatenate(full) if full else None
