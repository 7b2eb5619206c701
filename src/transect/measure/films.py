"""Films on particles in one window: what lies on their outlines within a range of greys.

A film is looked for outwards from the particles, through pixels of its greys alone, no further
than the configuration says: what no such way leads to is not on a particle. The two pixels next to
a particle are blurred with it and may have any grey: they are the film's where it goes on beyond
them, so that one of less than three pixels is not seen, and a blurred edge is none.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.kernels import kernel
from transect.measure.partial_schemas import FILMS, frame_of
from transect.measure.reach import Reach
from transect.parallel import Window
from transect.phases import Phase

Array = npt.NDArray[Any]

EDGE = 2
"""Pixels next to a particle whose greys are blurred with it."""

FINE = 64
"""Parts of a pixel that distances are summed in."""

_CROSS, _SQUARE = cv2.MORPH_CROSS, cv2.MORPH_RECT
_BETWEEN = (Phase.BINDER, Phase.PORE)


def film_sums(
    phases: Array,
    local: Array,
    grey: Array,
    inside: tuple[slice, slice],
    window: Window,
    reach: Reach,
) -> pd.DataFrame:
    """Sum films over the core of a window.

    Parameters
    ----------
    phases, local, grey
        Final phases, local numbers of particles and greys (integers) of the padded window.
    inside
        The core in the padded window.
    window
        The core, in the mosaic.
    reach
        Distances in pixels, and the greys of the films.

    Returns
    -------
    Table `films`, by x-block and film: pixels of its outer border and their distances from the
    particle, steps out of particles into it, and all steps out of particles.
    """
    if not reach.films:
        return FILMS.empty()
    solid = (local > 0).astype(np.uint8)
    free = np.isin(phases, [int(phase) for phase in _BETWEEN]) & (local == 0)
    smooth = _smoothed(grey, solid)
    core = np.array([inside[0].start, inside[0].stop, inside[1].start, inside[1].stop])
    columns = np.arange(window.col0, window.col1) // reach.block
    # From centre to centre: as far as from the particle's edge to the film's. In whole numbers,
    # so that sums are the same in any order.
    away = cv2.distanceTransform(1 - solid, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    away = np.rint(np.asarray(away) * FINE).astype(np.int64)
    parts = []
    for code, low, high in reach.films:
        film = film_on(solid, free, (smooth >= low) & (smooth <= high), reach.film)
        sums = np.zeros((columns[-1] - columns[0] + 1, 6), np.int64)
        # Holes of single pixels have no outer border.
        film = np.asarray(cv2.morphologyEx(film, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
        film &= free
        _count(solid, film, away, phases, core, columns - columns[0], sums)
        seen = np.flatnonzero(sums.any(axis=1))
        parts.append(frame_of("films", seen + columns[0], np.full(seen.size, code), sums[seen]))
    return pd.concat(parts, ignore_index=True)


def film_on(solid: Array, free: Array, looks: Array, furthest: int) -> npt.NDArray[np.uint8]:
    """Find the pixels of a film on what is solid.

    Parameters
    ----------
    solid
        Particles.
    free
        Where a film may lie.
    looks
        Pixels with the film's greys.
    furthest
        How far it may reach, in px.
    """
    edge = _stretched(solid, EDGE) & free.astype(np.uint8)
    beyond = grown(solid | edge, free & looks & (edge == 0), furthest - EDGE)
    return np.asarray(beyond | (_stretched(beyond, EDGE) & edge))


def _smoothed(grey: Array, solid: Array) -> npt.NDArray[np.float32]:
    """Mean of 3 x 3 pixels without those of particles: single pixels of noise would end a film."""
    outside = 1 - solid.astype(np.float32)
    count = cv2.blur(outside, (3, 3))
    total = cv2.blur(grey.astype(np.float32) * outside, (3, 3))
    return np.asarray(total / np.maximum(count, 1e-6), dtype=np.float32)


def _stretched(mask: Array, steps: int) -> npt.NDArray[np.uint8]:
    for step in range(steps):
        mask = cv2.dilate(mask, cv2.getStructuringElement(_SQUARE if step % 2 else _CROSS, (3, 3)))
    return np.asarray(mask)


def grown(solid: Array, candidates: Array, steps: int) -> npt.NDArray[np.uint8]:
    """Pixels of candidates that a way of so many pixels through others leads to from what is solid.

    Ways are measured by octagons: a cross and a square in turn, which is Euclid's distance to
    within 8 %.

    Parameters
    ----------
    solid, candidates
        Where ways start, and where they may lead, of shape (row, column).
    steps
        Longest way, in px.
    """
    may = candidates.astype(np.uint8)
    found: npt.NDArray[np.uint8] = np.zeros_like(may)
    square = np.ones((3, 3), np.uint8)
    for step in range(steps):
        shape = cv2.getStructuringElement(_SQUARE if step % 2 else _CROSS, (3, 3))
        more = np.asarray(cv2.dilate(found | solid, shape), dtype=np.uint8) & may
        if step and np.array_equal(more, found):
            # The square may still find what the cross did not.
            last = np.asarray(cv2.dilate(found | solid, square), dtype=np.uint8) & may
            if np.array_equal(last, found):
                break
        found = np.asarray(more | found)
    return found


@kernel
def _count(
    solid: Array, film: Array, away: Array, phases: Array, core: Array, blocks: Array, sums: Array
) -> None:
    rows, columns = solid.shape
    for r in range(core[0], core[1]):
        for c in range(core[2], core[3]):
            row = sums[blocks[c - core[2]]]
            if film[r, c] and _outer(solid, film, phases, r, c):
                row[0] += 1
                row[1] += away[r, c]
            if not solid[r, c]:
                continue
            for dr in range(-1, 2):
                for dc in range(-1, 2):
                    a, b = r + dr, c + dc
                    if a < 0 or b < 0 or a >= rows or b >= columns or solid[a, b]:
                        continue
                    if phases[a, b] == 255:
                        continue
                    diagonal = 1 if dr != 0 and dc != 0 else 0
                    row[4 + diagonal] += 1
                    if film[a, b]:
                        row[2 + diagonal] += 1


@kernel
def _outer(solid: Array, film: Array, phases: Array, r: int, c: int) -> bool:
    """Whether a pixel of a film lies beside what is neither film nor particle."""
    rows, columns = solid.shape
    for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        a, b = r + dr, c + dc
        if a < 0 or b < 0 or a >= rows or b >= columns or phases[a, b] == 255:
            continue
        if not film[a, b] and not solid[a, b]:
            return True
    return False
