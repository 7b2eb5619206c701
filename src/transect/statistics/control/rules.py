"""Rules that tell runs of lots from chance (Western Electric, Nelson).

References
----------
L. S. Nelson, "The Shewhart control chart: tests for special causes", J. Qual. Technol. 16, 1984;
Western Electric Company, Statistical Quality Control Handbook, 1956; ISO 7870-2:2013, annex B.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def broken(z: Floats) -> dict[str, Mask]:
    """Tell at which lots each rule is broken: those that complete a pattern.

    Parameters
    ----------
    z
        Distance of each lot from the centre in standard deviations, shape (lots,), in order.
    """
    return {name: rule(z) for name, rule in RULES.items()}


def _whole(z: Floats, n: int, holds: Callable[[Floats], Mask]) -> Mask:
    """Flag the last of n lots whose window (windows, n) holds what is asked."""
    found = np.zeros(z.size, bool)
    if z.size >= n:
        found[n - 1 :] = holds(sliding_window_view(z, n))
    return found


def _several(z: Floats, least: int, n: int, sigma: float) -> Mask:
    """Flag a lot beyond some sigma if at least so many of n are so on its side."""

    def holds(windows: Floats) -> Mask:
        above, below = windows > sigma, windows < -sigma
        return np.asarray(
            (above[:, -1] & (above.sum(1) >= least)) | (below[:, -1] & (below.sum(1) >= least))
        )

    return _whole(z, n, holds)


def _one_side(windows: Floats) -> Mask:
    return np.asarray((windows > 0).all(1) | (windows < 0).all(1))


def _steady(windows: Floats) -> Mask:
    steps = np.diff(windows, axis=1)
    return np.asarray((steps > 0).all(1) | (steps < 0).all(1))


def _alternating(windows: Floats) -> Mask:
    steps = np.diff(windows, axis=1)
    return np.asarray((steps[:, 1:] * steps[:, :-1] < 0).all(1))


def _inside(windows: Floats) -> Mask:
    return np.asarray((np.abs(windows) < 1).all(1))


def _outside(windows: Floats) -> Mask:
    return np.asarray((np.abs(windows) > 1).all(1))


RULES: dict[str, Callable[[Floats], Mask]] = {
    "beyond 3 sigma": lambda z: np.abs(z) > 3,
    "9 in a row on one side": lambda z: _whole(z, 9, _one_side),
    "6 in a row rising or falling": lambda z: _whole(z, 6, _steady),
    "14 in a row alternating": lambda z: _whole(z, 14, _alternating),
    "2 of 3 beyond 2 sigma": lambda z: _several(z, 2, 3, 2.0),
    "4 of 5 beyond 1 sigma": lambda z: _several(z, 4, 5, 1.0),
    "15 in a row within 1 sigma": lambda z: _whole(z, 15, _inside),
    "8 in a row beyond 1 sigma": lambda z: _whole(z, 8, _outside),
}
"""Nelson's eight; Western Electric's are the first, fifth and sixth, and the second with 8."""
