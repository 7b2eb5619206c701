"""Wrong recordings: swapped, mirrored and shifted tiles, turned axes, no overlap. Found and named.

Every fault is played on a made section; sound ones, however poor, must raise no alarm.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from support.made_grid import EDGE, STEP, Grid, made_grid, specimen
from support.raw_folder import PIXEL_NM, write_tile
from transect.config import TilesConfig
from transect.errors import InputError
from transect.mosaic.faults.findings import Apart, Mirrored, Misplaced, Moved, Turned
from transect.mosaic.faults.trial import LEFT_RIGHT, TOP_BOTTOM
from transect.mosaic.faults.verdict import mended, refuse_turned, words
from transect.mosaic.steps.fuse import fuse
from transect.mosaic.steps.register import register
from transect.mosaic.tables import POSITIONS, SEAMS
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table
from transect.tiles.index import StageAxes, TileIndex
from transect.tiles.steps import check, index, shading


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


TURNS = [
    (sx, sy, order) for order, sx, sy in product(("xy", "yx"), (1, -1), (1, -1))
    if (sx, sy, order) != (1, 1, "xy")
]  # fmt: skip


@pytest.mark.parametrize(("x_sign", "y_sign", "order"), TURNS)
def test_axes_that_run_otherwise_are_found_with_the_settings_that_mend_it(
    x_sign: int, y_sign: int, order: str
) -> None:
    grid = made_grid(9, 2, 3)
    said = grid.stage if order == "xy" else grid.stage[:, ::-1]
    # What the stage says, so that the settings put it right.
    signs = np.array([x_sign, y_sign])
    grid.stage = said * (signs if order == "xy" else signs[::-1])
    found = grid.register()
    assert all(isinstance(f, Turned) for f in found.findings)
    as_set = StageAxes(axes="xy", x_sign=1, y_sign=1)
    turned = [f for f in found.findings if isinstance(f, Turned)]
    wanted = {"stage_axes": order, "stage_x_sign": x_sign, "stage_y_sign": y_sign}
    found_so = {"stage_axes": "xy", "stage_x_sign": 1, "stage_y_sign": 1} | mended(turned, as_set)
    assert found_so == wanted
    with pytest.raises(InputError, match=r"raw: tiles lie in a wrong order.*tiles\.stage_"):
        refuse_turned(found.findings, Path("raw"), as_set)
    with pytest.raises(InputError, match=r"positions\.csv"):
        refuse_turned(found.findings, Path("raw"), None)


@pytest.mark.parametrize("as_set", list(product(("xy", "yx"), (1, -1), (1, -1))))
@pytest.mark.parametrize("needed", list(product(("xy", "yx"), (1, -1), (1, -1))))
def test_mended_settings_put_any_stage_right(
    as_set: tuple[str, int, int], needed: tuple[str, int, int]
) -> None:
    keys = ("stage_axes", "stage_x_sign", "stage_y_sign")
    wrong, right = (dict(zip(keys, values, strict=True)) for values in (as_set, needed))
    raw = (3.0, 7.0)
    is_at = TilesConfig.model_validate(wrong).along_image(*raw)
    should = TilesConfig.model_validate(right).along_image(*raw)
    turned = []
    for axis in (0, 1):
        source = [abs(v) for v in is_at].index(abs(should[axis]))
        sign = 1 if is_at[source] == should[axis] else -1
        if (source, sign) != (axis, 1):
            turned.append(Turned(axis, source, sign, 9, 9, 0, 9))
    stage = StageAxes(axes=as_set[0], x_sign=as_set[1], y_sign=as_set[2])  # type: ignore[arg-type]
    assert wrong | mended(turned, stage) == right


def test_in_a_single_row_swapped_tiles_are_told_from_a_wrong_sign() -> None:
    reversed_row = made_grid(10, 1, 3)
    reversed_row.stage[:, 0] *= -1
    found = reversed_row.register().findings
    assert [(f.axis, f.source, f.sign) for f in found if isinstance(f, Turned)] == [(0, 0, -1)]
    swapped = made_grid(10, 1, 3)
    swapped.swap(0, 1)
    assert sorted(swapped.register().faults) == [0, 1]


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


def _write(grid: Grid, folder: Path) -> Path:
    folder.mkdir()
    for entry, tile, place in zip(grid.entries, grid.tiles, grid.stage, strict=True):
        centre = (place + np.array(EDGE[::-1]) / 2) * PIXEL_NM + 3e6
        write_tile(folder, Path(entry.file).stem, tile, *centre)
    return folder


def _register(raw: Path, out: Path, settings: str = "{}") -> None:
    tiles = {"tiles": out / "tiles.json", "folder": raw}
    index(folder=raw, output=out / "tiles.json", settings=settings)
    check(**tiles, output=out / "tiles.parquet")
    shading(**tiles, checks=out / "tiles.parquet", output=out / "shading.npz")
    register(
        **tiles, checks=out / "tiles.parquet", shading=out / "shading.npz",
        positions=out / "positions.parquet", seams=out / "seams.parquet",
        levels=out / "levels.parquet", threads=2,
    )  # fmt: skip


def test_the_command_refuses_a_wrong_sign_and_takes_the_setting_it_names(tmp_path: Path) -> None:
    grid = made_grid(12)
    grid.stage[:, 0] *= -1
    raw = _write(grid, tmp_path / "raw")
    with pytest.raises(InputError) as refused:
        _register(raw, tmp_path)
    assert str(refused.value) == (
        f"{raw}: tiles lie in a wrong order: along the columns 0 of 9 pairs of neighbours fit as"
        " placed, and 9 of 9 when their order is reversed; the stage's axes run otherwise than"
        " set: set tiles.stage_x_sign: -1"
    )
    assert not (tmp_path / "positions.parquet").exists()
    _register(raw, tmp_path, '{"stage_x_sign": -1}')
    places = read_table(tmp_path / "positions.parquet", POSITIONS)
    assert set(places["placed_by"]) == {"pairs"}


def test_the_area_of_swapped_tiles_is_masked_and_the_tables_say_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grid = made_grid(13)
    grid.swap(0, 6)
    raw = _write(grid, tmp_path / "raw")
    _register(raw, tmp_path)
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


def test_exchanged_axes_are_read_as_set(tmp_path: Path) -> None:
    grid = made_grid(14, 2, 3, stage_sd=2)
    true = grid.stage.copy()
    grid.stage = np.stack([-true[:, 1], true[:, 0]], axis=1)
    raw = _write(grid, tmp_path / "raw")
    settings = '{"stage_axes": "yx", "stage_y_sign": -1}'
    index(folder=raw, output=tmp_path / "tiles.json", settings=settings)
    found = TileIndex.load(tmp_path / "tiles.json")
    assert found.stage == StageAxes(axes="yx", x_sign=1, y_sign=-1)
    assert {t.file: (t.row, t.column) for t in found.tiles} == {
        entry.file: (entry.row, entry.column) for entry in grid.entries
    }
