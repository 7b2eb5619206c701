"""Image files: what the header says, and the pixels as one grey plane.

TIFF goes through tifffile, everything else through Pillow, because it refuses a truncated file
where OpenCV fills the rest with grey.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image as Picture
from PIL import UnidentifiedImageError

Pixels = npt.NDArray[Any]

TIFF = frozenset({".tif", ".tiff"})
SUFFIXES = TIFF | {".bmp", ".jpg", ".jpeg", ".png"}
DTYPES = ("uint8", "uint16", "float32")

_MODES = {
    "1": "uint8", "L": "uint8", "LA": "uint8", "P": "uint8", "RGB": "uint8", "RGBA": "uint8",
    "I;16": "uint16", "I;16B": "uint16", "I;16L": "uint16", "I": "uint16", "F": "float32",
}  # fmt: skip
# A survey image may be larger than what Pillow takes for an attack.
Picture.MAX_IMAGE_PIXELS = None


class Unreadable(Exception):
    """An image file that cannot be used; the message is the reason for its quarantine."""


@dataclass(frozen=True)
class Header:
    """What an image file says of itself without its pixels being read."""

    shape: tuple[int, int]
    dtype: str
    pages: int = 1


def read_header(path: Path) -> Header:
    """Rows, columns and type of the pixels of a file.

    Raises
    ------
    Unreadable
        The file is empty, is not an image, is cut short, or has pixels of an unknown type.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from error
    if size == 0:
        raise Unreadable("empty file: 0 bytes")
    header = _tiff_header(path, size) if path.suffix.lower() in TIFF else _picture_header(path)
    if header.dtype not in DTYPES:
        raise Unreadable(f"pixels are {header.dtype}, expected one of {', '.join(DTYPES)}")
    return header


def _tiff_header(path: Path, size: int) -> Header:
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages[0]
            # A TIFF that is cut short still opens: its strips tell how long it must be.
            ends = zip(page.dataoffsets, page.databytecounts, strict=False)
            need = max((start + count for start, count in ends), default=0)
            if need > size:
                raise Unreadable(f"truncated: {size} bytes of at least {need}")
            rows, columns = _plane_shape(page)
            return Header((rows, columns), _tiff_dtype(page), len(tiff.pages))
    except Unreadable:
        raise
    except Exception as error:
        # tifffile raises many kinds on a damaged file; each means the same to the user.
        raise Unreadable(f"not a readable TIFF: {_words(error)}") from error


def _plane_shape(page: Any) -> tuple[int, int]:
    if page.ndim == 2:
        return int(page.shape[0]), int(page.shape[1])
    if page.ndim == 3 and page.axes == "YXS":
        return int(page.shape[0]), int(page.shape[1])
    raise Unreadable(f"axes {page.axes} of shape {page.shape}: not one grey or colour plane")


def _tiff_dtype(page: Any) -> str:
    return str(np.dtype(page.dtype).newbyteorder("="))


def _picture_header(path: Path) -> Header:
    try:
        with Picture.open(path) as picture:
            return Header((picture.height, picture.width), _MODES.get(picture.mode, picture.mode))
    except UnidentifiedImageError:
        raise Unreadable("not an image") from None
    except Exception as error:
        raise Unreadable(f"not a readable image: {_words(error)}") from error


def read_pixels(path: Path, page: int = 0) -> Pixels:
    """Pixels of one plane of a file as grey.

    Parameters
    ----------
    path
        Image file.
    page
        Page of a TIFF.

    Returns
    -------
    (row, column) array of uint8, uint16 or float32; colour becomes luminance.

    Raises
    ------
    Unreadable
        The pixels cannot be decoded, or some are not finite.
    """
    try:
        if path.suffix.lower() in TIFF:
            with tifffile.TiffFile(path) as tiff:
                plane = tiff.pages[page]
                pixels = _indexed(plane, plane.asarray(maxworkers=1))
        else:
            with Picture.open(path) as picture, warnings.catch_warnings():
                picture.load()
                plain = picture.convert("L") if picture.mode in {"1", "P", "LA"} else picture
                pixels = np.asarray(plain)
    except Exception as error:
        raise Unreadable(f"pixels cannot be decoded: {_words(error)}") from error
    return _finite(_grey(pixels))


def _indexed(page: Any, pixels: Pixels) -> Pixels:
    """Resolve a colour map, unless it is the grey ramp."""
    colours = page.colormap
    if colours is None or pixels.ndim != 2:
        return pixels
    ramp = np.arange(colours.shape[1])
    if all(np.array_equal(plane >> 8, ramp) for plane in colours):
        return pixels
    return np.asarray(np.moveaxis(colours, 0, -1)[pixels] >> 8, dtype=np.uint8)


def _grey(pixels: Pixels) -> Pixels:
    if pixels.dtype == np.int32:
        pixels = pixels.astype(np.uint16)
    if pixels.dtype.byteorder == ">":
        pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    colours = np.ascontiguousarray(pixels[..., :3])
    red = colours[..., 0]
    if all(np.array_equal(red, colours[..., k]) for k in range(1, colours.shape[-1])):
        return np.ascontiguousarray(red)
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY))


def _finite(pixels: Pixels) -> Pixels:
    if pixels.dtype.kind == "f":
        bad = int(pixels.size - np.isfinite(pixels).sum())
        if bad:
            raise Unreadable(f"{bad} of {pixels.size} pixels are not numbers (NaN or infinite)")
    return pixels


def _words(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:160]
