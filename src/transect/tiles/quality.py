"""How good one tile is: grey values, noise, focus, charging and curtaining.

Grey values are counted over all pixels. Noise and focus are sampled in windows on a fixed lattice:
both are properties of the beam and the detector, not of the place, and a few hundred thousand
pixels give them to better than a percent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from scipy.fft import rfft2

from transect.tiles.charging import charging_index
from transect.tiles.curtaining import curtaining_index
from transect.tiles.pixels import Pixels

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

NOISE_WINDOW = 96
NOISE_LATTICE = 4
FOCUS_WINDOW = 256
FOCUS_LATTICE = 2
BLANK_BIN = 8
NORMAL_MAD = 1.4826


@dataclass(frozen=True)
class Quality:
    """The figures of one tile; greys in the units of its pixels."""

    mean_grey: float
    sd_grey: float
    focus_um: float
    noise_sd: float
    saturation_fraction: float
    charging_index: float
    curtaining_index: float
    blank: bool


def judge_tile(tile: Pixels, px_um: float) -> Quality:
    """All figures of one tile.

    Parameters
    ----------
    tile
        (row, column) grey values.
    px_um
        Pixel size in um.
    """
    mean, sd, saturated = grey_values(tile)
    noise = noise_sd(tile)
    return Quality(
        mean_grey=mean,
        sd_grey=sd,
        focus_um=focus_um(tile, px_um),
        noise_sd=noise,
        saturation_fraction=saturated,
        charging_index=charging_index(tile, sd),
        curtaining_index=curtaining_index(tile, sd),
        blank=is_blank(tile, noise),
    )


def grey_values(tile: Pixels) -> tuple[float, float, float]:
    """Mean, standard deviation and saturated share, over all pixels."""
    if tile.dtype.kind == "f":
        wide = tile.astype(np.float64)
        ends = (wide == wide.min()) | (wide == wide.max())
        # One pixel is always the least and one the greatest.
        return float(wide.mean()), float(wide.std()), float(max(ends.sum() - 2, 0) / tile.size)
    levels = 256 if tile.dtype == np.uint8 else 65536
    flat = np.ascontiguousarray(tile)
    counts = cv2.calcHist([flat], [0], None, [levels], [0, levels]).ravel().astype(np.float64)
    greys = np.arange(levels, dtype=np.float64)
    mean = float(counts @ greys) / tile.size
    sd = float(np.sqrt(max(float(counts @ (greys - mean) ** 2) / tile.size, 0.0)))
    return mean, sd, float((counts[0] + counts[-1]) / tile.size)


def lattice(shape: tuple[int, int], edge: int, count: int) -> list[tuple[slice, slice]]:
    """Windows spread evenly over an image, at most `count` along each axis, none overlapping."""
    spots = []
    for size in shape:
        width = min(edge, size)
        n = max(min(count, size // width), 1)
        starts = np.linspace(0, size - width, n) if n > 1 else np.array([(size - width) / 2])
        spots.append([slice(int(s), int(s) + width) for s in starts])
    return [(r, c) for r in spots[0] for c in spots[1]]


def _laplacian(window: Singles) -> Singles:
    """Difference of two Laplacians (Immerkaer 1996): zero on planes and on straight ramps."""
    above, here, below = window[:-2], window[1:-1], window[2:]
    # Down and across one after the other: weights 1, -2, 1 each way.
    down = above - 2 * here + below
    return np.asarray(np.abs(down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]).ravel())


def noise_sd(tile: Pixels) -> float:
    """Noise of a tile: its standard deviation in grey values.

    The response of Immerkaer's operator, by its median: edges move it little. The median of the
    windows stands for the tile.

    References
    ----------
    J. Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64 (1996).
    """
    found = []
    for window in lattice(_shape(tile), NOISE_WINDOW, NOISE_LATTICE):
        part = tile[window].astype(np.float32)
        if min(part.shape) >= 3:
            # The operator's weights have a sum of squares of 36.
            response = _laplacian(part)
            found.append(_median(response) * NORMAL_MAD / 6)
    return float(np.median(found)) if found else 0.0


def _median(values: Singles) -> float:
    return float(np.median(values))


def focus_um(tile: Pixels, px_um: float) -> float:
    """Wavelength above which 90 % of the power lies, in um; NaN where there is only noise.

    Windows are freed of their mean and tapered (Hann); white noise is taken from the highest
    frequencies and subtracted.
    """
    edge = min(FOCUS_WINDOW, *tile.shape)
    if edge < 16:
        return float("nan")
    taper, ring, share = _spectral_plan(edge)
    power = np.zeros_like(share)
    for window in lattice(_shape(tile), edge, FOCUS_LATTICE):
        part = tile[window].astype(np.float32)
        spectrum = rfft2((part - part.mean()) * taper)
        power += spectrum.real**2 + spectrum.imag**2
    rings = np.asarray(np.bincount(ring, (power * share).ravel()), dtype=np.float64)
    count = np.asarray(np.bincount(ring, share.ravel()), dtype=np.float64)
    return _wavelength_of_90(rings, count, edge) * px_um


@lru_cache(maxsize=4)
def _spectral_plan(edge: int) -> tuple[Singles, Ints, Floats]:
    """Taper; frequency of every coefficient in whole cycles per window; coefficients it stands for.

    Of a real image half the plane is computed: most coefficients stand for two.
    """
    taper = np.outer(np.hanning(edge), np.hanning(edge)).astype(np.float32)
    down, across = np.fft.fftfreq(edge, 1 / edge), np.arange(edge // 2 + 1)
    ring = np.rint(np.hypot(down[:, None], across[None, :])).astype(np.int64).ravel()
    share = np.full((edge, len(across)), 2.0)
    share[:, 0] = 1.0
    if edge % 2 == 0:
        share[:, -1] = 1.0
    return taper, ring, share


def _wavelength_of_90(power: Floats, count: Floats, edge: int) -> float:
    """Wavelength in px, interpolated between rings."""
    half = edge // 2
    mean = power / np.maximum(count, 1)
    # Beyond half the sampling rate only the corners of the spectrum are left.
    noise = float(np.median(mean[int(0.9 * half) : half]))
    signal = np.maximum(mean[1:half] - noise, 0) * count[1:half]
    total = float(signal.sum())
    if total <= 0.02 * noise * float(count[1:half].sum()):
        return float("nan")
    below = np.cumsum(signal) / total
    frequency = float(np.interp(0.9, below, np.arange(1, half)))
    return edge / frequency


def is_blank(tile: Pixels, noise: float) -> bool:
    """Whether a tile has no contrast beyond its noise.

    Means of 8 x 8 pixels suppress the noise eightfold; a plane takes shading off. A tile with
    structure in a hundredth of its area is not blank.
    """
    rows, columns = (n // BLANK_BIN for n in tile.shape)
    if min(rows, columns) < 2:
        return bool(tile.max() == tile.min())
    part = tile[: rows * BLANK_BIN, : columns * BLANK_BIN]
    means = cv2.resize(
        part.astype(np.float32) if part.dtype != np.uint8 else np.ascontiguousarray(part),
        (columns, rows),
        interpolation=cv2.INTER_AREA,
    ).astype(np.float64)
    rest = _without_plane(means)
    low, high = np.percentile(rest, [0.5, 99.5])
    # 5.15: width of 99 % of a normal distribution in standard deviations. Correlated noise is
    # suppressed less than eightfold; rounding of the means leaves up to 0.3 grey.
    contrast = (high - low) / 5.15
    rounding = 0.6 if tile.dtype.kind == "u" else 0.0
    return bool(contrast <= max(2.5 * noise / BLANK_BIN, rounding))


def _without_plane(image: Floats) -> Floats:
    y = np.linspace(-1, 1, image.shape[0])[:, None]
    x = np.linspace(-1, 1, image.shape[1])[None, :]
    flat = image - image.mean()
    # x and y are centred and orthogonal on a grid, so each slope is a projection.
    slope_x = float((flat * x).mean() / (x**2).mean())
    slope_y = float((flat * y).mean() / (y**2).mean())
    return np.asarray(flat - slope_x * x - slope_y * y)


def _shape(tile: Pixels) -> tuple[int, int]:
    return int(tile.shape[0]), int(tile.shape[1])
