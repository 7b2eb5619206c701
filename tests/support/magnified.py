"""One made specimen at two magnifications: tiles of an overview, and finer fields in it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from support.chain import stitch
from support.raw_folder import write_tile
from transect.mosaic.steps.details import details
from transect.mosaic.tables import DETAILS
from transect.phantom.appearance import APPEARANCES
from transect.phantom.scene import Scene
from transect.phantom.spec import PhantomSpec
from transect.storage.tables import read_table
from transect.tiles.steps import index

Floats = npt.NDArray[np.float64]
Grey = npt.NDArray[np.float32]

FINE_NM, COARSE = 25.0, 4
OVERVIEW_NM = FINE_NM * COARSE
TILE = (240, 320)
STEP = (206, 274)
ORIGIN_NM = (3.2e6, -1.7e6)
GEOMETRY = {
    "thickness_um": 30.0, "d50_um": 4.0, "d_max_um": 8.0, "foil": "none", "agglomerate_um": (4, 6),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a field truly lies: middle in px of the overview, true pixel size, rotation."""

    centre: tuple[float, float]
    pixel_nm: float = FINE_NM
    turn_deg: float = 0.0


class Specimen:
    """A phantom that is drawn at the fine pixel size; the overview shows means of its pixels."""

    def __init__(self, rows: int = 2, columns: int = 3, seed: int = 5) -> None:
        self.rows, self.columns = rows, columns
        size = (STEP[0] * (rows - 1) + TILE[0] + 8, STEP[1] * (columns - 1) + TILE[1] + 8)
        spec = PhantomSpec.model_validate(
            {
                "width_um": size[1] * OVERVIEW_NM / 1000,
                "seed": seed,
                "geometry": GEOMETRY,
                "appearance": APPEARANCES["good"],
                "microscope": {"pixel_nm": FINE_NM, "tile_shape": TILE},
            }
        )
        shape = (size[0] * COARSE, size[1] * COARSE)
        scene = Scene(spec, *shape)
        self.fine: Grey = scene.grey(0.0, 0.0, *shape, np.zeros(shape[0], np.float32))
        self.coarse = cv2.resize(self.fine, size[::-1], interpolation=cv2.INTER_AREA)
        self.random = np.random.default_rng(seed)

    def write_overview(self, folder: Path, stage_error_px: float = 3.0) -> None:
        """Tiles with sidecars; the mosaic's origin is that of the specimen to a pixel."""
        folder.mkdir(parents=True, exist_ok=True)
        for row in range(self.rows):
            for column in range(self.columns):
                y, x = row * STEP[0], column * STEP[1]
                tile = self.coarse[y : y + TILE[0], x : x + TILE[1]]
                self.write(
                    folder, f"r{row}_c{column}", tile, Place((x + TILE[1] / 2, y + TILE[0] / 2)),
                    OVERVIEW_NM, self.random.normal(0, stage_error_px, 2),
                )  # fmt: skip

    def field(self, place: Place, shape: tuple[int, int] = (480, 640)) -> Grey:
        """Draw a field of detail."""
        scale, turn = place.pixel_nm / FINE_NM, np.radians(place.turn_deg)
        axes = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        centre, middle = np.array(place.centre) * COARSE, np.array(shape[::-1]) / 2
        corner = centre - axes @ middle
        matrix = np.column_stack([axes, axes @ [0.5, 0.5] + corner - 0.5])
        flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(self.fine, matrix, shape[::-1], flags=flags))

    def write(
        self,
        folder: Path,
        name: str,
        grey: Grey,
        place: Place,
        recorded_nm: float,
        error_px: Floats,
        noise: float = 8.0,
        **changes: str,
    ) -> None:
        """Write an image with noise; its stage position errs by some px of the overview."""
        image = np.clip(np.rint(grey + self.random.normal(0, noise, grey.shape)), 0, 255)
        stage = (np.array(place.centre) + error_px) * OVERVIEW_NM + ORIGIN_NM
        keys: dict[str, str | None] = {"PixelSize": f"{recorded_nm}"} | dict(changes)
        write_tile(folder, name, image.astype(np.uint8), stage[0], stage[1], **keys)  # type: ignore[arg-type]

    def write_field(
        self,
        folder: Path,
        name: str,
        place: Place,
        recorded_nm: float = FINE_NM,
        error_px: tuple[float, float] = (6.0, -5.0),
        shape: tuple[int, int] = (480, 640),
        **changes: str,
    ) -> None:
        """Write a field of detail."""
        grey = self.field(place, shape)
        self.write(folder, name, grey, place, recorded_nm, np.array(error_px), **changes)


@dataclass(frozen=True)
class Stitched:
    """An overview that was stitched once; fields of detail are added to copies of its folder."""

    specimen: Specimen
    raw: Path
    out: Path

    @classmethod
    def make(cls, folder: Path) -> Stitched:
        """Write tiles and stitch them."""
        specimen = Specimen()
        specimen.write_overview(folder / "raw")
        return cls(specimen, folder / "raw", stitch(folder / "raw", folder / "out"))

    def copy(self, folder: Path) -> Path:
        """Copy the raw folder, to add to it."""
        shutil.copytree(self.raw, folder)
        return folder

    def locate(self, raw: Path, out: Path, *, threads: int = 2, **settings: float) -> pd.DataFrame:
        """Index a folder with fields of detail and place them in the mosaic; rows by file."""
        index(folder=raw, output=out / "tiles.json")
        used = {"null_draws": 100} | settings
        details(
            tiles=out / "tiles.json", positions=self.out / "positions.parquet",
            mosaic=self.out / "mosaic.zarr", folder=raw, output=out / "details.parquet",
            store=out / "details.zarr", settings=json.dumps(used), threads=threads,
        )  # fmt: skip
        return read_table(out / "details.parquet", DETAILS).set_index("file")

    @property
    def origin_px(self) -> Floats:
        """Where the specimen's corner is in the mosaic."""
        places = read_table(self.out / "positions.parquet").set_index("tile")
        return places.loc["r00_c00", ["x_px", "y_px"]].to_numpy(np.float64)
