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

from transect.kernels import kernel
from transect.modes import LEVELS, mixture, otsu
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

APART, VALLEY, SMALLEST, FEWEST = 3.0, 0.3, 0.15, 2000
"""Two humps are clear that lie this many of their standard deviations apart, with a valley between
them below this share of the lower one, each with this share of this many pixels. Less clear ones
are as often lit and dark parts of pores (made sections of `benchmarks/segmentation_made.py`)."""

MOST = 2.0
"""Logarithm of the largest odds of a grey."""

EDGE, INNER = 5, 255
"""Weights of the pixels next to particles, which have some of their grey, and of all others."""


@dataclass(frozen=True)
class Gaps:
    """Greys of pores and binder between the particles of a section, of 255: means and spreads."""

    pore: float
    binder: float
    pore_sd: float
    binder_sd: float

    @classmethod
    def find(cls, counts: I64) -> Gaps | None:
        """Find both humps in a histogram of 256 levels, the sum of `counts`; None without two."""
        full = counts.astype(np.float64)
        if full.sum() < FEWEST or np.count_nonzero(full) < 2:
            return None
        cut = otsu(full)
        start = [np.average(LEVELS[part], weights=full[part]) for part in _parts(cut)]
        means, sds, weights = mixture(full, np.array(start))
        apart = (means[1] - means[0]) / np.sqrt(np.mean(sds**2))
        if apart < APART or weights.min() < SMALLEST or _valley(full, means) > VALLEY:
            return None
        return cls(*(round(float(v), 3) for v in (*means, *sds)))

    @property
    def odds(self) -> F64:
        """Odds of binder against pore of each of 256 greys; beyond both means the largest."""
        means, sds = (self.pore, self.binder), (self.pore_sd, self.binder_sd)
        pore, binder = (
            -np.log(sd) - 0.5 * ((LEVELS - mean) / sd) ** 2
            for mean, sd in zip(means, sds, strict=True)
        )
        found = np.clip(binder - pore, -MOST, MOST)
        found[self.pore >= LEVELS] = -MOST
        found[self.binder <= LEVELS] = MOST
        return np.asarray(np.exp(found))

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


def _parts(cut: int) -> tuple[slice, slice]:
    return slice(0, cut + 1), slice(cut + 1, 256)


def _valley(counts: F64, means: F64) -> float:
    """Lowest count between two humps over the lower one's."""
    smooth = cv2.GaussianBlur(counts[None], (0, 0), 2.0)[0]
    low, high = (int(round(mean)) for mean in means)
    tops = [smooth[max(at - 2, 0) : at + 3].max() for at in (low, high)]
    # A mean where nothing lies is no hump's.
    return float(smooth[low : high + 1].min() / min(tops)) if min(tops) > 0 else 1.0


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
