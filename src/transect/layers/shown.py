"""Which columns show a line: where a tile is missing, lines are carried on from the neighbours."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from transect.parallel import Window

F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
Recorded = Callable[[Window], npt.NDArray[np.integer]]

AROUND = 4
"""Rows on both sides of a line that tell whether it was recorded: blur is narrower than that."""


def wholly(seen: Bool) -> Bool:
    """Coarse pixels that were recorded whole: at the rim of a hole they are mixed with nothing."""
    return np.asarray(cv2.erode(seen.view(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def recorded_around(
    valid: Recorded,
    rows: int,
    columns: tuple[int, int],
    line: F64,
    reach: tuple[int, int] = (AROUND, AROUND),
) -> F64:
    """Share of the rows around a line that were recorded, at some columns; 0 without a line.

    Parameters
    ----------
    valid
        Gives the mask of a window of the mosaic, not 0 where it was recorded.
    rows
        Rows of the mosaic; those beyond do not count.
    columns
        First column and one past the last.
    line
        Row boundary at every column of the mosaic.
    reach
        Rows before and after the line.
    """
    here = line[columns[0] : columns[1]]
    share = np.zeros(here.size)
    known = np.flatnonzero(np.isfinite(here))
    if not known.size:
        return share
    first = np.floor(here[known]).astype(np.int64)
    around = np.arange(-reach[0], reach[1])[:, None] + first
    around = np.clip(around, 0, rows - 1)
    window = Window(int(around.min()), int(around.max()) + 1, columns[0], columns[1])
    share[known] = (valid(window)[around - window.row0, known] > 0).mean(axis=0)
    return share
