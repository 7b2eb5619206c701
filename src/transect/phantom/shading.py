"""From painted depths to phases and grey levels, pixel by pixel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.hashing import patch_noise, unit
from transect.phantom.texture import fibre, grain, sponge
from transect.phases import Phase

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

_ACTIVE, _BINDER, _PORE = int(Phase.ACTIVE_MATERIAL), int(Phase.BINDER), int(Phase.PORE)
_CRACK, _VOID = int(Phase.CRACK), int(Phase.VOID)


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
    binder: float
    pore: float
    grain_contrast: float
    particle_contrast: float
    sponge: float
    fibres: float
    edge: float
    edge_px: float
    shine: float
    charging: float


@kernel
def cover(depth: float, soft: float) -> float:
    """Share of a pixel that lies inside an edge, from the depth of its centre."""
    if soft == 0.0:
        return 1.0 if depth > 0.0 else 0.0
    return min(max(depth + 0.5, 0.0), 1.0)


@kernel
def binder_depth(x: float, y: float, base: float, surface: float, levels: F64, look: Look) -> float:
    """How deep in binder a place between particles lies, in px (negative: in a pore)."""
    up = abs(base - y)
    down = abs(surface - y)
    zeta = up / max(up + down, 1e-9) * (levels.size - 1)
    k = min(int(zeta), levels.size - 2)
    u = zeta - k
    level = levels[k] * (1.0 - u) + levels[k + 1] * u
    # The noise rises by about 1.4 per patch where it is steep.
    depth = (patch_noise(look.seed, x / look.patch, y / look.patch) - level) * 0.7 * look.patch
    return max(depth, look.skin - down, look.primer - up)


@kernel
def zone_of(y: float, curves: F64, column: int) -> int:
    """Number of the layer at a row coordinate: how many boundaries lie above it."""
    zone = 0
    while zone < curves.shape[0] and y >= curves[zone, column]:
        zone += 1
    return zone


@kernel
def label_pixels(
    curves: F64,
    x0: float,
    y0: float,
    depth: F32,
    owner: I32,
    hollow: F32,
    opening: I32,
    clump: U8,
    levels: F64,
    look: Look,
    zones: U8,
) -> U8:
    """Phase at the centre of every pixel of a window."""
    rows, columns = depth.shape
    out = np.empty((rows, columns), dtype=np.uint8)
    for r in range(rows):
        y = y0 + r + 0.5
        for c in range(columns):
            zone = zone_of(y, curves, c)
            phase = zones[zone]
            if phase == _ACTIVE:
                if depth[r, c] > 0.0:
                    if clump[owner[r, c]]:
                        phase = _BINDER
                    elif hollow[r, c] > 0.0:
                        phase = _CRACK if opening[r, c] >= 0 else _VOID
                else:
                    base, surface = curves[zone, c], curves[zone - 1, c]
                    if zone > 5:
                        base, surface = surface, base
                    inside = binder_depth(x0 + c + 0.5, y, base, surface, levels, look)
                    phase = _BINDER if inside > 0.0 else _PORE
            out[r, c] = phase
    return out


@kernel
def _coating(
    x: float,
    y: float,
    base: float,
    surface: float,
    depth: float,
    hollow: float,
    clump: bool,
    seed: int,
    behind: float,
    levels: F64,
    look: Look,
) -> float:
    """Grey level of a place in the coating."""
    solid = cover(depth, look.soft)
    grey = 0.0
    if solid < 1.0:
        binder = cover(binder_depth(x, y, base, surface, levels, look), look.soft)
        grey = look.pore + look.shine * behind
        if binder > 0.0:
            tint = look.binder + look.sponge * sponge(look.seed, x, y, look.sponge_size)
            grey += (tint - grey) * binder
    if solid > 0.0:
        if clump:
            tint = look.binder + 0.6 * look.sponge * sponge(look.seed, x, y, look.sponge_size)
        else:
            tint = look.active + look.particle_contrast * 2.0 * (unit(seed, 0, 51) - 0.5)
            if look.grain_contrast > 0.0:
                tint += look.grain_contrast * grain(seed, x / look.grain, y / look.grain)
            if look.edge > 0.0 and depth < 6.0 * look.edge_px:
                tint += look.edge * np.exp(-max(depth, 0.0) / look.edge_px)
        grey += (tint - grey) * solid
    if hollow > -0.5:
        dark = look.pore + 0.5 * look.shine * behind
        grey += (dark - grey) * cover(hollow, look.soft)
    return grey


@kernel
def shade_pixels(
    curves: F64,
    x0: float,
    y0: float,
    depth: F32,
    owner: I32,
    hollow: F32,
    clump: U8,
    seeds: I64,
    behind: F32,
    levels: F64,
    look: Look,
    greys: F64,
    streaks: F32,
) -> F32:
    """Grey level of every pixel of a window, before the microscope's blur and noise."""
    rows, columns = depth.shape
    out = np.empty((rows, columns), dtype=np.float32)
    shining = behind.size > 1
    for r in range(rows):
        y = y0 + r + 0.5
        for c in range(columns):
            x = x0 + c + 0.5
            zone = zone_of(y, curves, c)
            other, share = zone, 0.0
            if look.soft > 0.0:
                if zone > 0 and y - curves[zone - 1, c] < 0.5:
                    share = 0.5 - (y - curves[zone - 1, c])
                    other = zone_of(y - 1.0, curves, c)
                elif zone < curves.shape[0] and curves[zone, c] - y < 0.5:
                    share = 0.5 - (curves[zone, c] - y)
                    other = zone_of(y + 1.0, curves, c)
            grey = 0.0
            for part in range(2):
                z = zone if part == 0 else other
                weight = 1.0 - share if part == 0 else share
                if weight <= 0.0:
                    continue
                tint = greys[z]
                if z == 3 or z == 7:
                    base, surface = curves[z, c], curves[z - 1, c]
                    if z == 7:
                        base, surface = surface, base
                    n = max(owner[r, c], 0)
                    own = clump.size > 0
                    tint = _coating(
                        x,
                        y,
                        base,
                        surface,
                        depth[r, c],
                        hollow[r, c],
                        own and clump[n] == 1,
                        seeds[n] if own else 0,
                        behind[r, c] if shining else 0.0,
                        levels,
                        look,
                    )
                elif z == 1 or z == 9:
                    if look.fibres > 0.0:
                        tint += look.fibres * fibre(look.seed, x, y, look.fibre_size)
                    tint += look.charging * streaks[r]
                grey += weight * tint
            out[r, c] = grey
    return out
