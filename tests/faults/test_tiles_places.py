"""Tiles whose place is not said, is said twice or cannot be read."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from support.raw_folder import STEP_NM, reasons, texture, write_hitachi, write_tile
from transect.config import TilesConfig
from transect.errors import InputError
from transect.tiles.build import build_index


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_hitachi(tmp_path / "raw", 2, 4)


def test_duplicate_position(raw: Path) -> None:
    write_tile(raw, "again", texture(77), 5e6 + 2 * STEP_NM + 300, 7e6)
    # The copy sorts first by name, so the later one is the duplicate.
    found = reasons(raw)
    assert list(found) == ["img_002.tif"]
    assert found["img_002.tif"].startswith("same stage position as again.tif (0.")


def test_duplicate_cell_of_a_name(tmp_path: Path) -> None:
    for seed, name in enumerate(("r0_c0", "r0_c1", "r0_c1 copy", "r1_c0")):
        cv2.imwrite(str(tmp_path / f"{name}.png"), texture(seed))
    found = reasons(tmp_path, TilesConfig(pixel_nm=5))
    assert found == {"r0_c1.png": "same row and column as r0_c1 copy.png"}


def _plain(folder: Path, lines: list[str]) -> TilesConfig:
    for k in range(3):
        cv2.imwrite(str(folder / f"{k}.png"), texture(k))
    (folder / "positions.csv").write_text("\n".join(lines))
    return TilesConfig(pixel_nm=10)


def test_positions_without_a_column(tmp_path: Path) -> None:
    config = _plain(tmp_path, ["file,x_px", "0.png,1"])
    with pytest.raises(InputError, match=r"columns file, x_px found, expected file and x_px, y_px"):
        build_index(tmp_path, config)


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "", "abc"])
def test_positions_with_a_bad_number(tmp_path: Path, value: str) -> None:
    config = _plain(tmp_path, ["file,x_px,y_px", "0.png,0,0", f"1.png,{value},0", "2.png,460,0"])
    found = reasons(tmp_path, config)
    assert list(found) == ["1.png"]
    assert found["1.png"].startswith("positions.csv line 3: x_px is")


def test_positions_with_names_that_are_not_there(tmp_path: Path) -> None:
    config = _plain(
        tmp_path,
        ["file,x_px,y_px", "0.png,0,0", "9.png,230,0", "../0.png,1,1", "2.png,460,0", "2.png,9,9"],
    )
    assert reasons(tmp_path, config) == {
        "../0.png": "positions.csv line 4: no such image in the folder",
        "1.png": "not listed in positions.csv",
        "2.png": "positions.csv line 6: listed twice; the first is taken",
        "9.png": "positions.csv line 3: no such image in the folder",
    }


def test_positions_that_are_not_text(tmp_path: Path) -> None:
    config = _plain(tmp_path, [])
    (tmp_path / "positions.csv").write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(InputError, match="not a table in UTF-8"):
        build_index(tmp_path, config)


def test_plain_images_need_a_pixel_size(tmp_path: Path) -> None:
    _plain(tmp_path, ["file,x_px,y_px", "0.png,0,0"])
    with pytest.raises(InputError, match=r"pixel size is not recorded .* set tiles\.pixel_nm"):
        build_index(tmp_path, TilesConfig())


def test_names_without_a_place(tmp_path: Path) -> None:
    names = ("r0_c0.png", "r0_c1.png", "<script>alert(1).png", "overview.png")
    for seed, name in enumerate(names):
        cv2.imwrite(str(tmp_path / name), texture(seed))
    found = reasons(tmp_path, TilesConfig(pixel_nm=5))
    assert set(found) == {"<script>alert(1).png", "overview.png"}
    assert "set tiles.name_pattern" in found["overview.png"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(", "not a regular expression"), (r"(?P<row>\d+)", "needs the groups")],
)
def test_bad_name_pattern(tmp_path: Path, pattern: str, message: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), texture(1))
    with pytest.raises(InputError, match=message):
        build_index(tmp_path, TilesConfig(pixel_nm=5, name_pattern=pattern))
