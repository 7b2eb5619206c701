"""Lines along the foil: gaps bridged, outliers out, envelopes by a rolling disc."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import grey_opening, median_filter

from transect.kernels import kernel

F64 = npt.NDArray[np.float64]


def bridge(line: F64) -> F64:
    """Interpolate over NaN; a line of nothing but NaN stays."""
    seen = np.isfinite(line)
    if not seen.any():
        return line
    x = np.arange(line.size)
    return np.interp(x, x[seen], line[seen])


def running_median(line: F64, size: int) -> F64:
    """Median of `size` neighbours at each point."""
    whole = bridge(line)
    half = min(size, whole.size) // 2
    wide = _carried_on(whole, half)
    return np.asarray(median_filter(wide, size=2 * half + 1)[half : half + whole.size])


def robust(line: F64, size: int, limit: float) -> F64:
    """Replace points further than `limit` from the running median by interpolation."""
    whole = bridge(line)
    middle = running_median(line, size)
    return bridge(np.where(np.abs(whole - middle) <= limit, whole, np.nan))


@kernel
def _roll(height: F64, radius: int, sign: float, out: F64) -> None:
    """Centre line of a disc that rolls over (1) or under (-1) a profile."""
    n = height.size
    for x in range(n):
        best = -np.inf
        for d in range(-min(radius, x), min(radius, n - 1 - x) + 1):
            cap = np.sqrt(float(radius * radius - d * d))
            best = max(best, sign * height[x + d] + cap)
        out[x] = sign * best


def disc_closing(height: F64, radius: int) -> F64:
    """Close a profile with a disc: valleys that the disc cannot enter are bridged.

    Parameters
    ----------
    height
        Height of the surface at each column, growing outwards.
    radius
        Radius of the disc in px.
    """
    over, out = np.empty_like(height), np.empty_like(height)
    wide = _carried_on(height, radius)
    over, out = np.empty_like(wide), np.empty_like(wide)
    _roll(wide, radius, 1.0, over)
    _roll(over, radius, -1.0, out)
    return np.asarray(out[radius : radius + height.size])


def _carried_on(height: F64, reach: int) -> F64:
    """Carry a profile on beyond its ends: its course there, and its bumps mirrored.

    Mirrored as a whole, a surface that falls towards its end would be in a valley.
    """
    size = height.size
    if not 4 <= reach <= size:
        return np.pad(height, reach, mode="edge")
    x, parts = np.arange(-reach, size + reach), [height]
    for end, place in ((slice(None, reach), x[:reach]), (slice(-reach, None), x[-reach:])):
        at, there = np.arange(size)[end], height[end]
        # Medians of the halves: a false border at the very end does not turn the course.
        (x0, y0), (x1, y1) = (
            (np.median(at[half]), np.median(there[half]))
            for half in (slice(None, reach // 2), slice(-(reach // 2), None))
        )
        slope = (y1 - y0) / (x1 - x0)
        more = (there - slope * at)[::-1] + slope * place
        parts = [more, *parts] if place[0] < 0 else [*parts, more]
    return np.concatenate(parts)


def lasting(gap: F64, run: int) -> F64:
    """Keep openings that go on along the foil: pores narrower than `run` px are no gap."""
    size = min(max(run, 1), gap.size)
    return np.asarray(grey_opening(gap, size=(size,), mode="nearest"))
