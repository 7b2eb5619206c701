"""Charging: brightness that drifts and jumps from scan line to scan line, found and taken off.

A drift makes whole lines brighter or darker by a factor; it is read from pixels of one grey
(`phase`). Streaks are greys added to single lines of what does not conduct, such as a separator;
they are read where the specimen is calm enough for the median of a line's pixels to tell them from
texture. What is thicker than a streak, such as an edge or a gap along the lines, stays.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from transect.tiles.curtaining import as_type
from transect.tiles.phase import around
from transect.tiles.pixels import Pixels

Singles = npt.NDArray[np.float32]

COLUMNS = 8
"""Columns that are averaged before pixels are judged."""
SLOW_PX = 65
"""Lines over which a drift is averaged, by a triangle of twice as many."""
REACH = 0.18
ROUNDS = 3
SCARCE = 0.15
"""Share of pixels of the commonest grey at which the drift of a line is believed by half."""
PART_PX = 128
"""Columns over which the median of a line is taken."""
FINE_PX = 2
"""Columns that are averaged before."""
PARTS = 4
"""Neighbouring parts of a line that must show the same streak."""
LINE_PX = 5
"""Lines within which a jump and back is no specimen, however large."""
STREAK_PX = 97
"""Lines beyond which a change is the specimen's; within, what is much larger than the rest is."""
BLOCK_PX = 97
"""Lines that are judged together."""
SURE = 3.0
SURE_SLOW = 5.0
"""Variance of streaks over that of their doubt from which they are believed: single lines, and
slower ones, of which a block has only a few."""
EDGE_PX = 24
STEP = 0.75
"""Steps larger than this share of the tile's contrast are edges; nothing is changed near one."""
OUTLYING = 4.0
"""Streaks larger than this many robust standard deviations are the specimen's."""


def flatten_charging(tile: Pixels, gain: Singles | None = None) -> Pixels:
    """Copy of a tile without drift and streaks, of the same type; itself where it has none.

    Parameters
    ----------
    tile
        Grey values, shape (row, column).
    gain
        Flat field of the same shape, if there is one.
    """
    if min(tile.shape) < PARTS * PART_PX:
        return tile
    even = tile.astype(np.float32)
    if gain is not None:
        even = even / gain
    logs = find_drift(even)
    flat = even * np.exp(-logs)[:, None]
    grey = flat - find_streaks(flat)
    if np.array_equal(grey, even):
        return tile
    return as_type(grey if gain is None else grey * gain, tile.dtype)


def charging_index(tile: Pixels, sd_grey: float) -> float:
    """Set the root mean square of a tile's drift and streaks against that of all its contrast."""
    if sd_grey <= 0 or min(tile.shape) < PARTS * PART_PX:
        return 0.0
    even = tile.astype(np.float32)
    drift = find_drift(even)[:, None]
    found = even * drift + find_streaks(even * np.exp(-drift))
    return float(np.sqrt((found * found).mean())) / sd_grey


def find_drift(even: Singles) -> Singles:
    """Logarithm of the drift of every line, shrunk by what texture gives along the columns."""
    drift, power = _profile(even)
    chance = _profile(np.ascontiguousarray(even.T))[1]
    return np.asarray(max(1 - chance / max(power, 1e-12), 0.0) * drift, dtype=np.float32)


def _profile(even: Singles) -> tuple[Singles, float]:
    """Slow course of the commonest grey from line to line, and its mean square."""
    rows, columns = even.shape
    size = (max(columns // COLUMNS, 1), rows)
    near = around(np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA)), REACH)
    drift = np.zeros((rows, 1), dtype=np.float32)
    for _ in range(ROUNDS):
        weight = near.weights(drift)
        sums = ((weight * near.rest).mean(axis=1), weight.mean(axis=1))
        value, share = (_slow(s.reshape(-1, 1)) for s in sums)
        course = value / np.maximum(share, np.float32(1e-4))
        course -= np.float32((course * share).sum() / max(float(share.sum()), 1e-6))
        drift = np.asarray(course * share**2 / (share**2 + np.float32(SCARCE**2)))
    return drift.ravel(), float((drift * drift).mean())


