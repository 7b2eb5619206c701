"""Trials: places are drawn, made defects planted, windows segmented, and finds counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import SegmentConfig
from transect.detect.kinds import Kind
from transect.detect.plants import Plant, Planted, shape
from transect.detect.tables import PLANTS
from transect.parallel import Window
from transect.phases import Phase
from transect.segment.engine import UNDECIDED, Engine
from transect.segment.image import label_image

U8 = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

LOOKS, EACH = 24, 6
"""Windows that are planted, one window several times where there are fewer, and plants in each."""
TRIES, APART = 300, 24
"""Places that are tried for each plant, and its distance from the next, in px."""
ACROSS = 0.6
"""Largest plant over the thickness of the coating."""
HALF = 0.5
"""Share of a plant that must be flagged for it to be found."""


@dataclass(frozen=True)
class Trials:
    """What windows are planted and looked at with.

    Attributes
    ----------
    section
        Section without plants.
    scale
        Grey values that become 0 and 255.
    ask
        Gives what the engine looks at and the zone of a window of a section.
    engine
        What decides.
    config
        Settings of the segmentation.
    kinds
        What is planted.
    most_px
        Largest size that fits into the coating.
    seed
        Of places, sizes and shapes.
    """

    section: Planted
    scale: tuple[float, float]
    ask: Callable[[Planted, Window], tuple[U8, U8]]
    engine: Engine
    config: SegmentConfig
    kinds: Sequence[Kind]
    most_px: float
    seed: int

    def look(self, trial: tuple[Window, Sequence[int]]) -> pd.DataFrame:
        """Plant a window some times and look for what was planted: rows of the table `plants`."""
        window, numbers = trial
        grey, zone = self.section.read(window, self.scale)
        phases, before = self._flags(self.section, window, grey)
        # Distance from each pixel to the next that is not coating.
        room = _distance(zone == UNDECIDED)
        free = {name: np.minimum(room, _distance(~flags) - APART) for name, flags in before.items()}
        for kind in self.kinds:
            if kind.between:
                free[kind.name][phases == Phase.ACTIVE_MATERIAL] = 0.0
        parts = [self._planted(window, free, number) for number in numbers]
        found = [part for part in parts if len(part)]
        return pd.concat(found, ignore_index=True) if found else PLANTS.empty()

    def _planted(
        self, window: Window, free: dict[str, npt.NDArray[np.float32]], number: int
    ) -> pd.DataFrame:
        plants = self._draw(window, free, number)
        if not plants:
            return PLANTS.empty()
        planted = replace(self.section, plants=tuple(plants))
        _, after = self._flags(planted, window, planted.read(window, self.scale)[0])
        px = self.section.mosaic.px_um
        rows = [
            {
                "kind": plant.kind,
                "size_um": plant.size_px * px,
                "mosaic_x_um": (plant.column + plant.cover.shape[1] / 2) * px,
                "mosaic_y_um": (plant.row + plant.cover.shape[0] / 2) * px,
                "found": _found(plant, window, after[plant.kind]),
                "source": "planted",
            }
            for plant in plants
        ]
        return pd.DataFrame(rows)[PLANTS.names]

    def _flags(self, section: Planted, window: Window, grey: U8) -> tuple[U8, dict[str, Bools]]:
        """Phases of a window, and the pixels of what counts as each kind."""
        pixels, zone = self.ask(section, window)
        found = label_image(pixels, zone, self.engine, self.config)
        flags = {k.name: k.flags(found.phases, found.particles, grey) for k in self.kinds}
        return found.phases, flags

    def _draw(
        self, window: Window, free: dict[str, npt.NDArray[np.float32]], number: int
    ) -> list[Plant]:
        """Draw plants that lie in the coating, apart from each other and from real defects."""
        random = np.random.default_rng([self.seed, number])
        plants: list[Plant] = []
        for n in range(EACH):
            kind = self.kinds[(number + n) % len(self.kinds)]
            ends = np.log([kind.smallest_px, min(kind.largest_px, self.most_px)])
            if not ends[0] < ends[1]:
                continue
            size = float(np.exp(random.uniform(*ends)))
            cover = shape(size, random)
            noise = random.standard_normal(cover.shape).astype(np.float32)
            half = cover.shape[0] // 2
            for _ in range(TRIES):
                row, column = (int(random.integers(0, edge)) for edge in window.shape)
                if free[kind.name][row, column] <= half:
                    continue
                place = Plant(kind.name, window.row0 + row - half, window.col0 + column - half,
                              size, kind.grey, cover, noise, kind.bed)  # fmt: skip
                if _inside(place, window) and all(_apart(place, other) for other in plants):
                    plants.append(place)
                    break
        return plants


def trials_on(windows: Sequence[Window]) -> list[tuple[Window, list[int]]]:
    """Deal the looks out to windows: each with the numbers of its own."""
    count = len(windows)
    every = -(-count // LOOKS)
    chosen = windows[::every] if count else []
    return [(w, list(range(n, LOOKS, len(chosen)))) for n, w in enumerate(chosen)]


def _distance(mask: Bools) -> npt.NDArray[np.float32]:
    """Distance of each pixel of a mask from the next that is not; a border is no end."""
    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5))


def _inside(plant: Plant, window: Window) -> bool:
    spot = plant.window
    return (
        window.row0 <= spot.row0
        and spot.row1 <= window.row1
        and window.col0 <= spot.col0
        and spot.col1 <= window.col1
    )


def _apart(plant: Plant, other: Plant) -> bool:
    one, two = plant.window, other.window
    rows = (one.row0 + one.row1 - two.row0 - two.row1) / 2
    columns = (one.col0 + one.col1 - two.col0 - two.col1) / 2
    return bool(np.hypot(rows, columns) > (one.shape[0] + two.shape[0]) / 2 + APART)


def _found(plant: Plant, window: Window, flags: Bools) -> bool:
    """Whether what counts as the defect covers most of what was planted."""
    core = plant.cover > HALF
    seen = flags[plant.window.inside(window)]
    return bool(np.count_nonzero(seen & core) >= HALF * np.count_nonzero(core))
