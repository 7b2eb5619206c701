"""Binder or pore: what the greys of a whole section say, added to what a network says of a place.

Smooth binder in one section is as dark as lit pores in another: from a place alone, a network
cannot tell. Where the greys between the particles of a section form two clear humps, they can.
Each pixel's odds of binder against pore are then multiplied by those of its grey (Bayes' rule, for
a network that has weighed texture and surroundings), within bounds that no single grey exceeds.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from transect.kernels import kernel
from transect.segment.engine import UNDECIDED
from transect.segment.learned import Shares
from transect.segment.maps import MAPS

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

SIGMA_PX = 1.5
"""Sigma of the Gaussian that takes the noise off the greys between particles, in px."""

REACH = 6
"""Pixels around a window that decide in it: three sigmas, and one at the edge of particles."""

VALLEY, FEWEST = 0.95, 20_000
"""Two humps of this many pixels are clear that have a valley between them below this share of the
lower one's top: what is left after `SPREAD` is no noise. It was chosen on 97 made images of
`benchmarks/segmentation_made.py`, none of which lost by it; of 27 others, two lost 0.01 of mIoU."""

PORES, BINDER = 0.02, 0.15
"""Least shares of the two humps: a solid electrolyte has few voids; a little that is brighter than
all else is the edges of particles."""

SPREAD = 4.0
"""Sigma of the Gaussian that takes the noise off a histogram, in grey levels."""

MOST = 2.5
"""Logarithm of the largest odds of a grey."""

EDGE, INNER = 5, 255
"""Weights of the pixels next to particles, which have some of their grey, and of all others."""


@dataclass(frozen=True)
class Gaps:
    """Usual greys of pores and binder between the particles of a section, and the one between."""

    pore: int
    valley: int
    binder: int

    @classmethod
    def find(cls, counts: I64) -> Gaps | None:
        """Find two humps in a histogram of 256 levels, the sum of `counts`; None without them.

        Tops and the valley between them, not fitted curves: lit pores give a hump a long tail.
        """
        total = int(counts.sum())
        if total < FEWEST:
            return None
        smooth = gaussian_filter1d(counts.astype(np.float64), SPREAD, mode="constant")
        below = np.maximum.accumulate(smooth)
        above = np.maximum.accumulate(smooth[::-1])[::-1]
        darker = np.cumsum(counts) / total
        fair = (darker >= PORES) & (1 - darker >= BINDER)
        depth = np.where(fair, smooth / np.maximum(np.minimum(below, above), 1), 1.0)
        if depth.min() > VALLEY:
            return None
        # Empty levels between two humps are all as deep: take the middle.
        deepest = np.flatnonzero(depth == depth.min())
        valley = int((deepest[0] + deepest[-1]) // 2)
        return cls(int(smooth[:valley].argmax()), valley, valley + int(smooth[valley:].argmax()))

    @property
    def odds(self) -> F64:
        """Odds of binder against pore of each of 256 greys.

        Even at the valley, the largest from half the way to either hump.
        """
        halves = [(self.pore + self.valley) / 2, self.valley, (self.valley + self.binder) / 2]
        return np.asarray(np.exp(np.interp(np.arange(256), halves, [-MOST, 0.0, MOST])))

    def weigh(self, maps: U8, grey: U8, zone: U8) -> U8:
        """Move the probabilities of binder and pore of the pixels between particles.

        Exact `REACH` px within the arrays.

        Parameters
        ----------
        maps
            What the network says, (channel, row, column).
        grey
            Pixels on the section's 8-bit scale.
        zone
            Phase by geometry.
        """
        shares = Shares.of(maps)
        between = _between(shares, zone)
        greys, out = smoothed(grey, between), maps.copy()
        # Only one of them can be there; the network knows solid electrolyte as separator.
        filler = "binder" if maps[_AT["binder"]].any() else "separator"
        _move(out[_AT[filler]], out[_AT["pore"]], between, greys, self.odds)
        return out


_AT = {name: k for k, name in enumerate(MAPS)}


def _between(shares: Shares, zone: U8) -> Bool:
    """Pixels of the coating that are likelier binder or pore than active material."""
    other = np.maximum(shares.binder, shares.pore)
    return np.asarray((shares.material < other) & (zone == UNDECIDED))


def counts(maps: U8, grey: U8, zone: U8, core: tuple[slice, slice]) -> I64:
    """Count the smoothed greys between particles, less those at their edges, in 256 levels.

    Parameters
    ----------
    maps, grey, zone
        As `Gaps.weigh` takes them.
    core
        Part that is counted, `REACH` px within the arrays where they go on.
    """
    between = _between(Shares.of(maps), zone)
    inner = _inner(between)[core]
    return np.bincount(smoothed(grey, between)[core][inner], minlength=256)


def _inner(between: Bool) -> Bool:
    """Less the pixels that have one of another kind beside them."""
    thin = cv2.erode(between.view(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(thin > 0)


def smoothed(grey: U8, between: Bool) -> U8:
    """Smooth greys between particles as if these were not there; in integers, the same anywhere."""
    weight = np.where(_inner(between), np.uint16(INNER), np.uint16(EDGE) * between)
    size = (2 * REACH - 1, 2 * REACH - 1)
    total, whole = (
        cv2.GaussianBlur(part, size, SIGMA_PX, borderType=cv2.BORDER_CONSTANT)
        for part in (weight * grey, weight)
    )
    greys = (total + whole // 2) // np.maximum(whole, 1)
    return np.asarray(np.minimum(greys, 255), np.uint8)


@kernel
def _move(binder: U8, pore: U8, between: Bool, grey: U8, odds: F64) -> None:
    """Share what binder and pore have together anew; the likelier has no less than before."""
    rows, columns = grey.shape
    for r in range(rows):
        for c in range(columns):
            # What is 0 cannot be there.
            if not between[r, c] or binder[r, c] == 0:
                continue
            both = int(binder[r, c]) + int(pore[r, c])
            most = max(binder[r, c], pore[r, c])
            for_binder = (binder[r, c] + 1.0) * odds[grey[r, c]]
            share = both * for_binder / (for_binder + pore[r, c] + 1.0)
            if share > both - share:
                now = min(max(int(share + 0.5), int(most)), 255)
            else:
                now = both - min(max(int(both - share + 0.5), int(most)), 255)
            # A model's maps may add up to more than a byte.
            binder[r, c] = min(now, 255)
            pore[r, c] = min(both - now, 255)
