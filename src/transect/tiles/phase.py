"""Shading from what has one grey: pixels around the commonest grey of each tile.

The particles of an electrode, or the resin around it, have one grey but for grain and noise, and
it is the commonest of a tile. Where in the field those pixels are darker or brighter than in the
rest of their tile is shading, whatever its shape, known to a few tenths of a percent from a few
dozen tiles. What is believed is what independent tiles agree on: along x two halves of the tiles,
along y the rows of the grid, because layers lie at one height in all tiles of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from transect.tiles.pixels import Pixels

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

CELLS = 32
"""Cells along the longer axis of the field."""
SAMPLES = 320
"""Samples along the longer axis of a tile: fine against particles, coarse against noise."""
MOST_TILES = 400
LEAST_TILES = 10
PEAK = 0.04
"""Width of the commonest grey: noise and grain of one phase."""
REACH = 0.12
"""Relative distance from the commonest grey within which its pixels' spread is judged."""
FLOOR = 0.02
"""Least grey over the mean: the logarithm of black must not be infinite."""
NARROWEST = 0.03
ROUNDS = 5
AGREED = 0.5
"""Share of a pattern's variance that independent tiles must agree on for it to be believed."""


@dataclass(frozen=True)
class Sample:
    """Logarithm of one tile's greys against its commonest grey, and how far these count."""

    rest: Singles
    scale: float
    grey: float

    def weights(self, expected: Singles | float = 0.0) -> Singles:
        """How far each sample counts as of the commonest grey (Tukey's biweight)."""
        far = (self.rest - expected) / np.float32(self.scale)
        return np.asarray(np.square(np.maximum(1 - far * far, 0)), dtype=np.float32)


@dataclass(frozen=True)
class _Sums:
    """Weighted sums of logarithms, and weights, by tile: (tile, row, column) of cells."""

    values: Singles
    weights: Singles

    def of(self, which: npt.NDArray[np.bool_]) -> Floats:
        """Mean over some tiles, smoothed by a cell, around 0."""
        value, weight = (
            cv2.GaussianBlur(s[which].sum(axis=0), (0, 0), 1.0, borderType=cv2.BORDER_REFLECT)
            for s in (self.values, self.weights)
        )
        mean = value / np.maximum(weight, 1e-6)
        return np.asarray(mean - mean.mean(), dtype=np.float64)


def sample(tile: Pixels, gain: Singles) -> Sample:
    """Sample one tile.

    Parameters
    ----------
    tile
        Grey values, shape (row, column).
    gain
        What is known of the field already, same shape.
    """
    shape = _scaled((int(tile.shape[0]), int(tile.shape[1])), SAMPLES)
    even = tile.astype(np.float32) / gain
    return around(np.asarray(cv2.resize(even, shape[::-1], interpolation=cv2.INTER_AREA)), REACH)


def around(image: Singles, reach: float) -> Sample:
    """Compare an image with its commonest grey; pixels within `reach` of it tell its spread."""
    mean = max(float(image.mean()), 1e-9)
    floored = np.maximum(image, np.float32(FLOOR * mean))
    logs = np.asarray(cv2.log(floored), dtype=np.float32)
    middle = _commonest(logs)
    rest = logs - np.float32(middle)
    size = np.abs(rest)
    near = size[size < reach]
    spread = 1.4826 * float(np.median(near[::5])) if near.size else 0.0
    return Sample(rest, max(3 * spread, NARROWEST), float(np.exp(middle)))


