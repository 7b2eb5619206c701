"""Diffusion through a window: the tortuosity factor, a 2-D index.

Two dimensions cut off ways that lead around a particle in the third: the index is larger than the
tortuosity of the volume, and infinite in sections whose volume percolates well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.transport.multigrid import MOST, flow
from transect.measure.transport.network import network_of
from transect.measure.transport.paths import connected, prune

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-6
"""Relative change of the flow at which to stop: far below what a pixel more or less changes."""

NO_PATH = "no path through the phase"
NO_PHASE = "nothing of the phase"


@dataclass(frozen=True)
class Diffusion:
    """How well a window lets something through, from its first row to its last.

    Attributes
    ----------
    fraction
        Share of the pixels that conduct at all.
    isolated
        Share of those that no way connects to both faces; 1 without a path.
    relative
        Effective over bulk conductivity, D_eff / D; 0 without a path.
    iterations
        Steps that the solver took; 0 where there was nothing to solve.
    note
        Why a value is missing or infinite.
    """

    fraction: float
    isolated: float
    relative: float
    iterations: int = 0
    note: str = ""

    @property
    def tau_factor(self) -> float:
        """Tortuosity factor, fraction x D / D_eff: infinite without a path, NaN without phase."""
        if not self.fraction > 0:
            return float("nan")
        return self.fraction / self.relative if self.relative > 0 else float("inf")


def diffuse(phase: npt.NDArray[Any], tolerance: float = TOLERANCE) -> Diffusion:
    """Let something diffuse through a phase or a medium, from the first row to the last.

    Parameters
    ----------
    phase
        Whether a pixel is of the phase, or its conductivity in units of the bulk's (0: none).
    tolerance
        Relative change of the flow at which to stop.

    Returns
    -------
    diffusion
        Without a path, nothing is solved.

    Raises
    ------
    ArithmeticError
        The solver did not converge; no window is known where it does not.

    Examples
    --------
    >>> straight = np.zeros((20, 10), bool)
    >>> straight[:, 3:6] = True
    >>> round(diffuse(straight).tau_factor, 6)
    1.0
    """
    conductivity = np.ascontiguousarray(phase, dtype=np.float64)
    mask = conductivity > 0
    present = int(np.count_nonzero(mask))
    if not present:
        return Diffusion(0.0, float("nan"), 0.0, note=NO_PHASE)
    fraction = present / mask.size
    through = connected(mask)
    isolated = 1.0 - int(np.count_nonzero(through)) / present
    if isolated == 1.0:
        return Diffusion(fraction, 1.0, 0.0, note=NO_PATH)
    prune(through)
    network, inlet = network_of(conductivity, through)
    through_it, iterations = flow(network, inlet, tolerance)
    if iterations > MOST or not np.isfinite(through_it):
        raise ArithmeticError(
            f"diffusion through {mask.shape[0]} x {mask.shape[1]} px: no convergence after"
            f" {MOST} steps"
        )
    relative = through_it * mask.shape[0] / mask.shape[1]
    return Diffusion(fraction, isolated, relative, iterations)
