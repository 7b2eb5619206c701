"""What turns pixels into phases: a window in, labels out, so that any engine can take part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from transect.candidates import plain
from transect.phases import Phase

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
Bool = npt.NDArray[np.bool_]

UNDECIDED = Phase.PORE
"""What the geometry says of a pixel inside the coating: the engine decides."""


@dataclass(frozen=True)
class Prediction:
    """What an engine says of a window; arrays of the window's shape (row, column).

    Attributes
    ----------
    phases
        Codes of `Phase`. CRACK and VOID are candidates: openings inside the particle mask, plus
        `candidates.FILLED` where they would be binder rather than pore.
    confidence
        0 (a guess) to 255 (certain).
    heights
        Learned heights of the pixels of `particles`, positive on them and 0 elsewhere; the distance
        from the outline serves where there are none.
    """

    phases: U8
    confidence: U8
    heights: U16 | None = None

    @property
    def particles(self) -> Bool:
        """Active material with the openings inside it: what instances are made from."""
        return np.asarray(cv2.LUT(self.phases, _MEMBER)).view(np.bool_)


_PARTICLE = [Phase.ACTIVE_MATERIAL, Phase.CRACK, Phase.VOID]
_MEMBER = np.isin(plain(np.arange(256, dtype=np.uint8)), _PARTICLE).view(np.uint8)


@dataclass(frozen=True)
class Cut:
    """Probability from which the first of two phases is taken; half takes the likelier one.

    Attributes
    ----------
    material
        Of active material, against what else is likeliest; of a crack, against none.
    binder
        Of binder, against pore.
    """

    material: float = 0.5
    binder: float = 0.5


EVEN = Cut()
"""The decision that is published."""


class Engine(Protocol):
    """Anything that labels the pixels of a window."""

    @property
    def halo(self) -> int:
        """Receptive field: a prediction is exact this far inside the window, in px."""

    @property
    def learned(self) -> bool:
        """Whether predictions come with heights."""

    def predict(self, pixels: U8, zone: U8) -> Prediction:
        """Label a window.

        Parameters
        ----------
        pixels
            What the engine looks at, shape ([channel,] row, column): greys on the section's 8-bit
            scale, or the maps of a network.
        zone
            Phase that the geometry of the layers gives; `UNDECIDED` inside the coating.
        """
