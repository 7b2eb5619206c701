"""A section of made texture as an array of tiles, on which faults of the recording are played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from support.raw_folder import PIXEL_NM, write_tile
from transect.mosaic.align.register import Registration, register_tiles
from transect.mosaic.align.waves import Shading
from transect.mosaic.layout import Layout
from transect.mosaic.steps.register import register
from transect.tiles.index import Tile
from transect.tiles.steps import check, index, shading

EDGE = (320, 400)
OVERLAP = 60
DRAWS = 100
"""Unrelated strips: the fewest that the configuration allows, so that tests are quick."""

STEP = (EDGE[1] - OVERLAP, EDGE[0] - OVERLAP)
"""Distance (x, y) of two neighbours in px."""

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


@dataclass
class Grid:
    """Tiles in row-major order, where they truly are, and where the stage says they are, in px."""

    rows: int
    columns: int
    tiles: list[Pixels]
    true: Floats
    stage: Floats
    usable: npt.NDArray[np.bool_]

    @property
    def entries(self) -> list[Tile]:
        """Entries of the tiles in an index."""
        return [
            Tile(
                tile=f"r{row:02d}_c{column:02d}", file=f"img_{row * self.columns + column:03d}.tif",
                channel="BSE", row=row, column=column, stage_x_um=0, stage_y_um=0, digest="",
            )
            for row in range(self.rows)
            for column in range(self.columns)
        ]  # fmt: skip

    def swap(self, one: int, other: int) -> None:
        """Give two tiles each other's place."""
        self.tiles[one], self.tiles[other] = self.tiles[other], self.tiles[one]

    def register(self, radius: int = 40) -> Registration:
        """Register the tiles."""
        names = tuple(entry.tile for entry in self.entries)
        layout = Layout(names, self.stage, EDGE, self.usable)
        return register_tiles(lambda n: self.tiles[n], layout, radius, Shading(), 2, DRAWS)

    def error_px(self, found: Registration, tiles: list[int] | slice = slice(None)) -> float:
        """Largest error of some positions, one common shift taken off."""
        away = (found.placement.positions - self.true)[tiles]
        return float(np.abs(away - np.median(away, axis=0)).max())


def specimen(seed: int, rows: int, columns: int, grain: float = 3.0) -> npt.NDArray[np.float32]:
    """Texture without direction, as large as asked for."""
    field = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    field = np.asarray(cv2.GaussianBlur(field, (0, 0), grain), dtype=np.float32)
    return np.asarray(120 + 30 * field / field.std(), dtype=np.float32)


def made_grid(
    seed: int,
    rows: int = 3,
    columns: int = 4,
    *,
    overlap: int = OVERLAP,
    moved: dict[int, float] | None = None,
    noise: float = 5.0,
    stage_sd: float = 8.0,
) -> Grid:
    """Record a specimen tile by tile.

    Parameters
    ----------
    seed
        Of the specimen, the noise and the stage's errors.
    rows, columns
        Tiles.
    overlap
        Of neighbours, in px; below 0 there are gaps.
    moved
        How far rows truly lie to the right of where the stage says, px by row.
    noise
        Standard deviation of the pixels' noise.
    stage_sd
        Standard deviation of the stage's error, in px.
    """
    random = np.random.default_rng(seed + 1000)
    step = np.array([EDGE[1] - overlap, EDGE[0] - overlap])
    nominal = np.array([(c, r) for r in range(rows) for c in range(columns)]) * step
    true = nominal.astype(np.float64)
    for row, away in (moved or {}).items():
        true[row * columns : (row + 1) * columns, 0] += away
    margin = EDGE[1]
    image = specimen(seed, *(nominal.max(axis=0) + [EDGE[1] + 2 * margin, EDGE[0]])[::-1])
    tiles = []
    for x, y in true.astype(np.int64):
        cut = image[y : y + EDGE[0], x + margin : x + margin + EDGE[1]]
        grey = cut + random.normal(0, noise, EDGE)
        tiles.append(np.clip(np.rint(grey), 0, 255).astype(np.uint8))
    stage = nominal + random.normal(0, stage_sd, nominal.shape)
    return Grid(rows, columns, tiles, true, stage, np.ones(len(tiles), dtype=np.bool_))


def write_grid(grid: Grid, folder: Path) -> Path:
    """Write a grid as a raw folder."""
    folder.mkdir()
    for entry, tile, place in zip(grid.entries, grid.tiles, grid.stage, strict=True):
        centre = (place + np.array(EDGE[::-1]) / 2) * PIXEL_NM + 3e6
        write_tile(folder, Path(entry.file).stem, tile, *centre)
    return folder


def register_folder(raw: Path, out: Path, settings: str = "{}") -> None:
    """Take a raw folder through the commands up to `register`."""
    tiles = {"tiles": out / "tiles.json", "folder": raw}
    index(folder=raw, output=out / "tiles.json", settings=settings)
    check(**tiles, output=out / "tiles.parquet")
    shading(**tiles, checks=out / "tiles.parquet", output=out / "shading.npz")
    register(
        **tiles, checks=out / "tiles.parquet", shading=out / "shading.npz",
        positions=out / "positions.parquet", seams=out / "seams.parquet",
        levels=out / "levels.parquet", threads=2,
    )  # fmt: skip
