"""Curtains: stripes that the ion beam leaves along the columns, found and taken off.

A curtain makes the specimen darker or brighter by the same factor over many rows. It is read from
pixels of one grey (`phase`) and divided out: particles and pores, which a filter of the image's
frequencies would wear down with the stripes, stay as they are. Texture without direction gives
stripes as well; as many as it gives along the rows are not believed along the columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.tiles.phase import Sample, around
from transect.tiles.pixels import Pixels

Singles = npt.NDArray[np.float32]

ROWS = 8
"""Rows that are averaged before pixels are judged: less noise, and tilt smears nothing."""
STEP = 32
"""Rows between places that the stripes are known at: 2 degrees are one column."""
ALONG_PX = 192
"""Rows over which a stripe is averaged, by a triangle of twice as many."""
ACROSS_PX = 129
"""Columns of the course that stripes are taken against: wider ones stay."""
TILTS_DEG = (0.0, -0.5, 0.5, -1.0, 1.0, -1.5, 1.5, -2.0, 2.0)
"""Directions tried against the columns: scan rotation turns curtains; 0 wins a tie."""
REACH = 0.18
ROUNDS = 3
SCARCE = 0.05
"""Share of pixels of the commonest grey below which a stripe is not believed."""


@dataclass(frozen=True)
class Curtains:
    """Stripes of one tile.

    Attributes
    ----------
    logs
        Logarithm of their brightness, every `STEP` rows and each column.
    sd
        Standard deviation of their brightness over the grey they lie on, what texture without
        direction gives taken off.
    share
        Part of `logs` that is not texture's.
    tilt_deg
        Direction against the columns, positive when they lean to the right going down.
    grey
        Commonest grey of the tile.
    """

    logs: Singles
    sd: float
    share: float
    tilt_deg: float
    grey: float


def find_curtains(tile: Pixels, gain: Singles | None = None) -> Curtains | None:
    """Stripes along the columns, within 2 degrees; None in a tile too small to have any.

    Parameters
    ----------
    tile
        Grey values, shape (row, column).
    gain
        Flat field of the same shape, if there is one.
    """
    if min(tile.shape) < ALONG_PX:
        return None
    even = tile.astype(np.float32)
    if gain is not None:
        even = even / gain
    logs, power, tilt, grey = _stripes(even)
    chance = _stripes(np.ascontiguousarray(even.T))[1]
    share = max(1 - chance / max(power, 1e-12), 0.0)
    return Curtains(logs, float(np.sqrt(share * power)), share, tilt, grey)


def curtaining_index(tile: Pixels, sd_grey: float) -> float:
    """Set the standard deviation of the stripes on the commonest grey against that of all greys."""
    found = find_curtains(tile)
    return found.sd * found.grey / sd_grey if found is not None and sd_grey > 0 else 0.0


def remove_curtaining(tile: Pixels, gain: Singles | None = None) -> Pixels:
    """Copy of a tile without its curtains, of the same type; the tile itself where it has none."""
    found = find_curtains(tile, gain)
    if found is None or found.share == 0:
        return tile
    rows, columns = tile.shape
    known = cv2.resize(found.logs * np.float32(found.share), (columns, rows))
    return as_type(np.asarray(tile * cv2.exp(-known), dtype=np.float32), tile.dtype)


def as_type(image: Singles, dtype: np.dtype[np.generic]) -> Pixels:
    """Round and clip to the type of the pixels."""
    if dtype.kind != "u":
        return np.asarray(image, dtype=dtype)
    top = float(np.iinfo(dtype).max)  # type: ignore[type-var]
    return np.asarray(np.clip(np.rint(image), 0, top), dtype=dtype)


def _stripes(image: Singles) -> tuple[Singles, float, float, float]:
    """Stripes along the columns, their mean square, tilt and the commonest grey."""
    rows, columns = image.shape
    size = (columns, max(rows // ROWS, 1))
    near = around(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA)), REACH)
    logs = np.zeros((max(rows // STEP, 1), columns), dtype=np.float32)
    slopes = [float(np.tan(np.radians(tilt))) * rows / len(logs) for tilt in TILTS_DEG]
    value, weight = _sums(near, logs, size)
    best = int(np.argmax([_along(value, weight, slope)[1] for slope in slopes]))
    power = 0.0
    # Again around what was found: strong stripes leave the commonest grey's reach.
    for _ in range(ROUNDS):
        value, weight = _sums(near, logs, size)
        logs, power = _along(value + weight * logs, weight, slopes[best])
    return logs, power, TILTS_DEG[best], near.grey


def _sums(near: Sample, logs: Singles, size: tuple[int, int]) -> tuple[Singles, Singles]:
    """Weighted residuals and weights, averaged to the places where stripes are known."""
    expected = np.asarray(cv2.resize(logs, size), dtype=np.float32)
    weight = near.weights(expected)
    small, area = logs.shape[::-1], cv2.INTER_AREA
    return (
        np.asarray(
            cv2.resize((near.rest - expected) * weight, small, interpolation=cv2.INTER_AREA)
        ),
        np.asarray(cv2.resize(weight, small, interpolation=area)),
    )


def _along(value: Singles, weight: Singles, slope: float) -> tuple[Singles, float]:
    """Stripes of one direction, and their mean square."""
    tall = max(round(ALONG_PX / STEP), 1) | 1
    value, weight = (_blur(_sheared(a, slope), (1, tall)) for a in (value, weight))
    course = [_blur(a, (ACROSS_PX, 1)) for a in (value, weight)]
    stripe = value / np.maximum(weight, 1e-4) - course[0] / np.maximum(course[1], 1e-4)
    stripe *= weight / (weight + SCARCE)
    power = float((stripe * stripe * weight).sum()) / max(float(weight.sum()), 1e-6)
    return _sheared(np.asarray(stripe, dtype=np.float32), -slope), power


def _blur(image: Singles, size: tuple[int, int]) -> Singles:
    """Mean over a triangle: two running means."""
    once = cv2.blur(image, size, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.blur(once, size, borderType=cv2.BORDER_REFLECT))


def _sheared(image: Singles, slope: float) -> Singles:
    """Image whose rows are moved so that stripes of this slope stand upright."""
    if slope == 0:
        return image
    rows, columns = image.shape
    matrix = np.array([[1, slope, -slope * (rows - 1) / 2], [0, 1, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        image, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved)
