"""Sums over x-blocks: phases by side and depth, and the edge of the active material."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

Array = npt.NDArray[Any]

COUNTED = (
    Phase.ACTIVE_MATERIAL,
    Phase.BINDER,
    Phase.PORE,
    Phase.CRACK,
    Phase.VOID,
    Phase.GAP,
    Phase.INVALID,
)
"""Phases that are counted; invalid pixels only between the collector and the surface."""
_SLOTS = np.full(256, -1, np.int64)
_SLOTS[[int(p) for p in COUNTED]] = np.arange(len(COUNTED))
_AM, _INVALID = int(Phase.ACTIVE_MATERIAL), int(Phase.INVALID)


def zone_sums(
    phases: Array,
    core: Array,
    row0: int,
    cuts: Array,
    stretch: tuple[Array, Array, Array],
    depth_bins: int,
    blocks: Array,
) -> tuple[Array, Array]:
    """Count the phases of a window's core, and steps across the active material's edge.

    Parameters
    ----------
    phases
        Final phases of the padded window.
    core
        First and last (exclusive) row and column of the core in the padded window.
    row0
        Row of the padded window in the mosaic.
    cuts
        Row that separates side a (above) from b, for each column of the core.
    stretch
        Base row, rows of coating and whether the side is coated, each (2, columns of the core);
        thickness is not 0.
    depth_bins
        Bins of relative depth.
    blocks
        Number of the x-block of each column, from 0 within the window.

    Returns
    -------
    counts
        int64 (x-blocks, 2 sides, depth bins, COUNTED).
    edges
        int64 (x-blocks, 2 sides, 2): axial and diagonal steps out of the active material.
    """
    n = int(blocks[-1]) + 1 if len(blocks) else 0
    counts = np.zeros((n, 2, depth_bins, len(COUNTED)), np.int64)
    edges = np.zeros((n, 2, 2), np.int64)
    base, thickness, coated = stretch
    density = depth_bins / thickness
    _count(phases, core, row0, cuts, base, density, coated, blocks, _SLOTS, counts, edges)
    return counts, edges


@kernel
def _steps_out(phases: Array, r: int, c: int, edges: Array) -> None:
    """Count the neighbours of a pixel of active material that are something else."""
    rows, columns = phases.shape
    for dr in range(-1, 2):
        for dc in range(-1, 2):
            y, x = r + dr, c + dc
            if y < 0 or x < 0 or y >= rows or x >= columns:
                continue
            other = phases[y, x]
            if other != _AM and other != _INVALID:
                edges[1 if dr != 0 and dc != 0 else 0] += 1


@kernel
def _count(
    phases: Array,
    core: Array,
    row0: int,
    cuts: Array,
    base: Array,
    density: Array,
    coated: Array,
    blocks: Array,
    slots: Array,
    counts: Array,
    edges: Array,
) -> None:
    rows, columns = phases.shape
    bins = counts.shape[2]
    for r in range(core[0], core[1]):
        centre = r + row0 + 0.5
        for c in range(core[2], core[3]):
            phase = phases[r, c]
            slot = slots[phase]
            if slot < 0:
                continue
            i = c - core[2]
            side = 0 if centre < cuts[i] else 1
            if not coated[side, i]:
                continue
            depth = base[side, i] - centre if side == 0 else centre - base[side, i]
            place = depth * density[side, i]
            if (phase == _INVALID) and (place < 0 or place >= bins):
                continue
            level = min(max(int(place), 0), bins - 1)
            counts[blocks[i], side, level, slot] += 1
            if phase != _AM:
                continue
            # Written out: as a function of its own it halves the speed of the pass.
            inside = 0 < r < rows - 1 and 0 < c < columns - 1
            if inside and (
                phases[r, c + 1] == _AM
                and phases[r, c - 1] == _AM
                and phases[r + 1, c] == _AM
                and phases[r - 1, c] == _AM
                and phases[r + 1, c + 1] == _AM
                and phases[r - 1, c - 1] == _AM
                and phases[r + 1, c - 1] == _AM
                and phases[r - 1, c + 1] == _AM
            ):
                continue
            _steps_out(phases, r, c, edges[blocks[i], side])
