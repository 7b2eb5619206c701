"""Bodies of the packed discs: outlines and planes of every particle, and how they press."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.phantom.contacts import kept_share, press
from transect.phantom.geometry import Geometry
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


class _Family(NamedTuple):
    habit: int
    aspect: tuple[float, float]
    spread: float
    roughness: float


def make_bodies(shape: Geometry, px: float, discs: F64, seeds: I64) -> Bodies:
    """Give every packed disc its outline: x, y, radius, kind, of shape (n, 4)."""
    first = _Family(
        HABITS.index(shape.habit), shape.aspect, shape.orientation_spread_deg, shape.roughness
    )
    families = {PARTICLE: first, CLUMP: first._replace(habit=ROUND, roughness=0.0)}
    if two := shape.second:
        families[SECOND] = _Family(
            HABITS.index(two.habit), two.aspect, two.orientation_spread_deg, two.roughness
        )
    grain = max(shape.grain_um / px, 2.0)
    edges = list[F32]()
    planes = np.empty((len(discs), SIDES, 2))
    for n, (r, kind) in enumerate(zip(grown(shape, discs), discs[:, 3], strict=True)):
        of = families[int(kind)]
        edge, planes[n] = body(
            of.habit,
            int(seeds[n]),
            float(r),
            *of.aspect,
            of.spread,
            shape.elongation,
            of.roughness,
            grain,
        )
        edges.append(edge)
    start = np.concatenate([[0], np.cumsum([e.size for e in edges])]).astype(np.int64)
    return Bodies(np.concatenate(edges) if edges else np.empty(0, np.float32), start, planes)


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
