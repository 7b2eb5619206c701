"""From painted depths to phases and grey levels, pixel by pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.bodies import CLUMP, SECOND
from transect.phantom.ground import Ground, Look, binder_depth, cover, heights, zone_of
from transect.phantom.hashing import unit
from transect.phantom.paint import Canvas
from transect.phantom.texture import fibre, grain, sponge
from transect.phases import Phase

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]

_ACTIVE, _BINDER, _PORE = int(Phase.ACTIVE_MATERIAL), int(Phase.BINDER), int(Phase.PORE)
_CRACK, _VOID = int(Phase.CRACK), int(Phase.VOID)
_CLUMP, _SECOND = CLUMP, SECOND


@kernel
def label_pixels(ground: Ground, canvas: Canvas, look: Look, zones: U8) -> U8:
    """Phase at the centre of every pixel of a window.

    Parameters
    ----------
    ground, canvas
        Layers, and what was painted.
    look
        Settings.
    zones
        Phase of each layer; active material stands for a coating.
    """
    # Arrays are taken out of their tuples once: a tuple of arrays is slow to hand on per pixel.
    depth, owner, hollow, opening = canvas.depth, canvas.owner, canvas.hollow, canvas.opening
    curves, levels, kinds = ground.curves, ground.levels, ground.kinds
    rows, columns = depth.shape
    out = np.empty((rows, columns), dtype=np.uint8)
    for r in range(rows):
        y = ground.y0 + r + 0.5
        for c in range(columns):
            zone = zone_of(y, curves, c)
            phase = zones[zone]
            if phase == _ACTIVE and depth[r, c] > 0.0:
                if kinds[owner[r, c]] == _CLUMP:
                    phase = _BINDER
                elif hollow[r, c] > 0.0:
                    phase = _CRACK if opening[r, c] >= 0 else _VOID
            elif phase == _ACTIVE:
                up, down = heights(y, zone, c, curves)
                inside = binder_depth(ground.x0 + c + 0.5, y, up, down, levels, look)
                phase = look.filler_phase if inside > 0.0 else _PORE
            out[r, c] = phase
    return out


@kernel
def _solid(
    x: float, y: float, depth: float, rival: float, kind: int, seed: int, look: Look
) -> float:
    """Grey level inside a particle or a clump."""
    if kind == _CLUMP:
        return look.binder + 0.6 * look.sponge * sponge(look.seed, x, y, look.sponge_size)
    body = look.second if kind == _SECOND else look.active
    grey = body + look.particle_contrast * 2.0 * (unit(seed, 0, 51) - 0.5)
    if look.grain_contrast > 0.0:
        grey += look.grain_contrast * grain(seed, x / look.grain, y / look.grain)
    if look.edge > 0.0 and depth < 6.0 * look.edge_px:
        grey += look.edge * np.exp(-max(depth, 0.0) / look.edge_px)
    if look.contact > 0.0 and rival > -1.0:
        # Where two particles press on each other: a dark line two pixels wide.
        grey -= look.contact * max(1.0 - (depth - rival) / look.contact_px, 0.0)
    return float(grey)


@kernel
def _between(
    x: float, y: float, up: float, down: float, behind: float, levels: F64, look: Look
) -> float:
    """Grey level between particles."""
    grey = look.pore + look.shine * behind
    binder = cover(binder_depth(x, y, up, down, levels, look), look.soft)
    if binder > 0.0:
        tint = look.filler
        if look.filler_sponge > 0.0:
            tint += look.filler_sponge * sponge(look.seed, x, y, look.sponge_size)
        grey += (max(tint, look.pore) - grey) * binder
    return grey


@kernel
def _neighbour(y: float, zone: int, column: int, curves: F64, soft: float) -> tuple[int, float]:
    """Layer that a pixel lies in with a part of its height, and that part."""
    if soft == 0.0:
        return zone, 0.0
    if zone > 0 and y - curves[zone - 1, column] < 0.5:
        return zone_of(y - 1.0, curves, column), 0.5 - (y - curves[zone - 1, column])
    if zone < curves.shape[0] and curves[zone, column] - y < 0.5:
        return zone_of(y + 1.0, curves, column), 0.5 - (curves[zone, column] - y)
    return zone, 0.0


@kernel
def _layer(
    x: float, y: float, zone: int, coating: float, greys: F64, streak: float, look: Look
) -> float:
    """Grey level of a layer, given that of the coating at this place."""
    if zone == 3 or zone == 7:
        return coating
    grey = greys[zone]
    if zone == 1 or zone == 9:
        if look.fibres > 0.0:
            grey += look.fibres * fibre(look.seed, x, y, look.fibre_size)
        grey += look.charging * streak
    return float(grey)


@kernel
def shade_pixels(
    ground: Ground, canvas: Canvas, look: Look, greys: F64, behind: F32, streaks: F32
) -> F32:
    """Grey level of every pixel of a window, before the microscope's blur and noise.

    Parameters
    ----------
    ground, canvas
        Layers, and what was painted.
    look
        Settings.
    greys
        Grey level of each layer.
    behind
        What shines through pores, of the window's shape or of one pixel for nothing.
    streaks
        Charging of each row.
    """
    depth, rival, owner, hollow = canvas.depth, canvas.rival, canvas.owner, canvas.hollow
    curves, levels, kinds, seeds = ground.curves, ground.levels, ground.kinds, ground.seeds
    rows, columns = depth.shape
    out = np.empty((rows, columns), dtype=np.float32)
    shining = behind.size > 1
    for r in range(rows):
        y = ground.y0 + r + 0.5
        for c in range(columns):
            x = ground.x0 + c + 0.5
            zone = zone_of(y, curves, c)
            other, share = _neighbour(y, zone, c, curves, look.soft)
            coating = -1.0
            if zone == 3 or zone == 7 or other == 3 or other == 7:
                z = zone if zone == 3 or zone == 7 else other
                dim = float(behind[r, c]) if shining else 0.0
                up, down = heights(y, z, c, curves)
                n = max(owner[r, c], 0)
                solid = cover(depth[r, c], look.soft)
                coating = 0.0
                if solid < 1.0:
                    coating = _between(x, y, up, down, dim, levels, look)
                if solid > 0.0:
                    tint = _solid(x, y, depth[r, c], rival[r, c], kinds[n], seeds[n], look)
                    coating += (tint - coating) * solid
                if hollow[r, c] > -0.5:
                    dark = look.pore + 0.5 * look.shine * dim
                    coating += (dark - coating) * cover(hollow[r, c], look.soft)
            tint = _layer(x, y, zone, coating, greys, streaks[r], look)
            if share > 0.0:
                tint += (_layer(x, y, other, coating, greys, streaks[r], look) - tint) * share
            out[r, c] = tint
    return out
