"""Edges of tiles, made ready for correlation: texture without shading, stripes and noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from transect.kernels import kernel
from transect.mosaic.align.texture import SEARCH_SIGMA, SEARCH_STRIPE_PX, Levels, levels, texture
from transect.mosaic.layout import Image

Spectrum = npt.NDArray[np.complex64]

WHITENING = 0.625
"""Power of the amplitude that is divided out: 1 is phase correlation proper, which lets the
frequencies that hold noise only vote as loud as the others. Square roots make it up."""


@dataclass(frozen=True)
class Strip:
    """One edge of one tile.

    Attributes
    ----------
    grey
        Shading-corrected pixels, binned.
    small
        Texture that candidates are searched by, in steps of 1 / `LEVELS` standard deviations.
    spectrum
        Whitened Fourier transform of the apodised texture.
    power
        Share of every frequency in the power before whitening.
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


def reduced(image: Image, step: int) -> Image:
    """Mean of squares of `step` pixels; what is left over at the right and at the bottom is cut."""
    rows, columns = image.shape[0] // step, image.shape[1] // step
    cut = image[: rows * step, : columns * step]
    small = cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA) if step > 1 else cut
    return np.asarray(small, dtype=np.float32)


def prepare(grey: Image, plan: StripPlan) -> Strip:
    """Texture and spectrum of an edge, from its corrected and binned pixels."""
    small = levels(texture(grey, SEARCH_SIGMA, SEARCH_STRIPE_PX))
    return Strip(grey, small, *spectrum(small, plan.fft_shape))


def spectrum(small: Levels, shape: tuple[int, int]) -> tuple[Spectrum, Image]:
    """Whitened Fourier transform of an apodised strip, and the shares of its power before."""
    rows, columns = (_taper(n) for n in small.shape)
    windowed = small * rows[:, None]
    windowed *= columns
    found = np.asarray(fft.rfft2(windowed, s=shape, overwrite_x=True), dtype=np.complex64)
    return found, _whiten(found.view(np.float32))


@kernel
def _whiten(parts: Image) -> Image:
    """Divide |F| to the power `WHITENING` out, in place, and give the shares of |F|^2.

    Square roots are rounded alike on every machine, which powers are not.
    """
    rows, columns = parts.shape[0], parts.shape[1] // 2
    power = np.empty((rows, columns), np.float32)
    total, highest = np.zeros(columns), np.zeros(columns, np.float32)
    for r in range(rows):
        for c in range(columns):
            real, imaginary = parts[r, 2 * c], parts[r, 2 * c + 1]
            power[r, c] = real * real + imaginary * imaginary
        for c in range(columns):
            total[c] += power[r, c]
            highest[c] = max(highest[c], power[r, c])
    floor = np.float32(1e-6) * highest.max() + np.float32(1e-12)
    share = np.float32(1.0 / max(total.sum(), 1e-12))
    factor = np.empty(columns, np.float32)
    for r in range(rows):
        for c in range(columns):
            quarter = np.sqrt(np.sqrt(power[r, c] + floor))
            factor[c] = np.float32(1.0) / (quarter * np.sqrt(np.sqrt(quarter)))
        for c in range(columns):
            power[r, c] *= share
            parts[r, 2 * c] *= factor[c]
            parts[r, 2 * c + 1] *= factor[c]
    return power


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
