"""Real grids of tiles as a user gives them: the commands, from a folder to a fused mosaic."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.chain import stitch
from transect.mosaic.tables import POSITIONS, SEAMS
from transect.storage.images import open_image
from transect.storage.tables import read_table
from transect.tiles.index import TileIndex

PLAIN = {"tiles": {"pixel_nm": 10.0}}


def _places(out: Path) -> pd.DataFrame:
    """Position of every tile by its file."""
    files = {t.tile: t.file for t in TileIndex.load(out / "tiles.json").tiles}
    places = read_table(out / "positions.parquet", POSITIONS)
    return places.assign(file=places["tile"].map(files)).set_index("file")


def _loops(out: Path) -> list[float]:
    """How far each square of four tiles is from closing, by its accepted seams, px."""
    seams = read_table(out / "seams.parquet", SEAMS)
    assert seams["accepted"].all()
    shift: dict[str, dict[str, tuple[str, np.ndarray]]] = {"x": {}, "y": {}}
    for row in seams.to_dict("records"):
        measured = np.array([row["dx_px"], row["dy_px"]])
        shift[row["direction"]][row["tile_a"]] = (row["tile_b"], measured)
    found = []
    for corner, (right, along) in shift["x"].items():
        if corner in shift["y"]:
            below, down = shift["y"][corner]
            loop = along + shift["y"][right][1] - shift["x"][below][1] - down
            found.append(float(np.hypot(*loop)))
    return found


def _is_whole(out: Path) -> None:
    """Every tile was placed by what it shows, and the mosaic has no hole."""
    assert set(_places(out)["placed_by"]) == {"pairs"}
    recorded = open_image(out / "mosaic.zarr", "labels/valid").whole(0)
    assert recorded.mean() > 0.9
    inner = recorded[100:-100, 100:-100]
    assert inner.all()


@pytest.mark.parametrize("listed", [True, False], ids=["positions", "names"])
def test_the_mineral_grid_lies_as_published(data: Path, tmp_path: Path, listed: bool) -> None:
    """With the published table as the stage, and without it, from the names of the files alone."""
    folder, settings = data / "bse-grid", {"pixel_nm": 10.0, "overlap": 0.18}
    if not listed:
        folder = tmp_path / "raw"
        folder.mkdir()
        for path in (data / "bse-grid").glob("*.jpg"):
            (folder / path.name).symlink_to(path)
    stitch(folder, tmp_path, {"tiles": settings})
    _is_whole(tmp_path)
    found = _places(tmp_path)
    with (data / "bse-grid" / "positions.csv").open() as lines:
        true = {
            row["file"]: (float(row["x_px"]), float(row["y_px"])) for row in csv.DictReader(lines)
        }
    assert set(found.index) == set(true)
    away = found[["x_px", "y_px"]].to_numpy() - np.array([true[name] for name in found.index])
    away -= np.median(away, axis=0)
    assert np.hypot(*away.T).max() < 10
    # Far better than asked: pinned so that it stays so.
    assert np.hypot(*away.T).max() < 2.5
    stage = found[["stage_x_px", "stage_y_px"]].to_numpy()
    if not listed:
        off = stage - np.array([true[name] for name in found.index])
        assert np.abs(off - np.median(off, axis=0)).max() > 10, "the names gave it away"


@pytest.mark.parametrize(
    ("name", "loops", "within_px"), [("sem-grid", 4, 3.0), ("sem-grid-exact", 1, 0.1)]
)
def test_every_loop_of_a_grid_closes(
    data: Path, tmp_path: Path, name: str, loops: int, within_px: float
) -> None:
    stitch(data / name, tmp_path, PLAIN)
    _is_whole(tmp_path)
    closed = _loops(tmp_path)
    assert len(closed) == loops
    assert max(closed) < within_px
    assert json.loads((tmp_path / "tiles.json").read_text())["reader"] == "plain"
