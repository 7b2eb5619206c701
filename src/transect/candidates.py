"""Openings that only seem to be inside a particle: known once particles are.

Closing thin openings also fills the wedges where two particles touch. Whether an opening lies in
one particle or between two shows only after basins have become particles.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

U8 = npt.NDArray[np.uint8]
Ids = npt.NDArray[Any]
I32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

CRACK, VOID, MATERIAL = int(Phase.CRACK), int(Phase.VOID), int(Phase.ACTIVE_MATERIAL)
PORE, BINDER = int(Phase.PORE), int(Phase.BINDER)

FILLED = 32
"""Added to the code of a candidate whose grey is binder's: what it is where it is no opening."""

NOTCH = 14
"""A thin opening from outside that is shorter than this is a notch of the outline, in px. It is how
deep the wedge beside a contact of two discs of 30 px radius is closed over at 6 px: where the two
are taken for one particle, nothing else tells the wedge from a crack."""

HOLE = 64
"""A hole of at most this extent, in px, is judged as a whole: a larger one pixel by pixel."""

SHARED = 0.25
"""Share of a hole near material of another particle that makes it a pore between the two."""


def settle_halo(crack_width_px: int) -> int:
    """Pixels around a window that `settle` must see for the window's result to be exact."""
    # A notch, a hole beside it, and the particles beside that.
    return crack_width_px + HOLE + NOTCH + 3


@kernel
def _between(phases: U8, particles: Ids, radius: int, out: Bool) -> None:
    """Mark candidates that have active material of another particle within the radius."""
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            p = phases[r, c]
            if p != CRACK and p != VOID:
                continue
            own = particles[r, c]
            for y in range(max(r - radius, 0), min(r + radius + 1, rows)):
                for x in range(max(c - radius, 0), min(c + radius + 1, cols)):
                    if (y - r) ** 2 + (x - c) ** 2 > radius * radius:
                        continue
                    if particles[y, x] != own and phases[y, x] == MATERIAL:
                        out[r, c] = True


@kernel
def _open(phases: U8, labels: I32, short: Bool, out: Bool) -> None:
    """Mark short components that lie beside pores or binder."""
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            k = labels[r, c]
            if k == 0 or not short[k] or out[k]:
                continue
            for y in range(max(r - 1, 0), min(r + 2, rows)):
                for x in range(max(c - 1, 0), min(c + 2, cols)):
                    if phases[y, x] == PORE or phases[y, x] == BINDER:
                        out[k] = True


@kernel
def _give_back(labels: I32, open_: Bool, filled: Bool, phases: U8, particles: Ids) -> None:
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            if open_[labels[r, c]]:
                phases[r, c] = BINDER if filled[r, c] else PORE
                particles[r, c] = 0


def plain(phases: U8) -> U8:
    """Codes of `Phase` alone, without what candidates are filled with."""
    filled = (phases > FILLED) & (phases < Phase.INVALID)
    return np.where(filled, phases - np.uint8(FILLED), phases)


def settle(phases: U8, particles: Ids, crack_width_px: int) -> None:
    """Give openings between two particles, and notches, back to pore or binder, in place.

    Parameters
    ----------
    phases
        Codes of `Phase` with CRACK and VOID candidates, shape (row, column); `FILLED` is added
        to candidates that are binder where they are no opening.
    particles
        Particle of each pixel, 0 for none.
    crack_width_px
        Widest crack: material of another particle within it makes an opening a gap between two.
    """
    filled = (phases > FILLED) & (phases < Phase.INVALID)
    phases[filled] -= np.uint8(FILLED)
    out = np.zeros(phases.shape, np.bool_)
    _between(phases, particles, crack_width_px, out)
    _whole_holes(phases, out)
    phases[out] = np.where(filled[out], BINDER, PORE)
    particles[out] = 0
    labels, box, _ = _components(phases == CRACK)
    back = np.zeros(len(box), np.bool_)
    _open(phases, labels, np.asarray((box < NOTCH).all(axis=1)), back)
    _give_back(labels, back, filled, phases, particles)


def _components(mask: Bool) -> tuple[I32, I32, I32]:
    """Labels, box sizes and areas of what is connected."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    stats = np.asarray(stats, np.int32)
    box, area = stats[:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_AREA], stats[:, cv2.CC_STAT_AREA]
    return np.asarray(labels, np.int32), np.asarray(box, np.int32), np.asarray(area, np.int32)


def _whole_holes(phases: U8, between: Bool) -> None:
    """Let the pixels of a hole decide together which side it is on, in place."""
    holes = phases == VOID
    labels, box, area = _components(holes)
    marked = np.bincount(labels[holes & between], minlength=area.size)
    small = np.asarray((box <= HOLE).all(axis=1))
    shared = marked >= SHARED * area
    here = holes & small[labels]
    between[here] = shared[labels[here]]