def _slow(course: Singles) -> Singles:
    once = cv2.blur(course.astype(np.float32), (1, SLOW_PX), borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.blur(once, (1, SLOW_PX), borderType=cv2.BORDER_REFLECT))


def find_streaks(even: Singles) -> Singles:
    """Grey that every line has too much, shape of the tile; 0 where texture hides it."""
    rows, columns = even.shape
    parts = max(columns // PART_PX, PARTS)
    size = (parts * (PART_PX // FINE_PX), rows)
    fine = np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA))
    middles = np.median(fine.reshape(rows, parts, -1), axis=2)
    quick = middles - median_filter(middles, (LINE_PX, 1), mode="reflect")
    slow = middles - median_filter(middles, (STREAK_PX, 1), mode="reflect")
    edge = STEP * float(even.std())
    windows = [slice(k, k + PARTS) for k in range(parts - PARTS + 1)]
    streaks = [_read(quick[:, w], slow[:, w]) for w in windows]
    calm = [_steps(middles[:, w]) < edge for w in windows]
    found = np.stack(streaks, axis=1) * np.stack(calm, axis=1)
    # Windows are as far apart as parts; beyond the outer ones their streak holds.
    place = (np.arange(columns) + 0.5) / columns * parts - PARTS / 2
    place = np.clip(place, 0, len(windows) - 1)
    left = np.minimum(place.astype(int), max(len(windows) - 2, 0))
    right = np.minimum(left + 1, len(windows) - 1)
    share = (place - left).astype(np.float32)
    return np.asarray(found[:, left] * (1 - share) + found[:, right] * share, dtype=np.float32)


def _read(quick: Singles, slow: Singles) -> Singles:
    """Find what every line has too much by the agreement of its parts, shape (line,)."""
    line, keep = _believed(quick, _mean, SURE)
    lines = keep * line
    streak, keep = _believed(slow - lines[:, None], _middle, SURE_SLOW)
    keep[np.abs(streak) > OUTLYING * np.sqrt(_middle(streak**2))] = 0.0
    return np.asarray(lines + keep * streak, dtype=np.float32)


def _steps(parts: Singles) -> Singles:
    """Range of greys near each line, single lines aside."""
    course = median_filter(parts.mean(axis=1), 2 * LINE_PX + 1, mode="reflect").reshape(-1, 1)
    near = np.ones((2 * EDGE_PX + 1, 1), dtype=np.uint8)
    reach = cv2.dilate(course, near) - cv2.erode(course, near)
    return np.asarray(reach, dtype=np.float32).ravel()


def _believed(
    quick: Singles, typical: Callable[[Singles], Singles], sure: float
) -> tuple[Singles, Singles]:
    """Mean of the parts and the share of it that is not by chance, by line."""
    doubt = _mean(quick.var(axis=1, ddof=1)) / PARTS
    streak = quick.mean(axis=1)
    power = np.maximum(typical(streak**2), 1e-9)
    return streak, np.where(power > sure * doubt, 1 - doubt / power, 0.0)


def _mean(squares: Singles) -> Singles:
    """Mean over the block around each line."""
    column = squares.astype(np.float32).reshape(-1, 1)
    mean = cv2.blur(column, (1, BLOCK_PX), borderType=cv2.BORDER_REFLECT)
    return np.asarray(mean, dtype=np.float32).ravel()


def _middle(squares: Singles) -> Singles:
    """Variance over the block around each line, by the median: few outliers do not count."""
    # 0.4549: median of the square of a standard normal number.
    return np.asarray(median_filter(squares, BLOCK_PX, mode="reflect") / 0.4549)
