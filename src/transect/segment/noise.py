"""Noise of a section's greys, measured in the quieter ones of its squares."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.segment.engine import UNDECIDED
from transect.segment.gaussian import smooth

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

BLOCK, BINS, PER_LEVEL = 8, 2048, 16
"""Edge of the squares that noise is measured in, px; and classes of its sigma, to a level each."""

QUIET = 0.25
"""Share of the squares that are quieter than the one that counts: others have edges in them."""

_GAIN = 6.0
"""Sigma of the mask's answer to white noise of sigma 1."""

COARSE_PX, PASSED = 2.0, 0.063
"""Sigma of the Gaussian before noise is measured on a coarse scale, in px, with a mask of twice its
reach; and the share of white noise that is seen there."""


@dataclass(frozen=True)
class Noise:
    """Sigma of the noise of a pixel, in grey levels or over the sigma of the greys.

    Attributes
    ----------
    white
        Of what every pixel has of its own.
    cloudy
        Of what neighbours share: seen on a coarse scale, less what white noise is there.
    """

    white: float = 0.0
    cloudy: float = 0.0

    @classmethod
    def of(cls, counts: I64) -> Noise:
        """Take it from the sum of `noises` over windows; 0 without any square."""
        fine, coarse = (_quantile(row) / PER_LEVEL for row in counts)
        return cls(fine, float(np.sqrt(max(coarse**2 - (PASSED * fine) ** 2, 0.0))))

    def over(self, spread: float) -> Noise:
        """Give it over the sigma of the greys."""
        return Noise(self.white / spread, self.cloudy / spread)


def noises(grey: U8, zone: U8) -> I64:
    """Count squares within the coating by their noise on a fine and on a coarse scale: (2, `BINS`).

    Second differences along both axes answer to noise and hardly to edges (J. Immerkaer, Comput.
    Vis. Image Underst. 64, 1996, 300-302).
    """
    coarse = smooth(grey, COARSE_PX)
    return np.stack([_squares(grey, zone, 1), _squares(coarse, zone, int(2 * COARSE_PX))])


def _squares(grey: U8, zone: U8, step: int) -> I64:
    """Count squares by the root mean square of their second differences over `step` px."""
    line = np.zeros(2 * step + 1, np.float32)
    line[::step] = [1, -2, 1]
    size = cv2.sepFilter2D(grey, cv2.CV_32F, line, line)
    square = np.ones((line.size, line.size), np.uint8)
    inside = cv2.erode((zone == UNDECIDED).view(np.uint8), square)
    rows, columns = (n // BLOCK for n in grey.shape)
    if min(rows, columns) == 0:
        return np.zeros(BINS, np.int64)

    def squares(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        return values[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)

    # Differences are whole numbers, so their sums are exact.
    power = squares(size.astype(np.int32) ** 2).sum(axis=(1, 3))
    whole = squares(inside > 0).all(axis=(1, 3))
    sigma = np.sqrt(power[whole] / BLOCK**2) * (PER_LEVEL / _GAIN)
    return np.bincount(np.minimum(sigma.astype(np.int64), BINS - 1), minlength=BINS)


def _quantile(counts: I64) -> float:
    """Class below which `QUIET` of the counts lie, in parts; 0 without any."""
    below = np.cumsum(counts)
    want = QUIET * float(below[-1])
    if want == 0:
        return 0.0
    k = int(np.searchsorted(below, want))
    return k + 1 - float(below[k] - want) / float(counts[k])