def common_field(
    samples: Sequence[Sample], rows: Sequence[int], columns: Sequence[int]
) -> Floats | None:
    """Logarithm of the field over its cells, or None where tiles are too few.

    Parameters
    ----------
    samples
        One per tile, all of one shape.
    rows, columns
        Place of each tile in the grid.
    """
    if len(samples) < LEAST_TILES:
        return None
    shape = samples[0].rest.shape
    cells = _scaled((shape[0], shape[1]), CELLS)
    field, level = np.zeros(cells), np.zeros(len(samples))
    for _ in range(ROUNDS):
        grown = cv2.resize(field.astype(np.float32), (shape[1], shape[0]))
        found = [_fold(s, grown + float(b), cells) for s, b in zip(samples, level, strict=True)]
        sums = _Sums(np.array([v for v, _ in found]), np.array([w for _, w in found]))
        total = sums.weights.sum(axis=(1, 2))
        step = sums.values.sum(axis=(1, 2)) / np.maximum(total, 1e-6)
        sums = _Sums(sums.values - step[:, None, None] * sums.weights, sums.weights)
        level += step
        old = field
        field = old + sums.values.sum(axis=0) / np.maximum(sums.weights.sum(axis=0), 1e-3)
        field -= field.mean()
    # The last step's sums are against the field before it.
    whole = _Sums((sums.values + sums.weights * old).astype(np.float32), sums.weights)
    return _agreed(whole, np.asarray(rows), np.asarray(columns))


def spread(field: Floats, shape: tuple[int, int]) -> Singles:
    """Field over the pixels of a tile, from that over its cells."""
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(field.astype(np.float32), size, interpolation=cv2.INTER_CUBIC))


def _agreed(sums: _Sums, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> Floats:
    """Part of the field that independent tiles agree on."""
    whole = sums.of(np.ones(len(rows), dtype=bool))
    across = _along_x(whole)
    halves = columns if len(np.unique(columns)) > 1 else rows
    if len(np.unique(halves % 2)) < 2:
        return np.zeros_like(whole)
    first, second = (_along_x(sums.of(halves % 2 == k)) for k in (0, 1))
    alike = float((first * second).mean()) / max(float((across**2).mean()), 1e-12)
    found = min(alike, 1.0) * across if alike > AGREED else np.zeros_like(whole)
    names = np.unique(rows)
    # Two rows may be mirror images of each other: foil between, coating above and below.
    if len(names) >= 3:
        down = np.array([sums.of(rows == name).mean(axis=1) for name in names])
        middle = np.median(down, axis=0)
        # 1.57: variance of a median over that of a mean.
        doubt = 1.57 * float(down.var(axis=0, ddof=1).mean()) / len(names)
        sure = 1 - doubt / max(float((middle**2).mean()), 1e-12)
        found = found + (sure * middle[:, None] if sure > AGREED else 0.0)
    return np.asarray(found - found.mean())


def _along_x(field: Floats) -> Floats:
    """Take the course along y off."""
    return np.asarray(field - field.mean(axis=1, keepdims=True))


def _fold(one: Sample, expected: Singles, cells: tuple[int, int]) -> tuple[Singles, Singles]:
    """Sum residuals and weights of one tile by cell (Tukey's biweight)."""
    rest = one.rest - expected
    weight = one.weights(expected)
    size = cells[::-1]
    value = cv2.resize(weight * rest, size, interpolation=cv2.INTER_AREA)
    return np.asarray(value), np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA))


def _commonest(logs: Singles) -> float:
    """Logarithm where most samples lie, to a fraction of the peak's width."""
    # Every fifth sample tells the range well enough.
    low, high = (float(v) for v in np.percentile(logs.ravel()[::5], [1, 99.9]))
    count = max(int((high - low) / (PEAK / 8)), 16)
    if high <= low:
        return low
    hits, edges = np.histogram(logs, bins=count, range=(low, high))
    smooth = gaussian_filter1d(hits.astype(float), PEAK * count / (high - low), mode="constant")
    top = int(np.argmax(smooth))
    return float(edges[top] + edges[top + 1]) / 2


def _scaled(shape: tuple[int, int], longer: int) -> tuple[int, int]:
    """Shape whose longer axis has so many cells, or as many as there are pixels."""
    factor = min(longer / max(shape), 1.0)
    rows, columns = (max(round(n * factor), 1) for n in shape)
    return rows, columns
