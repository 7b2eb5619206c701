"""Bad raw folders: one clear error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.raw_folder import write_hitachi
from transect.config import TilesConfig
from transect.errors import ConfigError, InputError, StorageError
from transect.tiles.build import build_index
from transect.tiles.index import TileIndex
from transect.tiles.npz import read_npz
from transect.tiles.steps import index as index_step


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_hitachi(tmp_path / "raw", 2, 4)


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
