"""Mean chords of a phase along the foil and through it, counted by their ends.

A chord that a border of the window cuts has one end inside and counts as half a chord, with the
length that is inside: the mean intercept of ASTM E112 has no bias from borders then, whatever the
width of the window, while the mean of the chords that lie inside whole favours short ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Chords:
    """Sums over windows that are added up before the means are taken.

    Attributes
    ----------
    length
        Pixels of the phase: the length of all chords, in either direction.
    ends_x, ends_z
        Ends of chords along the foil (rows of the window) and through it (columns).
    """

    length: int
    ends_x: int
    ends_z: int

    def __add__(self, other: Chords) -> Chords:
        """Add another window."""
        return Chords(
            self.length + other.length, self.ends_x + other.ends_x, self.ends_z + other.ends_z
        )

    @property
    def mean_x(self) -> float:
        """Mean chord along the foil in px; NaN without any end."""
        return 2 * self.length / self.ends_x if self.ends_x else float("nan")

    @property
    def mean_z(self) -> float:
        """Mean chord through the foil in px; NaN without any end."""
        return 2 * self.length / self.ends_z if self.ends_z else float("nan")

    @property
    def anisotropy(self) -> float:
        """Mean chord along the foil over the one through it."""
        return self.mean_x / self.mean_z


def chords(mask: npt.NDArray[np.bool_]) -> Chords:
    """Count the ends of all chords of a window.

    Parameters
    ----------
    mask
        Whether a pixel is of the phase; rows from the surface to the collector. Both are real
        borders, where chords end; the other two cut chords.
    """
    if not mask.size:
        return Chords(0, 0, 0)
    along = int(np.count_nonzero(mask[:, 1:] != mask[:, :-1]))
    through = int(np.count_nonzero(mask[1:] != mask[:-1]))
    outer = int(np.count_nonzero(mask[0])) + int(np.count_nonzero(mask[-1]))
    return Chords(int(np.count_nonzero(mask)), along, through + outer)
