"""How well the pixels of two tiles agree where positions say that they overlap; and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from mosaic_work import Place
from scipy.ndimage import affine_transform

from transect.tiles.index import Tile
from transect.tiles.read import read_tile

Floats = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

BLUR_PX = 1.0
"""Sigma of the blur of both tiles. Placing by a fraction of a pixel smooths noise, and would raise
the correlation of whoever does so by up to 0.06 (measured, for half a pixel in x and y); after this
blur by less than 0.001."""

CONTEXT_PX = 100


def seams(tiles: list[Tile]) -> list[tuple[Tile, Tile]]:
    """All pairs of tiles beside or below each other in the grid."""
    at = {(t.row, t.column): t for t in tiles}
    return [
        (t, at[there])
        for (row, column), t in sorted(at.items())
        for there in ((row, column + 1), (row + 1, column))
        if there in at
    ]


def pixels(place: Place, tiles: list[Tile]) -> dict[str, F32]:
    """Pixels of each tile."""
    index = place.index()
    return {t.tile: read_tile(place.raw, index, t).astype(np.float32) for t in tiles}


def correlation(a: F32, b: F32, shift: Floats) -> float:
    """Correlate two tiles where they overlap when b lies `shift` (x, y) px from a.

    Parameters
    ----------
    a, b
        Pixels of the tiles.
    shift
        Place of b minus that of a, to any fraction of a pixel.

    Returns
    -------
    Normalised correlation of the overlap, b interpolated by cubic splines; NaN without overlap.
    """
    part, other = overlap(blurred(a), blurred(b), shift)
    if min(part.shape) < 4:
        return float("nan")
    return float(np.corrcoef(part.ravel(), other.ravel())[0, 1])


def blurred(image: F32) -> F32:
    """Blur a tile a little."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), BLUR_PX), dtype=np.float32)


def overlap(a: F32, b: F32, shift: Floats) -> tuple[F32, F32]:
    """Cut the overlap out of a, and what b shows at the same places."""
    size = np.array(a.shape[::-1])
    # Two pixels of b are left at its borders: a spline needs neighbours.
    x0, y0 = np.ceil(np.maximum(shift + 2, 0)).astype(int)
    x1, y1 = np.floor(np.minimum(size + shift - 2, size)).astype(int)
    part = a[y0 : max(y1, y0), x0 : max(x1, x0)]
    if part.size == 0:
        return part, part
    first = np.array([y0, x0]) - shift[::-1]
    corner = np.maximum(np.floor(first).astype(int) - 4, 0)
    near = b[corner[0] : corner[0] + part.shape[0] + 12, corner[1] : corner[1] + part.shape[1] + 12]
    moved = affine_transform(
        near, np.ones(2), first - corner, output_shape=part.shape, order=3, mode="nearest"
    )
    return part, np.asarray(moved, dtype=np.float32)


def picture(a: F32, b: F32, shift: Floats) -> npt.NDArray[np.uint8]:
    """Draw a seam: as the tiles meet in the middle of the overlap, and both in two colours."""
    whole = np.rint(shift).astype(int)
    size = np.array(a.shape[::-1])
    low = np.maximum(np.maximum(whole, 0) - CONTEXT_PX, np.minimum(whole, 0))
    high = np.minimum(np.minimum(size + whole, size) + CONTEXT_PX, np.maximum(size + whole, size))
    canvas = np.zeros((2, *(high - low)[::-1]), dtype=np.float32)
    there = np.zeros(canvas.shape, dtype=bool)
    for n, (image, corner) in enumerate(((a, -low), (b, whole - low))):
        matrix = np.array([[1.0, 0.0, corner[0]], [0.0, 1.0, corner[1]]])
        shape = (canvas.shape[2], canvas.shape[1])
        canvas[n] = cv2.warpAffine(image, matrix, shape)
        there[n] = cv2.warpAffine(np.ones_like(image), matrix, shape) > 0.5
    both = there.all(axis=0)
    axis = int(np.abs(shift[1]) > np.abs(shift[0]))
    middle = (np.maximum(whole, 0) + np.minimum(size + whole, size))[axis] / 2 - low[axis]
    second = np.indices(both.shape)[1 - axis] >= middle
    hard = np.where(there[1] & (second | ~there[0]), canvas[1], canvas[0])
    level = (canvas[0][both].mean() - canvas[1][both].mean()) if both.any() else 0.0
    two = np.stack([canvas[0], canvas[1] + level, canvas[1] + level], axis=-1)
    two[~both] = hard[~both, None]
    panels = [np.repeat(hard[..., None], 3, axis=-1), two]
    drawn = np.concatenate(panels, axis=1 if axis == 0 else 0)
    return np.clip(drawn, 0, 255).astype(np.uint8)


def draw(folder: Path, grid: str, images: Mapping[str, F32], pair: tuple[Tile, Tile],
         shift: Floats) -> None:  # fmt: skip
    """Write the picture of a seam."""
    folder.mkdir(parents=True, exist_ok=True)
    a, b = pair
    drawn = picture(images[a.tile], images[b.tile], shift)
    cv2.imwrite(str(folder / f"{grid}-{a.tile}-{b.tile}.png"), drawn[..., ::-1])
