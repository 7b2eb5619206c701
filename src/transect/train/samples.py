"""Samples: an image as a microscope might record it, and all that is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.maps import CLASSES
from transect.segment.smoothing import Smoothing
from transect.train.augment import record
from transect.train.looks import TRAINING, Looks
from transect.train.render import render
from transect.train.sections import truth

U8 = npt.NDArray[np.uint8]
I32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]

LEAST_COATING = 0.1
"""Share of a sample that has to be of a coating if it alone is to be normalised by."""


@dataclass(frozen=True)
class Sample:
    """An image and its truth, all of one shape.

    Attributes
    ----------
    grey
        As a microscope records it.
    phases
        Codes of `Phase`; cracks and voids are phases of their own.
    particles
        Ids, 0 for none; openings inside a particle carry its id.
    second
        Pixels of a second active material.
    there
        Whether each of `maps.CLASSES` can be there.
    dark
        Whether active material is darker than pores.
    """

    grey: U8
    phases: U8
    particles: I32
    second: Bool
    there: tuple[bool, ...]
    dark: bool

    @property
    def bright(self) -> U8:
        """Greys with active material brighter than pores, as engines take them."""
        return np.asarray(255 - self.grey if self.dark else self.grey)

    @cached_property
    def shown(self) -> U8:
        """`bright` as a network is shown it: smoothed where it is noisy."""
        zone = np.where(self._coating, np.uint8(UNDECIDED), np.uint8(Phase.OUTSIDE))
        return Smoothing.of_image(self.bright, zone).greys(self.bright, zone)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Histogram of `shown` over the coating, as greys of a section are normalised by.

        Over the whole image where it is hardly of a coating.
        """
        return np.bincount(self.shown[self._coating], minlength=256)

    @cached_property
    def _coating(self) -> Bool:
        layers = self.there[CLASSES.index("collector")]
        others = [Phase.OUTSIDE, Phase.COLLECTOR, *([Phase.SEPARATOR] if layers else [])]
        coating = ~np.isin(self.phases, [int(phase) for phase in others])
        if np.count_nonzero(coating) < LEAST_COATING * coating.size:
            coating[:] = True
        return coating


def sample(seed: int, edge: int, looks: Looks = TRAINING) -> Sample:
    """Make a sample; the same arguments give the same bytes.

    Parameters
    ----------
    seed
        Number of the sample. Neighbours in number share a few sections, which are kept: ask for
        samples in their order.
    edge
        Rows and columns, in px.
    looks
        What it may look like.
    """
    random = np.random.default_rng([seed, 3])
    seen, look = truth(seed, edge), looks.draw(random)
    image = render(seen, look, random)
    grey = record(image, seen.phases == Phase.ACTIVE_MATERIAL, look, random)
    return Sample(grey, seen.phases, seen.particles, seen.second, seen.there, bool(look.negative))
