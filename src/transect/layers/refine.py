"""Borders at full resolution: strips around what the coarse level found, along the foil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.layers.edges import darkness, walk
from transect.layers.envelope import running_median
from transect.layers.greys import Greys
from transect.parallel import Window

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Read = Callable[[Window], F32]

HALO = 32
"""Columns on each side that smoothing looks at."""

FEWEST = 6
"""Rows of a layer that tell its grey."""

FADE = 4
"""Rows after a border within which the next layer shows its own grey, for usual blur."""


@dataclass(frozen=True)
class Border:
    """Where one layer ends and where the next begins, rows of the mosaic; equal without a gap."""

    end: F64
    begin: F64


def border(
    read: Read,
    shape: tuple[int, int],
    columns: tuple[int, int],
    start: F64,
    step: int,
    reach: int,
    greys: Greys,
    blur: float = 2.0,
) -> Border:
    """Find the border of a layer, and the gap after it if the next layer begins with one.

    Parameters
    ----------
    read
        Gives pixels of a window of the mosaic.
    shape
        Rows and columns of the mosaic.
    columns
        First column and one past the last.
    start
        Row inside the layer to walk from, for every column of the mosaic.
    step
        1 walks to larger rows, -1 to smaller.
    reach
        Rows to walk at most, for the border and for the gap.
    greys
        Greys of the section.
    blur
        Sigma of the smoothing along the foil, in px.
    """
    c0, c1 = max(columns[0] - HALO, 0), min(columns[1] + HALO, shape[1])
    from_ = start[c0:c1]
    room = reach + FADE + 8
    low = int(np.floor(from_.min())) - (room * 2 if step < 0 else 12)
    high = int(np.ceil(from_.max())) + (room * 2 if step > 0 else 12)
    r0, r1 = max(low, 0), min(high, shape[0])
    core = slice(columns[0] - c0, columns[1] - c0)
    if r1 - r0 < 8:
        nothing = np.full(columns[1] - columns[0], np.nan)
        return Border(nothing, nothing)
    strip = cv2.GaussianBlur(read(Window(r0, r1, c0, c1)), (0, 0), blur, sigmaY=0.8)
    end, begin = _two(np.asarray(strip), np.clip(from_ - r0, 1, r1 - r0 - 1), step, reach, greys)
    return Border(end[core] + r0, begin[core] + r0)


def _two(strip: F32, start: F64, step: int, reach: int, greys: Greys) -> tuple[F64, F64]:
    level, noise = _level(strip, start)
    # 0.1 of the whole contrast: nothing smaller is a border between two materials.
    tolerance = max(4 * noise, 0.1 * (greys.binder - greys.pore))
    end = walk(strip, start, step, level, tolerance, reach)
    dark = darkness(strip, end, step, np.inf, FADE)
    is_gap = dark < greys.material
    inner = np.where(is_gap, end + 2.0 * step, np.nan)
    rise = 0.4 * (greys.binder - greys.pore)
    after = walk(strip, inner, step, dark, rise, reach)
    hidden = np.isnan(strip).any(axis=0)
    beyond = np.where(hidden, end, end + step * reach)
    begin = np.where(is_gap, np.where(np.isnan(after), beyond, after), end)
    return end, begin


def _level(strip: F32, start: F64) -> tuple[F64, float]:
    """Grey of the layer around the start of each column, and its noise."""
    rows = np.clip(np.floor(start).astype(int)[None, :] + np.arange(-12, 13)[:, None], 0,
                   strip.shape[0] - 1)  # fmt: skip
    around = strip[rows, np.arange(strip.shape[1])]
    hidden = np.isfinite(around).sum(axis=0) < FEWEST
    column = np.full(strip.shape[1], np.nan)
    # Beside a hole, or the ragged border of a mosaic, what was recorded tells.
    column[~hidden] = np.nanmedian(around[:, ~hidden], axis=0)
    if hidden.all():
        return column.astype(np.float64), 0.0
    level = running_median(column.astype(np.float64), 65)
    spread = np.abs(around - level)[:, ~hidden]
    return np.where(hidden, np.nan, level), float(np.nanmedian(spread)) / 0.6745
