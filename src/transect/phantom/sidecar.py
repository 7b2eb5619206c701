"""Image files with their sidecars, as a Hitachi microscope writes them, sound or damaged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from transect.phantom.microscope import Exposure
from transect.phantom.spec import CORRUPTIONS, FIRST_DETECTOR, PhantomSpec
from transect.storage.files import writing

Pixels = npt.NDArray[np.generic]

_SETTINGS = {
    "SerialNumber": "0000-01",
    "SampleName": "phantom",
    "Directory": "",
    "Date": "16/08/2016",
    "Time": "18:56:58",
    "Media": "disk",
    "AcceleratingVoltage": "15000 Volt",
    "DecelerationVoltage": "",
    "WorkingDistance": "6900 um",
    "EmissionCurrent": "72500 nA",
    "LensMode": "Normal",
    "PhotoSize": "1000",
    "Vacuum": "< 1.0E-3 Pa",
    "SubMagnification": "",
    "SubSignalName": "",
    "SpecimenBias": "0 V",
    "Condencer1": "",
    "ScanSpeed": "Slow3",
    "StagePositionR": "0.0",
    "StagePositionZ": "8000000",
    "StagePositionT": "0.0",
    "Comment": "",
}
"""What a sidecar says beside; some values are empty, as on the instrument."""


def file_of(spec: PhantomSpec, exposure: Exposure) -> str:
    """Name of a tile's image: the tile, and the detector unless it is the first."""
    further = "" if exposure.channel == FIRST_DETECTOR else f"_{exposure.channel}"
    return f"{exposure.tile}{further}.{spec.microscope.format}"


def write_tile(out: Path, spec: PhantomSpec, exposure: Exposure, image: Pixels) -> None:
    """Write one tile and its sidecar into a folder, with the fault it has.

    Raises
    ------
    StorageError
        The disk is full or the folder cannot be written.
    """
    fault = exposure.fault
    if fault == "missing":
        return
    path = out / file_of(spec, exposure)
    if fault == "other_shape":
        image = np.ascontiguousarray(image[: image.shape[0] // 2])
    if fault == "other_dtype":
        image = image.astype(np.uint16 if image.dtype == np.uint8 else np.uint8)
    _write_image(path, _with_bar(spec, image))
    if fault in CORRUPTIONS:
        _damage(path, fault)
    names = [path.name]
    if fault == "duplicate":
        copy = path.with_name(f"{path.stem}_again{path.suffix}")
        with writing(copy) as partial:
            partial.write_bytes(path.read_bytes())
        names.append(copy.name)
    if fault != "missing_sidecar":
        for name in names:
            _write_sidecar(out / name, spec, exposure, image)


def _with_bar(spec: PhantomSpec, image: Pixels) -> Pixels:
    bar = spec.microscope.data_bar
    if not bar:
        return image
    strip = np.zeros((bar, image.shape[1]), dtype=image.dtype)
    white = int(np.iinfo(image.dtype).max)  # type: ignore[type-var]
    strip[bar // 3 : bar // 3 + max(bar // 6, 1), image.shape[1] // 20 : image.shape[1] // 4] = (
        white
    )
    return np.concatenate([image, strip])


def _write_image(path: Path, image: Pixels) -> None:
    with writing(path) as partial:
        if path.suffix == ".tif":
            tifffile.imwrite(partial, image, metadata=None)
            return
        options = [cv2.IMWRITE_JPEG_QUALITY, 97] if path.suffix == ".jpg" else []
        done, coded = cv2.imencode(path.suffix, image.astype(np.uint8), options)
        if done:
            partial.write_bytes(coded.tobytes())


def _damage(path: Path, fault: str) -> None:
    whole = path.read_bytes()
    damaged = {
        "truncated": whole[: len(whole) * 2 // 5],
        "zero_byte": b"",
        "not_an_image": b"This is not an image.\r\n" * 40,
    }
    with writing(path) as partial:
        partial.write_bytes(damaged[fault])


def _write_sidecar(path: Path, spec: PhantomSpec, exposure: Exposure, image: Pixels) -> None:
    text = sidecar_text(path.name, spec, exposure, (image.shape[0], image.shape[1]))
    encoding = spec.microscope.encoding
    # Python's utf-16 begins with the byte order mark, as the microscope's does.
    data = text.encode(encoding, errors="replace")
    if exposure.fault == "unknown_encoding":
        data = b"\xff\x00\xfe\x81" + text.encode("cp037")
    with writing(path.with_suffix(".txt")) as partial:
        partial.write_bytes(data)


def sidecar_text(image: str, spec: PhantomSpec, exposure: Exposure, shape: tuple[int, int]) -> str:
    """Text of a sidecar: INI with one section and CRLF line ends.

    Parameters
    ----------
    image
        Name of the pixel file.
    spec, exposure
        Settings, and the tile.
    shape
        Rows and columns of the specimen's image, without the data bar.
    """
    scope = spec.microscope
    pixel = scope.pixel_nm / exposure.zoom * (2 if exposure.fault == "other_pixel_size" else 1)
    size = f"{pixel:.6g}".replace(".", "," if exposure.fault == "comma_decimal" else ".")
    if exposure.fault == "comma_decimal" and "," not in size:
        size += ",0"
    values = {
        "InstructName": "SU5000",
        "DataNumber": exposure.tile,
        "SignalName": exposure.channel,
        "Format": Path(image).suffix[1:],
        "ImageName": image,
        "DataSize": f"{shape[1]}x{shape[0] + scope.data_bar}",
        "PixelSize": size,
        "Magnification": str(round(127e6 * exposure.zoom / (shape[1] * scope.pixel_nm))),
        "MicronMarker": "5 um" if scope.encoding == "ascii" else "5 \u00b5m",
        "Rotation": f"{scope.rotation_deg:.2f} deg",
        "StagePositionX": str(exposure.stage_x_nm),
        "StagePositionY": str(exposure.stage_y_nm),
        **_SETTINGS,
    }
    if exposure.fault == "no_pixel_size":
        del values["PixelSize"]
    lines = ["[SemImageFile]", *(f"{key}={value}" for key, value in values.items())]
    return "\r\n".join(lines) + "\r\n"
