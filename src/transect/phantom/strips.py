"""Strips of a coating: their particles, agglomerates, voids and cracks, made when asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.phantom.bodies import CLUMP, Bodies, make_bodies, pressed
from transect.phantom.curves import Layers
from transect.phantom.draw import clumps, particles, reach_of, stretch_of
from transect.phantom.fill import fill
from transect.phantom.hashing import mix
from transect.phantom.objects import CAPACITY, Objects, joined
from transect.phantom.packing import pack

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

_PARTICLES_WANTED = 150
_KEPT = 64
_MOST_ALONE = 1 << 15
"""Most particles of a frame of its own."""


class _Raw(NamedTuple):
    """What a strip holds before its bodies press on each other."""

    discs: F64
    side: I64
    ids: I64
    seeds: I64
    bodies: Bodies


class Strips:
    """All strips of a section; a few are kept in memory, each can be made again."""

    def __init__(self, layers: Layers, alone: int | None = None) -> None:
        """Lay strips over a section, or one over a frame of `alone` columns, without neighbours."""
        self.layers = layers
        self.spec = layers.spec
        shape, px = self.spec.geometry, self.spec.px_um
        d50, self.largest = shape.d50_um / px, shape.largest_um / px
        mean = np.pi / 4 * d50**2 * float(np.exp(2 * min(shape.sigma, 0.8) ** 2))
        tall = layers.rows if shape.foil == "none" else shape.thickness_um / px
        wanted = _PARTICLES_WANTED * mean / (shape.packing * tall)
        # Twice the largest particle: strips of the same parity never see each other.
        self.reach = reach_of(shape, px)
        self.width = float(np.ceil(max(wanted, 2 * self.reach)))
        self.origin, self.alone = 0.0, alone is not None
        if alone is not None:
            self.origin, self.width = -self.reach, float(np.ceil(alone + 2 * self.reach))
        self.stretch = stretch_of(shape)
        self._discs: OrderedDict[tuple[int, int], F64] = OrderedDict()
        self._bodies: OrderedDict[int, _Raw] = OrderedDict()
        self._objects: OrderedDict[int, Objects] = OrderedDict()
        self._lock = threading.Lock()

    def over(self, x0: float, x1: float) -> range:
        """Numbers of the strips whose particles can reach into [x0, x1]."""
        if self.alone:
            return range(1)
        first = np.floor((x0 - self.reach) / self.width)
        last = np.floor((x1 + self.reach) / self.width)
        return range(int(first), int(last) + 1)

    def objects(self, x0: float, x1: float) -> Objects:
        """Everything that can reach into [x0, x1]."""
        parts = [self.strip(k) for k in self.over(x0, x1)]
        return joined(parts)

    def strip(self, k: int) -> Objects:
        """Objects whose centres lie in strip k."""
        with self._lock:
            if k in self._objects:
                self._objects.move_to_end(k)
                return self._objects[k]
        made = self._fill(k)
        with self._lock:
            self._objects[k] = made
            while len(self._objects) > _KEPT:
                self._objects.popitem(last=False)
        return made

    def discs(self, side: int, k: int) -> F64:
        """Packed discs of one side of strip k: x, y, radius, kind."""
        with self._lock:
            if (side, k) in self._discs:
                return self._discs[side, k]
        fixed = np.empty((0, 3))
        if k % 2:
            fixed = np.concatenate([self.discs(side, k + d)[:, :3] for d in (-1, 1)])
        made = self._pack(side, k, fixed)
        with self._lock:
            self._discs[side, k] = made
            while len(self._discs) > 8 * _KEPT:
                self._discs.popitem(last=False)
        return made

    def _seed(self, side: int, k: int, purpose: int) -> int:
        return self.spec.seed * 1_000_003 + side * 7_919 + (k + 1000) * 64 + purpose

    def _limits(self, side: int, x: F64) -> F64:
        """Lowest and highest row that particles may reach, at each x."""
        if self.spec.geometry.foil == "none":
            far = self.largest
            return np.array([np.full_like(x, -far), np.full_like(x, self.layers.rows + far)])
        rows = self.layers.boundaries(x)
        return np.ascontiguousarray(rows[2:4] if side == 0 else rows[6:8])

    def _pack(self, side: int, k: int, fixed: F64) -> F64:
        """Pack a strip, in a section that is squeezed until its plates are round on average."""
        shape, px, s = self.spec.geometry, self.spec.px_um, self.stretch
        x0, squeezed = self.origin + k * self.width, np.array([1 / s, s, 1.0])
        steps = np.arange(int(self.width / s) + 1, dtype=np.float64)
        limits = self._limits(side, x0 + steps * s)
        area = float(np.mean(limits[1] - limits[0])) * self.width
        seed = self._seed(side, k, 1)
        most = _MOST_ALONE if self.alone else CAPACITY // 2 - 8
        binder = clumps(shape, px, seed, area)
        radii, kinds = particles(shape, px, seed, area, most)
        sizes = np.concatenate([binder, radii])
        ends = x0 / s, (x0 + self.width) / s
        placed = pack(sizes, fixed * squeezed, *ends, limits * s, shape.surface_cut, seed)
        known = np.concatenate([np.full(binder.size, CLUMP, dtype=np.float64), kinds])
        placed[:, :3] /= squeezed
        placed[:, 3] = known[placed[:, 3].astype(np.int64)]
        return placed

    def _make(self, k: int) -> _Raw:
        """Bodies of strip k, before they press on each other; a few are kept."""
        with self._lock:
            if k in self._bodies:
                return self._bodies[k]
        sides = [(n, self.discs(n, k)) for n, s in enumerate("ab") if s in self.layers.sides]
        discs = np.concatenate([d for _, d in sides])
        side = np.concatenate([np.full(len(d), n, dtype=np.int64) for n, d in sides])
        number = np.arange(len(discs), dtype=np.int64)
        # Strips left of the frame have negative numbers; ids start at 1.
        ids = np.where(discs[:, 3] == CLUMP, 0, (k + 4) * CAPACITY + number + 1)
        seeds = (int(mix(self.spec.seed, k, 2)) >> 20) + number * 64
        bodies = make_bodies(self.spec.geometry, self.spec.px_um, discs, seeds)
        made = _Raw(discs, side, ids, seeds, bodies)
        with self._lock:
            self._bodies[k] = made
            while len(self._bodies) > _KEPT:
                self._bodies.popitem(last=False)
        return made

    def _fill(self, k: int) -> Objects:
        own, shape, px = self._make(k), self.spec.geometry, self.spec.px_um
        if not shape.pressed:
            return fill(shape, px, *own)
        near = [0] if self.alone else [k - 1, k, k + 1]
        raws = [self._make(n) for n in near]
        seen, kept = pressed([r.discs for r in raws], [r.bodies for r in raws], near.index(k))
        return fill(shape, px, *own, seen).only(kept)
