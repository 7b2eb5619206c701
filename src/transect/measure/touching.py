"""What lies on the collector: the phases of the first rows above it, column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase

Array = npt.NDArray[Any]

TOUCHING = ("active_material", "binder", "pore")
"""What can lie there; cracks and voids are material that holds on to it, a gap is a pore."""

_SLOTS = np.full(256, -1, np.int64)
_SLOTS[[Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID]] = 0
_SLOTS[[Phase.BINDER]] = 1
_SLOTS[[Phase.PORE, Phase.GAP]] = 2


def touching(phases: Array, core: Array, row0: int, first: Array, rows: int) -> Array:
    """Count what lies in some rows from the collector's edges on, within a window's core.

    Parameters
    ----------
    phases
        Final phases of the padded window.
    core
        First and last (exclusive) row and column of the core in the padded window.
    row0
        Row of the padded window in the mosaic.
    first
        Row of the mosaic nearest to the collector on either side, for each column of the core;
        shape (2, columns), -1 where there is none.
    rows
        How many rows count.

    Returns
    -------
    counts
        int64 (2, columns, TOUCHING).
    """
    counts = np.zeros((*first.shape, len(TOUCHING)), np.int64)
    _count(phases, core, row0, first, rows, _SLOTS, counts)
    return counts


@kernel
def _count(
    phases: Array, core: Array, row0: int, first: Array, rows: int, slots: Array, counts: Array
) -> None:
    for side in range(2):
        step = -1 if side == 0 else 1
        for c in range(first.shape[1]):
            if first[side, c] < 0:
                continue
            for k in range(rows):
                r = first[side, c] + step * k - row0
                if core[0] <= r < core[1]:
                    slot = slots[phases[r, core[2] + c]]
                    if slot >= 0:
                        counts[side, c, slot] += 1
