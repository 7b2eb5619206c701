"""How the images of one detector lie against those of another that recorded the same fields.

Contrast differs between detectors and may be inverted, but edges of the specimen are edges in all
of them: what is compared is how steep the greys are, without sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from transect.mosaic.align.refine import overlap
from transect.mosaic.align.texture import texture
from transect.mosaic.align.unrelated import threshold
from transect.mosaic.detectors.summit import find_summit
from transect.mosaic.layout import Bools, Floats, Image, Ints
from transect.parallel import run

CROP_PX = 1024
"""Edge of the middle of a tile that is compared: enough, and quick to transform."""

BINNING = 2
SAMPLE = 24
"""Tiles that are looked at first; the others only when these differ."""

DRAWS = 60
"""Unrelated images that are scored, over all tiles."""

WHITENING = 0.65
CANDIDATES = 3
SMOOTH_PX = 1.5
"""Sigma before greys are differentiated."""

FINE_PX = 1.2
"""Sigma after that: less follows noise, more blurs the summit."""

FLOOR_PX = 0.02
"""Systematic error of a shift between unlike images: on phantoms below 0.01 px, with room."""

LEAST_PX = 0.1
SURE_SD = 3.0
"""A shift counts when it is longer than both: so many px, and so many standard errors."""

DIFFERENT_PX = 0.3
"""Tiles that scatter by more than this each have a shift of their own."""

DIFFERENT_SD = 5.0
"""So many standard errors off, and `DIFFERENT_PX`, a tile has one where the others have not."""

Pixels = npt.NDArray[Any]
TwoTiles = Callable[[int], tuple[Pixels, Pixels]]
"""Gives the pixels of a tile in both detectors."""


@dataclass(frozen=True)
class Mutual:
    """Shift (x, y) in px of a detector's images against the reference's, by tile.

    Attributes
    ----------
    shift, se
        Of every tile, shape (tile, 2): its own where it is sure and differs, else the channel's.
    scatter
        Standard error of every tile's shift against the shifts of the others.
    common, common_se
        The channel's; NaN where no tile was sure.
    measured, sure
        How many tiles were compared, and in how many the two images belong together surely.
    spread
        Standard deviation of the tiles' shifts beyond their errors, px.
    """

    shift: Floats
    se: Floats
    scatter: Floats
    common: Floats
    common_se: Floats
    measured: int
    sure: int
    spread: float


@dataclass(frozen=True)
class _Seen:
    """What one tile showed: lag, its standard error, score, and scores of unrelated images."""

    lag: Floats
    se: Floats
    score: float
    null: list[float]


def mutual_shift(read: TwoTiles, both: Bools, radius: int, threads: int) -> Mutual:
    """Measure how the images of a detector lie against the reference's.

    Parameters
    ----------
    read
        Gives both images of a tile, the reference's first.
    both
        Tiles that both detectors recorded and that show something.
    radius
        Largest shift that is searched, px.
    threads
        Threads to work with.
    """
    there = np.flatnonzero(both)
    some = there[np.unique(np.linspace(0, len(there) - 1, min(SAMPLE, len(there))).astype(int))]
    seen = _look(read, some, radius, threads, -(-DRAWS // max(len(some), 1)))
    found = _judge(len(both), seen)
    if found.spread > DIFFERENT_PX and len(some) < len(there):
        rest = np.setdiff1d(there, some)
        seen |= _look(read, rest, radius, threads, 1)
        found = _judge(len(both), seen)
    return found


def unmoved(count: int) -> Mutual:
    """Give the shift of a detector that is the reference, or that none could be compared with."""
    unknown = np.full(2, np.nan)
    nowhere, unsure = np.zeros((count, 2)), np.full((count, 2), np.nan)
    return Mutual(nowhere, unsure, nowhere, unknown, unknown, 0, 0, 0.0)


def _judge(count: int, seen: dict[int, _Seen]) -> Mutual:
    """Give one shift for the channel, and one of its own to each tile that surely differs."""
    limit = threshold([score for one in seen.values() for score in one.null])
    sure = [tile for tile, one in seen.items() if one.score > limit]
    if not sure:
        return replace(unmoved(count), measured=len(seen))
    lags, errors = (np.array([getattr(seen[t], name) for t in sure]) for name in ("lag", "se"))
    common = np.median(lags, axis=0)
    typical = np.median(errors, axis=0)
    scatter = 1.4826 * np.median(np.abs(lags - common), axis=0)
    spread = np.sqrt(np.maximum(scatter**2 - typical**2, 0.0))
    # 1.25: error of a median over that of a mean.
    common_se = np.hypot(1.25 * np.maximum(scatter, typical) / np.sqrt(len(sure)), FLOOR_PX)
    shift = np.tile(_significant(common, common_se), (count, 1))
    se, alone = (np.tile(error, (count, 1)) for error in (np.hypot(common_se, spread), spread))
    differ = float(np.hypot(*spread)) > DIFFERENT_PX
    for tile, lag, error in zip(sure, lags, errors, strict=True):
        own = np.abs(lag - shift[tile]) > np.maximum(DIFFERENT_PX, DIFFERENT_SD * error)
        if differ or own.any():
            shift[tile], se[tile], alone[tile] = lag, error, error
    return Mutual(
        shift, se, alone, common, common_se, len(seen), len(sure), float(np.hypot(*spread))
    )


def _significant(shift: Floats, se: Floats) -> Floats:
    """Give a shift back, or none where it is too short or too unsure to count."""
    counts = (np.abs(shift) > np.maximum(LEAST_PX, SURE_SD * se)).any()
    return shift if counts else np.zeros(2)


def _look(read: TwoTiles, tiles: Ints, radius: int, threads: int, draws: int) -> dict[int, _Seen]:
    def one(tile: int) -> _Seen:
        first, other = (steepness(_middle(image)) for image in read(tile))
        return compare(first, other, radius, draws, tile)

    numbers = [int(t) for t in tiles]
    return dict(zip(numbers, run(one, numbers, threads, "detectors"), strict=True))


def _middle(image: Pixels) -> Image:
    rows, columns = (min(n, CROP_PX) - min(n, CROP_PX) % BINNING for n in image.shape)
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return image[top : top + rows, left : left + columns].astype(np.float32)


def steepness(image: Image) -> Image:
    """How fast the greys change, whatever the direction."""
    smooth = cv2.GaussianBlur(image, (0, 0), SMOOTH_PX)
    gx, gy = (cv2.Scharr(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(gx, gy), dtype=np.float32)


def compare(first: Image, other: Image, radius: int, draws: int, seed: int) -> _Seen:
    """Shift of one tile, and what mirrored images score."""
    size = (first.shape[1] // BINNING, first.shape[0] // BINNING)
    a, b = (
        texture(np.asarray(cv2.resize(i, size, interpolation=cv2.INTER_AREA)), 0.8)
        for i in (first, other)
    )
    reach = max(radius // BINNING, 1)
    reach = min(reach, min(a.shape) // 4)
    spectrum = _spectrum(a)
    lag, score = _best(a, b, spectrum, reach)
    random = np.random.default_rng([seed, 21])
    null = []
    for draw in range(draws):
        flip = 1 + draw % 3
        away = np.ascontiguousarray(b[:: -1 if flip & 1 else 1, :: -1 if flip & 2 else 1])
        away = np.roll(away, random.integers(0, away.shape[0], 2), axis=(0, 1))
        null.append(_best(a, away, spectrum, reach)[1])
    top = find_summit(texture(first, FINE_PX), texture(other, FINE_PX), lag * BINNING)
    known = bool(np.isfinite(top.se).all())
    return _Seen(top.lag, np.hypot(top.se, FLOOR_PX), score if known else 0.0, null)


def _spectrum(image: Image) -> npt.NDArray[np.complex64]:
    rows, columns = (np.hanning(n).astype(np.float32) for n in image.shape)
    return np.asarray(fft.rfft2(image * rows[:, None] * columns), dtype=np.complex64)


def _best(
    a: Image, b: Image, spectrum: npt.NDArray[np.complex64], reach: int
) -> tuple[Ints, float]:
    """Lag (x, y) of b in a with the highest correlation within reach, and that correlation."""
    cross = spectrum * np.conj(_spectrum(b))
    amplitude = np.abs(cross)
    cross /= (amplitude + np.float32(1e-6) * amplitude.max() + np.float32(1e-12)) ** np.float32(
        WHITENING
    )
    surface = fft.irfft2(cross, s=a.shape)
    span = np.arange(-reach, reach + 1)
    window = surface[np.ix_(span, span)].copy()
    best, top = np.zeros(2, dtype=np.int64), 0.0
    for _ in range(CANDIDATES):
        row, column = np.unravel_index(int(window.argmax()), window.shape)
        lag = np.array([column, row], dtype=np.int64) - reach
        u, v = overlap(a, b, lag)
        alike = float(np.corrcoef(u.ravel(), v.ravel())[0, 1])
        if alike > top:
            best, top = lag, alike
        window[max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4] = -np.inf
    return best, top
