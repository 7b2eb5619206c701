"""Pictures of what was found in real images, to be looked at.

`python tests/pictures/overlays.py FOLDER [NAME…]` writes one PNG per image of the data folder, or
of those named. Phases are tinted, particles outlined, cracks and voids in their own colours; tiles
of grids are shown as they were fused, with the edges of the tiles.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from transect.config import MosaicConfig, TilesConfig, compact
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.steps.register import register
from transect.mosaic.tables import POSITIONS
from transect.phases import COLORS, Phase
from transect.segment.image import ImageSegments, segment_image
from transect.storage.images import open_image
from transect.storage.tables import read_table
from transect.tiles.index import TileIndex
from transect.tiles.read import read_tile
from transect.tiles.steps import check, index, shading

U8 = npt.NDArray[np.uint8]
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TINT = 0.45
SOLID = (Phase.CRACK, Phase.VOID)
"""Phases that are small: drawn in full colour."""

OUTLINE_RGB, SEAM_RGB = (255, 255, 255), (255, 60, 60)
LARGEST = 2200
"""Edge of a picture, px."""


def grey_of(image: npt.NDArray[np.generic]) -> U8:
    """Grey values on 8 bits, nearly the whole range shown."""
    low, high = np.percentile(image, (0.2, 99.8))
    scaled = (image.astype(np.float32) - low) * (255 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def painted(image: npt.NDArray[np.generic], found: ImageSegments) -> U8:
    """Image in the colours of its phases, with the outlines of its particles."""
    out = cv2.cvtColor(grey_of(image), cv2.COLOR_GRAY2RGB).astype(np.float32)
    for phase in Phase:
        spot = found.phases == phase
        share = 1.0 if phase in SOLID else TINT
        out[spot] = (1 - share) * out[spot] + share * np.array(COLORS[phase], np.float32)
    edge = np.zeros(found.particles.shape, bool)
    edge[:, 1:] |= np.diff(found.particles.astype(np.int64), axis=1) != 0
    edge[1:] |= np.diff(found.particles.astype(np.int64), axis=0) != 0
    out[edge] = OUTLINE_RGB
    return np.rint(out).astype(np.uint8)


def beside(left: U8, right: U8) -> U8:
    """Put two pictures next to each other."""
    return np.hstack([left, np.full((left.shape[0], 8, 3), 255, np.uint8), right])


def save(path: Path, picture: U8) -> None:
    """Write a picture, made smaller where it is too large to look at."""
    scale = min(1.0, LARGEST / max(picture.shape))
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)):
        sys.exit(f"{path}: could not be written")


def segmented(image: npt.NDArray[np.generic]) -> U8:
    """Bare image beside what was found in it."""
    grey = cv2.cvtColor(grey_of(image), cv2.COLOR_GRAY2RGB)
    return beside(grey, painted(image, segment_image(image)))


def stitched(folder: Path) -> U8:
    """Mosaic of a grid, with the edges of its tiles beside it."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        tiles = {"tiles": out / "tiles.json", "folder": folder}
        rest = {"shading": out / "shading.npz", "levels": out / "levels.parquet"}
        places = out / "positions.parquet"
        settings = compact(TilesConfig(pixel_nm=10.0))
        index(folder=folder, output=out / "tiles.json", settings=settings)
        check(**tiles, output=out / "tiles.parquet")
        shading(**tiles, checks=out / "tiles.parquet", output=out / "shading.npz")
        register(
            **tiles, **rest, checks=out / "tiles.parquet", positions=places,
            seams=out / "seams.parquet", settings=compact(MosaicConfig()),
        )  # fmt: skip
        fuse(**tiles, **rest, positions=places, output=out / "mosaic.zarr")
        mosaic = cv2.cvtColor(grey_of(open_image(out / "mosaic.zarr").whole(0)), cv2.COLOR_GRAY2RGB)
        rows, columns = TileIndex.load(out / "tiles.json").tile_shape
        lined = mosaic.copy()
        for x, y in read_table(places, POSITIONS)[["x_px", "y_px"]].round().astype(int).to_numpy():
            corner = (int(x + columns), int(y + rows))
            cv2.rectangle(lined, (int(x), int(y)), corner, SEAM_RGB, max(1, columns // 500))
    return beside(mosaic, lined)


def zeiss(folder: Path) -> U8:
    """Tile of the ZEISS reader, without its data bar, beside what was found in it."""
    with tempfile.TemporaryDirectory() as name:
        index(folder=folder, output=Path(name) / "tiles.json")
        found = TileIndex.load(Path(name) / "tiles.json")
    return segmented(read_tile(folder, found, found.tiles[0]))


def main(out: Path, names: list[str]) -> int:
    """Write the pictures."""
    if not DATA.is_dir():
        sys.exit(f"{DATA}: the real images are not there")
    out.mkdir(parents=True, exist_ok=True)
    plain = [DATA / "nmc-bse" / "nmc-cross-section.tif"]
    plain += [p for p in sorted((DATA / "nano-ct").glob("*.tif")) if "label" not in p.name]
    plain += [p for p in sorted((DATA / "powder").glob("*.tif")) if "instances" not in p.name]
    todo = {path.stem: lambda path=path: segmented(tifffile.imread(path)) for path in plain}
    for grid in ("bse-grid", "sem-grid", "sem-grid-exact"):
        todo[grid] = lambda grid=grid: stitched(DATA / grid)
    todo["zeiss"] = lambda: zeiss(DATA / "zeiss")
    for name in names or todo:
        if name not in todo:
            sys.exit(f"{name}: no such image; there are {', '.join(todo)}")
        save(out / f"{name}.png", todo[name]())
        sys.stdout.write(f"{out / name}.png\n")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: overlays.py FOLDER [NAME…]")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
