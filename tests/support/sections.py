"""Sections as arrays: discs, layers and the tables that measurement makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import LayersConfig, MeasureConfig, SegmentConfig, StatisticsConfig
from transect.measure.agglomerates import Lumps
from transect.measure.elements import Counts
from transect.measure.joined import Joined, Settings
from transect.measure.lines import Lines
from transect.measure.localise import Groups
from transect.measure.partials import Partials, merge
from transect.measure.reach import reach_of
from transect.measure.section import section_tables
from transect.measure.window import measure_arrays
from transect.parallel import Window
from transect.phases import Phase

PX_UM = 0.05
SETTINGS = Settings(
    MeasureConfig(), StatisticsConfig(replicates=100), SegmentConfig(), LayersConfig()
)
NO_LUMPS = Lumps(np.empty(0), 8.0)
NO_GROUPS = Groups(np.zeros(0, np.uint64), np.zeros(0, np.uint64))


@dataclass
class Labels:
    """Provisional phases, basins and grey values of a whole mosaic."""

    phases: npt.NDArray[np.uint8]
    basins: npt.NDArray[np.uint64]
    grey: npt.NDArray[np.uint8]

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Labels:
        """Pore everywhere."""
        return cls(
            np.full(shape, Phase.PORE, np.uint8),
            np.zeros(shape, np.uint64),
            np.full(shape, 100, np.uint8),
        )

    def paint(self, mask: npt.NDArray[np.bool_], phase: Phase = Phase.ACTIVE_MATERIAL) -> int:
        """Make a particle of a mask; its id names the mask's first pixel."""
        number = int(np.flatnonzero(mask)[0]) + 1
        self.phases[mask], self.basins[mask] = phase, number
        return number


def disc(shape: tuple[int, int], row: float, column: float, radius: float) -> npt.NDArray[np.bool_]:
    """Pixels whose centres lie in a disc; coordinates grow from the first pixel's corner."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((rows + 0.5 - row) ** 2 + (columns + 0.5 - column) ** 2 < radius**2)


def packing(shape: tuple[int, int], count: int, seed: int, largest: float = 25.0) -> Labels:
    """Discs that do not overlap, some with a crack or a void, in places touching."""
    rng = np.random.default_rng(seed)
    labels = Labels.empty(shape)
    labels.grey[:] = rng.integers(0, 255, shape)
    done: list[tuple[float, float, float]] = []
    for _ in range(20 * count):
        if len(done) == count:
            break
        radius = rng.uniform(5, largest)
        row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        if any((row - a) ** 2 + (column - b) ** 2 < (radius + c) ** 2 for a, b, c in done):
            continue
        done.append((row, column, radius))
        mask = disc(shape, row, column, radius)
        if not mask.any():
            continue
        labels.paint(mask)
        if len(done) % 3 == 0:
            thin = np.abs(np.arange(shape[0]) + 0.5 - row) < rng.uniform(0.6, 2.5)
            labels.phases[mask & thin[:, None]] = Phase.CRACK
        elif len(done) % 3 == 1 and radius > 10:
            labels.phases[disc(shape, row, column, radius / 4)] = Phase.VOID
    return labels


def bare_lines(shape: tuple[int, int], px_um: float = PX_UM) -> Lines:
    """Layers of a section that is all coating, without a collector."""
    one, none = np.ones(shape[1]), np.full(shape[1], np.nan)
    base, surface = np.stack([one * shape[0], none]), np.stack([one * 0, none])
    return Lines(
        np.full(shape[1], np.inf),
        base,
        surface,
        surface,
        np.isfinite(base),
        np.zeros((2, shape[1])),
        none,
        one,
        False,
        px_um,
    )


def foil_lines(
    shape: tuple[int, int],
    foil: tuple[float, float],
    thickness: npt.NDArray[np.float64],
    gap: npt.NDArray[np.float64],
    px_um: float = PX_UM,
) -> Lines:
    """Layers of a section coated on both sides alike, in rows."""
    one = np.ones(shape[1])
    base = np.stack([foil[0] - gap, foil[1] + gap])
    surface = np.stack([base[0] - thickness, base[1] + thickness])
    return Lines(
        one * sum(foil) / 2,
        base,
        surface,
        surface,
        np.isfinite(base),
        np.stack([gap, gap]),
        one * (foil[1] - foil[0]),
        one,
        True,
        px_um,
    )


def partials_of(
    labels: Labels,
    lines: Lines,
    step: int,
    groups: Groups = NO_GROUPS,
    settings: Settings = SETTINGS,
    maps: dict[int, npt.NDArray[np.uint8]] | None = None,
) -> list[Partials]:
    """Sums of the windows of a grid of any width; `maps` are counts of elements by their number."""
    shape = labels.phases.shape
    reach = reach_of(settings.measure, lines.px_um)
    found = []
    for row in range(0, shape[0], step):
        for column in range(0, shape[1], step):
            window = Window(row, min(row + step, shape[0]), column, min(column + step, shape[1]))
            spot = window.padded(reach.halo, shape).slices
            pixels = (labels.phases[spot], labels.basins[spot], labels.grey[spot])
            seen = {number: image[window.slices] for number, image in (maps or {}).items()}
            counts = Counts(seen, np.ones(window.shape, bool)) if seen else None
            one = measure_arrays(*pixels, groups, lines, window, shape, reach, counts)
            found.append(one.partials)
    return found


def tables_of(
    labels: Labels,
    lines: Lines | None = None,
    step: int = 2048,
    groups: Groups = NO_GROUPS,
    settings: Settings = SETTINGS,
) -> dict[str, pd.DataFrame]:
    """Tables of a section, measured in windows of a given edge."""
    layers = bare_lines(labels.phases.shape) if lines is None else lines
    merged = merge(partials_of(labels, layers, step, groups, settings))
    return join(merged, layers, labels.phases.shape, settings)


def join(
    merged: Partials, lines: Lines, shape: tuple[int, int], settings: Settings = SETTINGS
) -> dict[str, pd.DataFrame]:
    """Tables of merged sums."""
    keys = {"batch": "b", "cell": "c", "section": "s"}
    joined = Joined(keys, merged, lines, shape, settings, 1.0, np.empty((0, 4)))
    return section_tables(joined, NO_LUMPS)
