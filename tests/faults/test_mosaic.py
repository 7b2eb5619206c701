"""Bad input to the mosaic: one clear error, or a tile that is placed by the stage and marked."""

from __future__ import annotations

import numpy as np
import pytest

from support.raw_folder import PIXEL_NM, texture, write_tile
from transect.errors import AnalysisError, ConfigError, InputError, StorageError
from transect.mosaic.frames import section_of
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.steps.register import register
from transect.mosaic.tables import POSITIONS, SEAMS
from transect.storage.images import open_image
from transect.storage.tables import read_table, write_table
from transect.tiles.index import TileIndex
from transect.tiles.steps import check, index, shading
from transect.tiles.tables import TILES

EDGE = (240, 320)
STEP = (200, 270)


def write_grid(folder, rows, columns, *, blank=(), missing=(), gap_px=0):
    """Tiles of one made specimen; with a gap, tiles of places that do not touch."""
    folder.mkdir()
    size = (STEP[0] * rows + 60, STEP[1] * columns + 60)
    specimen = texture(3, size, noise=0)
    random = np.random.default_rng(5)
    for row in range(rows):
        for column in range(columns):
            if (row, column) in missing:
                continue
            y, x = row * STEP[0], column * STEP[1]
            tile = specimen[y : y + EDGE[0], x : x + EDGE[1]] + random.normal(0, 4, EDGE)
            if (row, column) in blank:
                tile = 90 + random.normal(0, 4, EDGE)
            stage_x = x * (EDGE[1] + gap_px) / STEP[1] if gap_px else x
            stage = np.array([stage_x + EDGE[1] / 2, y + EDGE[0] / 2]) + random.normal(0, 4, 2)
            write_tile(
                folder,
                f"img_{row}_{column}",
                np.clip(np.rint(tile), 0, 255).astype(np.uint8),
                *(stage * PIXEL_NM + 1e6),
            )
    return folder


def prepare(raw, out):
    index(folder=raw, output=out / "tiles.json")
    check(tiles=out / "tiles.json", folder=raw, output=out / "tiles.parquet")
    shading(
        tiles=out / "tiles.json", checks=out / "tiles.parquet", folder=raw,
        output=out / "shading.npz",
    )  # fmt: skip


def register_only(raw, out, settings="{}"):
    register(
        tiles=out / "tiles.json", checks=out / "tiles.parquet", shading=out / "shading.npz",
        folder=raw, positions=out / "positions.parquet", seams=out / "seams.parquet",
        levels=out / "levels.parquet", settings=settings, threads=2,
    )  # fmt: skip
    return read_table(out / "positions.parquet", POSITIONS), read_table(
        out / "seams.parquet", SEAMS
    )


def fuse_only(raw, out):
    fuse(
        tiles=out / "tiles.json", positions=out / "positions.parquet",
        levels=out / "levels.parquet", shading=out / "shading.npz", folder=raw,
        output=out / "mosaic.zarr", threads=2,
    )  # fmt: skip
    mosaic = open_image(out / "mosaic.zarr")
    return mosaic, open_image(out / "mosaic.zarr", "labels/valid").whole(0)


def test_one_tile_is_a_mosaic(tmp_path):
    raw = write_grid(tmp_path / "raw", 1, 1)
    prepare(raw, tmp_path)
    places, seams = register_only(raw, tmp_path)
    assert places["placed_by"].tolist() == ["stage"]
    assert places[["x_px", "y_px"]].to_numpy().tolist() == [[0, 0]]
    assert len(seams) == 0
    mosaic, valid = fuse_only(raw, tmp_path)
    assert mosaic.shape == EDGE
    assert valid.all()


def test_blank_tiles_are_placed_by_the_stage(tmp_path):
    raw = write_grid(tmp_path / "raw", 2, 3, blank=((0, 1),))
    prepare(raw, tmp_path)
    places, seams = register_only(raw, tmp_path)
    by = dict(zip(places["tile"], places["placed_by"], strict=True))
    assert by.pop("r00_c01") == "stage"
    assert set(by.values()) == {"pairs"}
    reasons = seams[~seams["accepted"]]["reason"]
    assert reasons.tolist() == ["a tile without texture"] * 3


