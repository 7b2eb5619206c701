"""The commands register and fuse, from a folder of tiles with sidecars to a mosaic."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from support.raw_folder import PIXEL_NM, write_tile
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.steps.register import register
from transect.mosaic.tables import LEVELS, POSITIONS, SEAMS
from transect.parallel import Window
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table
from transect.tiles.steps import check, index, shading

EDGE = (300, 384)
OVERLAP = 60


def write_battery(data, folder, noise=0.0, seed=4):
    """Cut the real image into tiles as a Hitachi microscope writes them; returns the corners."""
    image = cv2.imread(str(data / "nmc-bse/nmc-cross-section.tif"), cv2.IMREAD_UNCHANGED)
    folder.mkdir()
    random = np.random.default_rng(seed)
    corners = {}
    for row, y in enumerate(range(0, image.shape[0] - EDGE[0] + 1, EDGE[0] - OVERLAP)):
        for column, x in enumerate(range(0, image.shape[1] - EDGE[1] + 1, EDGE[1] - OVERLAP)):
            tile = image[y : y + EDGE[0], x : x + EDGE[1]] + random.normal(0, noise, EDGE)
            tile = np.clip(np.rint(tile), 0, 65535).astype(np.uint16)
            away = random.normal(0, 8, 2)
            stage = (np.array([x + EDGE[1] / 2, y + EDGE[0] / 2]) + away) * PIXEL_NM + 5e6
            write_tile(folder, f"img_{len(corners):03d}", tile, *stage)
            corners[f"r{row:02d}_c{column:02d}"] = (x, y)
    return image, corners


def prepare(raw, out):
    index(folder=raw, output=out / "tiles.json")
    check(tiles=out / "tiles.json", folder=raw, output=out / "tiles.parquet")
    shading(
        tiles=out / "tiles.json", checks=out / "tiles.parquet", folder=raw,
        output=out / "shading.npz",
    )  # fmt: skip


def run(raw, out, threads=2, **settings):
    prepare(raw, out)
    common = {
        "tiles": out / "tiles.json", "shading": out / "shading.npz", "folder": raw,
        "positions": out / "positions.parquet", "levels": out / "levels.parquet",
        "threads": threads,
    }  # fmt: skip
    register(
        **common,
        checks=out / "tiles.parquet",
        seams=out / "seams.parquet",
        settings=json.dumps(settings),
    )
    fuse(**common, output=out / "mosaic.zarr")


def test_a_real_image_comes_back_from_its_tiles(data, tmp_path):
    image, corners = write_battery(data, tmp_path / "raw")
    run(tmp_path / "raw", tmp_path)

    places = read_table(tmp_path / "positions.parquet", POSITIONS)
    found = dict(zip(places["tile"], zip(places["x_px"], places["y_px"], strict=True), strict=True))
    assert set(found) == set(corners)
    for tile, corner in corners.items():
        assert found[tile] == pytest.approx(corner, abs=1e-3)
    assert set(places["placed_by"]) == {"pairs"}

    mosaic = open_image(tmp_path / "mosaic.zarr")
    valid = open_image(tmp_path / "mosaic.zarr", "labels/valid")
    facts = read_metadata(tmp_path / "positions.parquet")
    assert mosaic.shape == (int(facts["mosaic_rows"]), int(facts["mosaic_cols"])) == (540, 708)
    assert mosaic.px_um == pytest.approx(PIXEL_NM / 1000)
    window = Window(0, 540, 0, 708)
    assert np.array_equal(mosaic.read(window), image[:540, :708])
    assert (valid.read(window) == 1).all()


def test_noise_does_not_move_tiles_and_threads_do_not_change_bytes(data, tmp_path):
    _, corners = write_battery(data, tmp_path / "raw", noise=2000)
    for threads in (1, 2):
        out = tmp_path / str(threads)
        out.mkdir()
        run(tmp_path / "raw", out, threads)
    places = read_table(tmp_path / "1/positions.parquet", POSITIONS)
    true = np.array([corners[name] for name in places["tile"]])
    away = places[["x_px", "y_px"]].to_numpy() - true
    assert np.abs(away - np.median(away, axis=0)).max() < 0.1
    for name in ("positions.parquet", "seams.parquet", "levels.parquet", "mosaic.zarr/zarr.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_seams_say_what_was_seen(data, tmp_path):
    write_battery(data, tmp_path / "raw")
    run(tmp_path / "raw", tmp_path)
    seams = read_table(tmp_path / "seams.parquet", SEAMS)
    assert len(seams) == 4
    assert sorted(seams["direction"]) == ["x", "x", "y", "y"]
    assert seams["accepted"].all()
    assert (seams["confidence"] > seams["null_threshold"]).all()
    assert seams["overlap_px"].to_numpy() == pytest.approx(OVERLAP, abs=0.01)
    assert (seams["reason"] == "").all()


def test_brightness_is_left_alone_on_request(data, tmp_path):
    write_battery(data, tmp_path / "raw", noise=500)
    run(tmp_path / "raw", tmp_path, level_brightness=False)
    levels = read_table(tmp_path / "levels.parquet", LEVELS)
    assert (levels["gain"] == 1).all()
    assert (levels["offset"] == 0).all()
