"""Fields of detail: found in the mosaic to a fraction of its pixel, kept as they were recorded."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import zarr

from support.magnified import FINE_NM, OVERVIEW_NM, Place, Stitched
from transect.mosaic.details.similarity import align
from transect.mosaic.details.warp import Field, Similarity, reduced
from transect.mosaic.steps.details import details
from transect.mosaic.tables import DETAILS
from transect.storage.images import open_image
from transect.storage.tables import read_table
from transect.tiles.steps import index

PX_UM = OVERVIEW_NM / 1000
PLACES = {
    "plain": Place((300.3, 200.7)),
    "coarser": Place((520.2, 160.9), FINE_NM * 1.012, 0.6),
    "finer": Place((200.0, 300.5), FINE_NM * 0.985, -0.8),
    "shifted": Place((620.8, 310.1), FINE_NM * 0.996, 0.1),
}


@pytest.fixture(scope="module")
def stitched(tmp_path_factory: pytest.TempPathFactory) -> Stitched:
    return Stitched.make(tmp_path_factory.mktemp("overview"))


@pytest.fixture(scope="module")
def located(stitched: Stitched, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the table and store of four fields, whose stage errs by up to 30 px."""
    folder = tmp_path_factory.mktemp("details")
    raw = stitched.copy(folder / "raw")
    errors = {"plain": (6, -5), "coarser": (-20, 9), "finer": (3, 14), "shifted": (30, -25)}
    for name, place in PLACES.items():
        shape = (960, 1280) if name == "shifted" else (480, 640)
        stitched.specimen.write_field(raw, name, place, error_px=errors[name], shape=shape)
    stitched.locate(raw, folder)
    return folder


def test_fields_are_found_to_a_tenth_of_a_pixel(stitched: Stitched, located: Path) -> None:
    rows = read_table(located / "details.parquet", DETAILS)
    assert (rows["located_by"] == "image").all(), rows["reason"].tolist()
    for row in rows.to_dict("records"):
        place = PLACES[row["file"].removesuffix(".tif")]
        middle = np.array([row["x_um"], row["y_um"]])
        middle += np.array([row["width_um"], row["height_um"]]) / 2
        away = middle / PX_UM - stitched.origin_px - place.centre
        assert np.abs(away).max() < 0.1
        assert row["pixel_nm_refined"] == pytest.approx(place.pixel_nm, rel=1e-3)
        assert row["rotation_deg"] == pytest.approx(place.turn_deg, abs=0.05)
        assert row["pixel_nm"] == FINE_NM
        assert row["confidence"] > row["null_threshold"] > 0.1


def test_standard_errors_are_of_the_size_of_the_errors(stitched: Stitched, located: Path) -> None:
    rows = read_table(located / "details.parquet", DETAILS)
    true = [PLACES[f.removesuffix(".tif")] for f in rows["file"]]
    scale = rows["pixel_nm_refined"] - [p.pixel_nm for p in true]
    turn = rows["rotation_deg"] - [p.turn_deg for p in true]
    assert (scale.abs() < 3 * rows["pixel_nm_se"]).all()
    assert (turn.abs() < 3 * rows["rotation_se_deg"]).all()
    assert (rows["pixel_nm_se"] < 1e-3 * FINE_NM).all()
    assert rows["se_um"].between(0.05 * PX_UM, 0.1 * PX_UM).all()


def test_pixels_are_kept_as_recorded_and_placed_in_the_section(located: Path) -> None:
    rows = read_table(located / "details.parquet", DETAILS)
    root = zarr.open_group(located / "details.zarr", mode="r")
    assert root["OME"].attrs["ome"]["series"] == ["d00", "d01", "d02", "d03"]
    for row in rows.to_dict("records"):
        image = open_image(located / "details.zarr", row["detail"])
        raw = tifffile.imread(located / "raw" / row["file"])
        np.testing.assert_array_equal(image.whole(0), raw)
        assert image.channels == (row["channel"],)
        assert image.px_um == pytest.approx(row["pixel_nm_refined"] / 1000)
        scales = root[row["detail"]].attrs["ome"]["multiscales"][0]["datasets"]
        assert len(scales) == len(image.arrays) == (2 if row["file"] == "shifted.tif" else 1)
        for level, dataset in enumerate(scales):
            scale, shift = (
                dataset["coordinateTransformations"][k][name][1:]
                for k, name in enumerate(("scale", "translation"))
            )
            # The corner of a level's first pixel is that of the field, in pixels of the mosaic
            # whose first one has its middle at 0.
            corner = np.array(shift) - np.array(scale) / 2 + PX_UM / 2
            assert corner == pytest.approx([row["y_um"], row["x_um"]], abs=1e-9), level
        facts = root[row["detail"]].attrs["transect"]
        assert facts["rotation_deg"] == row["rotation_deg"]


