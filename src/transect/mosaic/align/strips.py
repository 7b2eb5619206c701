"""Edges of tiles, made ready for correlation: texture without shading, stripes and noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from transect.mosaic.layout import Image

Spectrum = npt.NDArray[np.complex64]
Levels = npt.NDArray[np.int8]

STRIPE_PX = 65
"""Length over which row and column means are taken: curtaining is longer, texture is shorter."""

SEARCH_STRIPE_PX = 31
"""The same while searching, in binned pixels: chance matches large blobs, so they count less."""

EVEN_FLOOR = 0.3
LEVELS = 30.0
"""Steps of one standard deviation in 8 bit: sums of whole numbers are exact, and fast."""

WHITENING = 0.65
"""Power of the amplitude that is divided out: 1 is phase correlation proper, which lets the
frequencies that hold noise only vote as loud as the others."""

CLIP_SD = 4.0
"""Texture is cut at this many robust standard deviations, so that charging cannot outvote it."""


@dataclass(frozen=True)
class Strip:
    """One edge of one tile.

    Attributes
    ----------
    grey
        Shading-corrected pixels at full resolution.
    small
        Texture at the binned resolution that candidates are searched at, in steps of
        1 / `LEVELS` standard deviations.
    spectrum
        Whitened Fourier transform of the apodised texture.
    power
        Its power before whitening.
    """

    grey: Image
    small: Levels
    spectrum: Spectrum
    power: Image


@dataclass(frozen=True)
class StripPlan:
    """What all strips of one axis have in common.

    Attributes
    ----------
    axis
        0: right and left edges; 1: bottom and top edges.
    thickness
        Pixels from the tile's border inwards.
    shape
        Rows and columns of a tile.
    binning
        Factor between full resolution and the resolution of the search.
    """

    axis: int
    thickness: int
    shape: tuple[int, int]
    binning: int

    def spot(self, far: bool) -> tuple[slice, slice]:
        """Slices of the far (right or bottom) or near (left or top) edge of a tile."""
        rows, columns = self.shape
        if self.axis == 0:
            return slice(0, rows), _side(columns, self.thickness, far)
        return _side(rows, self.thickness, far), slice(0, columns)

    @property
    def origin(self) -> npt.NDArray[np.float64]:
        """Corner (x, y) of the far strip in its tile; the near strip's is (0, 0)."""
        rows, columns = self.spot(far=True)
        return np.array([columns.start, rows.start], dtype=np.float64)

    @property
    def small_shape(self) -> tuple[int, int]:
        """Rows and columns of a binned strip."""
        rows, columns = self.spot(far=True)
        size = (rows.stop - rows.start) // self.binning, (columns.stop - columns.start)
        return size[0], size[1] // self.binning

    @property
    def fft_shape(self) -> tuple[int, int]:
        """Size of the transform: padded by a quarter across the strip, where it is thin."""
        rows, columns = self.small_shape
        if self.axis == 0:
            return fft.next_fast_len(rows, True), fft.next_fast_len(columns * 5 // 4, True)
        return fft.next_fast_len(rows * 5 // 4, True), fft.next_fast_len(columns, True)


def _side(length: int, thickness: int, far: bool) -> slice:
    return slice(length - thickness, length) if far else slice(0, thickness)


def correct(pixels: npt.NDArray[Any], gain: Image | None, offset: float) -> Image:
    """Remove the detector's offset and divide by its shading."""
    grey = pixels.astype(np.float32) - np.float32(offset)
    return grey if gain is None else np.asarray(grey / gain)


def prepare(grey: Image, plan: StripPlan) -> Strip:
    """Texture and spectrum of an edge, from its corrected pixels."""
    rows, columns = plan.small_shape
    cut = grey[: rows * plan.binning, : columns * plan.binning]
    small = cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA)
    small = even(texture(np.asarray(small, dtype=np.float32), 0.8, SEARCH_STRIPE_PX))
    small *= np.float32(LEVELS)
    levels = np.rint(np.clip(small, -127, 127)).astype(np.int8)
    return Strip(grey, levels, *spectrum(levels, plan.fft_shape))


def texture(
    grey: Image, sigma: float, stripe_px: int = STRIPE_PX, clip_sd: float = CLIP_SD
) -> Image:
    """Band-passed copy without stripes along rows or columns, clipped, standard deviation 1.

    The high-pass is the product of two one-dimensional ones, (1 - row mean)(1 - column mean):
    what is constant along a line of `stripe_px` pixels in either direction vanishes.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    for stripe in ((1, stripe_px), (stripe_px, 1)):
        course = cv2.blur(smooth, stripe, borderType=cv2.BORDER_REFLECT)
        cv2.subtract(smooth, course, dst=smooth)
    # A thin sample suffices for the scale.
    spread = 1.4826 * float(np.median(np.abs(smooth[::7, ::7])))
    if spread <= 0:
        spread = float(smooth.std()) or 1.0
    if np.isfinite(clip_sd):
        np.clip(smooth, -clip_sd * spread, clip_sd * spread, out=smooth)
    return _standard(np.asarray(smooth, dtype=np.float32))


def _standard(image: Image) -> Image:
    """Mean 0 and standard deviation 1, in place."""
    mean, sd = cv2.meanStdDev(image)
    scale = 1.0 / max(float(sd[0, 0]), 1e-9)
    image -= np.float32(mean[0, 0])
    image *= np.float32(scale)
    return image


def even(image: Image) -> Image:
    """Texture of like strength everywhere: one coarse grain must not decide a match alone."""
    size = (2 * SEARCH_STRIPE_PX + 1, 2 * SEARCH_STRIPE_PX + 1)
    local = np.sqrt(cv2.blur(image * image, size, borderType=cv2.BORDER_REFLECT))
    return _standard(np.asarray(image / (local + np.float32(EVEN_FLOOR)), dtype=np.float32))


def spectrum(small: Levels, shape: tuple[int, int]) -> tuple[Spectrum, Image]:
    """Whitened Fourier transform of an apodised strip, and its power before."""
    rows, columns = (_taper(n) for n in small.shape)
    windowed = small * rows[:, None]
    windowed *= columns
    found = np.asarray(fft.rfft2(windowed, s=shape, overwrite_x=True), dtype=np.complex64)
    power = found.real**2 + found.imag**2
    floor = np.float32(1e-6) * power.max() + np.float32(1e-12)
    # |F| to a power is |F|^2 to half of it.
    found *= (power + floor) ** np.float32(-WHITENING / 2)
    return found, power


@lru_cache(maxsize=16)
def _taper(length: int) -> Image:
    # Short (12 px): in a thin strip the border is where the overlap is.
    edge = min(12, length // 4)
    taper = np.ones(length, dtype=np.float32)
    if edge:
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)).astype(np.float32)
        taper[:edge] = ramp
        taper[-edge:] = ramp[::-1]
    return taper
