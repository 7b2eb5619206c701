"""Strips of a coating: their particles, agglomerates, voids and cracks, made when asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from transect.phantom.curves import Layers
from transect.phantom.hashing import mix, normal, unit
from transect.phantom.objects import CAPACITY, Objects, fill, joined
from transect.phantom.packing import pack

F64 = npt.NDArray[np.float64]

_PARTICLES_WANTED = 150
_KEPT = 64


class Strips:
    """All strips of a section; a few are kept in memory, each can be made again."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.spec = layers.spec
        shape, px = self.spec.geometry, self.spec.px_um
        self.d50, self.largest = shape.d50_um / px, shape.d_max_um / px
        mean = np.pi / 4 * self.d50**2 * float(np.exp(2 * min(shape.sigma, 0.8) ** 2))
        tall = layers.rows if shape.foil == "none" else shape.thickness_um / px
        wanted = _PARTICLES_WANTED * mean / (shape.packing * tall)
        # Twice the largest particle: strips of the same parity never see each other.
        reach = max(self.largest, shape.agglomerate_um[1] / px) * 1.5
        self.width = float(np.ceil(max(wanted, 2 * reach)))
        self.reach = reach
        self._discs: OrderedDict[tuple[int, int], F64] = OrderedDict()
        self._objects: OrderedDict[int, Objects] = OrderedDict()
        self._lock = threading.Lock()

    def over(self, x0: float, x1: float) -> range:
        """Numbers of the strips whose particles can reach into [x0, x1]."""
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
        made = self._make(k)
        with self._lock:
            self._objects[k] = made
            while len(self._objects) > _KEPT:
                self._objects.popitem(last=False)
        return made

    def discs(self, side: int, k: int) -> F64:
        """Packed discs of one side of strip k: x, y, radius, 1 for an agglomerate."""
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

    def _limits(self, side: int, k: int) -> F64:
        x = k * self.width + np.arange(int(self.width) + 1, dtype=np.float64)
        if self.spec.geometry.foil == "none":
            far = self.largest
            return np.array([np.full_like(x, -far), np.full_like(x, self.layers.rows + far)])
        rows = self.layers.boundaries(x)
        return np.ascontiguousarray(rows[2:4] if side == 0 else rows[6:8])

    def _pack(self, side: int, k: int, fixed: F64) -> F64:
        shape, px = self.spec.geometry, self.spec.px_um
        limits = self._limits(side, k)
        area = float(np.mean(limits[1] - limits[0])) * self.width
        seed = self._seed(side, k, 1)
        clumps = self._clumps(seed, area)
        budget, radii = shape.packing * area, list[float]()
        low, high = shape.d_min_um / px, self.largest
        while budget > 0 and len(radii) < CAPACITY // 2 - 8:
            d = self.d50 * float(np.exp(shape.sigma * normal(seed, len(radii), 3)))
            r = min(max(d, low), high) / 2
            radii.append(r)
            budget -= np.pi * r * r
        sizes = np.concatenate([clumps, np.sort(radii)[::-1]])
        x0 = k * self.width
        placed = pack(sizes, fixed, x0, x0 + self.width, limits, shape.surface_cut, seed)
        placed[:, 3] = placed[:, 3] < clumps.size
        return placed

    def _clumps(self, seed: int, area_px: float) -> F64:
        """Radii of the agglomerates of a strip: a whole number that is right on average."""
        shape, px = self.spec.geometry, self.spec.px_um
        expected = shape.agglomerates_per_mm2 * area_px * px * px * 1e-6
        count = int(expected + unit(seed, 0, 5))
        low, high = shape.agglomerate_um
        radii = [(low + (high - low) * unit(seed, n, 6)) / 2 / px for n in range(count)]
        return np.sort(np.array(radii, dtype=np.float64))[::-1]

    def _make(self, k: int) -> Objects:
        sides = [(n, self.discs(n, k)) for n, s in enumerate("ab") if s in self.layers.sides]
        discs = np.concatenate([d for _, d in sides])
        side = np.concatenate([np.full(len(d), n, dtype=np.int64) for n, d in sides])
        number = np.arange(len(discs), dtype=np.int64)
        # Strips left of the frame have negative numbers; ids start at 1.
        ids = np.where(discs[:, 3] > 0, 0, (k + 4) * CAPACITY + number + 1)
        seeds = (int(mix(self.spec.seed, k, 2)) >> 20) + number * 64
        return fill(self.spec.geometry, self.spec.px_um, discs, side, ids, seeds)
