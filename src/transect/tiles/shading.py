"""Shading: how the detector's brightness varies over the field, from all tiles of a section.

Where neighbours overlap, the specimen cancels and they tell (`overlap`). Where they do not,
every tile gives the coefficients of a smooth surface through its grey values, so a few numbers per
tile are all that is kept. What the tiles agree on is shading; what differs is specimen. Layers that
lie at the same height in every tile of one row would look like shading too: a coefficient counts
only as far as the rows of the grid, and the columns, agree on it. With few tiles the field
therefore stays flat unless the evidence is strong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import fdtri, stdtrit

from transect.log import logger
from transect.parallel import run
from transect.tiles.index import Tile, TileIndex
from transect.tiles.npz import read_npz
from transect.tiles.overlap import Equations, neighbours, pair_equations, solve
from transect.tiles.pixels import Pixels
from transect.tiles.read import read_tile

Floats = npt.NDArray[np.float64]

DEGREE = 4
"""Highest total degree of the surface: detectors fall off smoothly towards the corners."""
CELLS = 32
"""Cells along the longer axis that a tile is averaged to before the fit."""
MOST_TILES = 1000
"""Tiles or pairs beyond this many add time and no precision."""
ROUNDS = 6
REACH = 3.0
"""Cells further off than this many standard deviations count for nothing."""
TRIM = 0.2
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
    found = _from_overlaps(folder, index, tiles, threads)
    source = "overlaps"
    if found is None:
        found, source = _from_tiles(folder, index, tiles, threads), "what tiles have in common"
    gain = surface(found, index.tile_shape)
    logger.info(
        "shading of %s: %d tiles, %d of %d terms sure from %s, gain %.3f to %.3f",
        channel, len(tiles), np.count_nonzero(found), len(found), source, gain.min(), gain.max(),
    )  # fmt: skip
    return Shading(gain, 0.0)


def _from_overlaps(
    folder: Path, index: TileIndex, tiles: Sequence[Tile], threads: int
) -> Floats | None:
    """Coefficients from neighbours that overlap, or None where those do not tell."""
    pairs = neighbours(tiles)
    pairs = pairs[:: -(-len(pairs) // MOST_TILES)] if pairs else []

    def one(pair: tuple[Tile, Tile]) -> Equations | None:
        a, b = pair
        step = (b.stage_x_um - a.stage_x_um, b.stage_y_um - a.stage_y_um)
        offset = (step[0] / index.px_um, step[1] / index.px_um)
        return pair_equations(read_tile(folder, index, a), read_tile(folder, index, b), offset)

    told = [e for e in run(one, pairs, threads, "overlaps") if e is not None]
    found = solve(told)
    return None if found is None else np.pad(found, (0, len(terms()) - len(found)))


def _from_tiles(folder: Path, index: TileIndex, tiles: Sequence[Tile], threads: int) -> Floats:
    """Coefficients that single tiles agree on."""
    if not tiles:
        return np.zeros(len(terms()))
    some = tiles[:: -(-len(tiles) // MOST_TILES)]

    def one(tile: Tile) -> Floats:
        return tile_coefficients(read_tile(folder, index, tile))

    fitted = np.array(list(run(one, some, threads, "shading")))
    return agree(fitted, [t.row for t in some], [t.column for t in some])


def terms() -> list[tuple[int, int]]:
    """Powers along x and y of every term but the constant."""
    return [(p, n - p) for n in range(1, DEGREE + 1) for p in range(n, -1, -1)]


def tile_coefficients(tile: Pixels) -> Floats:
    """Coefficients of the surface through the logarithm of one tile's grey values.

    The fit follows the bright phase: it starts from the upper quartile and weighs down what lies
    far off (Tukey's biweight), so pores and cracks hardly bend it.
    """
    means = cell_means(tile)
    design = _design(*means.shape)
    # Pores are black: a floor keeps their logarithm from outweighing everything.
    logs = np.log(np.maximum(means, 0.1 * max(float(means.mean()), 1e-12))).ravel()
    rest = logs - np.percentile(logs, 75)
    found = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        scale = max(REACH * 1.4826 * float(np.median(np.abs(rest))), 1e-6)
        weights = np.clip(1 - (rest / scale) ** 2, 0, None) ** 2
        weighed = design * weights[:, None]
        # The ridge keeps a tile solvable whose bright phase fills a corner only.
        normal = design.T @ weighed + 1e-6 * len(logs) * np.eye(design.shape[1])
        found = np.linalg.solve(normal, weighed.T @ logs)
        rest = logs - design @ found
    return np.asarray(found[1:])


@lru_cache(maxsize=4)
def _design(rows: int, columns: int) -> Floats:
    """Constant and terms at the centre of every cell, shape (cell, term)."""
    y, x = _axis(rows), _axis(columns)
    constant = [np.ones(rows * columns)]
    return np.stack(constant + [np.outer(y[q], x[p]).ravel() for p, q in terms()], axis=1)


def _axis(cells: int) -> Floats:
    """Legendre polynomials at the centres of cells between -1 and 1, shape (degree + 1, cell)."""
    centres = (2 * np.arange(cells) + 1) / cells - 1
    return np.asarray(np.polynomial.legendre.legvander(centres, DEGREE).T)


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
    for k, (p, q) in enumerate(terms()):
        # Along y the specimen's layers repeat from tile to tile of a row: only other rows can
        # tell; along x, other columns.
        doubts = [_share(fitted[:, k], np.asarray(rows))] * (q > 0)
        doubts += [_share(fitted[:, k], np.asarray(columns))] * (p > 0)
        found[k] = min(doubts) * _trimmed_mean(fitted[:, k])
    return found


def _share(values: Floats, groups: npt.NDArray[np.int64]) -> float:
    """Share of the mean that is kept: 0 where chance would do, else 1 - 1 / t squared."""
    names = np.unique(groups)
    # Two rows may be mirror images of each other: foil between, coating above and below.
    if len(names) < 3:
        return 0.0
    error, freedom = _trimmed_error(values)
    medians = np.array([np.median(values[groups == name]) for name in names])
    between = float(medians.std(ddof=1)) / np.sqrt(len(names))
    # Groups that scatter as their tiles do are but tiles; else each counts as one observation.
    # 1.57: variance of a median over that of a mean.
    limit = float(fdtri(len(names) - 1, max(freedom, 1), 0.9))
    alike = between**2 <= 1.57 * error**2 * limit
    if not alike:
        error, freedom = max(between, error), len(names) - 1
    mean = abs(_trimmed_mean(values))
    chance = float(stdtrit(freedom, (1 + SURE) / 2))
    return 1.0 - (error / mean) ** 2 if mean > chance * error else 0.0


def _trimmed_mean(values: Floats) -> float:
    cut = int(TRIM * len(values))
    return float(np.sort(values)[cut : len(values) - cut].mean())


def _trimmed_error(values: Floats) -> tuple[float, int]:
    """Doubt of the trimmed mean: standard error, degrees of freedom (Tukey and McLaughlin)."""
    cut = int(TRIM * len(values))
    ordered = np.sort(values)
    clipped = np.clip(values, ordered[cut], ordered[-cut - 1])
    spread = float(clipped.std(ddof=1))
    return spread / ((1 - 2 * TRIM) * np.sqrt(len(values))), len(values) - 2 * cut - 1


def surface(coefficients: Floats, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Gain over the field: the exponential of the surface, with mean 1."""
    rows, columns = shape
    y, x = _axis(rows), _axis(columns)
    weights = np.zeros((DEGREE + 1, DEGREE + 1))
    for value, (p, q) in zip(coefficients, terms(), strict=True):
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
