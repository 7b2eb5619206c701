"""Pictures inside the page: grey values and labels as small encoded images."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from transect.phases import COLORS, Phase

Pixels = npt.NDArray[Any]
_CLEAR = (Phase.OUTSIDE, Phase.INVALID)
INTACT_RGB, CRACKED_RGB = (86, 180, 233), (255, 120, 40)
"""Outlines of particles: as measured to be whole or cracked."""


def stretch(sample: Pixels) -> tuple[float, float]:
    """Grey values that become black and white: nearly the whole range of a sample."""
    if sample.size == 0:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(sample, (0.2, 99.8)))
    # Some headroom: grains of a bright phase must not drown in white.
    return low, max(high + 0.06 * (high - low), low + 1)


def grey_uri(pixels: Pixels, limits: tuple[float, float], quality: int = 80) -> str:
    """Grey image as a JPEG in a data address.

    Parameters
    ----------
    pixels
        Grey values, shape (row, column).
    limits
        Values shown black and white.
    quality
        Of the JPEG, 1 to 95.
    """
    low, high = limits
    scaled = (pixels.astype(np.float32) - low) * (255 / (high - low))
    picture = Picture.fromarray(np.clip(scaled + 0.5, 0, 255).astype(np.uint8))
    return _uri(picture, "jpeg", quality=quality, optimize=True)


def phases_uri(labels: Pixels) -> str:
    """Phases in their colours as an indexed PNG; what is outside is transparent.

    Parameters
    ----------
    labels
        Phase codes, shape (row, column).
    """
    codes = list(Phase)
    lookup = np.zeros(256, np.uint8)
    lookup[codes] = np.arange(len(codes))
    palette = [COLORS[code] for code in codes]
    return _indexed(lookup[labels], palette, [0 if c in _CLEAR else 255 for c in codes])


def outlines_uri(labels: Pixels, cracked: Pixels) -> str:
    """Outlines of particles as an indexed PNG: cracked ones in another colour.

    Parameters
    ----------
    labels
        Particle of each pixel, 0 for none, shape (row, column).
    cracked
        Sorted ids of the cracked particles.
    """
    from skimage.segmentation import find_boundaries

    edge = find_boundaries(labels, connectivity=1, mode="inner")
    index = np.where(edge, 1 + np.isin(labels, cracked), 0).astype(np.uint8)
    return _indexed(index, [(0, 0, 0), INTACT_RGB, CRACKED_RGB], [0, 255, 255])


def _indexed(index: Pixels, palette: list[tuple[int, int, int]], alpha: list[int]) -> str:
    picture = Picture.fromarray(np.ascontiguousarray(index)).convert("P")
    picture.putpalette([value for color in palette for value in color])
    bits = 2 if len(palette) <= 4 else 4
    return _uri(picture, "png", transparency=bytes(alpha), bits=bits, optimize=True)


def _uri(picture: Picture.Image, kind: str, **options: object) -> str:
    with io.BytesIO() as file:
        picture.save(file, format=kind, **options)
        return f"data:image/{kind};base64," + base64.b64encode(file.getvalue()).decode()
