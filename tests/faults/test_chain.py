"""Poor sections through every command: a report that says what is the matter, or one error."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from support.chain import report, stitch
from support.project import BIN
from support.raw_folder import PIXEL_NM, SHAPE, Image, texture, write_hitachi, write_tile
from transect.errors import AnalysisError
from transect.measure.tables import COLUMNS, METRICS
from transect.phantom.make import make_phantom
from transect.phantom.spec import load_spec
from transect.storage.tables import read_metadata, read_table
from transect.tiles.tables import TILES


def _cut(folder: Path, image: Image, edge: tuple[int, int], step: tuple[int, int]) -> Path:
    """Write an image as overlapping tiles."""
    folder.mkdir()
    corners = [
        (y, x)
        for y in range(0, image.shape[0] - edge[0] + 1, step[0])
        for x in range(0, image.shape[1] - edge[1] + 1, step[1])
    ]
    for number, (y, x) in enumerate(corners):
        stage = (np.array([x, y]) + np.array(edge[::-1]) / 2) * PIXEL_NM + 5e6
        write_tile(folder, f"img_{number:03d}", image[y : y + edge[0], x : x + edge[1]], *stage)
    return folder


def _words(page: Path) -> str:
    """Text of a page, without its tags."""
    text = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", page.read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", text)


def _metrics(section: Path) -> pd.DataFrame:
    return read_table(section / "tables" / "metrics.parquet", METRICS).set_index("metric")


def test_one_tile_ends_in_a_report(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    write_tile(raw, "only", texture(1, (400, 600)), 5e6, 5e6)
    section = report(raw, tmp_path)
    words = _words(section / "report.html")
    assert "One tile only: there are no seams" in words
    assert "No collector foil was found" in words
    assert "S01" in _words(section.parents[1] / "report.html")


def test_a_section_without_particles_ends_in_a_report(tmp_path: Path) -> None:
    """Specks only: two kinds of matter, of which nothing is as large as a particle."""
    fine = texture(2, (440, 660))
    raw = _cut(tmp_path / "raw", fine, (240, 260), (200, 200))
    section = report(raw, tmp_path, {"segment": {"min_particle_px": 200}})
    assert len(pd.read_parquet(section / "tables" / "particles.parquet")) == 0
    metrics = _metrics(section)
    assert metrics.loc["n_particles", "value"] == 0
    for name in ("d50_area_um", "ecd_mean_um", "cracked_fraction", "t_mean_um"):
        assert np.isnan(metrics.loc[name, "value"]), name
        assert metrics.loc[name, "note"], name
    assert "No particles were found" in _words(section / "report.html")


def test_a_section_of_one_matter_is_one_error(tmp_path: Path) -> None:
    """Binder alone: no threshold would mean anything, so none is made up."""
    rng = np.random.default_rng(2)
    fine = cv2.GaussianBlur(rng.normal(size=(440, 660)).astype(np.float32), (0, 0), 2.0)
    image = np.clip(70 + 12 * fine / fine.std() + rng.normal(0, 2, fine.shape), 0, 255)
    raw = _cut(tmp_path / "raw", image.astype(np.uint8), (240, 260), (200, 200))
    with pytest.raises(AnalysisError, match=r"one hump.*no particles can be told.*check") as caught:
        report(raw, tmp_path)
    assert "\n" not in str(caught.value)


def test_all_tiles_blank_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    blank = [np.clip(rng.normal(60, 5, SHAPE), 0, 255).astype(np.uint8) for _ in range(4)]
    raw = write_hitachi(tmp_path / "raw", 2, 2, field=lambda row, column: blank[2 * row + column])
    with pytest.raises(AnalysisError, match="no usable tile: 4 x no contrast beyond the noise"):
        stitch(raw, tmp_path)
    assert [p.name for p in tmp_path.glob("tiles.*")] == ["tiles.json"]
    command = [BIN / "transect", "check", "--tiles", tmp_path / "tiles.json", "--folder", raw]
    command += ["--output", tmp_path / "tiles.parquet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"transect: {raw}: no usable tile: 4 x")
    assert "Traceback" not in done.stderr


FAULTS = {
    "r00_c00": "truncated",
    "r00_c02": "zero_byte",
    "r00_c04": "not_an_image",
    "r00_c05": "other_shape",
    "r01_c01": "other_dtype",
    "r01_c03": "other_pixel_size",
    "r01_c05": "no_pixel_size",
    "r02_c00": "unknown_encoding",
    "r02_c02": "missing",
    "r02_c04": "duplicate",
    "r02_c05": "blank",
    "r01_c00": "comma_decimal",
}
REASONS = {
    "r00_c00.tif": "truncated",
    "r00_c02.tif": "empty file: 0 bytes",
    "r00_c04.tif": "not a readable TIFF",
    "r00_c05.tif": "size",
    "r01_c01.tif": "pixels are uint16",
    "r01_c03.tif": "pixel size",
    "r01_c05.tif": "no PixelSize",
    "r02_c00.tif": "no [SemImageFile] section in any known encoding",
    "r02_c04_again.tif": "same stage position as r02_c04.tif",
}


def test_every_fault_of_a_folder_is_in_the_report(tmp_path: Path) -> None:
    changes = {
        "width_um": 250.0,
        "geometry.sides": "a",
        "geometry.separator": "none",
        "geometry.thickness_um": 30.0,
        "microscope.tile_shape": (500, 600),
        "microscope.rows": 3,
        "microscope.faults": FAULTS,
        "labels": False,
    }
    make_phantom(tmp_path / "raw", load_spec(None, changes, "good"), threads=2)
    section = report(tmp_path / "raw", tmp_path)
    tiles = read_table(section / "tiles.parquet", TILES)
    bad = tiles[tiles["status"] == "quarantined"].set_index("file")["reason"]
    assert set(bad.index) == set(REASONS)
    words = _words(section / "report.html")
    for file, reason in REASONS.items():
        assert reason in bad[file], file
        assert f"{file} " in words
        assert bad[file] in words.replace("&#39;", "'")
    assert set(tiles[tiles["status"] == "blank"]["tile"]) == {"r02_c05"}
    # Nothing tells of a tile that was never recorded but its empty place.
    gaps = words[words.index("Places without a usable tile") :]
    assert "r02_c02 2 2" in gaps[:500]
    # A comma for a point is no fault.
    assert tiles.set_index("file").loc["r01_c00.tif", "status"] == "ok"
    # Missing tiles are missing area, and counted as such.
    assert _metrics(section).loc["excluded_area_fraction", "value"] > 0.02


def test_a_hole_in_the_foil_is_not_measured_and_moves_nothing_else(tmp_path: Path) -> None:
    changes = {
        "width_um": 200.0,
        "margin_um": 4.0,
        "geometry.separator": "none",
        "geometry.thickness_um": 25.0,
        "geometry.d_max_um": 12.0,
        "microscope.tile_shape": (500, 600),
        "microscope.rows": 3,
        "microscope.faults": {"r01_c03": "missing"},
        "labels": False,
    }
    make_phantom(tmp_path / "raw", load_spec(None, changes, "good"), threads=2)
    section = report(tmp_path / "raw", tmp_path)
    true = pd.read_parquet(tmp_path / "raw/truth/columns.parquet").set_index(["side", "column_px"])
    found = read_table(section / "tables" / "columns.parquet", COLUMNS)
    columns = int(read_metadata(section / "positions.parquet")["mosaic_cols"])
    x_px = np.rint(found["x_um"] / 0.05 - 0.5).astype(int)
    for side in "ab":
        mine = (found["side"] == side).to_numpy()
        there = true.loc[side].reindex(x_px[mine])
        off = found["thickness_um"][mine].to_numpy() - there["thickness_um"].to_numpy()
        assert abs(np.nanmean(off)) < 0.05, side
        # A tile of 600 px, of which its neighbours show the overlaps.
        assert 400 < columns - mine.sum() < 520, side
        assert (found["delaminated"][mine].to_numpy() == there["delaminated"]).mean() > 0.99
    assert _metrics(section).loc["excluded_area_fraction", "value"] > 0.02
