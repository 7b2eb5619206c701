"""Bad raw folders: one clear error, or a row of the quarantine with its reason."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from support.raw_folder import SHAPE, sidecar, texture, write_hitachi, write_tile
from transect.config import TilesConfig
from transect.errors import AnalysisError, ConfigError, InputError, StorageError
from transect.tiles.build import build_index
from transect.tiles.check import check_tiles
from transect.tiles.index import TileIndex
from transect.tiles.npz import read_npz
from transect.tiles.steps import index as index_step

STEP_NM = 0.9 * SHAPE[1] * 25


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_hitachi(tmp_path / "raw", 2, 4)


def _reasons(folder: Path, config: TilesConfig | None = None) -> dict[str, str]:
    """Reasons by file, of the index and of the checks together."""
    index = build_index(folder, config or TilesConfig())
    rows = check_tiles(folder, index)
    bad = rows[rows["status"] == "quarantined"]
    assert set(bad["file"]) >= {q.file for q in index.quarantined}
    return dict(zip(bad["file"], bad["reason"], strict=True))


# Folders


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder of raw tiles"):
        build_index(tmp_path / "nowhere", TilesConfig())


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no image"):
        build_index(tmp_path, TilesConfig())


def test_folder_of_folders_names_them(raw: Path) -> None:
    with pytest.raises(InputError, match="it has the folders raw"):
        build_index(raw.parent, TilesConfig())


def test_unknown_key_and_reader(raw: Path) -> None:
    with pytest.raises(ConfigError, match="unknown key stage_sign"):
        index_step(folder=raw, output=raw / "x.json", settings='{"stage_sign": 1}')
    with pytest.raises(ConfigError, match="reader"):
        index_step(folder=raw, output=raw / "x.json", settings='{"reader": "leica"}')


def test_every_image_unusable_is_one_error(raw: Path) -> None:
    for path in raw.glob("*.tif"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match="no usable tile; img_000.tif and 7 more: empty file"):
        build_index(raw, TilesConfig())


def test_command_exits_with_2(tmp_path: Path) -> None:
    command = [Path(sys.executable).parent / "transect", "index"]
    options = ["--folder", tmp_path, "--output", tmp_path / "t.json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"transect: {tmp_path}: no image")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "t.json").exists()


# Files


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_truncate, "truncated"),
        (lambda p: p.write_bytes(b""), "empty file: 0 bytes"),
        (lambda p: p.write_text("no image at all"), "not a readable TIFF"),
        (lambda p: p.write_bytes(p.read_bytes()[:6]), "not a readable TIFF"),
        (lambda p: tifffile.imwrite(p, texture(1, (90, 120))), "size 120 x 90 px"),
        (lambda p: tifffile.imwrite(p, texture(1).astype(np.uint16)), "pixels are uint16"),
        (lambda p: tifffile.imwrite(p, texture(1).astype(np.int32)), "pixels are int32"),
        (lambda p: tifffile.imwrite(p, texture(1)[None].repeat(4, 0)[:, None]), ""),
    ],
    ids=["truncated", "empty", "text", "header", "size", "dtype", "int32", "pages"],
)
def test_bad_tiff(raw: Path, spoil: Callable[[Path], object], reason: str) -> None:
    spoil(raw / "img_002.tif")
    if not reason:
        # Further pages of a TIFF are thumbnails: the first is the tile.
        assert _reasons(raw) == {}
        return
    found = _reasons(raw)
    assert list(found) == ["img_002.tif"]
    assert reason in found["img_002.tif"]
    assert [g.tile for g in build_index(raw, TilesConfig()).gaps] == ["r00_c02"]


@pytest.mark.parametrize("suffix", [".jpg", ".bmp", ".png"])
def test_truncated_pictures(tmp_path: Path, suffix: str) -> None:
    write_hitachi(tmp_path, 1, 3, suffix=suffix)
    _truncate(tmp_path / f"img_001{suffix}")
    found = _reasons(tmp_path)
    assert list(found) == [f"img_001{suffix}"]
    assert "decoded" in found[f"img_001{suffix}"] or "readable" in found[f"img_001{suffix}"]


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "packbits", "jpeg"])
def test_damaged_strips_are_found_by_the_check(raw: Path, compression: str) -> None:
    path = raw / "img_003.tif"
    tifffile.imwrite(path, texture(3), compression=compression, rowsperstrip=16)
    with tifffile.TiffFile(path) as tiff:
        start, count = tiff.pages[0].dataoffsets[2], tiff.pages[0].databytecounts[2]
    data = bytearray(path.read_bytes())
    data[start : start + count] = b"\xff" * count
    path.write_bytes(data)
    found = _reasons(raw)
    if compression in {"packbits", "jpeg"} and not found:
        pytest.skip(f"{compression} has no means to tell")
    assert "cannot be decoded" in found["img_003.tif"]


def test_floats_with_nan(tmp_path: Path) -> None:
    write_hitachi(tmp_path, 1, 3, field=lambda r, c: texture(c).astype(np.float32) / 255)
    spoilt = texture(9).astype(np.float32)
    spoilt[3, :5] = np.nan
    tifffile.imwrite(tmp_path / "img_001.tif", spoilt)
    reason = _reasons(tmp_path)["img_001.tif"]
    assert reason == f"5 of {spoilt.size} pixels are not numbers (NaN or infinite)"


def test_all_tiles_blank(tmp_path: Path) -> None:
    write_hitachi(tmp_path, 2, 2, field=lambda r, c: np.full(SHAPE, 9, np.uint8))
    index = build_index(tmp_path, TilesConfig())
    with pytest.raises(AnalysisError, match="no usable tile: 4 x no contrast beyond the noise"):
        check_tiles(tmp_path, index)


# Duplicates


def test_duplicate_position(raw: Path) -> None:
    write_tile(raw, "again", texture(77), 5e6 + 2 * STEP_NM + 300, 7e6)
    # The copy sorts first by name, so the later one is the duplicate.
    found = _reasons(raw)
    assert list(found) == ["img_002.tif"]
    assert found["img_002.tif"].startswith("same stage position as again.tif (0.")


def test_duplicate_cell_of_a_name(tmp_path: Path) -> None:
    for seed, name in enumerate(("r0_c0", "r0_c1", "r0_c1 copy", "r1_c0")):
        cv2.imwrite(str(tmp_path / f"{name}.png"), texture(seed))
    found = _reasons(tmp_path, TilesConfig(pixel_nm=5))
    assert found == {"r0_c1.png": "same row and column as r0_c1 copy.png"}


# Sidecars


def _rewrite(raw: Path, **changes: str | None) -> None:
    x = 5e6 + STEP_NM
    (raw / "img_001.txt").write_text(sidecar("img_001.tif", x, 7e6, SHAPE, **changes))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PixelSize": None}, "no PixelSize; add it, or set tiles.pixel_nm"),
        ({"PixelSize": ""}, "no PixelSize"),
        ({"PixelSize": "wide"}, "PixelSize=wide: not a number"),
        ({"PixelSize": "1.025,5"}, "more than one decimal sign"),
        ({"PixelSize": "25 inch"}, "unit 'inch'"),
        ({"PixelSize": "50"}, "pixel size 50 nm, the other tiles have 25 nm"),
        ({"StagePositionX": None}, "no StagePositionX and StagePositionY"),
    ],
)
def test_bad_sidecar(raw: Path, changes: dict[str, str | None], reason: str) -> None:
    _rewrite(raw, **changes)
    found = _reasons(raw)
    assert list(found) == ["img_001.tif"]
    assert reason in found["img_001.tif"]


def test_comma_decimal_is_read(raw: Path) -> None:
    _rewrite(raw, PixelSize="25,00")
    assert _reasons(raw) == {}


def test_set_pixel_size_stands_for_a_missing_one(raw: Path) -> None:
    _rewrite(raw, PixelSize=None)
    index = build_index(raw, TilesConfig(pixel_nm=24.0))
    assert index.pixel_nm == 24.0
    assert index.quarantined == ()


@pytest.mark.parametrize(
    "raw_bytes", [b"\xd5\xe2\xad\x00\x93\x81" * 40, b"", b"[Other]\r\na=1\r\n"]
)
def test_sidecar_of_unknown_encoding(raw: Path, raw_bytes: bytes) -> None:
    (raw / "img_001.txt").write_bytes(raw_bytes)
    found = _reasons(raw)
    assert list(found) == ["img_001.tif"]
    assert "no [SemImageFile] section in any known encoding" in found["img_001.tif"]


def test_sidecar_and_image_alone(raw: Path) -> None:
    (raw / "img_001.txt").unlink()
    (raw / "img_003.tif").unlink()
    assert _reasons(raw) == {
        "img_001.tif": "no sidecar img_001.txt beside it",
        "img_003.txt": "the image img_003.tif of this sidecar is missing",
    }


def test_hostile_image_name_reaches_nothing(raw: Path) -> None:
    secret = raw.parent / "secret.tif"
    tifffile.imwrite(secret, texture(1))
    (raw / "evil.txt").write_text(sidecar("../secret.tif", 9e6, 7e6))
    found = _reasons(raw)
    assert found == {"evil.txt": "the image ../secret.tif of this sidecar is missing"}


# Positions


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
    found = _reasons(tmp_path, config)
    assert list(found) == ["1.png"]
    assert found["1.png"].startswith("positions.csv line 3: x_px is")


def test_positions_with_names_that_are_not_there(tmp_path: Path) -> None:
    config = _plain(
        tmp_path,
        ["file,x_px,y_px", "0.png,0,0", "9.png,230,0", "../0.png,1,1", "2.png,460,0", "2.png,9,9"],
    )
    assert _reasons(tmp_path, config) == {
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


# Names and the rest


def test_plain_images_need_a_pixel_size(tmp_path: Path) -> None:
    _plain(tmp_path, ["file,x_px,y_px", "0.png,0,0"])
    with pytest.raises(InputError, match=r"pixel size is not recorded .* set tiles\.pixel_nm"):
        build_index(tmp_path, TilesConfig())


def test_names_without_a_place(tmp_path: Path) -> None:
    names = ("r0_c0.png", "r0_c1.png", "<script>alert(1).png", "overview.png")
    for seed, name in enumerate(names):
        cv2.imwrite(str(tmp_path / name), texture(seed))
    found = _reasons(tmp_path, TilesConfig(pixel_nm=5))
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


def test_data_bar_taller_than_the_image(raw: Path) -> None:
    with pytest.raises(InputError, match="data_bar_px is 5000, but a tile has 192 rows"):
        build_index(raw, TilesConfig(data_bar_px=5000))


def test_broken_index_and_shading(tmp_path: Path) -> None:
    path = tmp_path / "tiles.json"
    for text, message in (("{", "not a readable index"), ('{"schema": 9}', "schema 9, expected 1")):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            TileIndex.load(path)
    path.write_text('{"schema": 1, "reader": "plain"}')
    with pytest.raises(InputError, match="pixel_nm: Field required"):
        TileIndex.load(path)
    with pytest.raises(StorageError, match="not a readable file of arrays"):
        read_npz(path)


def test_names_that_are_no_text(raw: Path) -> None:
    (raw / "img_000.tif").rename(raw / "img\n000.tif")
    try:
        (raw / "img_001.tif").rename(raw / "img\udcff001.tif")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes text only")
    found = _reasons(raw)
    assert found[r"img\n000.tif"] == found[r"img\udcff001.tif"]
    assert "not text of one line; rename it" in found[r"img\n000.tif"]
    index_step(folder=raw, output=raw.parent / "tiles.json")
    assert len(TileIndex.load(raw.parent / "tiles.json").tiles) == 6


def test_ome_files_that_lack_something(tmp_path: Path) -> None:
    full = {"axes": "YX", "PhysicalSizeX": 0.01, "Plane": {"PositionX": [1.0], "PositionY": [1.0]}}
    for name, drop in (("a", ""), ("b", "PhysicalSizeX"), ("c", "Plane")):
        facts = {key: value for key, value in full.items() if key != drop}
        tifffile.imwrite(tmp_path / f"{name}.ome.tif", texture(ord(name)), metadata=facts)
    tifffile.imwrite(tmp_path / "d.tif", texture(4))
    assert _reasons(tmp_path) == {
        "b.ome.tif": "OME metadata: no PhysicalSizeX; set tiles.pixel_nm",
        "c.ome.tif": "OME metadata: no Plane with PositionX and PositionY",
        "d.tif": "no OME metadata",
    }


def test_a_foreign_image_among_zeiss_ones(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.tif").symlink_to(data / "zeiss" / "nanoporous-gold.tif")
    tifffile.imwrite(tmp_path / "b.tif", texture(4))
    assert _reasons(tmp_path) == {"b.tif": "no CZ_SEM tag (34118)"}
