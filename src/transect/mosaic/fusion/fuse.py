"""Fusion: one shard of the mosaic at a time, from the tiles that touch it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.mosaic.fusion.blend import finish, lay_alone, lay_among, starving
from transect.mosaic.fusion.cache import TileCache
from transect.mosaic.fusion.cells import CELL_COLUMNS, CELL_ROWS, bands, claim, share_out
from transect.mosaic.fusion.cut import bent, compare, trimmed
from transect.mosaic.fusion.joints import Joint, Sides, joints
from transect.mosaic.fusion.sample import taps
from transect.mosaic.fusion.scene import Scene, snapped
from transect.mosaic.layout import Image
from transect.parallel import run
from transect.storage.writer import ImageWriter

CACHE_BYTES = 640 << 20

AT_ONCE = 16
"""Shards of each thread between two moments at which threads wait for each other: they are never
in memory together, and differ in size."""

Pixels = npt.NDArray[Any]
Area = npt.NDArray[np.int64]
TileReader = Callable[[tuple[int, int]], npt.NDArray[np.generic]]
"""Gives the raw pixels of a tile by (channel, number)."""

_NO_SHADING = np.ones((1, 1), dtype=np.float32)


class Fusion:
    """Computes shards of one mosaic.

    With `cuts`, a joint is bent to where its tiles show the same when the first shard needs it:
    then both of them are decoded.
    """

    def __init__(
        self, scene: Scene, read: TileReader, cache_bytes: int = CACHE_BYTES, cuts: bool = False
    ) -> None:
        self.scene = scene
        self.cache = TileCache(read, cache_bytes)
        self._most_bytes = cache_bytes
        self._places = [snapped(scene.positions + d.shift) for d in scene.detectors]
        self._slack = int(np.ceil(max(np.abs(d.shift).max() for d in scene.detectors)))
        self.joints = joints(
            snapped(scene.positions), scene.tile_shape, scene.feather_px, self._slack
        )
        self._sides = Sides(self.joints)
        self._uncut = {n: threading.Lock() for n in range(len(self.joints) if cuts else 0)}
        self._shading = [
            _NO_SHADING if d.shading is None else (1 / d.shading).astype(np.float32)
            for d in scene.detectors
        ]
        self._limits = _limits(scene.dtype)

    def _cut(self, tiles: set[int], row0: int, col0: int, shape: tuple[int, int]) -> None:
        """Bend the joints between these tiles that lie in a shard."""
        for n in self._sides.among(tiles):
            lock = self._uncut.get(n)
            if lock and self.joints[n].within(row0, col0, shape, self._slack):
                with lock:
                    if n in self._uncut:
                        self.joints[n] = self._bent(self.joints[n])
                        del self._uncut[n]

    def _bent(self, joint: Joint) -> Joint:
        """Bend a joint by the first channel that has both of its tiles."""
        pair = (joint.a, joint.b)
        for channel, detector in enumerate(self.scene.detectors):
            if detector.present[list(pair)].all():
                areas = np.array([self._area(channel, tile) for tile in pair])
                (top, left), (bottom, right) = areas[:, ::2].max(axis=0), areas[:, 1::2].min(axis=0)
                window = trimmed((int(top), int(bottom), int(left), int(right)), joint.axis)
                ends: list[Any] = []
                for tile, area in zip(pair, areas, strict=True):
                    spot = int(window[0] - area[0]), int(window[2] - area[2])
                    ends += [*spot, self._source(channel, tile)]
                size = max(window[1] - window[0], 0), max(window[3] - window[2], 0)
                return bent(joint, window, compare(*size, *ends))
        return joint

    def keep_tiles_of(self, shards: int, edge: int, shape: tuple[int, int]) -> None:
        """Limit the cache to the tiles that shards in flight, and the next ones, need."""
        short, size = min(shape), max(self.scene.tile_shape)
        lines = -(-shards // -(-short // edge)) + 1
        area = (lines * edge + size) * (short + size)
        share = min(area / (shape[0] * shape[1]), 1.0)
        each = self.scene.dtype.itemsize * int(np.prod(self.scene.tile_shape))
        tiles = share * len(self.scene.positions) * len(self.scene.detectors)
        # At corners and where the stage was off, a few more.
        self.cache.limit_bytes = min(self._most_bytes, int(1.2 * tiles + 4) * each)

    def shard(self, row0: int, col0: int, shape: tuple[int, int]) -> tuple[Pixels, Pixels]:
        """Pixels and mask of a rectangle of the mosaic, both (channel, row, column)."""
        out = np.zeros((len(self.scene.detectors), *shape), dtype=self.scene.dtype)
        valid = np.zeros(out.shape, dtype=np.uint8)
        touching = [self._touching(channel, row0, col0, shape) for channel in range(len(out))]
        self._cut({tile for tiles in touching for tile in tiles}, row0, col0, shape)
        for channel, tiles in enumerate(touching):
            laid = [self._lay(channel, tile, row0, col0, shape) for tile in tiles]
            self._channel(channel, laid, out[channel], valid[channel])
        return out, valid

    def _touching(self, channel: int, row0: int, col0: int, shape: tuple[int, int]) -> list[int]:
        rows, columns = self.scene.tile_shape
        x, y = self._places[channel].T
        hit = (y < row0 + shape[0]) & (y + rows > row0)
        hit &= (x < col0 + shape[1]) & (x + columns > col0)
        # By number: sums of floats depend on their order.
        return [int(t) for t in np.flatnonzero(hit & self.scene.detectors[channel].present)]

    def _area(self, channel: int, tile: int) -> Area:
        """First and one past the last row, then column, of the mosaic that a tile covers."""
        place = self._places[channel][tile][::-1]
        last = np.floor(place + self.scene.tile_shape - 1) + 1
        return np.column_stack([np.ceil(place), last]).ravel().astype(np.int64)

    def _lay(self, channel: int, tile: int, row0: int, col0: int, shape: tuple[int, int]) -> _Laid:
        area = self._area(channel, tile) - (row0, row0, col0, col0)
        sides = self._sides.of(tile, row0, col0, shape)
        reach = (
            bands(sides[0], area[0], area[1], CELL_ROWS),
            bands(sides[1], area[2], area[3], CELL_COLUMNS),
        )
        return _Laid(tile, area, sides, reach)

    def _source(self, channel: int, tile: int) -> tuple[Pixels, Image, Image, Image]:
        """Get what `sample` reads of a tile; it is not kept, so that memory holds few tiles."""
        detector = self.scene.detectors[channel]
        place = self._places[channel][tile][::-1]
        weights = np.stack([taps(float(f)) for f in np.ceil(place) - place])
        level = np.array(
            [detector.gain[tile], detector.offset[tile], detector.dark], dtype=np.float32
        )
        return self.cache.get((channel, tile)), self._shading[channel], weights, level

    def _channel(self, channel: int, laid: list[_Laid], out: Pixels, valid: Pixels) -> None:
        cells = -(-out.shape[0] // CELL_ROWS), -(-out.shape[1] // CELL_COLUMNS)
        owners, shown = np.full((2, *cells), -1, dtype=np.int32)
        for one in laid:
            claim(one.tile, one.area, *one.reach, owners, shown)
        slots = share_out(owners, shown)
        sums = _sums(slots)
        for one in laid:
            source = self._source(channel, one.tile)
            lay_alone(one.tile, owners, one.area, *source, self._limits, out, valid)
            lay_among(slots, False, one.area, one.sides, one.reach, *source, sums)
        hungry = starving(slots, sums, out.shape)
        spare = _sums(hungry)
        for one in laid if len(spare) else ():
            source = self._source(channel, one.tile)
            lay_among(hungry, True, one.area, one.sides, one.reach, *source, spare)
        finish(slots, sums, hungry, spare, self._limits, out, valid)


@dataclass(frozen=True)
class _Laid:
    """A tile on a shard: the rectangle of it that it covers, its sides, and these by cells."""

    tile: int
    area: Area
    sides: tuple[Image, Image]
    reach: tuple[Image, Image]


def _sums(slots: npt.NDArray[np.int32]) -> Image:
    count = int(slots.max(initial=-1)) + 1
    return np.zeros((count, 2, CELL_ROWS, CELL_COLUMNS), dtype=np.float32)


def _limits(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Range of the pixels; both 0 where they are not whole numbers."""
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return float(info.min), float(info.max)
    return 0.0, 0.0


def write_mosaic(fusion: Fusion, image: ImageWriter, mask: ImageWriter, threads: int) -> int:
    """Compute and write all shards; returns how many pixels the first channel recorded.

    Shards go along the shorter side of the mosaic first, so that a tile's shards follow each
    other and it is decoded about once. Those that an interrupted run has left are kept.
    """
    rows, columns = mask.shape[-2:]
    edge = image.shard
    spots = [(r, c) for c in range(0, columns, edge) for r in range(0, rows, edge)]
    if rows > columns:
        spots.sort()
    fusion.keep_tiles_of(2 * threads, edge, (rows, columns))

    def one(spot: tuple[int, int]) -> int:
        pixels, valid = image.kept(*spot), mask.kept(*spot)
        if pixels is None or valid is None:
            shape = (min(edge, rows - spot[0]), min(edge, columns - spot[1]))
            pixels, valid = fusion.shard(*spot, shape)
            image.write(*spot, pixels)
            mask.write(*spot, valid)
        return int(np.count_nonzero(valid[0]))

    return sum(run(one, spots, threads, "shards", AT_ONCE * threads))
