"""Textures as functions of position: grains, sponge, fibres, stripes, what shines through."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import unit, value_noise

F32 = npt.NDArray[np.float32]


@kernel
def grain(seed: int, x: float, y: float) -> float:
    """Level in [-1, 1] of the primary grain at a place, in units of the grain's size."""
    ix, iy = int(np.floor(x)), int(np.floor(y))
    best, bx, by = 1e9, 0, 0
    for j in range(iy - 1, iy + 2):
        for i in range(ix - 1, ix + 2):
            dx = i + 0.15 + 0.7 * unit(seed, i, j) - x
            dy = j + 0.15 + 0.7 * unit(seed + 1, i, j) - y
            square = dx * dx + dy * dy
            if square < best:
                best, bx, by = square, i, j
    return 2.0 * unit(seed + 2, bx, by) - 1.0


@kernel
def sponge(seed: int, x: float, y: float, size: float) -> float:
    """Level in about [-1, 1] of the carbon network."""
    coarse = value_noise(seed + 21, x / size, y / size)
    fine = value_noise(seed + 22, 2.3 * x / size, 2.3 * y / size)
    return 1.1 * (coarse + fine - 1.0) + 0.35 * (2.0 * abs(coarse - 0.5) - 0.5)


@kernel
def fibre(seed: int, x: float, y: float, size: float) -> float:
    """Level in [-1, 1] of the separator: stretched along the foil."""
    long = value_noise(seed + 31, x / (7.0 * size), y / size)
    fine = value_noise(seed + 32, x / (2.5 * size), y / (0.8 * size))
    return long + fine - 1.0


@kernel
def behind(seed: int, x0: float, y0: float, rows: int, columns: int, cell: float) -> F32:
    """Dim, blurred particles below the plane of the section, in [0, 1]."""
    out = np.zeros((rows, columns), dtype=np.float32)
    i0, i1 = int(np.floor(x0 / cell)) - 1, int(np.floor((x0 + columns) / cell)) + 2
    j0, j1 = int(np.floor(y0 / cell)) - 1, int(np.floor((y0 + rows) / cell)) + 2
    for j in range(j0, j1):
        for i in range(i0, i1):
            if unit(seed, i, j) > 0.55:
                continue
            x = (i + unit(seed + 1, i, j)) * cell
            y = (j + unit(seed + 2, i, j)) * cell
            radius = (0.15 + 0.55 * unit(seed + 3, i, j) ** 2) * cell
            level = unit(seed + 4, i, j)
            # The deeper, the dimmer and the more blurred.
            soft = radius * (0.25 + 0.9 * (1.0 - level))
            reach = radius + soft
            r0 = max(int(y - reach - y0), 0)
            r1 = min(int(y + reach - y0) + 2, rows)
            c0 = max(int(x - reach - x0), 0)
            c1 = min(int(x + reach - x0) + 2, columns)
            for r in range(r0, r1):
                dy = y0 + r + 0.5 - y
                for c in range(c0, c1):
                    dx = x0 + c + 0.5 - x
                    d = np.sqrt(dx * dx + dy * dy)
                    t = min(max((reach - d) / (2.0 * soft), 0.0), 1.0)
                    dome = 1.0 - 0.5 * (d / reach) ** 2
                    value = np.float32(level * level * dome * t * t * (3.0 - 2.0 * t))
                    if value > out[r, c]:
                        out[r, c] = value
    return out


@kernel
def curtain(
    image: F32, seed: int, x0: float, y0: float, strength: float, px_um: float, zoom: float
) -> None:
    """Multiply an image by the stripes that ion milling leaves, in place.

    Stripes run along the rows' normal; they are 2 to 40 px wide, `zoom` times as much where the
    pixels are finer by that, and fade over about 15 um.
    """
    rows, columns = image.shape
    tall = 15.0 / px_um
    top = int(np.floor(y0 / tall))
    count = int(np.floor((y0 + rows) / tall)) - top + 2
    knots = np.empty((count, columns), dtype=np.float32)
    for k in range(count):
        for c in range(columns):
            x = x0 + c + 0.5
            fine = value_noise(seed, x / (2.5 * zoom), 1.0 * (top + k))
            wide = value_noise(seed + 1, x / (38.0 * zoom), 1.0 * (top + k))
            # Cubed: a few strong stripes among many faint ones.
            knots[k, c] = 8.0 * (fine - 0.5) ** 3 + 0.5 * (wide - 0.5)
    for r in range(rows):
        t = (y0 + r + 0.5) / tall - top
        k = min(max(int(t), 0), count - 2)
        u = np.float32(t - k)
        for c in range(columns):
            level = knots[k, c] * (np.float32(1.0) - u) + knots[k + 1, c] * u
            image[r, c] *= np.float32(1.0 + strength * level)
