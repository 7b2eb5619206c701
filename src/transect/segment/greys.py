"""Greys as the network takes them: without the brightness and contrast of the microscope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Histogram = npt.NDArray[np.int64]
Image = npt.NDArray[np.float32]

TAIL = 0.002
"""Share of the pixels at either end that do not count: charging and dead pixels."""

LEAST_SPREAD = 2.0
"""Standard deviation, in grey levels, below which contrast is not stretched further."""


@dataclass(frozen=True)
class Normal:
    """Mean and standard deviation of the greys of a section's coating, of 255."""

    mean: float
    spread: float

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
        return cls(mean, max(spread, LEAST_SPREAD))

    def apply(self, grey: npt.NDArray[np.uint8]) -> Image:
        """Normalise pixels; the same value gives the same result in every window."""
        table = ((np.arange(256) - self.mean) / self.spread).astype(np.float32)
        return np.asarray(table[grey])
