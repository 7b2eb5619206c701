"""Bodies of the packed discs: outlines and planes of every particle, and how they press."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.contacts import kept_share, press
from transect.phantom.geometry import Geometry, Second
from transect.phantom.habits import HABITS, ROUND, SIDES, body

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

PARTICLE, CLUMP, SECOND = 0, 1, 2
"""Kinds of discs: a particle, a clump of binder, a particle of the second material."""
_LEAST_SHARE, _LEAST_PX = 0.4, 12.0
"""What keeps less of its outline, or fewer pixels, is not there: it would be a sliver."""


class Bodies(NamedTuple):
    """Whole outlines end to end, where each begins (one more than bodies), and planes."""

    edges: F32
    start: I64
    planes: F64


def make_bodies(shape: Geometry, px: float, discs: F64, seeds: I64) -> Bodies:
    """Give every packed disc its outline: x, y, radius, kind, of shape (n, 4)."""
    # One row for each kind: family, least and largest aspect, spread, roughness.
    families = np.zeros((3, 5))
    families[PARTICLE] = _family(shape)
    families[CLUMP, 0] = ROUND
    if shape.second:
        families[SECOND] = _family(shape.second)
    grain = max(shape.grain_um / px, 2.0)
    radii, kinds = grown(shape, discs), discs[:, 3].astype(np.int64)
    return Bodies(*_bodies(radii, kinds, seeds, families, shape.elongation, grain))


def _family(of: Geometry | Second) -> tuple[float, ...]:
    spread = min(of.orientation_spread_deg, 90.0)
    return (float(HABITS.index(of.habit)), *of.aspect, spread, of.roughness)


@kernel
def _bodies(
    radii: F64, kinds: I64, seeds: I64, families: F64, elongation: float, grain: float
) -> tuple[F32, I64, F64]:
    n = radii.size
    planes, start = np.empty((n, SIDES, 2)), np.zeros(n + 1, dtype=np.int64)
    edges = np.empty(max(64 * n, 4096), dtype=np.float32)
    for i in range(n):
        of = families[kinds[i]]
        edge, planes[i] = body(
            int(of[0]), seeds[i], radii[i], of[1], of[2], of[3], elongation, of[4], grain
        )
        end = start[i] + edge.size
        if end > edges.size:
            longer = np.empty(2 * end, dtype=np.float32)
            longer[: start[i]] = edges[: start[i]]
            edges = longer
        edges[start[i] : end] = edge
        start[i + 1] = end
    return edges[: start[n]].copy(), start, planes


def grown(shape: Geometry, discs: F64) -> F64:
    """Radius of the circle with the area of each outline: that of its disc, and what presses."""
    return np.where(discs[:, 3] == CLUMP, discs[:, 2], discs[:, 2] * (1 + shape.press))


def pressed(
    discs: list[F64], bodies: list[Bodies], which: int
) -> tuple[F32, npt.NDArray[np.bool_]]:
    """Outlines of one of several strips, cut by all bodies, and which of them are kept.

    Parameters
    ----------
    discs, bodies
        Of neighbouring strips.
    which
        Number of the strip that is asked for.
    """
    count = [len(d) for d in discs]
    first, last = sum(count[:which]), sum(count[: which + 1])
    offsets = np.cumsum([0] + [b.edges.size for b in bodies[:-1]])
    starts = [b.start[:-1] + at for b, at in zip(bodies, offsets, strict=True)]
    full = np.concatenate([b.edges for b in bodies])
    start = np.concatenate([*starts, [full.size]]).astype(np.int64)
    cut = press(
        np.concatenate(discs), np.concatenate([b.planes for b in bodies]), full, start, first, last
    )
    share = kept_share(cut, full, start, first, last)
    area = np.pi * discs[which][:, 2] ** 2 * share
    return cut, (share >= _LEAST_SHARE) & (area >= _LEAST_PX)
