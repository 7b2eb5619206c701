"""Openings that only seem to be inside a particle: known once particles are.

Closing thin openings also fills the wedges where two particles touch. Whether an opening lies in
one particle or between two shows only after basins have become particles.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

U8 = npt.NDArray[np.uint8]
U64 = npt.NDArray[np.uint64]
Bool = npt.NDArray[np.bool_]

CRACK, VOID, MATERIAL = int(Phase.CRACK), int(Phase.VOID), int(Phase.ACTIVE_MATERIAL)


def settle_halo(crack_width_px: int) -> int:
    """Pixels around a window that `settle` must see for the window's result to be exact."""
    return crack_width_px + 1


@kernel
def _between(phases: U8, particles: U64, radius: int, out: Bool) -> None:
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


def settle(phases: U8, particles: U64, crack_width_px: int) -> None:
    """Give openings between two particles back to the pores, in place.

    Parameters
    ----------
    phases
        Codes of `Phase` with CRACK and VOID candidates, shape (row, column).
    particles
        Particle of each pixel, 0 for none.
    crack_width_px
        Widest crack: material of another particle within it makes an opening a gap between two.
    """
    out = np.zeros(phases.shape, np.bool_)
    _between(phases, particles, crack_width_px, out)
    phases[out] = Phase.PORE
    particles[out] = 0
