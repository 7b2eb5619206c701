"""A real cathode, cut into tiles as a microscope would record it, through the whole workflow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from support.chain import stitch
from support.project import Project
from support.raw_folder import PIXEL_NM, write_tile
from transect.config import FusionConfig
from transect.mosaic.tables import POSITIONS
from transect.storage.images import open_image
from transect.storage.tables import read_table

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(600)]

EDGE = (302, 408)
ROWS, COLUMNS = (0, 226, 452), (0, 302, 604)
STAGE_ERROR_PX = 8.0
# Three grey levels of 255; one of them is 257 counts of 16 bits.
NOISE = 771
LEVEL = 257

Pixels = npt.NDArray[np.uint16]
THICKNESS = ("t_", "cc_thickness", "side_asymmetry", "delam", "gap_", "longest_run")


@dataclass(frozen=True)
class Cut:
    """Tiles of the image by row and column, as they were written."""

    tiles: dict[tuple[int, int], Pixels]
    section: Path


def _cut(image: Pixels, folder: Path, noise: float) -> dict[tuple[int, int], Pixels]:
    folder.mkdir()
    rng = np.random.default_rng(5)
    tiles = {}
    for row, y in enumerate(ROWS):
        for column, x in enumerate(COLUMNS):
            tile = image[y : y + EDGE[0], x : x + EDGE[1]] + rng.normal(0, noise, EDGE)
            tiles[row, column] = np.clip(np.rint(tile), 0, 65535).astype(np.uint16)
            centre = np.array([x + EDGE[1] / 2, y + EDGE[0] / 2])
            stage = (centre + rng.normal(0, STAGE_ERROR_PX, 2)) * PIXEL_NM + 5e6
            write_tile(folder, f"img_{len(tiles):03d}", tiles[row, column], *stage)
    return tiles


@pytest.fixture(scope="module")
def image(data: Path) -> Pixels:
    read = cv2.imread(str(data / "nmc-bse" / "nmc-cross-section.tif"), cv2.IMREAD_UNCHANGED)
    assert read.dtype == np.uint16
    assert read.shape == (ROWS[-1] + EDGE[0], COLUMNS[-1] + EDGE[1])
    return np.asarray(read)


@pytest.fixture(scope="module")
def cut(image: Pixels, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """Run the workflow on tiles with noise of their own."""
    folder = tmp_path_factory.mktemp("battery")
    # Blended along straight lines, so that it is known which tile shows a pixel.
    project = Project.make(folder / "project", "results: results\nfusion:\n  blend: linear\n")
    tiles = _cut(image, folder / "raw", NOISE)
    project.add("B01", "C01", "S01", folder / "raw")
    project.run()
    return Cut(tiles, project.results / "batches" / "B01" / "C01" / "S01")


def _middles(starts: tuple[int, ...], edge: int) -> list[float]:
    """Middles of the overlaps along one axis, where the blends lie."""
    return [(after + before + edge) / 2 for before, after in zip(starts, starts[1:], strict=False)]


def _owners(
    starts: tuple[int, ...], edge: int
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.bool_]]:
    """Tile that owns each pixel along one axis, and whether the pixel is outside the blends."""
    place = np.arange(starts[-1] + edge) + 0.5
    middles = _middles(starts, edge)
    blend = FusionConfig().feather_px / 2 + 1
    outside = np.all([np.abs(place - middle) > blend for middle in middles], axis=0)
    return np.searchsorted(middles, place), outside


def _recorded(tiles: dict[tuple[int, int], Pixels]) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """What the tiles themselves hold at every pixel of the mosaic outside the blends."""
    of_row, good_row = _owners(ROWS, EDGE[0])
    of_column, good_column = _owners(COLUMNS, EDGE[1])
    out = np.zeros((of_row.size, of_column.size), np.uint16)
    for (row, column), tile in tiles.items():
        r, c = np.flatnonzero(of_row == row), np.flatnonzero(of_column == column)
        out[np.ix_(r, c)] = tile[np.ix_(r - ROWS[row], c - COLUMNS[column])]
    return out, np.asarray(good_row[:, None] & good_column[None, :])


def _mosaic(section: Path) -> Pixels:
    recorded = open_image(section / "mosaic.zarr", "labels/valid").whole(0)
    assert recorded.all()
    return np.asarray(open_image(section / "mosaic.zarr").whole(0))


def test_without_noise_the_image_comes_back_exactly(image: Pixels, tmp_path: Path) -> None:
    """To the count of 16 bits, blends included: far below one grey level."""
    _cut(image, tmp_path / "raw", 0.0)
    mosaic = _mosaic(stitch(tmp_path / "raw", tmp_path))
    assert mosaic.dtype == np.uint16
    np.testing.assert_array_equal(mosaic, image)


def test_with_noise_the_mosaic_holds_what_the_tiles_recorded(cut: Cut, image: Pixels) -> None:
    """Outside the blends within half a grey level of 8 bits: what levelling brightness may do."""
    mosaic = _mosaic(cut.section)
    recorded, outside = _recorded(cut.tiles)
    assert mosaic.shape == recorded.shape == image.shape
    assert 0.6 < outside.mean() < 0.9
    away = np.abs(mosaic.astype(np.int64) - recorded)
    assert away[outside].max() <= LEVEL / 2
    # Inside the blends two noises are mixed: the mask is where it should be.
    assert away[~outside].max() > LEVEL
    # What is left against the original is the noise that was added, and no more.
    rest = (mosaic.astype(np.float64) - image)[outside & (image > 5 * NOISE) & (image < 60000)]
    assert abs(rest.mean()) < LEVEL / 4
    assert rest.std() == pytest.approx(NOISE, rel=0.02)


def test_with_noise_positions_are_right_to_a_tenth_of_a_pixel(cut: Cut) -> None:
    places = read_table(cut.section / "positions.parquet", POSITIONS)
    assert set(places["placed_by"]) == {"pairs"}
    true = np.array([(COLUMNS[c], ROWS[r]) for r, c in places[["row", "column"]].to_numpy()])
    away = places[["x_px", "y_px"]].to_numpy() - true
    assert np.abs(away - np.median(away, axis=0)).max() < 0.1
    stage = places[["stage_x_px", "stage_y_px"]].to_numpy() - true
    assert np.abs(stage - np.median(stage, axis=0)).max() > 5, "the stage gave it away"


def test_no_foil_no_thickness(cut: Cut) -> None:
    section = cut.section
    metrics = pd.read_parquet(section / "tables" / "metrics.parquet")
    of_foil = metrics[metrics["metric"].str.startswith(THICKNESS)]
    assert len(of_foil) > 10
    assert of_foil[["value", "ci_low", "ci_high"]].isna().all(axis=None)
    at_separator = of_foil["metric"].str.contains("separator")
    assert set(of_foil["note"][~at_separator]) == {"no collector in the section"}
    assert set(of_foil["note"][at_separator]) == {"no separator in the section"}
    assert len(pd.read_parquet(section / "tables" / "columns.parquet")) == 0
    page = (section / "report.html").read_text(encoding="utf-8")
    words = re.sub(r"\s+", " ", re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", page))
    assert "No collector foil was found" in words
    assert "thickness is not a measurement" in words
    assert "Thickness along the foil" not in words


def test_the_cathode_is_seen_as_one(cut: Cut) -> None:
    """Wide bounds that any sound reading of this image lies in."""
    metrics = pd.read_parquet(cut.section / "tables" / "metrics.parquet")
    value = metrics[metrics["side"] == ""].set_index("metric")["value"]
    assert 0.55 < value["phase_fraction_active_material"] < 0.75
    assert 0.10 < value["phase_fraction_binder"] < 0.35
    assert 0.05 < value["porosity_total"] < 0.25
    assert 20 <= value["n_particles"] <= 120
    assert value["porosity_total"] == pytest.approx(
        value["porosity_inter"] + value["porosity_intra"] + value["porosity_crack"]
    )
