"""The network's engine: phases and heights from the maps of a network, in integers only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from transect.phases import Phase
from transect.segment.engine import UNDECIDED, Prediction
from transect.segment.maps import MAPS
from transect.segment.openings import closed_over, mark, openings_halo

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Bool = npt.NDArray[np.bool_]

PREDICTIONS = "predictions.zarr"
"""Store of a block with what a network says of it: the image `maps`."""

CERTAIN = 255
"""A probability of one, and a distance of one, in a map."""

HALF = 128
"""Least value of the crack map in a crack."""

DEEPEST = CERTAIN * CERTAIN
"""Largest learned height: as deep in its particle as can be, and no outline near."""

SMOOTHING = 2
"""Radius of the filter that takes the noise off learned heights, in px."""

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
        solid = cv2.max(self.material, self.binder)
        phases = np.where(self.material >= self.binder, _MATERIAL, _BINDER)
        phases[self.pore >= solid] = Phase.PORE
        return phases, np.asarray(cv2.max(solid, self.pore), np.uint8)


_MATERIAL, _BINDER = np.uint8(Phase.ACTIVE_MATERIAL), np.uint8(Phase.BINDER)


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
    inner = cv2.bitwise_not(maps[_AT["boundary"]])
    raw = cv2.multiply(maps[_AT["distance"]], inner, dtype=cv2.CV_16U)
    size = 2 * SMOOTHING + 1
    smooth = cv2.GaussianBlur(raw, (size, size), 1.0, borderType=cv2.BORDER_REFLECT_101)
    height = np.maximum(smooth, 1, out=smooth)
    height[~particles] = 0
    return np.asarray(height, np.uint16)


@dataclass(frozen=True)
class NetworkEngine:
    """Phases by a network, whose maps of a window are given.

    Attributes
    ----------
    crack_width_px
        Widest thin opening inside a particle that is taken for a crack.
    """

    crack_width_px: int

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
        phases, sure = Shares.of(pixels).decide()
        material = (phases == Phase.ACTIVE_MATERIAL) & inside
        closed = closed_over(material, inside, self.crack_width_px)
        crack = pixels[_AT["crack"]]
        cracks = closed & (crack >= HALF)
        mark(phases, closed, inside, closed & ~material, cracks, self.crack_width_px)
        sure = np.where(cracks, crack, sure)
        phases[~inside] = zone[~inside]
        sure[~inside] = CERTAIN
        sure[zone == Phase.INVALID] = 0
        found = Prediction(phases, sure)
        return Prediction(phases, sure, learned_heights(pixels, found.particles))
