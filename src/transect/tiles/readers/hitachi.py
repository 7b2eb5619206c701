"""Hitachi: TIFF, BMP or JPG with a text file of the same name beside it."""

from __future__ import annotations

from pathlib import Path

from transect.config import TilesConfig
from transect.tiles.pixels import Unreadable
from transect.tiles.readers.base import Folder, Found, Reader, Scan
from transect.tiles.sidecar import Sidecar, is_sidecar, read_sidecar

FACTS = {
    "InstructName": "instrument",
    "AcceleratingVoltage": "accelerating_voltage",
    "WorkingDistance": "working_distance",
    "SignalName": "signal",
    "Magnification": "magnification",
    "EmissionCurrent": "emission_current",
    "ScanSpeed": "scan_speed",
    "Vacuum": "vacuum",
    "Rotation": "rotation",
    "StageRotation": "stage_rotation",
    "Date": "date",
    "Time": "time",
}
# Where one picture was saved in several formats, the one that lost least is read.
_PREFERRED = (".tif", ".tiff", ".bmp", ".png", ".jpg", ".jpeg")


def recognises(folder: Folder) -> bool:
    """Whether a text file of the folder is a sidecar."""
    texts = [n for n in folder.others if n.lower().endswith(".txt")]
    return any(is_sidecar(folder.path / name) for name in texts)


def scan(folder: Folder, config: TilesConfig) -> Scan:
    """Read every sidecar and the header of its image."""
    result = Scan()
    images = {name.lower(): name for name in folder.images}
    taken: set[str] = set()
    unreadable: dict[str, str] = {}
    for name in (n for n in folder.others if n.lower().endswith(".txt")):
        try:
            sidecar = read_sidecar(folder.path / name)
        except Unreadable as reason:
            unreadable[Path(name).stem.lower()] = f"{name}: {reason}"
            continue
        image = _image_of(name, sidecar, images)
        if image is None:
            wanted = sidecar.text("ImageName") or f"{Path(name).stem}.tif"
            result.reject(name, f"the image {wanted} of this sidecar is missing")
            continue
        taken.add(image)
        if not result.microscope:
            result.microscope = _facts(sidecar)
        _take(folder, image, name, sidecar, config, result)
    read = {Path(image).stem.lower() for image in taken}
    for image in folder.images:
        stem = Path(image).stem.lower()
        if image in taken:
            continue
        if stem in unreadable:
            result.reject(image, unreadable.pop(stem))
        elif stem in read:
            result.reject(image, "another copy of a picture that was read in a better format")
        elif folder.header(image, result) is not None:
            result.reject(image, f"no sidecar {Path(image).stem}.txt beside it")
    return result


def _image_of(name: str, sidecar: Sidecar, images: dict[str, str]) -> str | None:
    stem = Path(name).stem.lower()
    wanted = [sidecar.text("ImageName").lower()]
    beside = [stem + suffix for suffix in _PREFERRED]
    same_name = [w for w in wanted if Path(w).stem == stem]
    for candidate in (*same_name, *beside, *wanted):
        if candidate in images:
            return images[candidate]
    return None


def _facts(sidecar: Sidecar) -> dict[str, str]:
    return {ours: sidecar.text(key) for key, ours in FACTS.items() if sidecar.text(key)}


def _take(
    folder: Folder, image: str, name: str, sidecar: Sidecar, config: TilesConfig, result: Scan
) -> None:
    header = folder.header(image, result)
    if header is None:
        return
    try:
        pixel_nm = sidecar.length_nm("PixelSize")
        x, y = sidecar.length_nm("StagePositionX"), sidecar.length_nm("StagePositionY")
        if config.pixel_nm is None and not pixel_nm:
            raise Unreadable("sidecar: no PixelSize; add it, or set tiles.pixel_nm")
        if x is None or y is None:
            raise Unreadable("sidecar: no StagePositionX and StagePositionY")
    except Unreadable as reason:
        result.reject(image, f"{name}: {reason}")
        return
    size = sidecar.size("DataSize")
    result.found.append(
        Found(
            image,
            header,
            channel=sidecar.text("SignalName"),
            pixel_nm=pixel_nm,
            centre_um=config.along_image(x / 1000, y / 1000),
            specimen_rows=size[0] if size and size[0] < header.shape[0] else None,
        )
    )


READER = Reader(
    "hitachi", "images with [SemImageFile] sidecars", recognises, scan, has_data_bar=True
)
