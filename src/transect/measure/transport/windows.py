"""Windows of a section that transport is looked at in: as wide as the coating is thick.

They lie on one grid along the foil, from the mosaic's first column on, and are straightened: the
first row of a window is the coating's envelope, the last one touches the collector. Windows are
read at the coarsest level of the labels that still has `FINE` samples across the coating, so that
no more than one window is in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.lines import Lines
from transect.parallel import Window
from transect.phases import COATING
from transect.storage.images import Image

Array = npt.NDArray[Any]

FINE = 512
"""Samples across the coating, at least. Steps along the walls of pores make the tortuosity factor
too high: in a foam whose pores are 50, 24 and 12 samples thick (median) by 1, 4 and 11 % against
one of 101. So many samples keep pores of a fortieth of the coating within the last of these."""
KNOWN = 0.95
"""Share of a window that has to be coating, not artefact: what is unknown conducts nothing."""


@dataclass(frozen=True)
class Grid:
    """Windows along the foil.

    Attributes
    ----------
    level
        Level of the labels that windows are read at.
    width
        Columns of a window at that level.
    count
        Windows that fit into the section.
    """

    level: int
    width: int
    count: int

    @property
    def step(self) -> int:
        """Pixels of the mosaic in a sample."""
        return int(2**self.level)


def grid_of(lines: Lines, levels: int) -> Grid:
    """Lay windows over a section: as wide as the median of the coating's thickness.

    Parameters
    ----------
    lines
        Layers of the section.
    levels
        Levels that the labels have.
    """
    known = lines.thickness[lines.coated]
    if not known.size:
        return Grid(0, 1, 0)
    thick = float(np.median(known))
    level = 0
    while level + 1 < levels and thick / 2 ** (level + 1) >= FINE:
        level += 1
    width = max(round(thick / 2**level), 1)
    return Grid(level, width, lines.cut.size // (width * 2**level))


def straightened(labels: Image, lines: Lines, grid: Grid, number: int, side: int) -> Array | None:
    """Phases of a window, from the surface to the collector.

    Parameters
    ----------
    labels
        Phases of the section with their levels.
    lines
        Layers of the section.
    grid
        Windows of the section.
    number, side
        Which window, on side 0 (a) or 1 (b).

    Returns
    -------
    phases
        Samples, as many rows as the coating has on average there; None where the coating does not
        reach from border to border or less than `KNOWN` of the window is coating.
    """
    step = grid.step
    columns = np.arange(number * grid.width, (number + 1) * grid.width)
    # A sample is the first pixel of those that it stands for.
    pixels = columns * step
    if not lines.coated[side, pixels].all():
        return None
    base, surface = lines.base[side, pixels], lines.surface[side, pixels]
    rows = max(round(float(np.abs(base - surface).mean()) / step), 1)
    found = surface + (base - surface) * (np.arange(rows)[:, None] + 0.5) / rows
    # No row beyond the two borders: a film of what lies there would close every pore.
    first = np.floor((np.minimum(base, surface) - 0.5) / step).astype(np.int64) + 1
    last = np.ceil((np.maximum(base, surface) - 0.5) / step).astype(np.int64) - 1
    at = np.clip(np.floor(found / step).astype(np.int64), first, np.maximum(last, first))
    at = np.clip(at, 0, labels.arrays[grid.level].shape[-2] - 1)
    top, bottom = int(at.min()), int(at.max()) + 1
    read = labels.read(Window(top, bottom, int(columns[0]), int(columns[-1]) + 1), grid.level)
    phases: Array = read[at - top, np.arange(grid.width)]
    known = np.isin(phases, [int(phase) for phase in COATING])
    return phases if known.mean() >= KNOWN else None
