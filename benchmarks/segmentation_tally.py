"""Scores of one method on some images with their truth, and the goals for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scoring import Lines, Match, lines, match, whole

from transect.phases import COATING, Phase
from transect.segment.engine import UNDECIDED

U8 = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]

CLASSES: dict[str, tuple[Phase, ...]] = {
    "active material": (Phase.ACTIVE_MATERIAL,),
    "binder": (Phase.BINDER,),
    "pores and openings": (Phase.PORE, Phase.CRACK, Phase.VOID),
}
"""What phase IoU is a mean of: an opening in a particle is empty, and is scored as such by itself
(cracks) and by what is around it (particles)."""

SMALLEST = 50
"""Objects below this many pixels do not count."""

FEWEST = 5
"""Images with fewer particles are not scored for particles: one more or less decides."""

Goals = Mapping[str, float]
AP, QUALITY = "instances AP at IoU 0.5", "panoptic quality"
CRACKS, WIDE = "crack F1 at 2 px", "crack F1 at 2 px, 3 px and wider"
PHASES, ACTIVE = "phase mIoU", "active material IoU"
OTHERS: Goals = {PHASES: 0.88, ACTIVE: 0.96, AP: 0.80, CRACKS: 0.85, WIDE: 0.92}
"""Goals where particles are plates, small or of very different sizes."""
NMC: Goals = OTHERS | {AP: 0.93, QUALITY: 0.88}


@dataclass(frozen=True)
class Picture:
    """An image of one scale and its truth: phases, and particles with the openings in them.

    `chemistry` holds what the file of its chemistry sets of `segment`. Negatives are turned for
    every method, as `segment.polarity` would tell transect.
    """

    image: U8
    phases: U8
    particles: Ids
    chemistry: Mapping[str, object] = field(default_factory=dict)

    @property
    def zone(self) -> U8:
        """What the geometry says, as if layers had been found without error."""
        coating = np.isin(self.phases, COATING)
        return np.where(coating, np.uint8(UNDECIDED), self.phases)


@dataclass(frozen=True)
class Found:
    """What a method says of an image."""

    phases: U8
    particles: Ids


@dataclass
class Tally:
    """Scores of one method on some images.

    Every pixel counts once; particles are scored image by image, so that an image of small ones,
    which holds a thousand times as many, does not stand for all.
    """

    table: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((len(CLASSES), 3), np.int64)
    )
    objects: list[Match] = field(default_factory=list)
    cracks: Lines = Lines(0, 0, 0, 0)
    wide: Lines = Lines(0, 0, 0, 0)

    def add(self, truth: Picture, found: Found) -> None:
        """Score one image."""
        inside = np.isin(truth.phases, COATING)
        self.table += phase_table(truth.phases[inside], found.phases[inside])
        pairs = match(whole(truth.particles), whole(found.particles), SMALLEST)
        if pairs.n_truth >= FEWEST:
            self.objects.append(pairs)
        a, b = truth.phases == Phase.CRACK, (found.phases == Phase.CRACK) & inside
        self.cracks += lines(a, b)
        self.wide += lines(a, b, width=3)

    def scores(self) -> dict[str, float]:
        """Give scores by name; what is not in the truth has none."""
        both, either, true = self.table.T
        classes = both / np.maximum(either, 1)
        found = {PHASES: float(classes[true > 0].mean()), ACTIVE: float(classes[0])}
        if self.objects:
            found[AP] = float(np.mean([pairs.average_precision for pairs in self.objects]))
            found[QUALITY] = float(np.mean([pairs.panoptic_quality for pairs in self.objects]))
        thin = {CRACKS: self.cracks, WIDE: self.wide}
        return found | {name: seen.f1 for name, seen in thin.items() if seen.truth}


def phase_table(truth: U8, found: U8) -> npt.NDArray[np.int64]:
    """Pixels of each class in both, in either, and in the truth; shape (class, 3)."""
    rows = []
    for phases in CLASSES.values():
        a, b = np.isin(truth, phases), np.isin(found, phases)
        rows.append([np.count_nonzero(m) for m in (a & b, a | b, a)])
    return np.array(rows, np.int64)
