"""Tiles of made texture, where a stage with known faults went."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.mosaic.align.register import Registration, register_tiles
from transect.mosaic.align.waves import Shading
from transect.mosaic.layout import Layout

Floats = npt.NDArray[np.float64]


def texture(shape: tuple[int, int], random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Grains of three sizes."""
    total = np.zeros(shape, np.float32)
    for grain, weight in ((1.5, 0.5), (4.0, 1.0), (12.0, 1.0)):
        field = random.normal(size=shape).astype(np.float32)
        field = np.asarray(cv2.GaussianBlur(field, (0, 0), grain))
        total += np.float32(weight) * field / field.std()
    return np.asarray(120 + 25 * total / total.std(), dtype=np.float32)


@dataclass
class Made:
    """Tiles whose true places are known."""

    tiles: list[npt.NDArray[np.uint8]]
    true: Floats
    layout: Layout

    def register(self, radius: int = 80, threads: int = 2) -> Registration:
        return register_tiles(lambda k: self.tiles[k], self.layout, radius, Shading(), threads)

    def error_px(self, found: Registration) -> Floats:
        tied = found.by_pairs & (found.component == 0)
        away = found.placement.positions - self.true
        return np.hypot(*(away - np.median(away[tied], axis=0)).T)


def make(
    grid: tuple[int, int],
    edge: int,
    overlap: float,
    *,
    error_px: float = 5.0,
    turn_deg: float = 0.0,
    backlash_px: float = 0.0,
    wave: float = 0.0,
    seed: int = 1,
) -> Made:
    """Cut tiles out of a texture where a faulty stage went; `wave` is how much it repeats."""
    random = np.random.default_rng(seed)
    at = np.array([(c, r) for r in range(grid[0]) for c in range(grid[1])], dtype=np.float64)
    stage = at * round(edge * (1 - overlap))
    turn = np.deg2rad(turn_deg)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    true = stage @ spin.T + random.uniform(-error_px, error_px, at.shape)
    true[:, 0] += backlash_px * (at[:, 1] % 2)
    true = np.rint(true - true.min(axis=0))
    columns, rows = (true.max(axis=0) + edge).astype(int)
    image = texture((rows, columns), random)
    y, x = np.ogrid[:rows, :columns]
    repeat = 120 + 30 * np.sin(2 * np.pi * x / 23.7) * np.sin(2 * np.pi * y / 31.3)
    image = (1 - wave) * image + wave * repeat
    tiles = [
        np.clip(image[int(v) : int(v) + edge, int(u) : int(u) + edge]
        + random.normal(0, 8, (edge, edge)), 0, 255).astype(np.uint8)
        for u, v in true
    ]  # fmt: skip
    names = tuple(f"r{int(r):02d}_c{int(c):02d}" for c, r in at)
    return Made(tiles, true, Layout(names, stage, (edge, edge), np.ones(len(at), np.bool_)))
