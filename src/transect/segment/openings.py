"""Openings in particles: thin ones and voids, marked as candidates; see `transect.candidates`."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.candidates import FILLED, WEDGE, tapering
from transect.kernels import kernel
from transect.phases import Phase
from transect.segment.voids import EXTENT, WALL, compact, components

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

_VOID, _CRACK = np.uint8(Phase.VOID), np.uint8(Phase.CRACK)
_MATERIAL, _BINDER = np.uint8(Phase.ACTIVE_MATERIAL), np.uint8(Phase.BINDER)
_FILLED = np.uint8(FILLED)

SPECK = 4
"""Openings below this many pixels are noise."""


def disc(radius: int) -> U8:
    """Structuring element."""
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def openings_halo(crack_width_px: int) -> int:
    """Pixels around a window that all of this module must see to be exact in it."""
    closing = 2 * ((crack_width_px + 1) // 2)
    return 2 * closing + WEDGE + EXTENT + 2 * WALL + 3


def closed_over(material: Bool, inside: Bool, crack_width_px: int) -> Bool:
    """Active material with what is too narrow to be anything but an opening in it."""
    element = disc((crack_width_px + 1) // 2)
    closed = cv2.morphologyEx(material.view(np.uint8), cv2.MORPH_CLOSE, element).astype(bool)
    return np.asarray(closed & inside)


def without_wedges(cracks: Bool, closed: Bool, inside: Bool) -> None:
    """Take wedges of the space between particles out of thin openings, in place.

    Filled, they would make one particle of two that touch.

    Parameters
    ----------
    cracks
        Thin openings, shape (row, column).
    closed
        Active material with what `closed_over` fills.
    inside
        The coating.
    """
    labels, boxes = components(cracks, 8)
    wedge = tapering(labels, boxes[:, 2:4] - boxes[:, :2], boxes[:, 4])
    opens = np.zeros(wedge.size, np.bool_)
    _beside(labels, wedge, closed, inside, opens)
    _drop(labels, opens, cracks)


@kernel
def _beside(labels: I32, wedge: Bool, closed: Bool, inside: Bool, opens: Bool) -> None:
    """Tell which wedges have something of the coating beside them that is not closed over."""
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            k = labels[r, c]
            if k == 0 or not wedge[k] or opens[k]:
                continue
            for y in range(max(r - 1, 0), min(r + 2, rows)):
                for x in range(max(c - 1, 0), min(c + 2, cols)):
                    if inside[y, x] and not closed[y, x]:
                        opens[k] = True


@kernel
def _drop(labels: I32, gone: Bool, cracks: Bool) -> None:
    rows, cols = labels.shape
    for r in range(rows):
        for c in range(cols):
            if cracks[r, c] and gone[labels[r, c]]:
                cracks[r, c] = False


def mark(
    phases: U8, material: Bool, closed: Bool, inside: Bool, cracks: Bool, crack_width_px: int
) -> None:
    """Mark openings inside particles, in place: cracks where thin, voids where round.

    Parameters
    ----------
    phases
        Active material, binder and pore before openings, shape (row, column).
    material
        Active material.
    closed
        What `closed_over` gives of it: what is closed over bounds a void.
    inside
        The coating.
    cracks
        Openings and lines that are cracks where they are not round.
    crack_width_px
        Widest thin opening inside a particle that is taken for a crack.
    """
    wide = compact(~closed & inside, EXTENT, thin=closed & ~material)
    # A small hole is closed over in part: all of it tells whether it is round.
    narrow = compact((~material & inside) | cracks, 3 * crack_width_px, SPECK)
    _paint(wide, narrow, cracks, phases)


@kernel
def _paint(wide: U8, narrow: U8, cracks: Bool, phases: U8) -> None:
    """Write candidates over phases: round holes, cracks, round thin openings, specks."""
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            before = phases[r, c]
            now = _VOID if wide[r, c] == 1 else before
            now = _CRACK if cracks[r, c] else now
            now = _VOID if narrow[r, c] == 1 else now
            now = _MATERIAL if narrow[r, c] == 2 else now
            opening = (now == _CRACK) | (now == _VOID)
            phases[r, c] = now + _FILLED if opening & (before == _BINDER) else now
