"""Images of several pixel sizes in one folder: the mosaic's, fields of detail, and the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.raw_folder import PIXEL_NM, SHAPE, cells, texture, write_hitachi, write_tile
from transect.config import TilesConfig
from transect.errors import InputError
from transect.storage.tables import read_table
from transect.tiles.build import build_index
from transect.tiles.read import load_detail
from transect.tiles.steps import check, index
from transect.tiles.tables import TILES

MIDDLE_NM = (5e6 + 0.9 * SHAPE[1] * PIXEL_NM, 7e6 + 0.4 * SHAPE[0] * PIXEL_NM)


def _detail(
    folder: Path,
    name: str,
    place: tuple[float, float] = MIDDLE_NM,
    *,
    pixel_nm: float = PIXEL_NM / 4,
    shape: tuple[int, int] = (120, 200),
    dtype: str = "uint8",
    **changes: str | None,
) -> None:
    changes = {"PixelSize": f"{pixel_nm}"} | changes
    pixels = texture(len(name), shape).astype(dtype)
    write_tile(folder, name, pixels, *place, **changes)  # type: ignore[arg-type]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_hitachi(tmp_path / "raw", 2, 3)


def test_finer_images_become_fields_of_detail(raw: Path) -> None:
    _detail(raw, "far", (MIDDLE_NM[0] + 3e3, MIDDLE_NM[1]), shape=(90, 100), dtype="uint16")
    _detail(raw, "near")
    found = build_index(raw, TilesConfig())
    assert len(found.tiles) == 6
    assert found.pixel_nm == PIXEL_NM
    assert found.quarantined == ()
    assert [(d.detail, d.file) for d in found.details] == [("d00", "near.tif"), ("d01", "far.tif")]
    near, far = found.details
    assert near.pixel_nm == far.pixel_nm == PIXEL_NM / 4
    assert (near.stage_x_um, near.stage_y_um) == pytest.approx(np.array(MIDDLE_NM) / 1000)
    assert (far.shape, far.dtype) == ((90, 100), "uint16")
    assert load_detail(raw, far).shape == (90, 100)
    assert len(near.digest) == 32


def test_channels_of_a_field_share_its_name_and_a_copy_is_left_out(raw: Path) -> None:
    for name, signal in (("a", "BSE COMPO"), ("b", "SE"), ("c", "SE")):
        _detail(raw, name, SignalName=signal)
    found = build_index(raw, TilesConfig())
    assert [(d.detail, d.channel) for d in found.details] == [("d00", "BSE COMPO"), ("d00", "SE")]
    assert [(q.file, q.reason) for q in found.quarantined] == [
        ("c.tif", "same field of detail as b.tif")
    ]


def test_more_details_than_tiles_leave_the_mosaic_what_it_is(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 1, 2)
    for k in range(5):
        _detail(raw, f"detail {k}", (MIDDLE_NM[0] - k * 900, 7e6), shape=(60, 80))
    found = build_index(raw, TilesConfig())
    assert (len(found.tiles), found.pixel_nm) == (2, PIXEL_NM)
    assert [d.detail for d in found.details] == ["d00", "d01", "d02", "d03", "d04"]


def test_a_survey_picture_is_not_the_mosaic(raw: Path) -> None:
    _detail(raw, "survey", pixel_nm=20 * PIXEL_NM, shape=SHAPE)
    found = build_index(raw, TilesConfig())
    assert (len(found.tiles), found.details) == (6, ())
    assert [q.reason for q in found.quarantined] == [
        "pixel size 500 nm, the other tiles have 25 nm"
    ]


def test_one_picture_with_details_in_it_is_the_mosaic(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 1, 1)
    for k in range(3):
        _detail(raw, f"d{k}", (5e6 + 1200 * k - 1200, 7e6 + 700), shape=(30, 40))
    found = build_index(raw, TilesConfig())
    assert (len(found.tiles), len(found.details)) == (1, 3)


def test_the_overview_can_be_named(raw: Path) -> None:
    for row, column in cells(2, 2):
        place = (5e6 + column * 9e3, 7e6 + row * 8e3)
        _detail(raw, f"wide {row}{column}", place, pixel_nm=100, shape=(100, 120))
    assert build_index(raw, TilesConfig()).pixel_nm == 100
    found = build_index(raw, TilesConfig(overview_nm=25))
    assert (found.pixel_nm, len(found.tiles), len(found.quarantined)) == (25, 6, 4)
    with pytest.raises(InputError, match="overview_nm is 30, but no image .* there are 25, 100 nm"):
        build_index(raw, TilesConfig(overview_nm=30))


@pytest.mark.parametrize("pixel_nm", [20.0, 30.0, 100.0])
def test_pixels_that_are_not_much_finer_are_a_wrong_magnification(
    raw: Path, pixel_nm: float
) -> None:
    _detail(raw, "odd", pixel_nm=pixel_nm)
    found = build_index(raw, TilesConfig())
    assert found.details == ()
    assert [q.reason for q in found.quarantined] == [
        f"pixel size {pixel_nm:g} nm, the other tiles have 25 nm"
    ]


def test_a_field_outside_the_section_is_named(raw: Path) -> None:
    _detail(raw, "lost", (MIDDLE_NM[0], MIDDLE_NM[1] + 1e6))
    found = build_index(raw, TilesConfig())
    assert found.details == ()
    reason = found.quarantined[0].reason
    assert "pixels of 6.25 nm are a field of detail, but it lies outside the section" in reason
    assert "um from the nearest tile" in reason


def test_a_pixel_size_that_is_set_corrects_the_details_too(raw: Path) -> None:
    _detail(raw, "d", pixel_nm=5)
    found = build_index(raw, TilesConfig(pixel_nm=26))
    assert found.pixel_nm == 26
    assert found.details[0].pixel_nm == pytest.approx(5 * 26 / 25)


def test_a_detail_without_its_pixel_size_or_its_pixels_is_quarantined(raw: Path) -> None:
    _detail(raw, "mute", PixelSize=None)
    _detail(raw, "cut")
    (raw / "cut.tif").write_bytes((raw / "cut.tif").read_bytes()[:5000])
    found = build_index(raw, TilesConfig())
    assert found.details == ()
    reasons = {q.file: q.reason for q in found.quarantined}
    assert "no PixelSize" in reasons["mute.tif"]
    assert "truncated" in reasons["cut.tif"]


def test_data_bars_are_cropped_from_details(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 2, 2)
    _detail(raw, "barred", shape=(110, 200), DataSize="200x90")
    found = build_index(raw, TilesConfig())
    assert found.details[0].shape == (90, 200)
    assert load_detail(raw, found.details[0]).shape == (90, 200)


def test_details_are_no_tiles_for_the_checks(raw: Path) -> None:
    _detail(raw, "near")
    index(folder=raw, output=raw.parent / "tiles.json")
    tiles, output = raw.parent / "tiles.json", raw.parent / "tiles.parquet"
    check(tiles=tiles, folder=raw, output=output)
    rows = read_table(output, TILES)
    assert "near.tif" not in set(rows["file"])
    assert (rows["status"] == "ok").all()
