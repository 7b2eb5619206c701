"""Random fields over an image: clouds, grains, stripes, rings."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]
Random = np.random.Generator

_TABLE = 64
"""Grains along one axis until they repeat."""


def cloud(random: Random, shape: tuple[int, int], size: float, stretch: float = 1.0) -> F32:
    """Smooth noise with mean 0 and sigma of about 1.

    Parameters
    ----------
    random
        Where it comes from.
    shape
        Rows and columns.
    size
        Size of its features along the columns, in px.
    stretch
        Their width over their height.
    """
    rows, columns = shape
    steps = max(size, 1.0), max(size * stretch, 1.0)
    knots = [int(np.ceil(n / step)) + 4 for n, step in zip(shape, steps, strict=True)]
    coarse = random.standard_normal((knots[0], knots[1]), dtype=np.float32)
    turn = np.array([[1 / steps[1], 0, 1.5], [0, 1 / steps[0], 1.5]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    field = cv2.warpAffine(coarse, turn, (columns, rows), flags=flags)
    # Between the knots, cubic weights leave 0.7 of the variance of either axis.
    return np.asarray(field * np.float32(1.35 if size > 1 else 1.0), dtype=np.float32)


def grains(random: Random, owner: I32, size: float) -> tuple[F32, F32, F32]:
    """Cells around random points, other ones in every particle.

    Parameters
    ----------
    random
        Where they come from.
    owner
        Index of the particle of each pixel.
    size
        Their size, in px.

    Returns
    -------
    level, bump, line
        A number in [-1, 1] for each cell; a dome on it, in [0, 1]; 1 on the lines between cells.
    """
    table = random.random((_TABLE, _TABLE, 3), dtype=np.float32)
    shape = owner.shape
    level, bump, line = (np.empty(shape, dtype=np.float32) for _ in range(3))
    _grains(table, owner, np.float32(1 / size), level, bump, line)
    return level, bump, line


@kernel
def _grains(table: F32, owner: I32, scale: np.float32, level: F32, bump: F32, line: F32) -> None:
    rows, columns = owner.shape
    mask = table.shape[0] - 1
    for r in range(rows):
        for c in range(columns):
            n = owner[r, c] + 1
            # Far enough apart that neighbours show other parts of the table.
            y = np.float32(r) * scale + np.float32(n * 7 % 61)
            x = np.float32(c) * scale + np.float32(n * 13 % 59)
            iy, ix = int(y), int(x)
            first, second, best = np.float32(9.0), np.float32(9.0), np.float32(0.0)
            for j in range(iy - 1, iy + 2):
                for i in range(ix - 1, ix + 2):
                    cell = table[j & mask, i & mask]
                    dy, dx = np.float32(j) + cell[0] - y, np.float32(i) + cell[1] - x
                    square = dy * dy + dx * dx
                    if square < first:
                        first, second, best = square, first, cell[2]
                    elif square < second:
                        second = square
            level[r, c] = np.float32(2.0) * best - np.float32(1.0)
            bump[r, c] = max(np.float32(1.0) - np.float32(1.4) * first, np.float32(0.0))
            gap = (np.sqrt(second) - np.sqrt(first)) / scale
            line[r, c] = max(np.float32(1.0) - gap * np.float32(0.5), np.float32(0.0))


def stripes(random: Random, shape: tuple[int, int], width: float, degrees: float) -> F32:
    """Stripes of ion milling along the columns: few strong among many faint ones, fading.

    Parameters
    ----------
    random
        Where they come from.
    shape
        Rows and columns.
    width
        Width of the wide ones, in px.
    degrees
        Their tilt.
    """
    rows, columns = shape
    # Far longer than wide, and shifted sideways row by row for the tilt.
    reach = int(abs(np.tan(np.radians(degrees))) * rows) + 2
    across = (rows, columns + reach)
    length = float(np.exp(random.uniform(np.log(80), np.log(3000))))
    fine = cloud(random, across, length, max(width / 6, 1.0) / length)
    wide = cloud(random, across, length, width / length)
    # Cubed: few strong ones.
    field = np.clip(0.3 * fine * fine * fine + 0.7 * wide, -3, 3).astype(np.float32)
    slant = float(np.tan(np.radians(degrees)))
    turn = np.array([[1.0, slant, reach if slant < 0 else 0.0], [0.0, 1.0, 0.0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(field, turn, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.float32,
    )


def rings(random: Random, shape: tuple[int, int]) -> F32:
    """Rings of a tomogram around a place in the image or beside it, sigma 1."""
    rows, columns = shape
    y0, x0 = random.uniform(-0.5, 1.5, 2) * shape
    y = np.arange(rows, dtype=np.float32)[:, None] - np.float32(y0)
    x = np.arange(columns, dtype=np.float32)[None, :] - np.float32(x0)
    radius = np.sqrt(y * y + x * x).astype(np.int32)
    level = random.standard_normal(int(radius.max()) + 1, dtype=np.float32)
    return np.asarray(level[radius], dtype=np.float32)


@kernel
def drag(image: F32, length: float) -> F32:
    """Tell what each row remembers of the pixels to the left, around its mean."""
    rows, columns = image.shape
    out = np.empty_like(image)
    keep = np.float32(np.exp(-1.0 / length))
    for r in range(rows):
        mean = np.float32(image[r].mean())
        memory = np.float32(0.0)
        for c in range(columns):
            out[r, c] = memory
            memory = keep * memory + (np.float32(1.0) - keep) * (image[r, c] - mean)
    return out
