"""Points near each other, by numpy alone: loading a tree of SciPy's costs more than the search."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# A cell of the grid and half of those around it: the other half sees the pair from its other end.
_FORWARD = ((0, 0), (1, 0), (-1, 1), (0, 1), (1, 1))


def pairs_within(points: Floats, reach: float) -> Ints:
    """Pairs of points that are at most so far apart.

    Parameters
    ----------
    points
        Places (x, y), shape (point, 2).
    reach
        Largest distance, in the unit of the places.

    Returns
    -------
    Numbers of the two points, the lower first, shape (pair, 2), in order.
    """
    cells = np.floor((points - points.min(axis=0, initial=np.inf)) / reach).astype(np.int64)
    # One more at each side, so that cells beside the outer ones do not wrap around.
    wide = int(cells[:, 0].max(initial=0)) + 3
    key = cells[:, 0] + 1 + wide * cells[:, 1]
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    found = []
    for x, y in _FORWARD:
        other = key + x + wide * y
        first, stop = np.searchsorted(ordered, other), np.searchsorted(ordered, other, "right")
        many = stop - first
        a = np.repeat(np.arange(len(points)), many)
        within = np.arange(len(a)) - np.repeat(np.cumsum(many) - many, many)
        b = order[np.repeat(first, many) + within]
        # A cell finds each of its own pairs from both ends, and every point itself.
        keep = np.hypot(*(points[a] - points[b]).T) <= reach
        keep &= (a < b) if (x, y) == (0, 0) else True
        found.append(np.stack([a[keep], b[keep]], axis=1))
    pairs = np.sort(np.concatenate(found), axis=1)
    return np.asarray(pairs[np.lexsort(pairs.T[::-1])], dtype=np.int64)
