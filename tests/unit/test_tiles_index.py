"""The index: same folder, same bytes; another pixel, another digest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from support.raw_folder import SHAPE, texture, write_hitachi, write_tile
from transect.config import TilesConfig
from transect.errors import InputError
from transect.storage.tables import read_table
from transect.tiles.build import build_index
from transect.tiles.check import check_tiles
from transect.tiles.index import TileIndex
from transect.tiles.read import read_tile
from transect.tiles.steps import check, index, shading
from transect.tiles.tables import TILES


def test_json_has_the_agreed_keys_and_loads_again(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw")
    index(folder=raw, output=tmp_path / "tiles.json", threads=2)
    values = json.loads((tmp_path / "tiles.json").read_text())
    assert values["schema"] == 1
    assert set(values) >= {
        "reader", "pixel_nm", "tile_shape", "dtype", "channels", "digest", "microscope", "tiles",
        "quarantined",
    }  # fmt: skip
    assert values["tile_shape"] == list(SHAPE)
    assert str(tmp_path) not in json.dumps(values)
    loaded = TileIndex.load(tmp_path / "tiles.json")
    assert loaded == build_index(raw, TilesConfig())
    assert loaded.px_um == 0.025


def test_threads_do_not_matter_and_pixels_do(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw")
    first = build_index(raw, TilesConfig(), threads=1)
    assert build_index(raw, TilesConfig(), threads=4) == first
    pixels = tifffile.imread(raw / "img_002.tif")
    pixels[0, 0] ^= 1
    tifffile.imwrite(raw / "img_002.tif", pixels)
    changed = build_index(raw, TilesConfig())
    assert changed.digest != first.digest
    differ = [a.file for a, b in zip(first.tiles, changed.tiles, strict=True) if a != b]
    assert differ == ["img_002.tif"]


def test_missing_tiles_are_gaps(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 3, 4)
    (raw / "img_005.tif").unlink()
    (raw / "img_005.txt").unlink()
    found = build_index(raw, TilesConfig())
    assert [(g.tile, g.row, g.column) for g in found.gaps] == [("r01_c02", 1, 2)]
    assert len(found.tiles) == 11


def test_expected_tiles_are_counted(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 2, 2)
    assert len(build_index(raw, TilesConfig(expected_tiles=4)).tiles) == 4
    with pytest.raises(InputError, match="4 images found, 5 expected"):
        build_index(raw, TilesConfig(expected_tiles=5))


def test_one_tile_is_enough(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 1, 1)
    paths = [tmp_path / name for name in ("tiles.json", "tiles.parquet", "shading.npz")]
    index(folder=raw, output=paths[0])
    check(tiles=paths[0], folder=raw, output=paths[1])
    shading(tiles=paths[0], checks=paths[1], folder=raw, output=paths[2])
    assert read_table(paths[1], TILES)["status"].tolist() == ["ok"]
    with np.load(paths[2]) as arrays:
        np.testing.assert_array_equal(arrays["gain_0"], np.ones(SHAPE, np.float32))


def test_steps_write_the_same_bytes_again(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 3, 4)
    written = []
    for threads, name in ((1, "a"), (3, "b")):
        out = tmp_path / name
        index(folder=raw, output=out / "tiles.json", threads=threads)
        args = {"tiles": out / "tiles.json", "folder": raw, "threads": threads}
        check(**args, output=out / "tiles.parquet")
        shading(**args, checks=out / "tiles.parquet", output=out / "shading.npz")
        written.append([p.read_bytes() for p in sorted(out.iterdir())])
    assert written[0] == written[1]


def test_identical_pixels_elsewhere_are_left_out(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 1, 3)
    same = tifffile.imread(raw / "img_000.tif")
    tifffile.imwrite(raw / "img_002.tif", same, compression="zlib")
    found = build_index(raw, TilesConfig())
    rows = check_tiles(raw, found).set_index("file")
    assert rows.loc["img_002.tif", "status"] == "quarantined"
    assert "same pixels as img_000.tif" in rows.loc["img_002.tif", "reason"]
    assert rows.loc["img_000.tif", "status"] == "ok"


def test_blank_tiles_are_marked_and_keep_their_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)

    def field(row: int, column: int) -> np.ndarray:
        if column == 1:
            return np.full(SHAPE, 7, np.uint8)
        if column == 2:
            return np.clip(rng.normal(40, 6, SHAPE), 0, 255).astype(np.uint8)
        return texture(row * 10 + column)

    raw = write_hitachi(tmp_path / "raw", 2, 4, field=field)
    rows = check_tiles(raw, build_index(raw, TilesConfig()), threads=2)
    assert rows.groupby("column")["status"].first().tolist() == ["ok", "blank", "blank", "ok"]
    assert (rows.loc[rows["status"] == "blank", "reason"] == "no contrast beyond the noise").all()
    assert rows["stage_x_um"].notna().all()


def test_a_tile_that_changed_after_the_index_is_refused(tmp_path: Path) -> None:
    raw = write_hitachi(tmp_path / "raw", 1, 2)
    found = build_index(raw, TilesConfig())
    tifffile.imwrite(raw / "img_000.tif", texture(1, (50, 60)))
    with pytest.raises(InputError, match=r"img_000\.tif: 60 x 50 px, expected 256 x 192 px"):
        read_tile(raw, found, found.tiles[0])


def test_wide_16_bit_tiles(tmp_path: Path) -> None:
    tmp_path.mkdir(exist_ok=True)
    for k in range(2):
        write_tile(tmp_path, f"a{k}", texture(k).astype(np.uint16) * 200, k * 5760, 0)
    found = build_index(tmp_path, TilesConfig())
    assert found.dtype == "uint16"
    rows = check_tiles(tmp_path, found)
    assert (rows["noise_sd"] / 200 - 5).abs().max() < 1.0
