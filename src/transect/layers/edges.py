"""Walk from one layer into the next at full resolution, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

HOLD = 3
"""Rows in a row that must differ before a border is believed."""

AHEAD = 5
"""Rows after it in which the next layer's grey is looked for: blur is narrower than that."""


@kernel
def walk(strip: F32, start: F64, step: int, level: F64, tolerance: float, reach: int) -> F64:
    """Border at which each column leaves the grey of its layer.

    Parameters
    ----------
    strip
        Smoothed greys, shape (row, column).
    start
        Row boundary (not pixel) of each column to walk from; NaN gives NaN.
    step
        1 walks to larger rows, -1 to smaller.
    level
        Grey of the layer at each column.
    tolerance
        Difference from it that is no noise.
    reach
        Rows to walk at most.

    Returns
    -------
    Row boundary where the grey is halfway to the next layer's; NaN where there is none.
    """
    rows, cols = strip.shape
    out = np.full(cols, np.nan)
    for c in range(cols):
        if np.isnan(start[c]) or np.isnan(level[c]):
            continue
        first = int(np.floor(start[c])) if step > 0 else int(np.ceil(start[c])) - 1
        run, r, found = 0, first, -1
        for _ in range(reach):
            if r < 0 or r >= rows:
                break
            run = run + 1 if abs(strip[r, c] - level[c]) > tolerance else 0
            if run == HOLD:
                found = r - (HOLD - 1) * step
                break
            r += step
        if found >= 0:
            out[c] = _crossing(strip[:, c], found, first, step, level[c])
    return out


@kernel
def _crossing(column: F32, found: int, first: int, step: int, level: float) -> np.float64:
    """Where a column is halfway between its layer and the first plateau after the border."""
    rows = column.size
    sign = 1.0 if column[found] > level else -1.0
    top = 0.0
    r = found
    for _ in range(AHEAD):
        if r < 0 or r >= rows:
            break
        top = max(top, sign * (column[r] - level))
        r += step
    half = top / 2
    # The difference may pass the half before or after the row where it was believed.
    r = found - 2 * step
    if (r - first) * step < 0:
        r = first
    before = sign * (column[r] - level)
    if before >= half:
        return np.float64(r + 0.5 - 0.5 * step)
    for _ in range(AHEAD + 3):
        n = r + step
        if n < 0 or n >= rows:
            break
        after = sign * (column[n] - level)
        if after >= half:
            return np.float64(r + 0.5 + step * (half - before) / (after - before))
        r, before = n, after
    return np.float64(r + 0.5 + 0.5 * step)


@kernel
def darkness(strip: F32, start: F64, step: int, limit: float, count: int) -> F64:
    """Darkest grey within `count` rows after a border; NaN where the border is."""
    rows, cols = strip.shape
    out = np.full(cols, np.nan)
    for c in range(cols):
        if np.isnan(start[c]):
            continue
        r = int(np.floor(start[c])) if step > 0 else int(np.ceil(start[c])) - 1
        low = limit
        for _ in range(count):
            if r < 0 or r >= rows:
                break
            low = min(low, strip[r, c])
            r += step
        out[c] = low
    return out
