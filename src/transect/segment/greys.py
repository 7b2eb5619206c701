"""Greys as the network takes them: without the brightness and contrast of the microscope.

What a pixel is, its surroundings often do not tell: the grey of binder beside pores of one section
is that of pores in another. So the network is also told how the greys of the section are spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Histogram = npt.NDArray[np.int64]
Image = npt.NDArray[np.float32]

TAIL = 0.002
"""Share of the pixels at either end that do not count: charging and dead pixels."""

LEAST_SPREAD = 2.0
"""Standard deviation, in grey levels, below which contrast is not stretched further."""


BINS = 32
"""Classes of normalised grey in which a section's greys are counted."""

REACH = 3.0
"""Normalised grey, on either side of 0, that the classes reach; the last hold what is beyond."""


@dataclass(frozen=True)
class Normal:
    """Mean and standard deviation of the greys of a section's coating, of 255, and their spread.

    Attributes
    ----------
    mean, spread
        Grey levels.
    shares
        Square roots of the shares of the pixels in `BINS` classes of normalised grey: the root lets
        a phase of a few percent be seen beside one of half.
    """

    mean: float
    spread: float
    shares: tuple[float, ...] = (0.0,) * BINS

    @classmethod
    def of(cls, counts: Histogram) -> Normal:
        """Take both from a histogram of 256 levels."""
        levels = np.arange(256, dtype=np.float64)
        below = np.cumsum(counts) / max(int(counts.sum()), 1)
        low, high = np.searchsorted(below, [TAIL, 1.0 - TAIL])
        clipped = np.clip(levels, low, high)
        total = max(float(counts.sum()), 1.0)
        mean = float((counts * clipped).sum() / total)
        spread = float(np.sqrt((counts * (clipped - mean) ** 2).sum() / total))
        return cls.about(counts, mean, max(spread, LEAST_SPREAD))

    @classmethod
    def about(cls, counts: Histogram, mean: float, spread: float) -> Normal:
        """Normalise by a given mean and spread; a level counts to the two classes next to it."""
        place = (np.arange(256) - mean) / spread * (BINS / (2 * REACH)) + (BINS - 1) / 2
        place = np.clip(place, 0, BINS - 1)
        lower = np.minimum(place.astype(np.int64), BINS - 2)
        upper = place - lower
        found = np.bincount(lower, counts * (1 - upper), BINS)
        found += np.bincount(lower + 1, counts * upper, BINS)
        shares = np.sqrt(found / max(float(counts.sum()), 1.0))
        return cls(mean, spread, tuple(float(share) for share in shares))

    @classmethod
    def read(cls, values: dict[str, Any]) -> Normal:
        """Take it from JSON.

        Raises
        ------
        KeyError, TypeError, ValueError
            A value is missing or is not a number, or there are not `BINS` shares.
        """
        shares = tuple(float(share) for share in values["shares"])
        if len(shares) != BINS:
            raise ValueError(f"{len(shares)} shares of greys, expected {BINS}")
        return cls(float(values["mean"]), float(values["spread"]), shares)

    def apply(self, grey: npt.NDArray[np.uint8]) -> Image:
        """Normalise pixels; the same value gives the same result in every window."""
        table = ((np.arange(256) - self.mean) / self.spread).astype(np.float32)
        return np.asarray(table[grey])
