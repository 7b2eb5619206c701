"""Openings in particles: thin ones and voids, marked as candidates; see `transect.candidates`."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from transect.candidates import FILLED
from transect.phases import Phase
from transect.segment.voids import EXTENT, WALL, compact

U8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]

SPECK = 4
"""Openings below this many pixels are noise."""


def disc(radius: int) -> U8:
    """Structuring element."""
    size = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def openings_halo(crack_width_px: int) -> int:
    """Pixels around a window that `closed_over` and `mark` must see to be exact in it."""
    closing = 2 * ((crack_width_px + 1) // 2)
    return 2 * closing + 2 * EXTENT + WALL + 2


def closed_over(material: Bool, inside: Bool, crack_width_px: int) -> Bool:
    """Active material with what is too narrow to be anything but an opening in it."""
    element = disc((crack_width_px + 1) // 2)
    closed = cv2.morphologyEx(material.view(np.uint8), cv2.MORPH_CLOSE, element).astype(bool)
    return np.asarray(closed & inside)


def mark(
    phases: U8, closed: Bool, inside: Bool, thin: Bool, cracks: Bool, crack_width_px: int
) -> None:
    """Mark openings inside particles, in place: cracks where thin, voids where round.

    Parameters
    ----------
    phases
        Active material, binder and pore before openings, shape (row, column).
    closed
        What `closed_over` gives.
    inside
        The coating.
    thin
        Openings that were closed over: they bound a void.
    cracks
        Openings and lines that are cracks where they are not round.
    crack_width_px
        Widest thin opening inside a particle that is taken for a crack.
    """
    filled = phases == Phase.BINDER
    phases[compact(~closed & inside, EXTENT, thin=thin) == 1] = Phase.VOID
    narrow = thin | cracks
    kind = compact(narrow, 2 * crack_width_px, SPECK)
    phases[cracks] = Phase.CRACK
    phases[kind == 1] = Phase.VOID
    phases[kind == 2] = Phase.ACTIVE_MATERIAL
    opening = (phases == Phase.CRACK) | (phases == Phase.VOID)
    phases[opening & filled] += np.uint8(FILLED)
