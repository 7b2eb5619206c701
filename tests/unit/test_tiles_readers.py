"""Every reader reads its folder: pixels, places, pixel size, channel."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from support.raw_folder import PIXEL_NM, SHAPE, sidecar, texture, write_hitachi, write_tile
from transect.config import TilesConfig
from transect.errors import InputError
from transect.tiles.build import build_index
from transect.tiles.pixels import read_pixels
from transect.tiles.read import read_tile
from transect.tiles.sidecar import decode, parse_number


@pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16", "utf-16-be", "iso-8859-1"])
def test_hitachi_sidecars_of_every_encoding(tmp_path: Path, encoding: str) -> None:
    write_hitachi(tmp_path, encoding=encoding)
    if encoding == "iso-8859-1":
        for path in tmp_path.glob("*.txt"):
            path.write_bytes(path.read_bytes() + "Comment=Müller 5 µm\r\n".encode(encoding))
    index = build_index(tmp_path, TilesConfig())
    assert index.reader == "hitachi"
    assert index.pixel_nm == PIXEL_NM
    assert index.channels == ("BSE COMPO",)
    assert index.microscope["accelerating_voltage"] == "15000 Volt"
    assert [t.tile for t in index.tiles] == [f"r{r:02d}_c{c:02d}" for r in (0, 1) for c in range(3)]
    # The stage snakes: the second row was recorded from right to left.
    assert [t.file for t in index.tiles[3:]] == ["img_005.tif", "img_004.tif", "img_003.tif"]
    assert index.quarantined == ()
    assert index.gaps == ()


@pytest.mark.parametrize(("suffix", "loss"), [(".tif", 0), (".bmp", 0), (".png", 0), (".jpg", 12)])
def test_hitachi_formats(tmp_path: Path, suffix: str, loss: int) -> None:
    pixels = texture(5)
    write_tile(tmp_path, "a", pixels, 1e6, 2e6, suffix)
    index = build_index(tmp_path, TilesConfig())
    read = read_tile(tmp_path, index, index.tiles[0])
    assert read.dtype == np.uint8
    assert np.abs(read.astype(int) - pixels).mean() <= loss


def test_the_best_of_two_copies_is_read(tmp_path: Path) -> None:
    write_tile(tmp_path, "a", texture(5), 1e6, 2e6, ".tif")
    cv2.imwrite(str(tmp_path / "a.jpg"), texture(5))
    index = build_index(tmp_path, TilesConfig())
    assert [t.file for t in index.tiles] == ["a.tif"]
    assert "another copy" in index.quarantined[0].reason


def test_stage_signs_turn_the_grid(tmp_path: Path) -> None:
    write_hitachi(tmp_path, rows=2, columns=3, error_um=0)
    as_is = build_index(tmp_path, TilesConfig())
    turned = build_index(tmp_path, TilesConfig(stage_x_sign=-1, stage_y_sign=-1))
    places = {t.file: (t.row, t.column) for t in as_is.tiles}
    assert {t.file: (1 - t.row, 2 - t.column) for t in turned.tiles} == places
    assert turned.tiles[0].stage_x_um == -as_is.tiles[-1].stage_x_um


def _with_bar(rows: int, bar: int, columns: int, seed: int, grey: int = 0) -> np.ndarray:
    image = np.full((rows + bar, columns), grey, dtype=np.uint8)
    image[:rows] = texture(seed, (rows, columns))
    cv2.putText(
        image, f"SU8230 15.0kV {seed}", (10, rows + bar * 3 // 4),
        cv2.FONT_HERSHEY_SIMPLEX, bar / 60, 255 - grey, 1,
    )  # fmt: skip
    return image


@pytest.mark.parametrize("count", [1, 4])
def test_data_bar_of_a_standard_width_is_cropped(tmp_path: Path, count: int) -> None:
    for k in range(count):
        write_tile(tmp_path, f"a{k}", _with_bar(480, 70, 640, k), k * 14400, 0)
    index = build_index(tmp_path, TilesConfig())
    assert index.tile_shape == (480, 640)
    assert index.recorded_shape == (550, 640)
    tile = read_tile(tmp_path, index, index.tiles[0])
    np.testing.assert_array_equal(tile, texture(0, (480, 640)))


def test_data_size_without_the_bar_wins(tmp_path: Path) -> None:
    write_tile(tmp_path, "a", _with_bar(400, 50, 500, 1), 0, 0, DataSize="500x400")
    assert build_index(tmp_path, TilesConfig()).tile_shape == (400, 500)


@pytest.mark.parametrize("grey", [0, 255])
def test_data_bar_of_any_width_is_found(tmp_path: Path, grey: int) -> None:
    for k in range(3):
        write_tile(tmp_path, f"a{k}", _with_bar(400, 44, 500, k, grey), k * 11000, 0)
    assert build_index(tmp_path, TilesConfig()).tile_shape == (400, 500)


def test_a_square_image_without_a_bar_stays_whole(tmp_path: Path) -> None:
    write_tile(tmp_path, "a", texture(1, (640, 640)), 0, 0)
    assert build_index(tmp_path, TilesConfig()).tile_shape == (640, 640)


def test_dark_epoxy_at_the_foot_is_no_bar(tmp_path: Path) -> None:
    pixels = texture(1, (400, 500))
    pixels[330:] = 0
    write_tile(tmp_path, "a", pixels, 0, 0)
    assert build_index(tmp_path, TilesConfig()).tile_shape == (400, 500)


def test_data_bar_can_be_set(tmp_path: Path) -> None:
    write_tile(tmp_path, "a", texture(1), 0, 0)
    index = build_index(tmp_path, TilesConfig(data_bar_px=12))
    assert index.tile_shape == (SHAPE[0] - 12, SHAPE[1])


def test_colour_16_bit_and_grey_in_colour(tmp_path: Path) -> None:
    grey = texture(3)
    cv2.imwrite(str(tmp_path / "grey.bmp"), np.dstack([grey] * 3))
    np.testing.assert_array_equal(read_pixels(tmp_path / "grey.bmp"), grey)
    colour = np.zeros((*SHAPE, 3), np.uint8)
    colour[..., 1] = 200
    tifffile.imwrite(tmp_path / "colour.tif", colour, photometric="rgb")
    assert set(np.unique(read_pixels(tmp_path / "colour.tif"))) == {117}
    deep = grey.astype(np.uint16) * 257
    for name in ("deep.tif", "deep.png"):
        (
            tifffile.imwrite(tmp_path / name, deep, byteorder=">")
            if name.endswith("tif")
            else cv2.imwrite(str(tmp_path / name), deep)
        )
        read = read_pixels(tmp_path / name)
        assert read.dtype == np.uint16
        assert read.dtype.isnative
        np.testing.assert_array_equal(read, deep)


def test_zeiss_tag_and_bar(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "transect"):
        index = build_index(data / "zeiss", TilesConfig())
    assert "reader zeiss taken" in caplog.text
    assert index.reader == "zeiss"
    assert index.pixel_nm == pytest.approx(0.5429688)
    assert index.tile_shape == (691, 1024)
    assert index.channels == ("InLens",)
    (tile,) = index.tiles
    assert (tile.stage_x_um, tile.stage_y_um) == (53588.2, 52032.1)
    assert index.microscope["accelerating_voltage"] == "20.0 kV"
    pixels = read_tile(data / "zeiss", index, tile)
    # The bar is white; nothing of the specimen is.
    assert float((pixels == 255).mean()) < 1e-3


def test_positions_table_in_pixels(data: Path) -> None:
    index = build_index(data / "bse-grid", TilesConfig(pixel_nm=100.0))
    assert index.reader == "plain"
    assert [t.file for t in index.tiles] == [
        f"tile_c{c}_r{r}.jpg" for r in range(3) for c in (0, 1)
    ]
    corner = index.tiles[0]
    assert corner.stage_x_um == pytest.approx((9.73 + 512 / 2) * 0.1)
    assert corner.stage_y_um == pytest.approx(442 / 2 * 0.1)


@pytest.mark.parametrize(("name", "size"), [("sem-grid", 3), ("sem-grid-exact", 2)])
def test_names_with_rows_and_columns(data: Path, name: str, size: int) -> None:
    index = build_index(data / name, TilesConfig(pixel_nm=10.0, overlap=0.1))
    assert [(t.row, t.column) for t in index.tiles] == [
        (r, c) for r in range(size) for c in range(size)
    ]
    assert all(t.file == f"tile_r{t.row + 1}_c{t.column + 1}.tif" for t in index.tiles)
    rows, columns = index.tile_shape
    step = index.tiles[1].stage_x_um - index.tiles[0].stage_x_um
    assert step == pytest.approx(0.9 * columns * 0.01)
    assert rows > 1500


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["r00_c03.png", "r00_c04.png", "r01_c03.png", "r01_c04.png"], None),
        (["Row1-Col1.png", "Row1-Col2.png", "Row2-Col1.png", "Row2-Col2.png"], None),
        (["x3y1.png", "x4y1.png", "x3y2.png", "x4y2.png"], None),
        (["7-12.png", "7-13.png", "8-12.png", "8-13.png"], r"(?P<row>\d+)-(?P<column>\d+)"),
    ],
)
def test_patterns_of_names(tmp_path: Path, names: list[str], pattern: str | None) -> None:
    for k, name in enumerate(names):
        cv2.imwrite(str(tmp_path / name), texture(k))
    index = build_index(tmp_path, TilesConfig(pixel_nm=5.0, name_pattern=pattern))
    assert {t.file: (t.row, t.column) for t in index.tiles} == dict(
        zip(names, [(0, 0), (0, 1), (1, 0), (1, 1)], strict=True)
    )


@pytest.mark.parametrize("header", ["file,x_um,y_um", "file,stage_x_um,stage_y_um,channel"])
def test_positions_table_in_micrometres(tmp_path: Path, header: str) -> None:
    lines = [header]
    for k in range(2):
        cv2.imwrite(str(tmp_path / f"{k}.png"), texture(k))
        lines.append(f"{k}.png,{10 + 5.0 * k},3" + (",SE" if "channel" in header else ""))
    (tmp_path / "positions.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    index = build_index(tmp_path, TilesConfig(pixel_nm=20.0))
    corner = "stage" not in header
    half = (256 * 0.01, 192 * 0.01) if corner else (0.0, 0.0)
    assert index.tiles[1].stage_x_um == pytest.approx(15 + half[0])
    assert index.tiles[0].stage_y_um == pytest.approx(3 + half[1])
    assert index.channels == (("grey",) if corner else ("SE",))


def test_ome_files_with_two_channels(tmp_path: Path) -> None:
    for k in range(3):
        stack = np.stack([texture(k), texture(k + 50)])
        tifffile.imwrite(
            tmp_path / f"t{k}.ome.tif",
            stack,
            photometric="minisblack",
            metadata={
                "axes": "CYX",
                "PhysicalSizeX": 12.5,
                "PhysicalSizeXUnit": "nm",
                "PhysicalSizeY": 12.5,
                "PhysicalSizeYUnit": "nm",
                "Channel": {"Name": ["BSE", "SE"]},
                "Plane": {
                    "PositionX": [2.9 * k] * 2,
                    "PositionY": [0.0] * 2,
                    "PositionXUnit": ["µm"] * 2,
                    "PositionYUnit": ["µm"] * 2,
                },
            },
        )
    index = build_index(tmp_path, TilesConfig())
    assert index.reader == "ome"
    assert index.pixel_nm == pytest.approx(12.5)
    assert index.channels == ("BSE", "SE")
    assert [(t.tile, t.channel) for t in index.tiles[:2]] == [("r00_c00", "BSE"), ("r00_c00", "SE")]
    second = next(t for t in index.tiles if t.column == 2 and t.channel == "SE")
    assert second.stage_x_um == pytest.approx(5.8)
    np.testing.assert_array_equal(read_tile(tmp_path, index, second), texture(52))


def test_one_ome_file_with_many_tiles(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "all.ome.tif", ome=True) as tiff:
        for k in range(4):
            tiff.write(
                texture(k),
                metadata={
                    "axes": "YX",
                    "PhysicalSizeX": 0.01,
                    "Plane": {"PositionX": [2.3 * k], "PositionY": [1.0]},
                },
            )
    index = build_index(tmp_path, TilesConfig())
    assert [t.column for t in index.tiles] == [0, 1, 2, 3]
    np.testing.assert_array_equal(read_tile(tmp_path, index, index.tiles[3]), texture(3))


def test_two_detectors_of_one_field(tmp_path: Path) -> None:
    write_hitachi(tmp_path, 1, 3)
    for k in range(3):
        x = 5e6 + k * 0.9 * SHAPE[1] * PIXEL_NM
        write_tile(tmp_path, f"se_{k}", texture(70 + k), x, 7e6, SignalName="SE(U)<b>")
    index = build_index(tmp_path, TilesConfig())
    assert index.channels == ("BSE COMPO", "SE U b")
    assert len(index.of_channel("SE U b")) == 3
    assert len({(t.tile, t.channel) for t in index.tiles}) == 6
    assert len({t.tile for t in index.tiles}) == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("506.25", 506.25),
        ("506,25", 506.25),
        ("6900 um", 6900),
        ("-1.5e3", -1500),
        ("+7,5 mm", 7.5),
    ],
)
def test_numbers_of_sidecars(text: str, value: float) -> None:
    assert parse_number("Key", text)[0] == value


def test_utf_16_without_a_mark_is_read() -> None:
    text = sidecar("a.tif", 1, 2)
    assert decode(text.encode("utf-16-le")) == text


def test_pixel_size_of_an_imagej_file(tmp_path: Path) -> None:
    scale = {"resolution": (1 / 0.02, 1 / 0.02), "metadata": {"unit": "micron"}}
    tifffile.imwrite(tmp_path / "r0_c0.tif", texture(1), imagej=True, **scale)
    assert build_index(tmp_path, TilesConfig()).pixel_nm == pytest.approx(20.0)


def test_resolution_of_a_camera_is_no_pixel_size(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "r0_c0.tif", texture(1), resolution=(72, 72), resolutionunit=2)
    with pytest.raises(InputError, match="pixel size is not recorded"):
        build_index(tmp_path, TilesConfig())
