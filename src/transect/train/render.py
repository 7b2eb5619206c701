"""From the truth of a window to grey levels before the microscope: one pass over its pixels."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase
from transect.train.fields import cloud, grains
from transect.train.looks import Look
from transect.train.sections import Truth

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
F32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Random = np.random.Generator

_ACTIVE, _BINDER, _PORE = int(Phase.ACTIVE_MATERIAL), int(Phase.BINDER), int(Phase.PORE)
_COLLECTOR, _SEPARATOR, _GAP = int(Phase.COLLECTOR), int(Phase.SEPARATOR), int(Phase.GAP)
_CRACK, _VOID = int(Phase.CRACK), int(Phase.VOID)


class Textures(NamedTuple):
    """Fields of a window, in shares of the contrast, or one pixel where there is none.

    Attributes
    ----------
    inside
        Brightness within particles.
    between
        Brightness within binder.
    debris
        Brightness within pores.
    fibres
        Brightness within separator and collector.
    behind
        Particles below the plane, in [0, 1].
    gone
        Where contacts have no line: above 0.
    """

    inside: F32
    between: F32
    debris: F32
    fibres: F32
    behind: F32
    gone: F32


def render(truth: Truth, look: Look, random: Random) -> F32:
    """Grey levels (of 255) of a window, edges all or nothing."""
    count = len(truth.discs)
    away = _roundness(truth.owner, truth.depth, truth.discs)
    tints = look.spread * random.standard_normal(count)
    turn, strength = 2 * np.pi * random.random(count), look.slope * random.random(count)
    slopes = np.stack([strength * np.cos(turn), strength * np.sin(turn)], axis=1)
    facts = np.column_stack([truth.discs, tints, slopes]).astype(np.float32)
    textures = _textures(truth, look, away, random)
    palette = _palette(look)
    layers = (truth.phases, truth.second, truth.owner, truth.depth, truth.rival)
    return _compose(*layers, facts, palette, textures, look)


def _palette(look: Look) -> F32:
    """Grey of every phase; the last is the second active material."""
    sign = -1.0 if look.negative else 1.0
    pore, step = look.middle - sign * look.contrast / 2, sign * look.contrast
    place = {
        Phase.OUTSIDE: look.outside,
        Phase.COLLECTOR: look.collector,
        Phase.ACTIVE_MATERIAL: 1.0,
        Phase.BINDER: look.binder,
        Phase.SEPARATOR: look.separator,
        Phase.CRACK: look.opening,
        Phase.VOID: look.opening,
    }
    greys = [pore + step * place.get(Phase(n), 0.0) for n in range(9)]
    return np.array([*greys, pore + step * (1.0 + look.second)], dtype=np.float32)


@kernel
def _roundness(owner: I32, depth: F32, discs: F32) -> F32:
    """Distance from the middle of a particle over the way to its edge, in [0, 1]; 1 outside.

    The way is that of a circle in the middle and that of the outline near it: bumps of the
    outline do not reach inwards.
    """
    rows, columns = owner.shape
    out = np.ones((rows, columns), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            if depth[r, c] > 0.0:
                y, x, radius = discs[owner[r, c]]
                long = np.sqrt((r - y) ** 2 + (c - x) ** 2)
                share = long / (long + depth[r, c])
                near = share**4
                out[r, c] = min((1.0 - near) * long / radius + near * share, 1.0)
    return out


def _textures(truth: Truth, look: Look, away: F32, random: Random) -> Textures:
    shape, none = truth.phases.shape, np.zeros((1, 1), dtype=np.float32)
    between, debris, fibres, behind, gone = (none,) * 5
    inside = np.float32(look.dome) * (np.float32(0.5) - away)
    if look.mottle:
        size, stretch = look.mottle_px, look.mottle_stretch
        inside += np.float32(look.mottle) * cloud(random, shape, size, stretch)
        inside += np.float32(0.5 * look.mottle) * cloud(random, shape, size / 2.2, stretch)
    if look.grain or look.grain_line or look.relief or look.shine:
        level, bump, line = grains(random, truth.owner, look.grain_px)
        inside += np.float32(look.grain) * level + np.float32(look.grain_line) * line
        if look.relief or look.shine:
            bump *= np.float32(look.bumps * look.grain_px)
            face = _face(truth, away, bump, random)
            inside += np.float32(look.relief) * face
            if look.shine:
                behind = _behind(truth, face, look.shine_px, random)
    if look.sponge:
        coarse = cloud(random, shape, look.sponge_px)
        fine = cloud(random, shape, look.sponge_px / 2.3)
        # The webs between the holes of the foam are the bright part.
        between = np.float32(look.sponge) * (0.9 - np.abs(coarse) + np.float32(0.5) * fine)
    if look.debris:
        debris = np.float32(look.debris) * cloud(random, shape, random.uniform(1.5, 8))
    if look.fibres:
        size = random.uniform(1, 6)
        fibres = np.float32(0.6 * look.fibres) * cloud(random, shape, size, random.uniform(2, 8))
    if look.contact_gone:
        # A normal quantile would do no better: clouds are not quite normal.
        gone = cloud(random, shape, 25.0) + np.float32(3 * (look.contact_gone - 0.5))
    fields = (inside, between, debris, fibres, behind, gone)
    return Textures(*(np.asarray(field, dtype=np.float32) for field in fields))


def _face(truth: Truth, away: F32, bumps: F32, random: Random) -> F32:
    """Brightness of a surface in secondary electrons: domes with bumps, lit from one side."""
    height = _domes(truth.owner, away, truth.discs, bumps)
    gx, gy = (
        np.asarray(cv2.Sobel(height, cv2.CV_32F, *axes, scale=0.125), dtype=np.float32)
        for axes in ((1, 0), (0, 1))
    )
    turn, side = random.uniform(0, 2 * np.pi), random.uniform(0, 0.8)
    return _lit(gx, gy, side * np.cos(turn), side * np.sin(turn))


@kernel
def _domes(owner: I32, away: F32, discs: F32, bumps: F32) -> F32:
    """Height of a pseudo-surface: half a sphere on each particle, with bumps on it."""
    rows, columns = owner.shape
    out = np.zeros((rows, columns), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            if away[r, c] < 1.0:
                flat = np.sqrt(np.float32(1.0) - away[r, c] * away[r, c])
                out[r, c] = discs[owner[r, c], 2] * flat + bumps[r, c]
    return out


@kernel
def _lit(gx: F32, gy: F32, x: float, y: float) -> F32:
    """Brighten what is steep, more so towards the detector."""
    rows, columns = gx.shape
    out = np.empty_like(gx)
    for r in range(rows):
        for c in range(columns):
            a, b = gx[r, c], gy[r, c]
            long = np.sqrt(np.float32(1.0) + a * a + b * b)
            steep = min(long - np.float32(1.0), np.float32(2.5))
            out[r, c] = np.float32(0.45) * steep - np.float32(0.2) + (x * a + y * b) / long
    return out


def _behind(truth: Truth, face: F32, blur: float, random: Random) -> F32:
    """Particles below the plane: the window's own, mirrored, dimmer the deeper they lie."""
    out = np.zeros(face.shape, dtype=np.float32)
    ways = [(slice(None), slice(None, None, -1)), (slice(None, None, -1), slice(None))]
    for k in random.permutation(2):
        level = np.float32(random.uniform(0.35, 1.0) * (0.5 if k else 1.0))
        deep, lit = truth.depth[ways[k]], face[ways[k]]
        seen = level * np.clip(np.float32(0.6) + np.float32(0.5) * lit, 0.1, 1.0)
        out = np.where((deep > 0) & (out == 0), seen, out)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), blur), dtype=np.float32)


