"""Lengths of cracks by their width: what share of an owner's length is no wider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.measure.crack_points import EIGHTHS, WIDEST

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

WIDTHS = 2 * EIGHTHS * WIDEST + 1
"""Widths that there are, in eighths of a pixel."""

P95 = 0.95


@dataclass(frozen=True)
class WidthsBy:
    """Length by owner and width, of those that occur: `keys` are owner * WIDTHS + width, sorted."""

    keys: Array
    lengths: Array

    @classmethod
    def nothing(cls) -> WidthsBy:
        """Give no length at all."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

    def with_points(self, points: Array, owner: Array) -> WidthsBy:
        """Add pixels of skeletons, in the columns of the table `points` without the component."""
        length = 474 * points[:, 2] + 670 * points[:, 3]
        keys = owner * WIDTHS + np.minimum(points[:, 4], WIDTHS - 1)
        return _merged(np.concatenate([self.keys, keys]), np.concatenate([self.lengths, length]))

    def by(self, owner: Array) -> WidthsBy:
        """Give the same by the owners of these owners; -1 owns nothing."""
        mine, width = np.divmod(self.keys, WIDTHS)
        new = owner[mine]
        return _merged((new * WIDTHS + width)[new >= 0], self.lengths[new >= 0])

    def quantile(self, share: float, owners: int) -> Floats:
        """Least width that a share of each owner's length does not exceed; NaN without length."""
        found = np.full(owners, np.nan)
        if not len(self.keys):
            return found
        mine, width = np.divmod(self.keys, WIDTHS)
        first = np.flatnonzero(np.diff(mine, prepend=-1))
        total = np.add.reduceat(self.lengths, first)
        each = np.diff(first, append=len(mine))
        before = np.repeat(np.cumsum(total) - total, each)
        reached = np.cumsum(self.lengths) - before >= share * np.repeat(total, each)
        # The widest of an owner always reaches it.
        spot = np.flatnonzero(reached)
        known, where = np.unique(mine[spot], return_index=True)
        found[known] = width[spot[where]]
        return np.where(np.isin(np.arange(owners), mine[first][total > 0]), found, np.nan)


def _merged(keys: Array, lengths: Array) -> WidthsBy:
    known, inverse = np.unique(keys, return_inverse=True)
    total = np.zeros(len(known), np.int64)
    np.add.at(total, inverse, lengths)
    return WidthsBy(known, total)
