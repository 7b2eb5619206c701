"""OME-TIFF: positions from each Plane, pixel size from Pixels; one file may hold many tiles."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import tifffile

from transect.config import TilesConfig
from transect.tiles.pixels import TIFF, Header, Unreadable
from transect.tiles.readers.base import Folder, Found, Reader, Scan

_TO_NM = {
    "pm": 1e-3, "Å": 0.1, "nm": 1.0, "µm": 1e3, "μm": 1e3, "um": 1e3, "mm": 1e6, "cm": 1e7,
    "m": 1e9,
}  # fmt: skip


def recognises(folder: Folder) -> bool:
    """Whether one of the first TIFFs that open carries OME metadata."""
    opened = 0
    for name in (n for n in folder.images if Path(n).suffix.lower() in TIFF):
        try:
            with tifffile.TiffFile(folder.path / name) as tiff:
                if tiff.is_ome:
                    return True
                opened += 1
        except Exception:
            continue
        if opened == 3:
            break
    return False


def scan(folder: Folder, config: TilesConfig) -> Scan:
    """Read the metadata of every file; each plane of each image is a tile."""
    result = Scan()
    for name in folder.images:
        header = folder.header(name, result)
        if header is None:
            continue
        try:
            found = _planes(folder.path / name, name, header, config)
        except Unreadable as reason:
            result.reject(name, str(reason))
            continue
        result.found.extend(found)
    return result


def _planes(path: Path, name: str, header: Header, config: TilesConfig) -> list[Found]:
    root = _metadata(path)
    found: list[Found] = []
    page = 0
    for image in _children(root, "Image"):
        pixels = _children(image, "Pixels")[0]
        channels = [c.get("Name") or c.get("ID", "") for c in _children(pixels, "Channel")]
        pixel_nm = _length_nm(pixels, "PhysicalSizeX", "µm")
        if pixel_nm is None and config.pixel_nm is None:
            raise Unreadable("OME metadata: no PhysicalSizeX; set tiles.pixel_nm")
        planes = {int(p.get("TheC", 0)): p for p in _children(pixels, "Plane")}
        for c in range(int(pixels.get("SizeC", 1))):
            # A plane without a position is at that of the first channel.
            plane = planes.get(c, planes.get(0))
            found.append(
                Found(
                    name,
                    header,
                    channel=channels[c] if c < len(channels) else f"C{c}",
                    pixel_nm=pixel_nm,
                    centre_um=_centre(plane, config),
                    page=page,
                )
            )
            page += 1
    return found


def _centre(plane: Any, config: TilesConfig) -> tuple[float, float]:
    x = None if plane is None else _length_nm(plane, "PositionX", "µm")
    y = None if plane is None else _length_nm(plane, "PositionY", "µm")
    if x is None or y is None:
        raise Unreadable("OME metadata: no Plane with PositionX and PositionY")
    return config.along_image(x / 1000, y / 1000)


def _metadata(path: Path) -> Any:
    from xml.etree import ElementTree

    if path.suffix.lower() not in TIFF:
        raise Unreadable("no OME metadata")
    with tifffile.TiffFile(path) as tiff:
        text = tiff.ome_metadata
    if not text:
        raise Unreadable("no OME metadata")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Unreadable(f"OME metadata is not XML: {error}") from None


def _children(element: Any, tag: str) -> list[Any]:
    return [child for child in element if child.tag.rpartition("}")[2] == tag]


def _length_nm(element: Any, key: str, unit: str) -> float | None:
    """Length of an attribute in nm."""
    text = element.get(key)
    if text is None:
        return None
    factor = _TO_NM.get(element.get(key + "Unit", unit))
    try:
        value = float(text)
    except ValueError:
        raise Unreadable(f"OME metadata: {key}={text!r} is not a number") from None
    if factor is None or not math.isfinite(value):
        raise Unreadable(
            f"OME metadata: {key}={text} {element.get(key + 'Unit', unit)} is no length"
        )
    return value * factor


READER = Reader("ome", "OME-TIFF with plane positions", recognises, scan)
