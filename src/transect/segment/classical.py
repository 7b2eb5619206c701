"""The classical engine: thresholds that follow their surroundings, and openings in particles."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.kernels import kernel
from transect.phases import Phase
from transect.segment import gaussian
from transect.segment.engine import EVEN, UNDECIDED, Cut, Prediction
from transect.segment.openings import closed_over, disc, mark, openings_halo, without_wedges
from transect.segment.ridges import HALO, ridges
from transect.segment.thresholds import Thresholds

U8 = npt.NDArray[np.uint8]
I16 = npt.NDArray[np.int16]
Bool = npt.NDArray[np.bool_]

FLOOR = 3
"""Radius within which a pixel's darker neighbour is looked for, in px: the width of an edge."""

RIM = 2
"""Radius of the blurred rim of active material against a pore, in px."""

THIN = 0.15
"""Least depth of a thin crack, as a share of the way from active material to pore."""

NOISE = 4.0
"""Least depth of a thin crack, in standard deviations of active material."""

_MATERIAL, _BINDER = np.uint8(Phase.ACTIVE_MATERIAL), np.uint8(Phase.BINDER)
_PORE = np.uint8(Phase.PORE)


@kernel
def _sides(smooth: U8, rim: U8, limit: float) -> I16:
    """Give 1 for binder and -1 for pores beyond the rim of active material, and 0 in it."""
    out = np.empty(smooth.shape, np.int16)
    rows, cols = smooth.shape
    for r in range(rows):
        for c in range(cols):
            side = np.int16(1) if smooth[r, c] > limit else np.int16(-1)
            out[r, c] = np.int16(0) if rim[r, c] else side
    return out


@kernel
def _fill(
    smooth: U8, low: U8, rim: U8, votes: I16, material: Bool, limit: float, phases: U8
) -> None:
    """Decide on every pixel; in the rim by the votes around it, or its darkest pixel."""
    rows, cols = smooth.shape
    for r in range(rows):
        for c in range(cols):
            here = low[r, c] > limit if votes[r, c] == 0 else votes[r, c] > 0
            filled = here if rim[r, c] else smooth[r, c] > limit
            phase = _BINDER if filled else _PORE
            phases[r, c] = _MATERIAL if material[r, c] else phase


@dataclass(frozen=True)
class ClassicalEngine:
    """Phases by thresholds.

    Attributes
    ----------
    thresholds
        Greys of the section's phases.
    denoise_px
        Sigma of the Gaussian, in px.
    crack_width_px
        Widest thin opening inside a particle that is taken for a crack.
    cut
        Where limits lie between the greys of two phases, from the darker: a pixel on an edge holds
        as much of the brighter phase as its grey is on the way there. The depth of thin cracks
        moves in proportion.
    """

    thresholds: Thresholds
    denoise_px: float
    crack_width_px: int
    cut: Cut = EVEN

    @property
    def learned(self) -> bool:
        """Heights are distances from outlines."""
        return False

    @property
    def halo(self) -> int:
        """Receptive field in px."""
        greys = gaussian.reach(self.denoise_px) + 2 * FLOOR
        return greys + openings_halo(self.crack_width_px) + HALO

    def predict(self, grey: U8, zone: U8) -> Prediction:
        """Label a window; see `Engine`."""
        smooth = gaussian.smooth(grey, self.denoise_px)
        inside = zone == UNDECIDED
        low = np.asarray(cv2.erode(smooth, disc(FLOOR)), np.uint8)
        material = self._material(smooth, low) & inside
        phases = self._between(smooth, material)
        self._openings(phases, smooth, material, inside)
        phases[~inside] = zone[~inside]
        return Prediction(phases, self._confidence(smooth, phases, inside))

    def _material(self, smooth: U8, low: U8) -> Bool:
        """Active material: above the middle between itself and what lies beside the pixel."""
        t, share = self.thresholds, self.cut.material
        below = t.pore if t.binder is None else t.binder
        # Limit as a function of the darkest neighbour: edges stay where they are, whatever
        # phase is on their other side.
        floors = np.clip(np.arange(256, dtype=np.float64), t.pore, below)
        limit = np.ceil(share * t.active_material + (1 - share) * floors).astype(np.uint8)
        return np.asarray(smooth >= cv2.LUT(low, limit))

    def _between(self, smooth: U8, material: Bool) -> U8:
        """Phases before openings: active material, binder and pore.

        The blurred rim of active material passes through binder's grey whatever lies behind it, so
        what lies behind it decides; where a channel is all rim, its darkest pixel does.
        """
        limit = self._pore_binder
        if limit is None:
            return np.where(material, np.uint8(Phase.ACTIVE_MATERIAL), np.uint8(Phase.PORE))
        rim = np.asarray(cv2.dilate(material.view(np.uint8), disc(RIM)), np.uint8)
        low = np.asarray(cv2.erode(smooth, disc(RIM)), np.uint8)
        sides, size = _sides(smooth, rim, limit), (4 * RIM + 1, 4 * RIM + 1)
        votes = np.asarray(cv2.boxFilter(sides, cv2.CV_16S, size, normalize=False), np.int16)
        phases = np.empty(smooth.shape, np.uint8)
        _fill(smooth, low, rim, votes, material, limit, phases)
        return phases

    @property
    def _pore_binder(self) -> float | None:
        """Limit between pore and binder; absent without binder."""
        t, share = self.thresholds, self.cut.binder
        return None if t.binder is None else share * t.binder + (1 - share) * t.pore

    def _openings(self, phases: U8, smooth: U8, material: Bool, inside: Bool) -> None:
        """Mark openings inside particles, in place; dark lines in them are cracks too."""
        closed = closed_over(material, inside, self.crack_width_px)
        thin = closed & ~material
        t = self.thresholds
        depth = max(THIN * (t.active_material - t.pore), NOISE * t.sd) * (2 * self.cut.material)
        cracks = thin | ridges(smooth, closed, thin, depth)
        without_wedges(cracks, closed, inside)
        mark(phases, material, closed, inside, cracks, self.crack_width_px)

    def _confidence(self, smooth: U8, phases: U8, inside: Bool) -> U8:
        """Distance from the nearest limit, over half the way to the phase's own grey."""
        t = self.thresholds
        greys = np.arange(256, dtype=np.float64)
        upper = t.binder_active_material
        above = (greys - upper) / max(t.active_material - upper, 1.0)
        margin = np.where(greys >= upper, above, -above)
        if t.pore_binder is not None and t.binder is not None:
            lower = (greys - t.pore_binder) / max(t.binder - t.pore_binder, 1.0)
            margin = np.minimum(margin, np.abs(lower))
        table = np.clip(np.rint(255 * margin), 0, 255).astype(np.uint8)
        out = cv2.LUT(smooth, table)
        out[~inside] = 255
        out[phases == Phase.INVALID] = 0
        return np.asarray(out)
