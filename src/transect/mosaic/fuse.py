"""Fusion: one shard of the mosaic at a time, from the tiles that touch it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from transect.mosaic.blend import finish, lay, ramps
from transect.mosaic.cache import TileCache
from transect.mosaic.layout import Bools, Floats
from transect.mosaic.strips import Image
from transect.parallel import run
from transect.storage.stores import ImageWriter

BAND = 256
"""Rows that are summed at once: their float sums stay in the processor's cache."""

SNAP_PX = 0.02
"""A tile this near to whole pixels is copied, not interpolated: that would only blur it."""

CACHE_BYTES = 640 << 20

Pixels = npt.NDArray[Any]
TileReader = Callable[[tuple[int, int]], npt.NDArray[np.generic]]
"""Gives the raw pixels of a tile by (channel, number)."""

_NO_SHADING = np.ones((1, 1), dtype=np.float32)


@dataclass(frozen=True)
class Detector:
    """One channel.

    Attributes
    ----------
    shading
        Flat field, None where it is 1 everywhere.
    dark
        Black level.
    gain, offset
        Of each tile: corrected = (pixel - dark) / shading * gain + offset.
    present
        Whether the channel has each tile.
    shift
        What the channel's tiles lie off the scene's positions, (x, y) px, shape (tile, 2).
    """

    shading: Image | None
    dark: float
    gain: Floats
    offset: Floats
    present: Bools
    shift: Floats


@dataclass(frozen=True)
class Scene:
    """Everything that fusion knows.

    Attributes
    ----------
    positions
        Top-left corner (x, y) of each tile in the mosaic, px.
    tile_shape
        Rows and columns of a tile.
    feather_px
        Width of the blend in an overlap.
    detectors
        One per channel.
    dtype
        Type of the tiles' and the mosaic's pixels.
    """

    positions: Floats
    tile_shape: tuple[int, int]
    feather_px: float
    detectors: tuple[Detector, ...]
    dtype: np.dtype[Any]


def snapped(positions: Floats) -> Floats:
    """Positions, whole where they are within `SNAP_PX` of it."""
    whole = np.rint(positions)
    return np.where(np.abs(positions - whole) <= SNAP_PX, whole, positions)


def mosaic_shape(positions: Floats, tile_shape: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a mosaic whose tiles start at 0: every pixel that can be computed."""
    far = snapped(positions).max(axis=0)
    last = np.floor(far + np.array(tile_shape[::-1]) - 1).astype(np.int64)
    return int(last[1]) + 1, int(last[0]) + 1


def feathers(scene: Scene) -> list[tuple[Image, Image]]:
    """Weights of every tile's rows and columns, from its overlaps with its neighbours."""
    size = np.array(scene.tile_shape[::-1], dtype=np.float64)
    scaled = scene.positions / size
    overlap = np.zeros((len(scaled), 2, 2))
    for i, j in cKDTree(scaled).query_pairs(1.42, output_type="ndarray"):
        step = scaled[j] - scaled[i]
        axis = int(abs(step[1]) > abs(step[0]))
        if abs(step[axis]) >= 1 or abs(step[1 - axis]) > 0.6:
            continue
        width = (1 - abs(step[axis])) * size[axis]
        side = int(step[axis] > 0)
        for tile, where in ((i, side), (j, 1 - side)):
            held = overlap[tile, axis, where]
            overlap[tile, axis, where] = min(held, width) if held else width
    rows, columns = scene.tile_shape
    blend = scene.feather_px
    return [
        (
            ramps(rows, (o[1, 0], blend), (o[1, 1], blend)),
            ramps(columns, (o[0, 0], blend), (o[0, 1], blend)),
        )
        for o in overlap
    ]


class Fusion:
    """Computes shards of one mosaic."""

    def __init__(self, scene: Scene, read: TileReader, cache_bytes: int = CACHE_BYTES) -> None:
        self.scene = scene
        self.cache = TileCache(read, cache_bytes)
        self._places = [snapped(scene.positions + d.shift) for d in scene.detectors]
        self._weights = feathers(scene)
        self._shading = [
            _NO_SHADING if d.shading is None else (1 / d.shading).astype(np.float32)
            for d in scene.detectors
        ]

    def shard(self, row0: int, col0: int, shape: tuple[int, int]) -> tuple[Pixels, Pixels]:
        """Pixels (channel, row, column) and mask (row, column) of a rectangle of the mosaic."""
        out = np.zeros((len(self.scene.detectors), *shape), dtype=self.scene.dtype)
        valid = np.zeros(shape, dtype=np.uint8)
        for channel in range(len(out)):
            tiles = self._touching(channel, row0, col0, shape)
            for start in range(0, shape[0], BAND):
                band = slice(start, min(start + BAND, shape[0]))
                self._band(channel, tiles, row0 + start, col0, out[channel, band], valid[band])
        return out, valid

    def _touching(self, channel: int, row0: int, col0: int, shape: tuple[int, int]) -> list[int]:
        rows, columns = self.scene.tile_shape
        x, y = self._places[channel].T
        hit = (y < row0 + shape[0]) & (y + rows > row0)
        hit &= (x < col0 + shape[1]) & (x + columns > col0)
        # By number: sums of floats depend on their order.
        return [int(t) for t in np.flatnonzero(hit)]

    def _band(
        self, channel: int, tiles: list[int], row0: int, col0: int, out: Pixels, valid: Pixels
    ) -> None:
        total = np.zeros(out.shape, dtype=np.float32)
        weight = np.zeros(out.shape, dtype=np.float32)
        detector, shading = self.scene.detectors[channel], self._shading[channel]
        for tile in tiles:
            x, y = self._places[channel][tile]
            if y >= row0 + out.shape[0] or y + self.scene.tile_shape[0] <= row0:
                continue
            if not detector.present[tile]:
                continue
            top, left = int(np.floor(row0 - y)), int(np.floor(col0 - x))
            part = np.array([row0 - y - top, col0 - x - left], dtype=np.float32)
            level = np.array(
                [detector.gain[tile], detector.offset[tile], detector.dark], dtype=np.float32
            )
            pixels = self.cache.get((channel, tile))
            lay(total, weight, pixels, shading, top, left, part, *self._weights[tile], level)
        lowest, highest, whole = _range(out.dtype)
        finish(total, weight, lowest, highest, whole, out, valid)


def _range(dtype: np.dtype[Any]) -> tuple[float, float, bool]:
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return float(info.min), float(info.max), True
    return -np.inf, np.inf, False


def write_mosaic(fusion: Fusion, image: ImageWriter, mask: ImageWriter, threads: int) -> int:
    """Compute and write all shards; returns how many pixels were recorded.

    Shards go along the shorter side of the mosaic first, so that a tile's shards follow each
    other and it is decoded about once.
    """
    rows, columns = mask.shape[-2:]
    edge = image.shard
    spots = [(r, c) for c in range(0, columns, edge) for r in range(0, rows, edge)]
    if rows > columns:
        spots.sort()

    def one(spot: tuple[int, int]) -> int:
        shape = (min(edge, rows - spot[0]), min(edge, columns - spot[1]))
        pixels, valid = fusion.shard(*spot, shape)
        image.write(*spot, pixels)
        mask.write(*spot, valid)
        return int(np.count_nonzero(valid))

    return sum(run(one, spots, threads, "shards"))