def test_a_missing_tile_is_a_hole_in_the_mask(tmp_path):
    raw = write_grid(tmp_path / "raw", 3, 3, missing=((1, 1),))
    prepare(raw, tmp_path)
    places, _ = register_only(raw, tmp_path)
    assert len(places) == 8
    assert set(places["placed_by"]) == {"pairs"}
    mosaic, valid = fuse_only(raw, tmp_path)
    assert not valid[STEP[0] + EDGE[0] // 2, STEP[1] + EDGE[1] // 2]
    assert (mosaic.whole(0)[valid == 0] == 0).all()
    assert 0.9 < valid.mean() < 1


def test_tiles_that_do_not_overlap_are_placed_by_the_stage_with_a_warning(tmp_path, caplog):
    raw = write_grid(tmp_path / "raw", 1, 3, gap_px=200)
    prepare(raw, tmp_path)
    places, seams = register_only(raw, tmp_path, '{"max_shift_px": 40}')
    assert set(places["placed_by"]) == {"stage"}
    assert not seams["accepted"].any()
    assert "placed by the stage alone" in caplog.text
    _, valid = fuse_only(raw, tmp_path)
    assert 0.4 < valid.mean() < 0.8


def test_only_blank_tiles_are_laid_out_as_the_stage_says(tmp_path):
    raw = write_grid(tmp_path / "raw", 2, 2)
    prepare(raw, tmp_path)
    checks = read_table(tmp_path / "tiles.parquet", TILES).assign(status="blank")
    write_table(tmp_path / "tiles.parquet", checks, TILES)
    places, seams = register_only(raw, tmp_path)
    assert set(places["placed_by"]) == {"stage"}
    assert set(seams["reason"]) == {"a tile without texture"}
    _, valid = fuse_only(raw, tmp_path)
    assert valid.mean() > 0.9


@pytest.fixture
def ready(tmp_path):
    raw = write_grid(tmp_path / "raw", 1, 2)
    prepare(raw, tmp_path)
    return raw, tmp_path


def test_an_unknown_detector_is_named_with_those_there_are(ready):
    with pytest.raises(ConfigError, match=r"mosaic\.channel: SE was not recorded.*BSE COMPO"):
        register_only(*ready, '{"channel": "SE"}')


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('{"max_shift": 3}', "unknown key max_shift"),
        ('{"max_shift_px": -1}', "max_shift_px"),
        ('{"max_shift_px": "80 um"}', "max_shift_px"),
    ],
)
def test_wrong_settings_are_refused(ready, settings, words):
    with pytest.raises(ConfigError, match=words):
        register_only(*ready, settings)


def test_a_section_without_a_usable_tile_says_so(ready):
    _, out = ready
    frame = read_table(out / "tiles.parquet", TILES).assign(status="quarantined")
    found = TileIndex.load(out / "tiles.json")
    with pytest.raises(AnalysisError, match=r"no tile of channel BSE COMPO.*quarantined"):
        section_of(found, frame, ["BSE COMPO"])


def test_a_tile_that_vanished_after_the_checks_is_named(ready):
    raw, out = ready
    (raw / "img_0_1.tif").unlink()
    with pytest.raises(InputError, match=r"img_0_1\.tif"):
        register_only(raw, out)


def test_positions_of_other_tiles_are_refused(ready):
    raw, out = ready
    places, _ = register_only(raw, out)
    facts = {"channel": "BSE COMPO", "mosaic_rows": "9", "mosaic_cols": "9"}
    path = out / "positions.parquet"
    write_table(path, places.assign(tile=["r07_c00", "r07_c01"]), POSITIONS, facts)
    with pytest.raises(StorageError, match=r"not those of positions\.parquet"):
        fuse_only(raw, out)
    assert not (out / "mosaic.zarr").exists()
