"""Greys of a tile between its pixels.

A tile hardly ever lies on whole pixels of the mosaic. Straight lines between pixels would halve
the noise of a tile that lies half a pixel off and leave that of its neighbour as it was, and with
it every threshold. On phantoms (blur 0.8 px, five shifts) the error against the truth and the
noise that is left were, worst of all shifts: straight lines 1.2 grey levels and 0.50, cubic
(Catmull-Rom) 0.63 and 0.64, six points (Lanczos) 0.58 and 0.79, eight points 0.58 and 0.83; after
the smoothing that comes before the thresholds the noise was 0.89, 0.97, 1.01 and 1.00 of what it
should be. Six points cost little more than two.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel, part
from transect.mosaic.layout import Image

REACH = 3
"""Pixels on each side of a place that count."""

LINES = 2 * REACH + 1
"""Lines of a room: one for corrected greys, the others for as many filtered rows of the tile."""

Pixels = npt.NDArray[Any]


@lru_cache(maxsize=4096)
def taps(fraction: float) -> Image:
    """Weights of the pixels -2 to 3 for a place this fraction of a pixel beyond pixel 0."""
    away = np.arange(1 - REACH, REACH + 1) - fraction
    weights = np.sinc(away) * np.sinc(away / REACH)
    # Lanczos' own weights move a slope by up to 0.02 px and brighten by up to 1 %.
    line = np.stack([np.ones_like(away), away])
    weights += np.linalg.solve(line @ line.T, np.array([1.0, 0.0]) - line @ weights) @ line
    return np.asarray(weights, dtype=np.float32)


@kernel
def sample(
    pixels: Pixels,
    shading: Image,
    row0: int,
    col0: int,
    weights: Image,
    level: Image,
    room: Image,
    greys: Image,
    height: int,
    width: int,
) -> None:
    """Corrected greys of a rectangle of a tile.

    Parameters
    ----------
    pixels
        Raw pixels of the tile; beyond its border the last ones are repeated.
    shading
        Reciprocal of the flat field, same shape, or (1, 1) for none.
    row0, col0
        Pixel of the tile that the first place is at or just beyond.
    weights
        Of six rows and of six columns, as `taps` gives them, shape (2, 6).
    level
        Gain, offset and black level: grey = (pixel - level[2]) * shading * level[0] + level[1].
    room
        Room for (LINES, width + 5) floats.
    greys
        What is filled, from its corner on.
    height, width
        Rows and columns that are wanted.
    """
    begin(pixels, shading, row0, col0, weights, level, room, width)
    for r in range(height):
        proceed(pixels, shading, row0, col0, weights, level, room, r, greys, r, width)


@part
def begin(
    pixels: Pixels,
    shading: Image,
    row0: int,
    col0: int,
    weights: Image,
    level: Image,
    room: Image,
    width: int,
) -> None:
    """Filter the rows of a tile that come before those which `proceed` adds."""
    if weights[0, 2] != 1:
        for k in range(2 * REACH - 1):
            _filter_columns(pixels, shading, row0 + k - 2, col0, weights, level, room, k, width)


@part
def proceed(
    pixels: Pixels,
    shading: Image,
    row0: int,
    col0: int,
    weights: Image,
    level: Image,
    room: Image,
    r: int,
    greys: Image,
    line: int,
    width: int,
) -> None:
    """Row r of a rectangle into a line of `greys`: see `sample`; rows follow each other.

    The last six filtered rows go around in the room, which stays in the first cache of a core.
    """
    # Rows of arrays are never cut out here: that would cost as much as filtering them.
    term = level[1]
    if weights[0, 2] == 1:
        _filter_columns(pixels, shading, row0 + r, col0, weights, level, room, 0, width)
        for c in range(width):
            greys[line, c] = room[0, c] + term
        return
    _filter_columns(pixels, shading, row0 + r + REACH, col0, weights, level, room, r + 5, width)
    n = 2 * REACH
    a, b, d, e, f, g = r % n, (r + 1) % n, (r + 2) % n, (r + 3) % n, (r + 4) % n, (r + 5) % n
    w0, w1, w2 = weights[0, 0], weights[0, 1], weights[0, 2]
    w3, w4, w5 = weights[0, 3], weights[0, 4], weights[0, 5]
    for c in range(width):
        near = w2 * room[d, c] + w3 * room[e, c]
        far = w1 * room[b, c] + w4 * room[f, c]
        greys[line, c] = near + (far + (w0 * room[a, c] + w5 * room[g, c])) + term


@part
def _filter_columns(
    pixels: Pixels,
    shading: Image,
    row: int,
    col0: int,
    weights: Image,
    level: Image,
    room: Image,
    k: int,
    width: int,
) -> None:
    """Filter one row of the tile into a line of the room."""
    i = min(max(row, 0), pixels.shape[0] - 1)
    k, raw = k % (2 * REACH), 2 * REACH
    if weights[1, 2] == 1:
        _load(pixels, shading, i, col0, width, level, room, k)
        return
    _load(pixels, shading, i, col0 - 2, width + 5, level, room, raw)
    w0, w1, w2 = weights[1, 0], weights[1, 1], weights[1, 2]
    w3, w4, w5 = weights[1, 3], weights[1, 4], weights[1, 5]
    for c in range(width):
        near = w2 * room[raw, c + 2] + w3 * room[raw, c + 3]
        far = w1 * room[raw, c + 1] + w4 * room[raw, c + 4]
        room[k, c] = near + (far + (w0 * room[raw, c] + w5 * room[raw, c + 5]))


@part
def _load(
    pixels: Pixels,
    shading: Image,
    i: int,
    start: int,
    count: int,
    level: Image,
    room: Image,
    k: int,
) -> None:
    """Corrected greys of part of a row, but for the offset."""
    gain, dark = level[0], level[2]
    even, last = shading.shape[0] == 1, pixels.shape[1] - 1
    if start < 0 or start + count > pixels.shape[1]:
        for c in range(count):
            j = min(max(start + c, 0), last)
            factor = gain if even else shading[i, j] * gain
            room[k, c] = (np.float32(pixels[i, j]) - dark) * factor
        return
    # An index that may be below 0 is looked at each time, which takes ten times as long.
    first = np.uint64(start)
    if even:
        for c in range(np.uint64(count)):
            room[k, c] = (np.float32(pixels[i, first + c]) - dark) * gain
    else:
        for c in range(np.uint64(count)):
            factor = shading[i, first + c] * gain
            room[k, c] = (np.float32(pixels[i, first + c]) - dark) * factor
