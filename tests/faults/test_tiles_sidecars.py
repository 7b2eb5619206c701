"""Bad sidecars: a row of the quarantine with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

from support.raw_folder import SHAPE, STEP_NM, reasons, sidecar, texture, write_hitachi
from transect.config import TilesConfig
from transect.tiles.build import build_index


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_hitachi(tmp_path / "raw", 2, 4)


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
    found = reasons(raw)
    assert list(found) == ["img_001.tif"]
    assert reason in found["img_001.tif"]


def test_comma_decimal_is_read(raw: Path) -> None:
    _rewrite(raw, PixelSize="25,00")
    assert reasons(raw) == {}


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
    found = reasons(raw)
    assert list(found) == ["img_001.tif"]
    assert "no [SemImageFile] section in any known encoding" in found["img_001.tif"]


def test_sidecar_and_image_alone(raw: Path) -> None:
    (raw / "img_001.txt").unlink()
    (raw / "img_003.tif").unlink()
    assert reasons(raw) == {
        "img_001.tif": "no sidecar img_001.txt beside it",
        "img_003.txt": "the image img_003.tif of this sidecar is missing",
    }


def test_hostile_image_name_reaches_nothing(raw: Path) -> None:
    secret = raw.parent / "secret.tif"
    tifffile.imwrite(secret, texture(1))
    (raw / "evil.txt").write_text(sidecar("../secret.tif", 9e6, 7e6))
    found = reasons(raw)
    assert found == {"evil.txt": "the image ../secret.tif of this sidecar is missing"}
