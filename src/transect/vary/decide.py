"""Windows decided on again with other limits, and the metrics that they would have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.measure.agglomerates import Lumps
from transect.measure.blocks import block_table
from transect.measure.crack_columns import with_angles, with_shapes
from transect.measure.crack_shapes import shapes_of
from transect.measure.decisions import DECIDED
from transect.measure.joined import Joined
from transect.measure.localise import Groups, localise
from transect.measure.metrics import Tables, metric_tables
from transect.measure.openings import crack_table
from transect.measure.partial_schemas import RUNS
from transect.measure.partials import Partials, merge
from transect.measure.particles import particle_table
from transect.measure.tables import COLUMNS, DECISIONS, PORES
from transect.measure.window import measure_settled
from transect.parallel import WINDOW, Window
from transect.segment.engine import Cut, Engine
from transect.segment.image import label_image
from transect.segment.windows import Read
from transect.statistics.registry import REGISTRY

CUTS = (Cut(), Cut(material=0.4), Cut(material=0.6), Cut(binder=0.4), Cut(binder=0.6))
"""Decisions that are compared; the first is the one that is published."""

NO_LUMPS = Lumps(np.empty(0), float("nan"))
"""Agglomerates are not looked for in windows."""


@dataclass(frozen=True)
class Varied:
    """What windows are decided on from.

    Attributes
    ----------
    read
        Gives what the engine looks at and the zone of a window.
    engine
        What decides, for given limits.
    section
        Layers, size and settings of the section, without sums.
    """

    read: Read
    engine: Callable[[Cut], Engine]
    section: Joined

    def look(self, window: Window) -> list[Partials]:
        """Sum over a window, as if it were a mosaic of its own, by each of `CUTS`."""
        pixels, zone = self.read(window)
        return [self._sums(window, pixels, zone, self.engine(cut)) for cut in CUTS]

    def _sums(
        self,
        window: Window,
        pixels: npt.NDArray[np.uint8],
        zone: npt.NDArray[np.uint8],
        engine: Engine,
    ) -> Partials:
        joined = self.section
        config = joined.settings
        # Openings are settled as measuring does it.
        walls = {"crack_width_px": config.measure.walls_px}
        found = label_image(pixels, zone, engine, config.segment.model_copy(update=walls))
        local, ids = localise(found.particles, Groups(*np.zeros((2, 0), np.uint64)))
        row, column = np.divmod(ids[1:].astype(np.int64) - 1, zone.shape[1])
        ids[1:] = (row + window.row0) * joined.shape[1] + column + window.col0 + 1
        # No metric that is compared is made of greys.
        grey = np.zeros(zone.shape, np.uint8)
        sums = measure_settled(
            found.phases, local, ids, grey, joined.lines, window, window, joined.shape, joined.reach
        )
        # Windows are not neighbours: nothing goes on in another.
        return Partials({**sums.tables, "runs": RUNS.empty()})


def decisions(section: Joined, parts: Iterable[list[Partials]]) -> pd.DataFrame:
    """Rows of the table `decisions`, from the sums of windows by each of `CUTS`, in any order.

    Parameters
    ----------
    section
        Layers, size and settings of the section, without sums.
    parts
        Of every window.
    """
    found = list(parts)
    if not found:
        return DECISIONS.empty()
    frames = []
    for cut, sums in zip(CUTS, zip(*found, strict=True), strict=True):
        values = _metrics(replace(section, partials=merge(sums)))
        values = values[values["metric"].isin(DECIDED) & (values["side"] == "")]
        frames.append(
            pd.DataFrame(
                {
                    "metric": values["metric"],
                    "material": cut.material,
                    "binder": cut.binder,
                    "value": values["value"],
                    "unit": [REGISTRY[name].unit for name in values["metric"]],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)[DECISIONS.names]


def _metrics(joined: Joined) -> pd.DataFrame:
    """Metrics of the windows, by the formulas of the section's."""
    # Their intervals are not wanted.
    statistics = joined.settings.statistics.model_copy(update={"replicates": 1})
    joined = replace(joined, settings=replace(joined.settings, statistics=statistics))
    cracks = crack_table(joined)
    particles = particle_table(joined, cracks)
    particles["ml_weight"] = _weights(particles, joined)
    found = shapes_of(joined, cracks, particles)
    cracks = with_shapes(cracks, found, joined)
    particles = with_angles(particles, found, joined.px_um)
    tables: dict[str, Any] = {
        "particles": particles,
        "cracks": cracks,
        "columns": COLUMNS.empty(),
        "pores": PORES.empty(),
        "blocks": block_table(joined, particles, cracks, COLUMNS.empty()),
    }
    return metric_tables(joined, Tables(tables, found), NO_LUMPS)["metrics"]


def _weights(particles: pd.DataFrame, joined: Joined) -> npt.NDArray[np.float64]:
    """Miles-Lantuejoul weights of particles that are whole in their window."""
    weight = particles["complete"].to_numpy(np.float64)
    for axis, size in zip("yx", joined.shape, strict=True):
        # Between collector and surface no border of the mosaic cuts a particle.
        if axis == "y" and joined.lines.foil and size <= WINDOW:
            continue
        low, high = (particles[f"bbox_{axis}{end}_um"] / joined.px_um for end in (0, 1))
        first = np.floor(low.to_numpy() / WINDOW + 1e-9) * WINDOW
        edge = np.minimum(size - first, WINDOW)
        weight *= edge / np.maximum(edge - (high - low).to_numpy(), 1.0)
    return weight
