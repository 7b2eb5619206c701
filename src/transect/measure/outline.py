"""Outlines: Crofton crossings by what lies outside, neighbours, and the active material's edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

Array = npt.NDArray[Any]

FACING = ("pore", "binder", "active_material", "separator", "collector", "border")
"""What an outline can face; `border` is the end of the mosaic or an invalid pixel."""
CROSSINGS = tuple(f"{way}_{facing}" for way in ("axial", "diagonal") for facing in FACING)

_AM, _BINDER, _SEPARATOR, _COLLECTOR, _INVALID = (
    int(p)
    for p in (
        Phase.ACTIVE_MATERIAL,
        Phase.BINDER,
        Phase.SEPARATOR,
        Phase.COLLECTOR,
        Phase.INVALID,
    )
)
_WAYS = np.array(
    [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, -1], [1, -1], [-1, 1]], dtype=np.int64
)


def crofton(axial: Array, diagonal: Array) -> npt.NDArray[np.float64]:
    """Length in pixels from crossings counted along four directions, both ways in and out.

    Cauchy-Crofton: half the integral over directions of crossings times the spacing of the lines,
    1 along the axes and 1/sqrt(2) along the diagonals.
    """
    return np.asarray(np.pi / 8 * (axial + diagonal / np.sqrt(2)), dtype=np.float64)


def outlines(
    phases: Array, local: Array, core: Array, origin: Array, count: int, ring: int, contact: int
) -> tuple[Array, Array]:
    """Follow every step out of a particle.

    Parameters
    ----------
    phases, local
        Final phases and local particle numbers of the padded window.
    core, origin
        The core in the padded window; the padded window's corner in the mosaic.
    count
        Local numbers, 0 included.
    ring
        Pixels outward within which the outline touches the first solid phase.
    contact
        Pixels outward within which another particle is a neighbour.

    Returns
    -------
    crossings
        int64 (count, CROSSINGS): steps out of the particle by direction and what they face.
    pairs
        int32 (n, 2): particle and neighbour, each pair once.
    """
    crossings = np.zeros((count, len(CROSSINGS)), np.int64)
    pairs = _follow(phases, local, core, origin, crossings, ring, contact, _WAYS)
    return crossings, np.unique(pairs, axis=0) if len(pairs) else pairs


@kernel
def _faces(
    phases: Array, local: Array, r: int, c: int, dr: int, dc: int, ring: int, own: int
) -> int:
    """Tell what a step out of a particle meets first within the ring."""
    rows, columns = phases.shape
    for step in range(1, ring + 1):
        y, x = r + dr * step, c + dc * step
        if y < 0 or x < 0 or y >= rows or x >= columns:
            return 5 if step == 1 else 0
        other = local[y, x]
        if other == own:
            return 0
        if other > 0:
            return 2
        phase = phases[y, x]
        if phase == _BINDER:
            return 1
        if phase == _AM:
            return 2
        if phase == _SEPARATOR:
            return 3
        if phase == _COLLECTOR:
            return 4
        if phase == _INVALID:
            return 5 if step == 1 else 0
    return 0


@kernel
def _meets(local: Array, r: int, c: int, dr: int, dc: int, contact: int, own: int) -> int:
    """Tell the next particle along a ray, 0 if none is near."""
    rows, columns = local.shape
    for step in range(1, contact + 1):
        y, x = r + dr * step, c + dc * step
        if y < 0 or x < 0 or y >= rows or x >= columns:
            return 0
        other = local[y, x]
        if other > 0:
            return 0 if other == own else int(other)
    return 0


@kernel
def _follow(
    phases: Array,
    local: Array,
    core: Array,
    origin: Array,
    crossings: Array,
    ring: int,
    contact: int,
    ways: Array,
) -> Array:
    rows, columns = local.shape
    pairs = np.empty((1024, 2), np.int32)
    found = 0
    latest = np.zeros(len(crossings), np.int32)
    slant_ring = max(1, int(ring / 1.4142135623730951 + 0.5))
    slant_contact = max(1, int(contact / 1.4142135623730951))
    for r in range(core[0], core[1]):
        for c in range(core[2], core[3]):
            own = local[r, c]
            if own == 0:
                continue
            # Written out: as a function of its own it halves the speed of the pass.
            inside = 0 < r < rows - 1 and 0 < c < columns - 1
            if inside and (
                local[r, c + 1] == own
                and local[r, c - 1] == own
                and local[r + 1, c] == own
                and local[r - 1, c] == own
                and local[r + 1, c + 1] == own
                and local[r - 1, c - 1] == own
                and local[r + 1, c - 1] == own
                and local[r - 1, c + 1] == own
            ):
                continue
            look = (r + c + origin[0] + origin[1]) % 2 == 0
            for way in range(8):
                dr, dc = ways[way]
                y, x = r + dr, c + dc
                beyond = y < 0 or x < 0 or y >= rows or x >= columns
                if not beyond and local[y, x] == own:
                    continue
                slant = way >= 4
                facing = _faces(phases, local, r, c, dr, dc, slant_ring if slant else ring, own)
                crossings[own, facing + (6 if slant else 0)] += 1
                # Every second pixel of the outline is enough to see a neighbour.
                if not look or beyond:
                    continue
                far = slant_contact if slant else contact
                other = _meets(local, r, c, dr, dc, far, own)
                if other > 0 and latest[own] != other:
                    latest[own] = other
                    if found == len(pairs):
                        larger = np.empty((2 * found, 2), np.int32)
                        larger[:found] = pairs
                        pairs = larger
                    pairs[found, 0], pairs[found, 1] = own, other
                    found += 1
    return pairs[:found]
