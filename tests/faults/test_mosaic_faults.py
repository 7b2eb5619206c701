"""Wrong recordings: swapped, mirrored and shifted tiles, no overlap. Found and named.

Every fault is played on a made section; sound ones, however poor, must raise no alarm.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from support.made_grid import (
    EDGE,
    STEP,
    Grid,
    made_grid,
    register_folder,
    specimen,
    write_grid,
)
from transect.mosaic.faults.findings import Apart, Mirrored, Misplaced, Moved
from transect.mosaic.faults.trial import LEFT_RIGHT, TOP_BOTTOM
from transect.mosaic.faults.verdict import words
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.tables import POSITIONS, SEAMS
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table


@pytest.mark.parametrize(
    ("one", "other"), [(0, 6), (5, 6), (1, 5)], ids=["apart", "beside", "above"]
)
def test_two_swapped_tiles_are_named_and_left_out(one: int, other: int) -> None:
    grid = made_grid(1)
    grid.swap(one, other)
    found = grid.register()
    assert found.findings == tuple(found.faults.values())
    swapped = [f for f in found.faults.values() if isinstance(f, Misplaced) and f.swapped]
    assert {f.tile: f.place for f in swapped} == {one: other, other: one}
    assert found.by_pairs.tolist() == [n not in (one, other) for n in range(12)]
    assert grid.error_px(found, [n for n in range(12) if n not in (one, other)]) < 0.1
    said = words(found.findings, grid.entries, EDGE)
    assert said[0].startswith(f"{grid.entries[one].tile} is left out: swapped with ")
    assert f"img_{one:03d}.tif shows the place of img_{other:03d}.tif" in said[0]
    assert "exchange their stage positions" in said[0]


def test_tiles_that_changed_places_in_a_ring_are_each_named() -> None:
    grid = made_grid(2, columns=5)
    grid.tiles[6], grid.tiles[7], grid.tiles[8] = grid.tiles[7], grid.tiles[8], grid.tiles[6]
    found = grid.register()
    places = {n: f.place for n, f in found.faults.items() if isinstance(f, Misplaced)}
    assert places == {6: 7, 7: 8, 8: 6}


@pytest.mark.parametrize(
    ("flip", "rows", "columns", "said"),
    [
        (LEFT_RIGHT, 1, -1, "mirrored left to right"),
        (TOP_BOTTOM, -1, 1, "mirrored top to bottom"),
        (LEFT_RIGHT | TOP_BOTTOM, -1, -1, "turned by 180 degrees"),
    ],
)
def test_a_mirrored_tile_is_named(flip: int, rows: int, columns: int, said: str) -> None:
    grid = made_grid(3)
    grid.tiles[5] = grid.tiles[5][::rows, ::columns].copy()
    found = grid.register()
    assert found.findings == (Mirrored(5, flip, 4, 4),)
    # A mirrored tile matches when the null draws mirror it again: that must not cost other pairs.
    assert (~found.by_pairs).sum() == 1
    assert found.seams.accepted.sum() == 17 - 4
    sentence = words(found.findings, grid.entries, EDGE)[0]
    assert f"img_005.tif is {said} (flipped back, 4 of 4 seams fit)" in sentence


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_row_off_by_half_a_tile_is_placed_by_its_images(row: int) -> None:
    grid = made_grid(4, moved={row: 0.5 * EDGE[1]})
    found = grid.register()
    (moved,) = found.findings
    assert isinstance(moved, Moved)
    assert moved.tiles == tuple(range(4 * row, 4 * row + 4))
    assert moved.shift[0] == pytest.approx(0.5 * EDGE[1], abs=20)
    assert not found.faults
    assert found.by_pairs.all()
    assert set(found.component) == {0}
    assert grid.error_px(found) < 0.1
    # The table shows how far the row lies from where the stage says.
    away = found.placement.positions - found.placement.stage
    assert np.median(away[4 * row : 4 * row + 4, 0]) == pytest.approx(0.5 * EDGE[1], abs=20)
    said = words(found.findings, grid.entries, EDGE)[0]
    assert said.startswith(f"all 4 tiles of row {row} lie ")
    assert "farther right than the stage says" in said


def test_a_row_off_by_a_whole_tile_is_placed_by_its_images() -> None:
    grid = made_grid(5, columns=5, moved={2: -STEP[0]})
    found = grid.register()
    (moved,) = found.findings
    assert isinstance(moved, Moved)
    assert moved.shift[0] == pytest.approx(-STEP[0], abs=20)
    assert grid.error_px(found) < 0.1


def test_blank_tiles_go_with_the_row_that_is_moved() -> None:
    grid = made_grid(6, moved={1: -0.5 * EDGE[1]})
    grid.tiles[5] = np.full(EDGE, 90, np.uint8)
    grid.usable[5] = False
    found = grid.register()
    (moved,) = found.findings
    assert isinstance(moved, Moved)
    assert moved.tiles == (4, 5, 6, 7)
    assert grid.error_px(found) < 30


def test_a_row_that_the_stage_itself_has_shifted_just_works() -> None:
    grid = made_grid(7, moved={1: 0.5 * EDGE[1]})
    grid.stage[4:8, 0] += 0.5 * EDGE[1]
    found = grid.register()
    assert found.findings == ()
    assert found.seams.accepted.all()
    assert grid.error_px(found) < 0.1


@pytest.mark.parametrize("overlap", [0, -12, -100])
def test_tiles_that_do_not_overlap_are_said_to(overlap: int) -> None:
    grid = made_grid(8, 2, 3, overlap=overlap, stage_sd=2)
    found = grid.register()
    (apart,) = found.findings
    assert isinstance(apart, Apart)
    assert apart.axis == -1
    assert apart.overlap_px == pytest.approx(overlap, abs=6)
    assert not found.by_pairs.any()
    said = words(found.findings, grid.entries, EDGE)[0]
    assert "do not overlap by the stage" in said
    assert "record with 5 to 15 % overlap" in said


def test_a_tile_from_elsewhere_is_kept_and_tied_to_nothing() -> None:
    grid = made_grid(11)
    grid.tiles[5] = np.rint(specimen(99, *EDGE)).astype(np.uint8)
    found = grid.register()
    assert found.findings == ()
    assert found.by_pairs.tolist() == [n != 5 for n in range(12)]


def _poor(grid: Grid, seed: int) -> Grid:
    """Curtains, charging, resin and a tile of foil."""
    random = np.random.default_rng(seed)
    for n, tile in enumerate(grid.tiles):
        grey = tile.astype(np.float64) + 12 * random.normal(size=EDGE[1])[None, :]
        grey[random.integers(EDGE[0], size=15)] += random.normal(0, 60)
        if n % 5 == 2:
            grey[:, EDGE[1] // 2 :] = 60 + random.normal(0, 6, (EDGE[0], EDGE[1] // 2))
        if n % 7 == 3:
            grey = 122 + random.normal(0, 12, EDGE)
        grid.tiles[n] = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return grid


@pytest.mark.parametrize("seed", range(20, 24))
def test_sound_sections_raise_no_alarm(seed: int) -> None:
    assert made_grid(seed).register().findings == ()
    assert _poor(made_grid(seed, noise=25), seed).register().findings == ()


def test_the_area_of_swapped_tiles_is_masked_and_the_tables_say_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grid = made_grid(13)
    grid.swap(0, 6)
    raw = write_grid(grid, tmp_path / "raw")
    register_folder(raw, tmp_path)
    places = read_table(tmp_path / "positions.parquet", POSITIONS)
    named = places[places["fault"] != ""]
    assert named["tile"].tolist() == ["r00_c00", "r01_c02"]
    assert named["fault"].str.startswith("swapped with r0").all()
    assert "r01_c02 is left out: swapped with r00_c00" in caplog.text
    facts = read_metadata(tmp_path / "positions.parquet")
    assert len(json.loads(facts["findings"])) == 2
    seams = read_table(tmp_path / "seams.parquet", SEAMS)
    touched = seams["tile_a"].isin(named["tile"]) | seams["tile_b"].isin(named["tile"])
    assert set(seams[touched]["reason"]) == {"a tile that is left out"}
    assert seams[~touched]["accepted"].all()
    fuse(
        tiles=tmp_path / "tiles.json", positions=tmp_path / "positions.parquet",
        levels=tmp_path / "levels.parquet", shading=tmp_path / "shading.npz", folder=raw,
        output=tmp_path / "mosaic.zarr", threads=2,
    )  # fmt: skip
    valid = open_image(tmp_path / "mosaic.zarr", "labels/valid").whole(0)
    middle = (STEP[1] + EDGE[0] // 2, 2 * STEP[0] + EDGE[1] // 2)
    assert not valid[..., middle[0], middle[1]].any()
    assert not valid[..., 100, 100].any()
    assert valid[..., middle[0], 100].all()
