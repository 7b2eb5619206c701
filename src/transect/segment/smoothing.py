"""How far a section is smoothed for a network: its greys by their noise, outlines by their share.

Greys: a network that was shown images of every dose sees less in a very noisy one than in the same
one smoothed. Outlines: on a large particle, small bumps of what it says part what is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from transect.phases import Phase
from transect.segment import gaussian
from transect.segment.engine import UNDECIDED
from transect.segment.greys import Normal
from transect.segment.learned import Shares
from transect.segment.maps import MAPS
from transect.segment.noise import Noise, noises

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]

NOISY, LEFT = 0.48, 0.15
"""Sigma of white noise, over that of the greys, from which greys are smoothed, and what is left of
it then. These and the next were chosen on made images that no benchmark scores."""

CLOUDY, CLOUDY_PX = 0.034, 1.5
"""Noise on the coarse scale from which greys are smoothed, and the sigma of that, in px."""

OUTLINE, MOST, FINE = 0.1, 3.0, 0.12
"""Sigma that smooths outlines, in px, times their share of particles; its largest value; and the
share from which particles are too small for it, 50 px across and less."""

T = TypeVar("T")

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

    @classmethod
    def of_image(cls, grey: U8, zone: U8) -> Smoothing:
        """Choose as `of_white` does for an image that training is shown, (row, column).

        Parameters
        ----------
        grey
            Pixels on the 8-bit scale.
        zone
            Phase by geometry.
        """
        spread = Normal.of(np.bincount(grey[zone == UNDECIDED], minlength=256)).spread
        return cls.of_white(Noise.of(noises(grey, zone)).over(spread))

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
        return gaussian.reach(self.greys_px)

    @property
    def outline_reach(self) -> int:
        """Pixels around one that decide on its smoothed outline."""
        return gaussian.reach(self.outlines_px)

    def greys(self, grey: U8, zone: U8) -> U8:
        """Smooth greys, in integers; what was not recorded counts for nothing and stays.

        Exact `reach` px within the arrays.
        """
        if self.greys_px == 0:
            return grey
        recorded = zone != Phase.INVALID
        if recorded.all():
            return gaussian.smooth(grey, self.greys_px)
        smooth = gaussian.smooth(np.where(recorded, grey, np.uint8(0)), self.greys_px)
        weight = gaussian.smooth(np.where(recorded, np.uint8(255), np.uint8(0)), self.greys_px)
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
            out[k] = gaussian.smooth(maps[k], self.outlines_px)
        return out


def settled(
    noise: Noise,
    ask: Callable[[Smoothing], tuple[T, I64]],
    binned: int = 1,
    factor: float = 1.0,
) -> tuple[Smoothing, T]:
    """Choose how far a section is smoothed, and tell what a network says of it then.

    Parameters
    ----------
    noise
        Noise, over the sigma of the coating's greys.
    ask
        Asks the network about greys smoothed so far; tells the answer and the sum of `outlines`.
    binned
        Pixels along each side of a square that the network is shown as one.
    factor
        Size of the network's pixels, in those of the section.
    """
    smoothing = Smoothing.of_white(noise, binned)
    answer, drawn = ask(smoothing)
    if (more := smoothing.or_of_cloudy(noise, drawn)) != smoothing:
        smoothing = more
        answer, drawn = ask(smoothing)
    return smoothing.with_outlines(drawn, factor), answer


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
