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
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

CRACK, VOID, MATERIAL = int(Phase.CRACK), int(Phase.VOID), int(Phase.ACTIVE_MATERIAL)
PORE, BINDER = int(Phase.PORE), int(Phase.BINDER)

FILLED = 32
"""Added to the code of a candidate whose grey is binder's: what it is where it is no opening."""

SEEN = 64
"""Added to the code of a crack that a network sees as one: it is no wedge, whatever its shape."""

NOTCH = 14
"""A thin opening from outside that is shorter than this is a notch of the outline, in px. It is how
deep the wedge beside a contact of two discs of 30 px radius is closed over at 6 px: where the two
are taken for one particle, nothing else tells the wedge from a crack."""

WEDGE, TAPER = 45, 0.65
"""A thin opening from outside that is shorter than this, in px, and fills less than this share of
its extent times its largest width is a wedge: beside a contact, these widen from nothing to the
widest thin opening (a share of a third to a half); cracks that short are as wide all along (0.7 to
1; made sections of NMC)."""

HOLE = 96
"""A hole of at most this extent, in px, is judged as a whole: a larger one pixel by pixel."""

SHARED = 0.25
"""Share of a hole near material of another particle that makes it a pore between the two."""


def settle_halo(crack_width_px: int) -> int:
    """Pixels around a window that `settle` must see for the window's result to be exact."""
    # A wedge, a hole beside it, and the particles beside that.
    return crack_width_px + HOLE + WEDGE + 3


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
def _open(phases: U8, labels: I32, short: Bool, into: U8) -> None:
    """Tell what short components lie beside: PORE for pores and binder, else VOID, or 0."""
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            k = labels[r, c]
            if k == 0 or not short[k] or into[k] == PORE:
                continue
            for y in range(max(r - 1, 0), min(r + 2, rows)):
                for x in range(max(c - 1, 0), min(c + 2, cols)):
                    beside = phases[y, x]
                    if beside in (PORE, BINDER):
                        into[k] = PORE
                    elif beside == VOID and into[k] == 0:
                        into[k] = VOID


@kernel
def _give_back(labels: I32, into: U8, filled: Bool, phases: U8, particles: Ids) -> None:
    """Let components become part of what they open into; a void stays in its particle."""
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            opens = into[labels[r, c]]
            if opens == VOID:
                phases[r, c] = VOID
            elif opens == PORE:
                phases[r, c] = BINDER if filled[r, c] else PORE
                particles[r, c] = 0


def plain(phases: U8) -> U8:
    """Codes of `Phase` alone, without what is added to candidates."""
    return np.where(phases == Phase.INVALID, phases, phases & np.uint8(FILLED - 1))


def settle(phases: U8, particles: Ids, crack_width_px: int) -> None:
    """Give openings between two particles, notches and wedges back to what they are part of.

    In place.

    Parameters
    ----------
    phases
        Codes of `Phase` with CRACK and VOID candidates, shape (row, column); `FILLED` is added
        to candidates that are binder where they are no opening, `SEEN` to cracks for sure.
    particles
        Particle of each pixel, 0 for none.
    crack_width_px
        Widest crack: material of another particle within it makes an opening a gap between two.
    """
    recorded = phases != Phase.INVALID
    filled, seen = ((phases & np.uint8(bit) > 0) & recorded for bit in (FILLED, SEEN))
    phases[:] = plain(phases)
    out = np.zeros(phases.shape, np.bool_)
    _between(phases, particles, crack_width_px, out)
    _whole_holes(phases, out)
    phases[out] = np.where(filled[out], BINDER, PORE)
    particles[out] = 0
    labels, box, area = _components(phases == CRACK)
    wedge = tapering(labels, box, area)
    wedge[labels[seen]] = False
    into = np.zeros(area.size, np.uint8)
    _open(phases, labels, (box < NOTCH).all(axis=1) | wedge, into)
    _give_back(labels, into, filled, phases, particles)


@kernel
def _half_widths(labels: I32, short: Bool, squares: I64) -> None:
    """Give each short opening the largest square of a distance to its outline.

    Squares around a pixel grow until they hold what is nearest.
    """
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            k = labels[r, c]
            if k == 0 or not short[k]:
                continue
            best = WEDGE * WEDGE
            reach = 1
            while reach * reach < best:
                for y in range(max(r - reach, 0), min(r + reach + 1, rows)):
                    step = 1 if abs(y - r) == reach else 2 * reach
                    for x in range(c - reach, c + reach + 1, step):
                        if 0 <= x < cols and labels[y, x] != k:
                            best = min(best, (y - r) ** 2 + (x - c) ** 2)
                reach += 1
            squares[k] = max(squares[k], best)


def tapering(labels: I32, box: I32, area: I32) -> Bool:
    """Tell which thin openings are short and narrow from one end to the other: wedges.

    Parameters
    ----------
    labels
        Opening of each pixel, 0 for none, shape (row, column).
    box
        Columns and rows of each opening's box, by its label.
    area
        Pixels of each.
    """
    short = np.asarray((box < WEDGE).all(axis=1))
    squares = np.zeros(area.size, np.int64)
    _half_widths(labels, short, squares)
    width = 2 * np.sqrt(squares)
    # A line of one pixel or two measures two everywhere.
    wide = short & (width > 2)
    return np.asarray(wide & (area < TAPER * np.hypot(box[:, 0], box[:, 1]) * width))


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
