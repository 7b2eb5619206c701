"""Shading from overlaps: the same specimen at two places of the field.

Where two neighbours overlap, the specimen cancels and the ratio of their greys is shading alone
(and the tiles' own brightness, which averages out along a row). The surface is taken only if it
foretells overlaps that it was not fitted to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.tiles.index import Tile
from transect.tiles.pixels import Pixels

Floats = npt.NDArray[np.float64]

DEGREE = 2
"""Highest total degree of the surface: strips at the edges cannot tell higher ones apart."""
CELL = 32
"""Edge of a cell in px: wider than what is left of the stage's error."""
BIN = 4
LEAST_PX = 24
LEAST_PAIRS = 20
RIDGE = 1e-4
"""Share of a term's mean square that stands for not knowing: terms without evidence stay small."""
GAIN = 0.1
"""Share of the variance of unseen overlaps that the surface must explain."""


@dataclass(frozen=True)
class Equations:
    """What one pair says: normal matrix, right side, sum of squares."""

    matrix: Floats
    right: Floats
    squares: float


def neighbours(tiles: Sequence[Tile]) -> list[tuple[Tile, Tile]]:
    """Pairs of tiles that lie side by side or one above the other."""
    at = {(tile.row, tile.column): tile for tile in tiles}
    return [
        (tile, other)
        for tile in tiles
        for step in ((0, 1), (1, 0))
        if (other := at.get((tile.row + step[0], tile.column + step[1]))) is not None
    ]


def pair_equations(
    a: Pixels, b: Pixels, offset_px: tuple[float, float], degree: int = DEGREE
) -> Equations | None:
    """Equations of one pair, or None where the tiles share too little or do not match.

    Parameters
    ----------
    a, b
        Two tiles of one shape.
    offset_px
        Where the stage says b's corner is in a: columns, rows.
    degree
        Highest total degree of the surface.
    """
    columns, rows = (round(n) for n in offset_px)
    cut = _shared(a.shape, columns, rows)
    if cut is None:
        return None
    moved = _shift(a[cut[0]], b[cut[1]])
    if moved is None:
        return None
    cut = _shared(a.shape, columns - moved[0], rows - moved[1])
    if cut is None:
        return None
    greys = [_cells(tile[part]) for tile, part in zip((a, b), cut, strict=True)]
    floor = 0.5 * float(np.median(greys[0]))
    ratio = np.log(np.maximum(greys[0], 1e-6) / np.maximum(greys[1], 1e-6)).ravel()
    rest = np.abs(ratio - np.median(ratio))
    scale = max(3 * 1.4826 * float(np.median(rest)), 1e-6)
    weight = np.clip(1 - (rest / scale) ** 2, 0, None) ** 2
    weight[(np.minimum(*greys) < floor).ravel()] = 0
    shape = (int(a.shape[0]), int(a.shape[1]))
    places = [_terms(greys[0].shape, part, shape, degree) for part in cut]
    design = places[0] - places[1]
    weighed = design * weight[:, None]
    return Equations(design.T @ weighed, weighed.T @ ratio, float(weight @ ratio**2))


def solve(pairs: Sequence[Equations]) -> Floats | None:
    """Coefficients of the surface, or None where they do not foretell unseen overlaps."""
    if len(pairs) < LEAST_PAIRS:
        return None
    halves = [_sum(pairs[0::2]), _sum(pairs[1::2])]
    before = after = 0.0
    for fitted, unseen in (halves, halves[::-1]):
        found = _fit(fitted)
        explained = 2 * unseen.right @ found - found @ unseen.matrix @ found
        before += unseen.squares
        after += unseen.squares - float(explained)
    return _fit(_sum(pairs)) if after < (1 - GAIN) * before else None


def surface(coefficients: Floats | None, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Gain over the field: the exponential of the surface, with mean 1; flat without one."""
    logs = np.zeros(shape)
    if coefficients is not None:
        y, x = (_axis(size, slice(0, size), size, DEGREE) for size in shape)
        for value, (p, q) in zip(coefficients, _powers(DEGREE), strict=True):
            logs += value * np.outer(y[q], x[p])
    gain = np.exp(logs)
    return np.asarray(gain / gain.mean(), dtype=np.float32)


def _sum(pairs: Sequence[Equations]) -> Equations:
    return Equations(
        np.sum([p.matrix for p in pairs], axis=0),
        np.sum([p.right for p in pairs], axis=0),
        float(np.sum([p.squares for p in pairs])),
    )


def _fit(sums: Equations) -> Floats:
    ridge = RIDGE * float(np.trace(sums.matrix)) / len(sums.right)
    return np.asarray(np.linalg.solve(sums.matrix + ridge * np.eye(len(sums.right)), sums.right))


Cut = tuple[slice, slice]


def _shared(shape: tuple[int, ...], columns: int, rows: int) -> tuple[Cut, Cut] | None:
    """Part of a and part of b that show the same specimen."""
    tall, wide = shape[0] - abs(rows), shape[1] - abs(columns)
    if min(tall, wide) < LEAST_PX:
        return None
    r, c = max(rows, 0), max(columns, 0)
    s, d = max(-rows, 0), max(-columns, 0)
    return (slice(r, r + tall), slice(c, c + wide)), (slice(s, s + tall), slice(d, d + wide))


def _shift(a: Pixels, b: Pixels) -> tuple[int, int] | None:
    """Columns and rows that b's picture is moved against a's, to a few px."""
    size = (a.shape[1] // BIN, a.shape[0] // BIN)
    small = [
        cv2.resize(part.astype(np.float32), size, interpolation=cv2.INTER_AREA) for part in (a, b)
    ]
    window = cv2.createHanningWindow(size, cv2.CV_32F)
    first, second = (part - part.mean() for part in small)
    (x, y), response = cv2.phaseCorrelate(first, second, window)
    near = abs(x) < 0.5 * size[0] and abs(y) < 0.5 * size[1]
    return (round(x * BIN), round(y * BIN)) if near and response > 0.1 else None


def _cells(part: Pixels) -> Floats:
    rows, columns = (max(n // CELL, 1) for n in part.shape)
    columns, rows = max(columns, 3), max(rows, 3)
    small = cv2.resize(part.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float64)


def _terms(cells: tuple[int, ...], part: Cut, shape: tuple[int, int], degree: int) -> Floats:
    """Terms of the surface at the cells of a part of a tile, shape (cell, term)."""
    y, x = (
        _axis(count, cut, size, degree) for count, cut, size in zip(cells, part, shape, strict=True)
    )
    return np.stack([np.outer(y[q], x[p]).ravel() for p, q in _powers(degree)], axis=1)


def _axis(count: int, cut: slice, size: int, degree: int) -> Floats:
    """Legendre polynomials at the centres of cells of a part of an axis, (degree + 1, cell)."""
    centres = cut.start + (np.arange(count) + 0.5) * (cut.stop - cut.start) / count
    return np.asarray(np.polynomial.legendre.legvander(2 * centres / size - 1, degree).T)


def _powers(degree: int) -> list[tuple[int, int]]:
    """Powers along x and y of every term but the constant."""
    return [(p, n - p) for n in range(1, degree + 1) for p in range(n, -1, -1)]