def test_a_field_that_is_mostly_foil_is_not_stretched(tmp_path: Path) -> None:
    """Texture in a corner only, in a mosaic with noise and another blur than the field's."""
    rng = np.random.default_rng(3)
    fine = np.full((1600, 2000), 120.0, np.float32)
    grains = cv2.GaussianBlur(rng.normal(size=(420, 2000)).astype(np.float32), (0, 0), 12)
    fine[:420] += 70 * np.tanh(2 * grains / grains.std())
    mosaic = reduced(cv2.GaussianBlur(fine, (0, 0), 4), 4)
    mosaic = mosaic + rng.normal(0, 6, mosaic.shape).astype(np.float32)
    field = fine[200:1100, 300:1500] + rng.normal(0, 3, (900, 1200)).astype(np.float32)
    start = Similarity(np.array([226.4, 161.7]), 0.25)
    found = align(field, mosaic, np.zeros(2), start, 8.0)
    assert found.converged
    assert found.place.centre == pytest.approx([225, 162.5], abs=0.1)
    assert found.place.scale == pytest.approx(0.25, rel=1e-3)


def test_the_same_bytes_for_any_number_of_threads(stitched: Stitched, tmp_path: Path) -> None:
    raw = stitched.copy(tmp_path / "raw")
    for name in ("plain", "coarser"):
        stitched.specimen.write_field(raw, name, PLACES[name])
    for threads in (1, 3):
        (tmp_path / str(threads)).mkdir()
        stitched.locate(raw, tmp_path / str(threads), threads=threads)
    for name in ("details.parquet", "details.zarr/zarr.json", "details.zarr/d00/zarr.json"):
        first, second = ((tmp_path / n / name).read_bytes() for n in "13")
        assert first == second


def test_detectors_of_a_field_share_its_place(stitched: Stitched, tmp_path: Path) -> None:
    raw = stitched.copy(tmp_path / "raw")
    place = PLACES["plain"]
    stitched.specimen.write_field(raw, "bse", place)
    grey = 255 - stitched.specimen.field(place)
    stitched.specimen.write(raw, "se", grey, place, FINE_NM, np.array([6.0, -5.0]), SignalName="SE")
    rows = stitched.locate(raw, tmp_path)
    assert rows["detail"].tolist() == ["d00", "d00"]
    assert rows["located_by"].tolist() == ["image", "image"]
    assert rows["x_um"].nunique() == rows["pixel_nm_refined"].nunique() == 1
    image = open_image(tmp_path / "details.zarr", "d00")
    assert image.channels == ("BSE COMPO", "SE")
    np.testing.assert_array_equal(image.whole(0, 1), tifffile.imread(raw / "se.tif"))


def test_nothing_to_do_costs_nothing(stitched: Stitched, tmp_path: Path) -> None:
    rows = stitched.locate(stitched.raw, tmp_path)
    assert len(rows) == 0
    root = zarr.open_group(tmp_path / "details.zarr", mode="r")
    assert root["OME"].attrs["ome"]["series"] == []
    assert len(root.attrs["transect"]["digest"]) == 32


def test_a_field_over_the_border_is_found(stitched: Stitched, tmp_path: Path) -> None:
    """A third of it is black and beyond the tiles."""
    raw = stitched.copy(tmp_path / "raw")
    place = Place((85.4, 63.2))
    stitched.specimen.write_field(raw, "edge", place, shape=(640, 960))
    row = stitched.locate(raw, tmp_path).loc["edge.tif"]
    assert row["located_by"] == "image", row["reason"]
    middle = np.array([row["x_um"] + row["width_um"] / 2, row["y_um"] + row["height_um"] / 2])
    assert np.abs(middle / PX_UM - stitched.origin_px - place.centre).max() < 0.1
    assert row["x_um"] < 0


def test_a_field_laid_on_the_mosaic_shows_what_the_mosaic_shows() -> None:
    x, y = np.meshgrid(np.arange(400) + 0.5, np.arange(300) + 0.5)
    place = Similarity(np.array([61.3, 47.8]), 0.25, np.radians(3.0))
    c, s = np.cos(place.turn), np.sin(place.turn)
    across = (c * (x - 200) - s * (y - 150)) * place.scale + place.centre[0]
    down = (s * (x - 200) + c * (y - 150)) * place.scale + place.centre[1]
    field = (across + 100 * np.sin(down / 9)).astype(np.float32)
    seen = Field.of(field, place.scale, 1).laid(place, np.array([50.0, 40.0]), (20, 24))
    columns, rows = np.meshgrid(np.arange(24) + 50.5, np.arange(20) + 40.5)
    np.testing.assert_allclose(seen, columns + 100 * np.sin(rows / 9), atol=0.2)


def test_the_command_needs_the_tiles_of_the_positions(stitched: Stitched, tmp_path: Path) -> None:
    from transect.errors import StorageError

    raw = stitched.copy(tmp_path / "raw")
    stitched.specimen.write_field(raw, "plain", PLACES["plain"])
    for name in ("r0_c2", "r1_c2"):
        (raw / f"{name}.tif").unlink()
        (raw / f"{name}.txt").unlink()
    index(folder=raw, output=tmp_path / "tiles.json")
    with pytest.raises(StorageError, match="positions of tile r00_c02, which is not in the index"):
        details(
            tiles=tmp_path / "tiles.json", positions=stitched.out / "positions.parquet",
            mosaic=stitched.out / "mosaic.zarr", folder=raw, output=tmp_path / "d.parquet",
            store=tmp_path / "d.zarr",
        )  # fmt: skip
