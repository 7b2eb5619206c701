"""Which windows are decided on again: a fixed few, spread over the coating."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.measure.lines import Lines
from transect.parallel import WINDOW, Window, windows

EVERY = 48
"""Of so many windows with coating one is decided on again."""

MOST = 24
"""Windows of a section that are decided on again, at most: 100 megapixels."""

LEAST = 0.25
"""Share of the fullest window's coating below which a window is passed over."""


def sample(lines: Lines, shape: tuple[int, int]) -> list[Window]:
    """Choose windows of the global grid; at least one where there is coating.

    Parameters
    ----------
    lines
        Layers of the section.
    shape
        Rows and columns of the mosaic.
    """
    grid = windows(shape)
    ends = np.sort(np.stack([lines.base, lines.surface]), axis=0)
    ends[:, ~lines.coated] = 0.0
    areas = np.array([_between(ends[..., w.col0 : w.col1], w) for w in grid])
    if not areas.any():
        return []
    full = [w for w, area in zip(grid, areas, strict=True) if area >= LEAST * areas.max()]
    full.sort(key=lambda w: (w.col0, w.row0))
    every = -(-len(full) // min(max(len(full) // EVERY, 1), MOST))
    # A stride that shares no factor with the rows of windows, so that all depths are met.
    rows = -(-shape[0] // WINDOW)
    while every > 1 and np.gcd(every, rows) > 1:
        every += 1
    return full[every // 2 :: every]


def _between(ends: npt.NDArray[np.float64], window: Window) -> float:
    """Pixels of a window between the coating's borders, which are (end, side, column)."""
    low, high = np.clip(ends, window.row0, window.row1)
    return float((high - low).sum())
