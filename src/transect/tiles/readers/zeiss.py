"""ZEISS SmartSEM: TIFF with tag 34118 (CZ_SEM)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tifffile

from transect.config import TilesConfig
from transect.tiles.pixels import TIFF, Unreadable
from transect.tiles.readers.base import Folder, Found, Reader, Scan

TAG = 34118
Tag = Mapping[str, tuple[Any, ...]]
_TO_NM = {"pm": 1e-3, "nm": 1.0, "µm": 1e3, "um": 1e3, "mm": 1e6, "m": 1e9}
FACTS = {
    "dp_sem": "instrument",
    "ap_actualkv": "accelerating_voltage",
    "ap_wd": "working_distance",
    "dp_detector_channel": "signal",
    "ap_mag": "magnification",
    "dp_scanrate": "scan_speed",
    "ap_scanrotation": "rotation",
    "ap_stage_at_r": "stage_rotation",
    "ap_date": "date",
    "ap_time": "time",
}


def recognises(folder: Folder) -> bool:
    """Whether one of the first TIFFs that open has the tag."""
    opened = 0
    for name in (n for n in folder.images if Path(n).suffix.lower() in TIFF):
        try:
            with tifffile.TiffFile(folder.path / name) as tiff:
                if _value(tiff) is not None:
                    return True
                opened += 1
        except Exception:
            continue
        if opened == 3:
            break
    return False


def scan(folder: Folder, config: TilesConfig) -> Scan:
    """Read the tag and the header of every TIFF."""
    result = Scan()
    for name in folder.images:
        header = folder.header(name, result)
        if header is None:
            continue
        try:
            tag = _tag(folder.path / name)
            pixel_nm = _pixel_nm(tag)
            x, y = _length_nm(tag, "ap_stage_at_x"), _length_nm(tag, "ap_stage_at_y")
            if config.pixel_nm is None and pixel_nm is None:
                raise Unreadable("CZ_SEM tag: no pixel size; set tiles.pixel_nm")
            if x is None or y is None:
                raise Unreadable("CZ_SEM tag: no stage position")
        except Unreadable as reason:
            result.reject(name, str(reason))
            continue
        if not result.microscope:
            result.microscope = _facts(tag)
        centre = config.along_image(x / 1000, y / 1000)
        channel = str(tag.get("dp_detector_channel", ("", ""))[1])
        result.found.append(
            Found(name, header, channel=channel, pixel_nm=pixel_nm, centre_um=centre)
        )
    return result


def _tag(path: Path) -> Tag:
    if path.suffix.lower() in TIFF:
        with tifffile.TiffFile(path) as tiff:
            value = _value(tiff)
        if value is not None:
            return value
    raise Unreadable(f"no CZ_SEM tag ({TAG})")


def _value(tiff: Any) -> Tag | None:
    tag = tiff.pages[0].tags.get(TAG)
    return tag.value if tag is not None and isinstance(tag.value, dict) else None


def _pixel_nm(tag: Tag) -> float | None:
    """Pixel size: named with three digits, and unnamed, in metres, with seven."""
    named = _length_nm(tag, "ap_image_pixel_size", "ap_pixel_size")
    unnamed = tag.get("", ())
    exact = float(unnamed[3]) * 1e9 if len(unnamed) > 3 else 0.0
    return exact if named is not None and abs(exact / named - 1) < 0.01 else named


def _length_nm(tag: Tag, *keys: str) -> float | None:
    for key in keys:
        value = tag.get(key, ())
        if len(value) == 3 and value[2] in _TO_NM:
            return float(value[1]) * _TO_NM[value[2]]
    return None


def _facts(tag: Tag) -> dict[str, str]:
    known = {ours: tag[key] for key, ours in FACTS.items() if key in tag}
    return {ours: " ".join(str(part) for part in value[1:]) for ours, value in known.items()}


READER = Reader("zeiss", "TIFF with the CZ_SEM tag", recognises, scan, has_data_bar=True)
