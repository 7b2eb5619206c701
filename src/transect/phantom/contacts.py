"""Where bodies press on each other: each keeps what lies nearer to its own centre.

Nearness is relative, by the gauge of a body's planes: 0 at its centre, 1 on its outline. The
border of two bodies is then flat or nearly so, and runs through the places where their outlines
cross, as in a calendered electrode. Along a ray from a centre the gauge of another body is the
largest of a few straight lines, so that where it is met first follows without a search. What lies
behind another body is given up: every body stays one piece that its centre sees whole.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phantom.habits import SIDES
from transect.phantom.shapes import outline_area

F64 = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

_SPIKE, _STUMP = 0.12, 0.8
"""Half the angle that is too thin for what is left of a body (radians); and what a spike leaves."""


@kernel
def _met(base: F64, planes: F64, x: float, y: float, own: float) -> float:
    """Distance along a ray at which another body becomes the nearer one; 1e18: never.

    `base` is the other's gauge at the ray's start by plane, `own` the ray's own gauge per px.
    """
    low, high = 0.0, 1e18
    for k in range(SIDES):
        slope = own - (planes[k, 0] * x + planes[k, 1] * y)
        if slope > 0.0:
            if base[k] > low * slope:
                low = base[k] / slope
        elif base[k] >= 0.0:
            return 1e18
        elif base[k] > high * slope:
            high = base[k] / slope
        if low >= high:
            return 1e18
    return low


@kernel
def press(discs: F64, planes: F64, full: F32, start: I64, first: int, last: int) -> F32:
    """Outlines of the bodies first to last - 1, cut where they press on any other.

    Parameters
    ----------
    discs
        x, y, radius of all bodies.
    planes
        Their planes, of shape (n, SIDES, 2).
    full, start
        Their whole outlines end to end, and where each begins.
    first, last
        Which ones are asked for.
    """
    out = full[start[first] : start[last]].copy()
    count = discs.shape[0]
    reach = np.empty(count)
    for i in range(count):
        reach[i] = full[start[i] : start[i + 1]].max()
    # In the order of x, so that each looks at those beside it only.
    order = np.argsort(discs[:, 0])
    ordered, most = discs[order, 0], reach.max() if count > 0 else 0.0
    base = np.empty(SIDES)
    for i in range(first, last):
        n = start[i + 1] - start[i]
        at = start[i] - start[first]
        turn = 2.0 * np.pi / n
        far = reach[i] + most
        low = np.searchsorted(ordered, discs[i, 0] - far)
        high = np.searchsorted(ordered, discs[i, 0] + far)
        for j in order[low:high]:
            dx, dy = discs[j, 0] - discs[i, 0], discs[j, 1] - discs[i, 1]
            away = np.sqrt(dx * dx + dy * dy)
            if j == i or away > reach[i] + reach[j]:
                continue
            for k in range(SIDES):
                base[k] = -(planes[j, k, 0] * dx + planes[j, k, 1] * dy)
            middle, half = int(np.arctan2(dy, dx) / turn), n // 2
            if away > reach[j]:
                half = min(half, int(np.arcsin(reach[j] / away) / turn) + 2)
            for step in range(middle - half, middle + half + 1):
                s = step % n
                x, y = np.cos(turn * s), np.sin(turn * s)
                own = 0.0
                for k in range(SIDES):
                    own = max(own, planes[i, k, 0] * x + planes[i, k, 1] * y)
                met = _met(base, planes[j], x, y, own)
                if met < out[at + s]:
                    out[at + s] = met
        _trim(out[at : at + n], full[start[i] : start[i + 1]], discs[i, 2])
    return out


@kernel
def _trim(edge: F32, full: F32, r: float) -> None:
    """Take off what reaches between two others as a thin spike, in place.

    An opening of the share of the whole outline that is left, over neighbouring angles: tips that
    are a body's own stay as they are.
    """
    n = edge.size
    m = min(int(max(_SPIKE, 1.5 / r) * n / (2.0 * np.pi)), n // 4)
    share, low = edge / full, np.empty(n)
    if share.min() > _STUMP:
        return
    for i in range(n):
        low[i] = share[i]
        for step in range(1, m + 1):
            low[i] = min(low[i], share[(i + step) % n], share[i - step])
    for i in range(n):
        best = low[i]
        for step in range(1, m + 1):
            best = max(best, low[(i + step) % n], low[i - step])
        # What differs by less is a contact that bends.
        if best < _STUMP * share[i]:
            edge[i] = np.float32(best * full[i])


@kernel
def kept_share(cut: F32, full: F32, start: I64, first: int, last: int) -> F64:
    """Share of its area that each of the bodies first to last - 1 keeps."""
    out = np.empty(last - first)
    for i in range(first, last):
        a, b = start[i] - start[first], start[i + 1] - start[first]
        out[i - first] = outline_area(cut[a:b]) / outline_area(full[start[i] : start[i + 1]])
    return out
