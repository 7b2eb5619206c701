"""Counting the truth in one window: pixels of every particle, crack, phase and depth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.objects import CRACKS
from transect.phantom.scene import Labels
from transect.phases import Phase

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]

DEPTH_BINS = 20
_ACTIVE, _CRACK, _VOID = int(Phase.ACTIVE_MATERIAL), int(Phase.CRACK), int(Phase.VOID)


class Counts(NamedTuple):
    """Sums over one window, in pixels.

    Attributes
    ----------
    ids, particles
        Id, and filled pixels, crack, void, sum of x, sum of y of each particle seen.
    crack_ids, cracks
        Id and pixels of each crack seen.
    phases
        Pixels of each phase code.
    profile
        Pixels by side, depth bin and phase code.
    """

    ids: I64
    particles: F64
    crack_ids: I64
    cracks: I64
    phases: I64
    profile: I64


def count(labels: Labels, row0: int, column0: int) -> tuple[Counts, U32, U32]:
    """Sum a window up.

    Returns
    -------
    Counts, array, array
        The sums; the id of the particle and the id of the crack at every pixel, 0 for none.
    """
    objects, canvas = labels.objects, labels.canvas
    particles = np.zeros((len(objects.discs), 5))
    cracks = np.zeros(len(objects.cracks), dtype=np.int64)
    profile = np.zeros((2, DEPTH_BINS, 256), dtype=np.int64)
    particle_image, crack_image = _count(
        labels.phases,
        labels.boundaries,
        canvas.owner,
        canvas.opening,
        objects.ids,
        objects.cracks[:, 2].astype(np.int64),
        float(row0),
        float(column0),
        particles,
        cracks,
        profile,
    )
    seen, seen_cracks = particles[:, 0] > 0, cracks > 0
    counts = Counts(
        objects.ids[seen],
        particles[seen],
        objects.cracks[seen_cracks, 2].astype(np.int64),
        cracks[seen_cracks],
        np.bincount(labels.phases.ravel(), minlength=256),
        profile,
    )
    return counts, particle_image, crack_image


@kernel
def _count(
    phases: U8,
    curves: F64,
    owner: I32,
    opening: I32,
    ids: I64,
    crack_ids: I64,
    y0: float,
    x0: float,
    particles: F64,
    cracks: I64,
    profile: I64,
) -> tuple[U32, U32]:
    rows, columns = phases.shape
    particle_image = np.zeros((rows, columns), dtype=np.uint32)
    crack_image = np.zeros((rows, columns), dtype=np.uint32)
    for r in range(rows):
        y = y0 + r + 0.5
        for c in range(columns):
            side = 0 if y < curves[4, c] else 1
            base = curves[3, c] if side == 0 else curves[6, c]
            surface = curves[2, c] if side == 0 else curves[7, c]
            between = (y - base) * (y - surface) <= 0.0 and base != surface
            phase = phases[r, c]
            if between:
                zeta = (y - base) / (surface - base)
                k = min(max(int(zeta * DEPTH_BINS), 0), DEPTH_BINS - 1)
                profile[side, k, phase] += 1
            if phase != _ACTIVE and phase != _CRACK and phase != _VOID:
                continue
            n = owner[r, c]
            particle_image[r, c] = ids[n]
            particles[n, 0] += 1.0
            particles[n, 3] += x0 + c + 0.5
            particles[n, 4] += y
            if phase == _CRACK:
                particles[n, 1] += 1.0
                cracks[opening[r, c]] += 1
                crack_image[r, c] = crack_ids[opening[r, c]]
            elif phase == _VOID:
                particles[n, 2] += 1.0
    return particle_image, crack_image


def crack_particle(ids: I64) -> I64:
    """Particle that each crack belongs to."""
    return ids // CRACKS
