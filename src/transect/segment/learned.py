"""The network's engine: phases and heights from the maps of a network, in integers only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.candidates import FILLED, SEEN
from transect.kernels import kernel
from transect.phases import Phase
from transect.segment.engine import EVEN, UNDECIDED, Cut, Prediction
from transect.segment.maps import MAPS
from transect.segment.openings import closed_over, mark, openings_halo

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Bool = npt.NDArray[np.bool_]

PREDICTIONS = "predictions.zarr"
"""Store of a block with what a network says of it: the image `maps`."""

CERTAIN = 255
"""A probability of one, and a distance of one, in a map."""

DEEPEST = CERTAIN * CERTAIN
"""Largest learned height: as deep in its particle as can be, and no outline near."""

SMOOTHING = 2
"""Radius of the filter that takes the noise off learned heights, in px."""

_MATERIAL, _BINDER = np.uint8(Phase.ACTIVE_MATERIAL), np.uint8(Phase.BINDER)
_PORE, _INVALID = np.uint8(Phase.PORE), np.uint8(Phase.INVALID)
_CRACK, _SEEN, _CODE = np.uint8(Phase.CRACK), np.uint8(SEEN), np.uint8(FILLED - 1)
_NOTHING, _CERTAIN = np.uint8(0), np.uint8(CERTAIN)
# Numbers of one width keep loops in vector units.
_FOUR, _SIX, _EIGHT = np.uint32(4), np.uint32(6), np.uint32(8)
_NONE, _LEAST = np.uint16(0), np.uint16(1)
_AT = {name: k for k, name in enumerate(MAPS)}


@dataclass(frozen=True)
class Shares:
    """Probabilities of what a pixel of the coating can be, 0 to 255, shape (row, column).

    What is solid and no active material counts as binder (the electrolyte of a solid-state cell,
    which the network knows as separator); what is empty counts as pore. Collector is not inside
    a coating, so its probability counts for nothing: the next likely phase is taken.
    """

    material: U8
    binder: U8
    pore: U8

    @classmethod
    def of(cls, maps: U8) -> Shares:
        """Add up the maps of a window, (channel, row, column)."""

        def both(first: str, second: str) -> U8:
            # Saturates: rounded probabilities can add up to 256.
            return np.asarray(cv2.add(maps[_AT[first]], maps[_AT[second]]), np.uint8)

        return cls(
            both("active_material", "active_material_2"),
            both("binder", "separator"),
            both("pore", "outside"),
        )

    def decide(self) -> tuple[U8, U8]:
        """Likeliest phase of each pixel and its probability; of equal ones the emptier phase."""
        phases, sure = np.empty((2, *self.pore.shape), np.uint8)
        _choose(self.material, self.binder, self.pore, phases, sure)
        return phases, sure

    def moved(self, cut: Cut) -> U8:
        """Phase of each pixel where it takes other probabilities; at half each, the likeliest.

        The limit between binder and pore moves no active material.
        """
        material, binder, pore = (
            part.astype(np.uint16) for part in (self.material, self.binder, self.pore)
        )
        a, b = (np.uint16(round(100 * share)) for share in (cut.material, cut.binder))
        phases = np.where(binder * (100 - b) > pore * b, _BINDER, _PORE)
        ours, theirs = material * (100 - a), np.maximum(binder, pore) * a
        # Of equal ones the emptier phase, as in `decide`.
        phases[np.where(binder > pore, ours >= theirs, ours > theirs)] = _MATERIAL
        return phases


@kernel
def _choose(material: U8, binder: U8, pore: U8, phases: U8, sure: U8) -> None:
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            solid = max(material[r, c], binder[r, c])
            phase = _MATERIAL if material[r, c] >= binder[r, c] else _BINDER
            phases[r, c] = _PORE if pore[r, c] >= solid else phase
            sure[r, c] = max(solid, pore[r, c])


@kernel
def _heights(distance: U8, boundary: U8, particles: Bool, out: U16) -> None:
    """Depth times what is no outline, smoothed by binomial weights; at least 1 on particles."""
    rows, cols = out.shape
    raw = np.empty((rows, cols), np.uint16)
    line = np.empty(cols + 4, np.uint32)
    for r in range(rows):
        for c in range(cols):
            raw[r, c] = np.uint16(distance[r, c]) * np.uint16(_CERTAIN - boundary[r, c])
    for r in range(rows):
        a, b, d, e = max(r - 2, 0), max(r - 1, 0), min(r + 1, rows - 1), min(r + 2, rows - 1)
        for c in range(cols):
            outer = np.uint32(raw[a, c]) + np.uint32(raw[e, c])
            inner = np.uint32(raw[b, c]) + np.uint32(raw[d, c])
            line[c + 2] = outer + _FOUR * inner + _SIX * np.uint32(raw[r, c])
        line[0] = line[1] = line[2]
        line[cols + 2] = line[cols + 3] = line[cols + 1]
        for c in range(cols):
            inner = _FOUR * (line[c + 1] + line[c + 3]) + _SIX * line[c + 2]
            height = np.uint16((line[c] + line[c + 4] + inner) >> _EIGHT)
            out[r, c] = max(height, _LEAST) if particles[r, c] else _NONE


def learned_heights(maps: U8, particles: Bool) -> U16:
    """Heights of particles: the learned distance, pressed down where the network sees an outline.

    Integers throughout, so a pixel's height does not depend on the window around it.

    Parameters
    ----------
    maps
        Maps of a window, (channel, row, column).
    particles
        Pixels of particles; heights elsewhere are 0.
    """
    out = np.empty(particles.shape, np.uint16)
    _heights(maps[_AT["distance"]], maps[_AT["boundary"]], particles, out)
    return out


@kernel
def _finish(zone: U8, cracks: Bool, crack: U8, phases: U8, sure: U8) -> None:
    """Let geometry decide outside of the coating; a crack is seen, as sure as the map of cracks."""
    rows, cols = phases.shape
    for r in range(rows):
        for c in range(cols):
            z = zone[r, c]
            now = phases[r, c]
            if cracks[r, c] and now & _CODE == _CRACK:
                now |= _SEEN
            phases[r, c] = now if z == UNDECIDED else z
            inner = crack[r, c] if cracks[r, c] else sure[r, c]
            outer = _NOTHING if z == _INVALID else _CERTAIN
            sure[r, c] = inner if z == UNDECIDED else outer


@dataclass(frozen=True)
class NetworkEngine:
    """Phases by a network, whose maps of a window are given.

    Attributes
    ----------
    crack_width_px
        Widest thin opening inside a particle that is taken for a crack.
    cut
        Probabilities that decide.
    """

    crack_width_px: int
    cut: Cut = EVEN

    @property
    def halo(self) -> int:
        """Pixels around a window that decide in it."""
        return max(openings_halo(self.crack_width_px), SMOOTHING)

    @property
    def learned(self) -> bool:
        """Heights come from the network."""
        return True

    def predict(self, pixels: U8, zone: U8) -> Prediction:
        """Label a window from its maps, (channel, row, column); see `Engine`."""
        inside = zone == UNDECIDED
        shares = Shares.of(pixels)
        phases, sure = shares.decide()
        if self.cut != EVEN:
            phases = shares.moved(self.cut)
        material = (phases == Phase.ACTIVE_MATERIAL) & inside
        closed = closed_over(material, inside, self.crack_width_px)
        crack = pixels[_AT["crack"]]
        cracks = closed & (crack >= int(np.ceil(256 * self.cut.material)))
        mark(phases, material, closed, inside, cracks, self.crack_width_px)
        _finish(zone, cracks, crack, phases, sure)
        found = Prediction(phases, sure)
        return Prediction(phases, sure, learned_heights(pixels, found.particles))
