"""From the truth of a window to grey levels before the microscope: one pass over its pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase
from transect.train.fields import cloud, grains
from transect.train.looks import Look
from transect.train.relief import behind, face, roundness
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
    below
        Particles below the plane, in [0, 1].
    gone
        Where contacts have no line: above 0.
    """

    inside: F32
    between: F32
    debris: F32
    fibres: F32
    below: F32
    gone: F32


def render(truth: Truth, look: Look, random: Random) -> F32:
    """Grey levels (of 255) of a window, edges all or nothing."""
    count = len(truth.discs)
    away = roundness(truth.owner, truth.depth, truth.discs)
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
    # Neither end saturates, save by what is added to it.
    half = look.contrast / 2
    middle = min(max(look.middle, half + 8), 244 - half)
    pore, step = middle - sign * half, sign * look.contrast
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


def _textures(truth: Truth, look: Look, away: F32, random: Random) -> Textures:
    shape, none = truth.phases.shape, np.zeros((1, 1), dtype=np.float32)
    between, debris, fibres, below, gone = (none,) * 5
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
            lit = face(truth, away, bump, random)
            inside += np.float32(look.relief) * lit
            if look.shine:
                below = behind(truth, lit, look.shine_px, random)
    if look.sponge:
        coarse = cloud(random, shape, look.sponge_px)
        fine = cloud(random, shape, look.sponge_px / 2.3)
        # The webs between the holes of the foam are the bright part.
        between = np.float32(look.sponge) * (0.9 - np.abs(coarse) + np.float32(0.5) * fine)
    if look.debris:
        debris = np.float32(look.debris) * cloud(random, shape, random.uniform(1.5, 8))
    if look.fibres:
        size = random.uniform(1, 6)
        fibres = np.float32(0.6 * look.fibres) * cloud(random, shape, size, random.uniform(1, 8))
    if look.contact_gone:
        # A normal quantile would do no better: clouds are not quite normal.
        gone = cloud(random, shape, 25.0) + np.float32(3 * (look.contact_gone - 0.5))
    fields = (inside, between, debris, fibres, below, gone)
    return Textures(*(np.asarray(field, dtype=np.float32) for field in fields))


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
    inside, between, debris, fibres, below, gone = textures
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
                grey += shine * _at(below, r, c)
                extra = _at(debris, r, c)
            elif phase in (_CRACK, _VOID):
                grey += 0.6 * shine * _at(below, r, c)
            elif phase in (_SEPARATOR, _COLLECTOR):
                extra = _at(fibres, r, c) * (1.0 if phase == _SEPARATOR else 0.4)
            out[r, c] = grey + extra * look.contrast
    return out
