"""Texture of an image: without slow changes, stripes and noise, and of like strength everywhere."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.mosaic.layout import Image

Levels = npt.NDArray[np.int8]

STRIPE_PX = 65
"""Length over which row and column means are taken: curtaining is longer, texture is shorter."""

SEARCH_STRIPE_PX = 31
"""The same while searching, in binned pixels: chance matches large blobs, so they count less."""

SEARCH_SIGMA = 0.8
"""Smoothing while searching, in binned pixels."""

EVEN_FLOOR = 0.3
LEVELS = 30.0
"""Steps of one standard deviation in 8 bit: sums of whole numbers are exact, and fast."""

CLIP_SD = 4.0
"""Texture is cut at this many robust standard deviations, so that charging cannot outvote it."""


def texture(
    grey: Image, sigma: float, stripe_px: int = STRIPE_PX, clip_sd: float = CLIP_SD
) -> Image:
    """Band-passed copy without stripes along rows or columns, clipped, standard deviation 1.

    The high-pass is the product of two one-dimensional ones, (1 - row mean)(1 - column mean):
    what is constant along a line of `stripe_px` pixels in either direction vanishes.
    """
    smooth = np.asarray(
        cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), dtype=np.float32
    )
    for stripe in ((1, stripe_px), (stripe_px, 1)):
        course = cv2.blur(smooth, stripe, borderType=cv2.BORDER_REFLECT)
        cv2.subtract(smooth, course, dst=smooth)
    # A thin sample suffices for the scale.
    spread = 1.4826 * float(np.median(np.abs(smooth[::7, ::7])))
    if spread <= 0:
        spread = float(smooth.std()) or 1.0
    _standardise(smooth, np.float32(clip_sd * spread))
    return smooth


def levels(image: Image) -> Levels:
    """Texture of like strength everywhere, in steps of 1 / `LEVELS` standard deviations.

    One coarse grain must not decide a match alone.
    """
    size = (2 * SEARCH_STRIPE_PX + 1, 2 * SEARCH_STRIPE_PX + 1)
    power = cv2.blur(cv2.multiply(image, image), size, borderType=cv2.BORDER_REFLECT)
    _divide(image, np.asarray(power, dtype=np.float32))
    _standardise(image, np.float32(np.inf))
    return _rounded(image)


# Sums run down the columns first: that order is the same on every machine and still fills its
# vector units.


@kernel
def _standardise(image: Image, limit: np.float32) -> None:
    """Clip, then bring to mean 0 and standard deviation 1, in place."""
    rows, columns = image.shape
    total, squares = np.zeros(columns), np.zeros(columns)
    for r in range(rows):
        for c in range(columns):
            value = min(max(image[r, c], -limit), limit)
            image[r, c] = value
            total[c] += value
            squares[c] += value * value
    mean = total.sum() / image.size
    variance = squares.sum() / image.size - mean * mean
    middle = np.float32(mean)
    scale = np.float32(1.0 / max(np.sqrt(max(variance, 0.0)), 1e-9))
    for r in range(rows):
        for c in range(columns):
            image[r, c] = (image[r, c] - middle) * scale


@kernel
def _divide(image: Image, power: Image) -> None:
    """Divide by the local strength, in place."""
    for r in range(image.shape[0]):
        for c in range(image.shape[1]):
            image[r, c] /= np.sqrt(power[r, c]) + np.float32(EVEN_FLOOR)


@kernel
def _rounded(image: Image) -> Levels:
    out = np.empty(image.shape, np.int8)
    for r in range(image.shape[0]):
        for c in range(image.shape[1]):
            value = min(max(image[r, c] * np.float32(LEVELS), np.float32(-127)), np.float32(127))
            out[r, c] = np.int8(np.rint(value))
    return out
