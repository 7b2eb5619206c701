"""Shading: how the detector's brightness varies over the field, from all tiles of a section.

Every tile gives the coefficients of a smooth surface through its grey values, so a few numbers per
tile are all that is kept. What the tiles agree on is shading; what differs is specimen. Layers that
lie at the same height in every tile of one row would look like shading too: a coefficient counts
only as far as the rows of the grid, and the columns, agree on it. With few tiles the field
therefore stays flat unless the evidence is strong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from transect.log import logger
from transect.parallel import run
from transect.tiles.index import Tile, TileIndex
from transect.tiles.npz import read_npz
from transect.tiles.pixels import Pixels
from transect.tiles.read import read_tile

Floats = npt.NDArray[np.float64]

DEGREE = 4
"""Highest total degree of the surface: detectors fall off smoothly towards the corners."""
CELLS = 32
"""Cells along the longer axis that a tile is averaged to before the fit."""
MOST_TILES = 1000
"""Tiles beyond this many add time and no precision."""
SURE = 0.998
"""Two-sided probability beyond which a coefficient is believed to differ from zero."""


@dataclass(frozen=True)
class Shading:
    """Brightness over the field of one channel: divide a tile by the gain."""

    gain: npt.NDArray[np.float32]
    offset: float


def estimate_shading(
    folder: Path, index: TileIndex, checks: pd.DataFrame, channel: str, threads: int = 1
) -> Shading:
    """Shading of one channel.

    Parameters
    ----------
    folder
        Raw folder.
    index
        Index of the tiles.
    checks
        Table of `transect check`; only tiles that are ok are used.
    channel
        Which channel.
    threads
        Threads to work with; the result is the same for any number.

    Returns
    -------
    Shading
        Gain of shape (row, column) with mean 1; the offset is 0, because tiles of a specimen say
        nothing of the detector's black level.
    """
    good = checks[(checks["status"] == "ok") & (checks["channel"] == channel)]
    names = set(good["tile"])
    tiles = [tile for tile in index.of_channel(channel) if tile.tile in names]
    tiles = tiles[:: -(-len(tiles) // MOST_TILES)] if tiles else []

    def one(tile: Tile) -> Floats:
        return tile_coefficients(read_tile(folder, index, tile))

    fitted = list(run(one, tiles, threads, f"shading of {channel}"))
    powers = terms(DEGREE)
    rows, columns = [t.row for t in tiles], [t.column for t in tiles]
    found = agree(np.array(fitted), rows, columns) if fitted else np.zeros(len(powers))
    gain = surface(found, index.tile_shape)
    logger.info(
        "shading of %s: %d tiles, %d of %d terms sure, gain %.3f to %.3f",
        channel, len(tiles), np.count_nonzero(found), len(powers), gain.min(), gain.max(),
    )  # fmt: skip
    return Shading(gain, 0.0)


def terms(degree: int) -> list[tuple[int, int]]:
    """Powers along x and y of every term but the constant."""
    return [(p, total - p) for total in range(1, degree + 1) for p in range(total, -1, -1)]


def _legendre(x: Floats, degree: int) -> Floats:
    """Legendre polynomials of degree 0 to `degree`, shape (degree + 1, n)."""
    return np.asarray(np.polynomial.legendre.legvander(x, degree).T)


def tile_coefficients(tile: Pixels) -> Floats:
    """Coefficients of the surface through the logarithm of one tile's grey values."""
    means = cell_means(tile)
    rows, columns = means.shape
    # Pores are black: a floor keeps their logarithm from outweighing everything.
    logs = np.log(np.maximum(means, 0.1 * max(float(means.mean()), 1e-12)))
    y = _legendre((2 * np.arange(rows) + 1) / rows - 1, DEGREE)
    x = _legendre((2 * np.arange(columns) + 1) / columns - 1, DEGREE)
    design = np.stack(
        [np.ones(rows * columns)] + [np.outer(y[q], x[p]).ravel() for p, q in terms(DEGREE)],
        axis=1,
    )
    return np.asarray(np.linalg.lstsq(design, logs.ravel(), rcond=None)[0][1:])


def cell_means(tile: Pixels) -> Floats:
    """Mean of every cell of a coarse grid, shape (row, column)."""
    longer = max(tile.shape)
    rows, columns = (max(round(n * CELLS / longer), DEGREE + 2) for n in tile.shape)
    small = cv2.resize(tile.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float64)


def agree(fitted: Floats, rows: Sequence[int], columns: Sequence[int]) -> Floats:
    """Coefficients that the tiles agree on, shrunk by their doubt.

    Parameters
    ----------
    fitted
        (tile, term) coefficients.
    rows, columns
        Place of each tile in the grid.

    Returns
    -------
    (term,) array; 0 for a term that is not sure.
    """
    found = np.zeros(fitted.shape[1])
    by_row, by_column = _grouped(fitted, rows), _grouped(fitted, columns)
    for k, (p, q) in enumerate(terms(DEGREE)):
        # Along y the specimen's layers repeat from tile to tile of a row: only other rows can
        # tell; along x, other columns.
        doubts = [by_row[:, k]] * (q > 0) + [by_column[:, k]] * (p > 0)
        share = min(_sure_share(groups) for groups in doubts)
        found[k] = share * float(stats.trim_mean(fitted[:, k], 0.2))
    return found


def _grouped(fitted: Floats, groups: Sequence[int]) -> Floats:
    """Median of every group, shape (group, term)."""
    keys = np.asarray(groups)
    return np.array([np.median(fitted[keys == key], axis=0) for key in np.unique(keys)])


def _sure_share(groups: Floats) -> float:
    """Share of a mean that is kept: 1 - (t of chance / t found) squared, and not below 0."""
    n = len(groups)
    if n < 3:
        return 0.0
    mean, sd = float(groups.mean()), float(groups.std(ddof=1))
    if mean == 0.0:
        return 0.0
    chance = float(stats.t.ppf((1 + SURE) / 2, n - 1))
    return max(0.0, 1.0 - (chance * sd / mean) ** 2 / n)


def surface(coefficients: Floats, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Gain over the field: the exponential of the surface, with mean 1."""
    rows, columns = shape
    y = _legendre((2 * np.arange(rows) + 1) / rows - 1, DEGREE)
    x = _legendre((2 * np.arange(columns) + 1) / columns - 1, DEGREE)
    weights = np.zeros((DEGREE + 1, DEGREE + 1))
    for value, (p, q) in zip(coefficients, terms(DEGREE), strict=True):
        weights[q, p] = value
    gain = np.exp(np.einsum("qr,qp,pc->rc", y, weights, x, optimize=True))
    return np.asarray(gain / gain.mean(), dtype=np.float32)


def shading_arrays(shadings: Sequence[Shading]) -> dict[str, npt.NDArray[np.float32]]:
    """Arrays of `shading.npz`: `gain_0`, `offset_0`, and so on, in the index's channel order."""
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    for number, shading in enumerate(shadings):
        arrays[f"gain_{number}"] = shading.gain
        arrays[f"offset_{number}"] = np.array(shading.offset, dtype=np.float32)
    return arrays


def read_shading(path: Path) -> list[Shading]:
    """Shading of every channel, in the index's channel order.

    Raises
    ------
    StorageError
        The file cannot be read.
    """
    arrays = read_npz(path)
    count = sum(name.startswith("gain_") for name in arrays)
    return [Shading(arrays[f"gain_{n}"], float(arrays[f"offset_{n}"].item())) for n in range(count)]
