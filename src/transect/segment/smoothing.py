"""How far a section is smoothed for a network: its greys by their noise, outlines by their share.

Greys: a network that was shown images of every dose sees less in a very noisy one than in the same
one smoothed. Outlines: on a large particle, small bumps of what it says part what is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.learned import Shares
from transect.segment.maps import MAPS

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

NOISY, LEFT = 0.48, 0.15
"""Sigma of white noise, over that of the greys, from which greys are smoothed, and what is left of
it then. These and the next were chosen on made images that no benchmark scores."""

CLOUDY, CLOUDY_PX = 0.034, 1.5
"""Noise on the coarse scale from which greys are smoothed, and the sigma of that, in px."""

OUTLINE, MOST, FINE = 0.1, 3.0, 0.12
"""Sigma that smooths outlines, in px, times their share of particles; its largest value; and the
share from which particles are too small for it, 50 px across and less."""

_SMOOTHED = [MAPS.index(name) for name in ("boundary", "distance")]


@dataclass(frozen=True)
class Smoothing:
    """Sigmas of the Gaussians that a section is smoothed with for a network, in px; 0 for none.

    Attributes
    ----------
    greys_px
        Of the greys that it is shown.
    outlines_px
        Of what it says of outlines, and of the distance from them.
    """

    greys_px: float = 0.0
    outlines_px: float = 0.0

    @classmethod
    def of_white(cls, noise: Noise, binned: int = 1) -> Smoothing:
        """Choose how far greys are smoothed by the noise that every pixel has of its own.

        Parameters
        ----------
        noise
            Noise, over the sigma of the coating's greys.
        binned
            Pixels along each side of a square that the network is shown as one.
        """
        left = noise.white / binned
        if left < NOISY:
            return cls()
        # A Gaussian of sigma s leaves 1 / (2 sqrt(pi) s) of white noise.
        return cls(greys_px=round(binned * left / (2 * np.sqrt(np.pi) * LEFT), 2))

    def or_of_cloudy(self, noise: Noise, outlines: I64) -> Smoothing:
        """Smooth greys whose noise neighbours share, where particles are too large to look so.

        Parameters
        ----------
        noise
            As `of_white` takes it.
        outlines
            Sum of `outlines` over windows, of greys that are not smoothed.
        """
        if self.greys_px or noise.cloudy < CLOUDY or not 0 < _share(outlines) < FINE:
            return self
        return replace(self, greys_px=CLOUDY_PX)

    def with_outlines(self, counts: I64, factor: float = 1.0) -> Smoothing:
        """Choose how far outlines are smoothed.

        Parameters
        ----------
        counts
            Sum of `outlines` over windows.
        factor
            Size of the network's pixels, in those of the section.
        """
        share = _share(counts)
        if not 0 < share < FINE:
            return self
        sigma = factor * min(OUTLINE / share, MOST)
        return replace(self, outlines_px=round(sigma, 2))

    @property
    def reach(self) -> int:
        """Pixels around one that decide on its smoothed grey."""
        return _radius(self.greys_px)

    @property
    def outline_reach(self) -> int:
        """Pixels around one that decide on its smoothed outline."""
        return _radius(self.outlines_px)

    def greys(self, grey: U8, zone: U8) -> U8:
        """Smooth greys, in integers; what was not recorded counts for nothing and stays.

        Exact `reach` px within the arrays.
        """
        if self.greys_px == 0:
            return grey
        recorded = zone != Phase.INVALID
        if recorded.all():
            return _gaussian(grey, self.greys_px)
        smooth = _gaussian(np.where(recorded, grey, np.uint8(0)), self.greys_px)
        weight = _gaussian(np.where(recorded, np.uint8(255), np.uint8(0)), self.greys_px)
        share = smooth * np.uint32(255) // np.maximum(weight, 1)
        return np.where(recorded, np.minimum(share, 255), grey).astype(np.uint8)

    def outlines(self, maps: U8) -> U8:
        """Smooth the maps of outlines and of the distance from them, (channel, row, column).

        Exact `outline_reach` px within the arrays.
        """
        if self.outlines_px == 0:
            return maps
        out = maps.copy()
        for k in _SMOOTHED:
            out[k] = _gaussian(maps[k], self.outlines_px)
        return out


def _radius(sigma: float) -> int:
    return int(np.ceil(3 * sigma))


def _gaussian(pixels: U8, sigma: float) -> U8:
    """Smooth in fixed-point numbers: a pixel's value does not depend on its window."""
    size = 2 * _radius(sigma) + 1
    return np.asarray(cv2.GaussianBlur(pixels, (size, size), sigma))


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
    coarse = _gaussian(grey, COARSE_PX)
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


def _share(counts: I64) -> float:
    """Share of outlines in particles, from the sum of `outlines`."""
    pixels, drawn = (int(n) for n in counts)
    return drawn / (255 * max(pixels, 1))


def outlines(maps: U8, zone: U8, core: tuple[slice, ...]) -> I64:
    """Count pixels of particles, and add up what a network says of outlines on them.

    Large particles have few outlines for their pixels, so their ratio tells their size.

    Parameters
    ----------
    maps
        What the network says, (channel, row, column).
    zone
        Phase by geometry.
    core
        Where to count.
    """
    here = np.asarray(maps[(slice(None), *core)])
    shares = Shares.of(here)
    solid = (shares.material > np.maximum(shares.binder, shares.pore)) & (zone[core] == UNDECIDED)
    return np.array([np.count_nonzero(solid), here[MAPS.index("boundary")][solid].sum()], np.int64)
