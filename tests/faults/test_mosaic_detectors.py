"""A detector that lacks tiles, lies elsewhere or shows something else: seen, said and survived."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from support.raw_folder import PIXEL_NM, texture, write_tile
from transect.errors import AnalysisError, ConfigError, InputError, StorageError
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.steps.register import register
from transect.mosaic.tables import LEVELS, POSITIONS, SEAMS
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table, write_table
from transect.tiles.steps import check, index, shading
from transect.tiles.tables import TILES

EDGE = (240, 320)
STEP = (200, 270)
ROWS, COLUMNS = 2, 3


def edges_of(image):
    """What secondary electrons make of a specimen."""
    smooth = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 1.0)
    steep = cv2.magnitude(*(cv2.Sobel(smooth, cv2.CV_32F, *o) for o in ((1, 0), (0, 1))))
    return 60 + steep / 2


def write_both(folder, *, without=(), shift=(0, 0), other=edges_of, damaged=()):
    """Tiles of one specimen by two detectors; `without` holds (detector, row, column)."""
    folder.mkdir()
    size = (STEP[0] * ROWS + 140, STEP[1] * COLUMNS + 140)
    specimen = texture(3, size, noise=0)
    seen = {
        "BSE COMPO": (specimen, (50, 50)),
        "SE": (other(specimen), (50 + shift[0], 50 + shift[1])),
    }
    random = np.random.default_rng(5)
    for row in range(ROWS):
        for column in range(COLUMNS):
            y, x = row * STEP[0], column * STEP[1]
            stage = np.array([x + EDGE[1] / 2, y + EDGE[0] / 2]) + random.normal(0, 4, 2)
            for signal, (scene, (left, top)) in seen.items():
                tile = scene[top + y : top + y + EDGE[0], left + x : left + x + EDGE[1]]
                tile = np.clip(np.rint(tile + random.normal(0, 4, EDGE)), 0, 255).astype(np.uint8)
                if (signal, row, column) in without:
                    continue
                name = f"{signal[:2]}_{row}_{column}"
                place = stage * PIXEL_NM + 1e6
                write_tile(folder, name, tile, *place, SignalName=signal)
                if (signal, row, column) in damaged:
                    whole = (folder / f"{name}.tif").read_bytes()
                    (folder / f"{name}.tif").write_bytes(whole[: len(whole) // 3])
    return folder


def stitch(raw, out, settings="{}", tiles="{}"):
    index(folder=raw, output=out / "tiles.json", settings=tiles)
    common = {"tiles": out / "tiles.json", "folder": raw}
    check(**common, output=out / "tiles.parquet")
    shading(**common, checks=out / "tiles.parquet", output=out / "shading.npz")
    common |= {
        "shading": out / "shading.npz", "positions": out / "positions.parquet",
        "levels": out / "levels.parquet", "threads": 2,
    }  # fmt: skip
    register(**common, checks=out / "tiles.parquet", seams=out / "seams.parquet", settings=settings)
    fuse(**common, output=out / "mosaic.zarr")
    places = read_table(out / "positions.parquet", POSITIONS).set_index("tile")
    levels = read_table(out / "levels.parquet", LEVELS).set_index(["channel", "tile"])
    mosaic, valid = open_image(out / "mosaic.zarr"), open_image(out / "mosaic.zarr", "labels/valid")
    return places, levels, mosaic, valid


def inside(places, tile):
    """A small square in the middle of a tile, which no other tile shows."""
    x, y = places.loc[tile, ["x_px", "y_px"]].astype(int)
    return np.s_[y + 100 : y + 140, x + 140 : x + 180]


def test_a_tile_that_only_the_second_detector_lacks_is_a_hole_in_its_mask_alone(tmp_path):
    raw = write_both(tmp_path / "raw", without={("SE", 0, 1)})
    places, levels, mosaic, valid = stitch(raw, tmp_path)
    assert mosaic.channels == ("BSE COMPO", "SE")
    assert set(places["placed_by"]) == {"pairs"}
    spot = inside(places, "r00_c01")
    assert valid.whole(0, 0)[spot].all()
    assert not valid.whole(0, 1)[spot].any()
    assert not mosaic.whole(0, 1)[spot].any()
    assert mosaic.whole(0, 0)[spot].any()
    row = levels.loc["SE", "r00_c01"]
    assert (row["present"], row["reason"]) == (False, "no readable image")
    assert np.isnan(row["gain"])
    assert levels.loc["SE"].drop("r00_c01")["present"].all()


def test_a_tile_that_the_registering_detector_lacks_is_placed_by_the_stage(tmp_path):
    raw = write_both(tmp_path / "raw", without={("BSE COMPO", 0, 1)})
    places, levels, _, valid = stitch(raw, tmp_path)
    assert places.loc["r00_c01", "placed_by"] == "stage"
    assert set(places.drop("r00_c01")["placed_by"]) == {"pairs"}
    spot = inside(places, "r00_c01")
    assert not valid.whole(0, 0)[spot].any()
    assert valid.whole(0, 1)[spot].all()
    seams = read_table(tmp_path / "seams.parquet", SEAMS)
    lost = seams[(seams["tile_a"] == "r00_c01") | (seams["tile_b"] == "r00_c01")]
    assert set(lost["reason"]) == {"a tile without a readable image"}


def test_with_all_detectors_such_a_tile_is_placed_by_the_pairs_of_another(tmp_path):
    raw = write_both(tmp_path / "raw", without={("BSE COMPO", 0, 1), ("SE", 1, 2)})
    places, _, _, _ = stitch(raw, tmp_path, '{"channel": "all"}')
    assert set(places["placed_by"]) == {"pairs"}
    true = np.array([[c * STEP[1], r * STEP[0]] for r in range(ROWS) for c in range(COLUMNS)])
    away = places[["x_px", "y_px"]].to_numpy() - true
    assert np.abs(away - np.median(away, axis=0)).max() < 0.15
    seams = read_table(tmp_path / "seams.parquet", SEAMS)
    proved = {(s.tile_a, s.tile_b): s.channels for s in seams.itertuples()}
    assert proved["r00_c00", "r00_c01"] == "SE"
    assert proved["r01_c01", "r01_c02"] == "BSE COMPO"
    assert proved["r00_c00", "r01_c00"] == "BSE COMPO + SE"


def test_a_damaged_image_of_one_detector_is_left_out_of_that_one(tmp_path):
    raw = write_both(tmp_path / "raw", damaged={("SE", 1, 1)})
    places, levels, _, valid = stitch(raw, tmp_path)
    row = levels.loc["SE", "r01_c01"]
    assert not row["present"]
    assert row["reason"]
    spot = inside(places, "r01_c01")
    assert valid.whole(0, 0)[spot].all()
    assert not valid.whole(0, 1)[spot].any()


def test_a_detector_that_lies_far_off_is_moved_and_named(tmp_path, caplog):
    raw = write_both(tmp_path / "raw", shift=(28, -9))
    _, levels, mosaic, _ = stitch(raw, tmp_path)
    assert "SE lies 29 px off BSE COMPO" in caplog.text
    shift = levels.loc["SE"][["shift_x_px", "shift_y_px"]].to_numpy()
    assert shift == pytest.approx(np.tile([28.0, -9.0], (6, 1)), abs=0.3)
    assert (levels.loc["BSE COMPO"]["shift_x_px"] == 0).all()
    first, second = mosaic.whole(0, 0), mosaic.whole(0, 1)
    here = np.s_[40:-40, 60:-60]
    assert np.corrcoef(edges_of(first)[here].ravel(), second[here].ravel())[0, 1] > 0.9


def test_a_detector_that_shows_something_else_is_left_where_it_is_and_named(tmp_path, caplog):
    other = lambda image: texture(99, image.shape, noise=0).astype(np.float32)  # noqa: E731
    raw = write_both(tmp_path / "raw", other=other)
    _, levels, _, _ = stitch(raw, tmp_path)
    assert "SE: in none of 6 tiles are its edges surely those of BSE COMPO" in caplog.text
    assert (levels.loc["SE"][["shift_x_px", "shift_y_px"]] == 0).all(axis=None)
    assert levels.loc["SE"]["shift_se_px"].isna().all()


def test_the_detector_that_is_measured_comes_first(tmp_path):
    raw = write_both(tmp_path / "raw")
    _, _, mosaic, _ = stitch(raw, tmp_path, tiles='{"detector": "SE"}')
    assert mosaic.channels == ("SE", "BSE COMPO")


def test_unknown_detectors_are_refused_with_those_there_are(tmp_path):
    raw = write_both(tmp_path / "raw")
    with pytest.raises(InputError, match=r"tiles\.detector: EDS was not recorded.*BSE COMPO, SE"):
        stitch(raw, tmp_path, tiles='{"detector": "EDS"}')
    with pytest.raises(ConfigError, match=r"mosaic\.channel: EDS.*BSE COMPO, SE; or best, or all"):
        stitch(raw, tmp_path, '{"channel": "EDS"}')


def test_a_detector_without_a_usable_tile_cannot_register_but_the_best_can(tmp_path):
    raw = write_both(tmp_path / "raw")
    stitch(raw, tmp_path)
    path = tmp_path / "tiles.parquet"
    checks = read_table(path, TILES)
    checks.loc[checks["channel"] == "BSE COMPO", "status"] = "quarantined"
    write_table(path, checks, TILES)
    again = {
        "tiles": tmp_path / "tiles.json", "checks": path, "shading": tmp_path / "shading.npz",
        "folder": raw, "positions": tmp_path / "positions.parquet",
        "seams": tmp_path / "seams.parquet", "levels": tmp_path / "levels.parquet",
    }  # fmt: skip
    with pytest.raises(AnalysisError, match="no tile of channel BSE COMPO.*6 were checked"):
        register(**again)
    register(**again, settings='{"channel": "best"}')
    assert read_metadata(tmp_path / "positions.parquet")["channel"] == "SE"


def test_levels_of_other_tiles_are_refused(tmp_path):
    raw = write_both(tmp_path / "raw")
    stitch(raw, tmp_path)
    path = tmp_path / "levels.parquet"
    write_table(path, read_table(path, LEVELS).iloc[1:], LEVELS)
    with pytest.raises(StorageError, match=r"tiles of BSE COMPO are not those of positions"):
        fuse(
            tiles=tmp_path / "tiles.json", positions=tmp_path / "positions.parquet", levels=path,
            shading=tmp_path / "shading.npz", folder=raw, output=tmp_path / "mosaic.zarr",
        )  # fmt: skip
