"""Bad image files: a row of the quarantine with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from support.raw_folder import SHAPE, reasons, texture, write_hitachi
from transect.config import TilesConfig
from transect.errors import AnalysisError
from transect.tiles.build import build_index
from transect.tiles.check import check_tiles
from transect.tiles.index import TileIndex
from transect.tiles.steps import index as index_step


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_hitachi(tmp_path / "raw", 2, 4)


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
        assert reasons(raw) == {}
        return
    found = reasons(raw)
    assert list(found) == ["img_002.tif"]
    assert reason in found["img_002.tif"]
    assert [g.tile for g in build_index(raw, TilesConfig()).gaps] == ["r00_c02"]


@pytest.mark.parametrize("suffix", [".jpg", ".bmp", ".png"])
def test_truncated_pictures(tmp_path: Path, suffix: str) -> None:
    write_hitachi(tmp_path, 1, 3, suffix=suffix)
    _truncate(tmp_path / f"img_001{suffix}")
    found = reasons(tmp_path)
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
    found = reasons(raw)
    if compression in {"packbits", "jpeg"} and not found:
        pytest.skip(f"{compression} has no means to tell")
    assert "cannot be decoded" in found["img_003.tif"]


def test_floats_with_nan(tmp_path: Path) -> None:
    write_hitachi(tmp_path, 1, 3, field=lambda r, c: texture(c).astype(np.float32) / 255)
    spoilt = texture(9).astype(np.float32)
    spoilt[3, :5] = np.nan
    tifffile.imwrite(tmp_path / "img_001.tif", spoilt)
    reason = reasons(tmp_path)["img_001.tif"]
    assert reason == f"5 of {spoilt.size} pixels are not numbers (NaN or infinite)"


def test_all_tiles_blank(tmp_path: Path) -> None:
    write_hitachi(tmp_path, 2, 2, field=lambda r, c: np.full(SHAPE, 9, np.uint8))
    index = build_index(tmp_path, TilesConfig())
    with pytest.raises(AnalysisError, match="no usable tile: 4 x no contrast beyond the noise"):
        check_tiles(tmp_path, index)


def test_names_that_are_no_text(raw: Path) -> None:
    (raw / "img_000.tif").rename(raw / "img\n000.tif")
    try:
        (raw / "img_001.tif").rename(raw / "img\udcff001.tif")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes text only")
    found = reasons(raw)
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
    assert reasons(tmp_path) == {
        "b.ome.tif": "OME metadata: no PhysicalSizeX; set tiles.pixel_nm",
        "c.ome.tif": "OME metadata: no Plane with PositionX and PositionY",
        "d.tif": "no OME metadata",
    }


def test_a_foreign_image_among_zeiss_ones(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.tif").symlink_to(data / "zeiss" / "nanoporous-gold.tif")
    tifffile.imwrite(tmp_path / "b.tif", texture(4))
    assert reasons(tmp_path) == {"b.tif": "no CZ_SEM tag (34118)"}
