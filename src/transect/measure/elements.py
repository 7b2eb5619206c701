"""X-ray counts of elements in one window: by x-block and phase, and by particle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.partial_schemas import COMPOSITIONS, ELEMENTS, frame_of
from transect.parallel import Window
from transect.phases import Phase

Array = npt.NDArray[Any]

HELD_BY = (Phase.ACTIVE_MATERIAL, Phase.BINDER, Phase.SEPARATOR)
"""Phases whose elements are summed; a solid electrolyte is of the separator's phase."""

_SLOTS = np.full(256, -1, np.int64)
_SLOTS[[int(phase) for phase in HELD_BY]] = np.arange(len(HELD_BY))


@dataclass(frozen=True)
class Counts:
    """X-ray counts of a window.

    Attributes
    ----------
    maps
        Integers of shape (row, column), by atomic number.
    recorded
        Where every map was recorded, of the same shape.
    """

    maps: Mapping[int, Array]
    recorded: Array


def element_sums(
    counts: Counts | None, phases: Array, local: Array, ids: Array, window: Window, block: int
) -> dict[str, pd.DataFrame]:
    """Sum the counts of each element over a window.

    Parameters
    ----------
    counts
        Counts of the window; nothing is summed without.
    phases, local
        Final phases and local numbers of particles, of the same shape.
    ids
        Particle of each local number.
    window
        The window, in the mosaic.
    block
        Columns of an x-block.

    Returns
    -------
    Tables `elements`, by x-block, phase and element, and `compositions`, by particle and element:
    of its active material alone.
    """
    if counts is None:
        return {"elements": ELEMENTS.empty(), "compositions": COMPOSITIONS.empty()}
    slots = _SLOTS[phases]
    held = (slots >= 0) & counts.recorded
    solid = held & (phases == Phase.ACTIVE_MATERIAL) & (local > 0)
    first, last = window.col0 // block, (window.col1 - 1) // block
    columns = np.arange(window.col0, window.col1) // block - first
    cells = (columns[None] * len(HELD_BY) + slots)[held]
    area = np.bincount(cells, minlength=(last - first + 1) * len(HELD_BY))
    owners = local[solid]
    seen, there = np.flatnonzero(area), np.unique(owners)
    sums, compositions = [], []
    for element, image in sorted(counts.maps.items()):
        # Sums of integers below 2^53: exact as floats.
        total = np.bincount(cells, image[held], area.size)[seen].astype(np.int64)
        where = (seen // len(HELD_BY) + first, np.array(HELD_BY)[seen % len(HELD_BY)])
        sums.append(frame_of("elements", *where, np.full(seen.size, element), area[seen], total))
        own = np.bincount(owners, image[solid], len(ids))[there].astype(np.int64)
        compositions.append(frame_of("compositions", ids[there], np.full(there.size, element), own))
    return {
        "elements": pd.concat(sums, ignore_index=True),
        "compositions": pd.concat(compositions, ignore_index=True),
    }
