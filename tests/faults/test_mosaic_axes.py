"""A stage whose axes run otherwise than set: found, and the setting that mends it is named."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from support.made_grid import made_grid, register_folder, write_grid
from transect.config import TilesConfig
from transect.errors import InputError
from transect.mosaic.faults.findings import Turned
from transect.mosaic.faults.verdict import mended, refuse_turned
from transect.mosaic.tables import POSITIONS
from transect.storage.tables import read_table
from transect.tiles.index import StageAxes, TileIndex
from transect.tiles.steps import index

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


def test_the_command_refuses_a_wrong_sign_and_takes_the_setting_it_names(tmp_path: Path) -> None:
    grid = made_grid(12)
    grid.stage[:, 0] *= -1
    raw = write_grid(grid, tmp_path / "raw")
    with pytest.raises(InputError) as refused:
        register_folder(raw, tmp_path)
    assert str(refused.value) == (
        f"{raw}: tiles lie in a wrong order: along the columns 0 of 9 pairs of neighbours fit as"
        " placed, and 9 of 9 when their order is reversed; the stage's axes run otherwise than"
        " set: set tiles.stage_x_sign: -1"
    )
    assert not (tmp_path / "positions.parquet").exists()
    register_folder(raw, tmp_path, '{"stage_x_sign": -1}')
    places = read_table(tmp_path / "positions.parquet", POSITIONS)
    assert set(places["placed_by"]) == {"pairs"}


def test_exchanged_axes_are_read_as_set(tmp_path: Path) -> None:
    grid = made_grid(14, 2, 3, stage_sd=2)
    true = grid.stage.copy()
    grid.stage = np.stack([-true[:, 1], true[:, 0]], axis=1)
    raw = write_grid(grid, tmp_path / "raw")
    settings = '{"stage_axes": "yx", "stage_y_sign": -1}'
    index(folder=raw, output=tmp_path / "tiles.json", settings=settings)
    found = TileIndex.load(tmp_path / "tiles.json")
    assert found.stage == StageAxes(axes="yx", x_sign=1, y_sign=-1)
    assert {t.file: (t.row, t.column) for t in found.tiles} == {
        entry.file: (entry.row, entry.column) for entry in grid.entries
    }