@kernel
def _at(field: F32, r: int, c: int) -> float:
    return float(field[r, c] if field.size > 1 else field[0, 0])


@kernel
def _solid(
    r: int, c: int, depth: float, rival: float, fact: F32, look: Look
) -> tuple[float, float]:
    """Extra brightness of a pixel in a particle, and how much of the pores' grey it takes."""
    extra = fact[3]
    extra += (fact[4] * (r - fact[0]) + fact[5] * (c - fact[1])) / fact[2]
    if look.edge != 0.0 and depth < 6.0 * look.edge_px:
        extra += look.edge * np.exp(-depth / look.edge_px)
    line = 0.0
    if look.contact > 0.0 and rival > -1.0:
        fade = 1.0 - (depth - rival) / (2.0 * look.contact_px)
        line = look.contact * max(float(fade), 0.0)
    return extra, line


@kernel
def _compose(
    phases: U8,
    second: Bool,
    owner: I32,
    depth: F32,
    rival: F32,
    facts: F32,
    palette: F32,
    textures: Textures,
    look: Look,
) -> F32:
    inside, between, debris, fibres, behind, gone = textures
    rows, columns = phases.shape
    out = np.empty((rows, columns), dtype=np.float32)
    pore, shine = palette[_PORE], look.shine * (palette[_ACTIVE] - palette[_PORE])
    for r in range(rows):
        for c in range(columns):
            phase = phases[r, c]
            grey, extra = float(palette[phase]), 0.0
            if phase == _ACTIVE:
                if second[r, c]:
                    grey = palette[9]
                extra, line = _solid(r, c, depth[r, c], rival[r, c], facts[owner[r, c]], look)
                extra += _at(inside, r, c)
                grey += (pore - grey) * (line if _at(gone, r, c) <= 0.0 else 0.0)
            elif phase == _BINDER:
                extra = _at(between, r, c)
            elif phase in (_PORE, _GAP):
                grey += shine * _at(behind, r, c)
                extra = _at(debris, r, c)
            elif phase in (_CRACK, _VOID):
                grey += 0.6 * shine * _at(behind, r, c)
            elif phase in (_SEPARATOR, _COLLECTOR):
                extra = _at(fibres, r, c) * (1.0 if phase == _SEPARATOR else 0.4)
            out[r, c] = grey + extra * look.contrast
    return out
