"""Active material or not: what the greys of a whole section say, added to what a network says.

Far inside a large particle a network sees no outline, and may take a smooth bright place for
binder. Where the greys of what it is sure of in the whole section hardly overlap, each pixel's odds
of active material are multiplied by those of its grey: Bayes' rule, tempered, because the network
has weighed the grey itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from transect.kernels import kernel
from transect.segment import gaussian
from transect.segment.engine import UNDECIDED
from transect.segment.learned import CERTAIN, Shares
from transect.segment.maps import CLASSES

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

SIGMA_PX = 1.0
"""Sigma of the Gaussian that takes the noise off greys, in px."""

REACH = gaussian.reach(SIGMA_PX)
"""Pixels around a window that decide in it."""

SURE = round(0.85 * CERTAIN)
"""Probability from which a pixel counts as active material; as far from 0, as something else."""

FEWEST, OVERLAP = 20_000, 0.04
"""Pixels of either that a section must show, and the largest share of them whose grey is likelier
the other's. This and the next were chosen on 78 made images that no benchmark scores: active
material gains up to 0.002 of IoU; above, instances lose."""

POWER, MOST = 0.3, 4.0
"""Power of the odds of a grey, and their largest logarithm before."""

SPREAD, FLOOR = 3.0, 1e-4
"""Sigma of the Gaussian that takes the noise off a histogram, in grey levels; and what is added to
the share of each level, so that greys nobody saw say nothing."""


@dataclass(frozen=True)
class Solid:
    """Logarithm of the odds of active material of each of 256 greys, by which they are moved."""

    odds: tuple[float, ...]

    @classmethod
    def find(cls, counts: I64) -> Solid | None:
        """Find odds in two histograms, the sum of `counts`; None where they overlap."""
        if counts.sum(axis=1).min() < FEWEST:
            return None
        smooth = gaussian_filter1d(counts.astype(np.float64), SPREAD, mode="constant")
        ours, others = smooth / smooth.sum(axis=1, keepdims=True)
        if np.minimum(ours, others).sum() / 2 > OVERLAP:
            return None
        ratio = np.log((ours + FLOOR) / (others + FLOOR))
        odds = POWER * np.clip(ratio, -MOST, MOST)
        return cls(tuple(round(float(value), 3) for value in odds))

    def weigh(self, maps: U8, grey: U8, zone: U8) -> U8:
        """Move the probabilities of all that a pixel of the coating can be.

        Exact `REACH` px within the arrays.

        Parameters
        ----------
        maps
            What the network says, (channel, row, column).
        grey
            Pixels on the section's 8-bit scale, as it was shown them.
        zone
            Phase by geometry.
        """
        out = maps.copy()
        coating = np.asarray(zone == UNDECIDED)
        _move(out[: len(CLASSES)], gaussian.smooth(grey, SIGMA_PX), coating, self._table())
        return out

    def _table(self) -> U8:
        """Probability of active material after the move, by that before and by the grey."""
        # A network that is certain may still be told otherwise.
        share = np.clip(np.arange(256) / CERTAIN, 1 / CERTAIN, 1 - 1 / CERTAIN)
        moved = np.log(share / (1 - share))[:, None] + np.array(self.odds)
        return np.asarray(np.rint(CERTAIN / (1 + np.exp(-moved))), np.uint8)


def counts(maps: U8, grey: U8, zone: U8, core: tuple[slice, slice]) -> I64:
    """Count greys of what surely is active material and of what surely is not: (2, 256).

    Parameters
    ----------
    maps, grey, zone
        As `Solid.weigh` takes them.
    core
        Part that is counted, `REACH` px within the arrays where they go on.
    """
    greys = gaussian.smooth(grey, SIGMA_PX)[core]
    share, coating = Shares.of(maps).material[core], zone[core] == UNDECIDED
    sure = (coating & (share >= SURE), coating & (share <= CERTAIN - SURE))
    return np.stack([np.bincount(greys[some], minlength=256) for some in sure])


_FIRST, _SECOND = CLASSES.index("active_material"), CLASSES.index("active_material_2")
_WHOLE = np.int64(CERTAIN)


@kernel
def _move(classes: U8, grey: U8, coating: Bool, table: U8) -> None:
    """Give active material its new probability; the others keep their shares of the rest."""
    count, rows, columns = classes.shape
    for r in range(rows):
        for c in range(columns):
            if not coating[r, c]:
                continue
            was = min(np.int64(classes[_FIRST, r, c]) + np.int64(classes[_SECOND, r, c]), _WHOLE)
            now = np.int64(table[was, grey[r, c]])
            if now == was:
                continue
            for k in range(count):
                if k in (_FIRST, _SECOND):
                    part, whole = now, was
                else:
                    part, whole = _WHOLE - now, _WHOLE - was
                if whole > 0:
                    value = (np.int64(classes[k, r, c]) * part + whole // 2) // whole
                    classes[k, r, c] = min(value, _WHOLE)
            if was == 0:
                classes[_FIRST, r, c] = now
