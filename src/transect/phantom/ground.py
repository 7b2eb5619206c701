"""What a window lies on: layers, binder or electrolyte between particles, and its look."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import patch_noise

F64 = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]


class Look(NamedTuple):
    """Numbers the pixel functions need; lengths in px, greys of 255."""

    seed: int
    soft: float
    skin: float
    primer: float
    patch: float
    grain: float
    sponge_size: float
    fibre_size: float
    active: float
    second: float
    binder: float
    filler: float
    filler_phase: int
    filler_sponge: float
    pore: float
    grain_contrast: float
    particle_contrast: float
    sponge: float
    fibres: float
    edge: float
    edge_px: float
    contact: float
    contact_px: float
    shine: float
    charging: float


class Ground(NamedTuple):
    """What a window lies on.

    Attributes
    ----------
    x0, y0
        Its top-left corner in the section.
    curves
        Boundaries of the layers at the centres of its columns.
    levels
        Level of the binder's noise by relative depth.
    kinds, seeds
        For each object: its kind (see `bodies`), and its seed.
    """

    x0: float
    y0: float
    curves: F64
    levels: F64
    kinds: U8
    seeds: I64


@kernel
def cover(depth: float, soft: float) -> float:
    """Share of a pixel that lies inside an edge, from the depth of its centre."""
    if soft == 0.0:
        return 1.0 if depth > 0.0 else 0.0
    return float(min(max(depth + 0.5, 0.0), 1.0))


@kernel
def binder_depth(x: float, y: float, up: float, down: float, levels: F64, look: Look) -> float:
    """How deep in binder a place between particles lies, in px (negative: in a pore).

    Parameters
    ----------
    x, y
        The place.
    up, down
        Its distance from the coating's base and from its surface.
    levels
        Level of the noise by relative depth.
    look
        Settings.
    """
    zeta = up / max(up + down, 1e-9) * (levels.size - 1)
    k = min(max(int(zeta), 0), levels.size - 2)
    u = zeta - k
    level = levels[k] * (1.0 - u) + levels[k + 1] * u
    # The noise rises by about 1.4 per patch where it is steep.
    depth = (patch_noise(look.seed, x / look.patch, y / look.patch) - level) * 0.7 * look.patch
    return float(max(depth, look.skin - down, look.primer - up))


@kernel
def zone_of(y: float, curves: F64, column: int) -> int:
    """Count the boundaries above a row coordinate: the number of its layer."""
    zone = 0
    while zone < curves.shape[0] and y >= curves[zone, column]:
        zone += 1
    return zone


@kernel
def heights(y: float, zone: int, column: int, curves: F64) -> tuple[float, float]:
    """Distance from the base and from the surface of a coating."""
    above, below = y - curves[zone - 1, column], curves[zone, column] - y
    return (below, above) if zone < 5 else (above, below)
