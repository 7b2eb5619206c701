"""A made section with everything that metrics are about, in pixels of any size, and its mirror."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import find_objects

from support.sections import Labels, disc, foil_lines, packing, partials_of
from transect.config import ElementMap, LayersConfig, MeasureConfig, SegmentConfig, StatisticsConfig
from transect.measure.agglomerates import Lumps
from transect.measure.joined import Joined, Settings
from transect.measure.lines import Lines
from transect.measure.partials import merge
from transect.measure.radial.layers import layer_sums
from transect.measure.radial.section import frame_of
from transect.measure.section import section_tables
from transect.measure.transport.section import transport_of
from transect.parallel import windows
from transect.phases import Phase
from transect.statistics.confusion import Confusion
from transect.storage.images import open_image
from transect.storage.stores import new_store

PX_UM = 0.05
BLOCK = 101
"""Columns of an x-block: odd, as their number is, so that a mirrored section has equal blocks."""

SHAPE = (521, 19 * BLOCK)
FOIL = (250.0, 271.0)
KEYS = {"batch": "b", "cell": "c", "section": "s"}


@dataclass(frozen=True)
class Coated:
    """Labels and layers of a section, pixels of `px_um`, lengths of the settings alike."""

    labels: Labels
    lines: Lines
    px_um: float

    @cached_property
    def settings(self) -> Settings:
        """Lengths as if a pixel were `PX_UM`: whatever the pixel, they are as many pixels."""
        times = self.px_um / PX_UM
        measure, layers, statistics = MeasureConfig(), LayersConfig(), StatisticsConfig()

        def longer(*names: str, of: object) -> dict[str, float]:
            return {name: times * float(getattr(of, name)) for name in names}

        return Settings(
            measure.model_copy(
                update=longer("contact_um", "ring_um", "interface_um", "agglomerate_um", of=measure)
                | longer("film_um", of=measure)
                | {"x_block_um": BLOCK * self.px_um, "solids_g_cm3": 4.0}
                | {"elements": {name: ElementMap(detector=name) for name in ("Ni", "Mn")}}
                | {"films": {"sei": (50.0, 70.0), "li_plating": (0.0, 20.0)}}
                | {"loading_mg_cm2": 2.5 * times}
            ),
            statistics.model_copy(
                update={"replicates": 100, "stretch_um": 10 * times, "near_um": 3 * times}
            ),
            SegmentConfig(),
            layers.model_copy(
                update=longer(
                    "min_gap_um", "min_run_um", "max_gap_um", "surface_disc_um", of=layers
                )
                | {"cutoff_um": 10 * times}
            ),
        )

    @property
    def maps(self) -> dict[int, npt.NDArray[np.uint8]]:
        """X-ray counts of nickel and manganese: a bright particle holds more nickel."""
        solid = self.labels.phases == Phase.ACTIVE_MATERIAL
        nickel = np.where(solid, self.labels.grey // 10 - 9, 0).astype(np.uint8)
        return {28: nickel, 25: np.where(solid, 3, 0).astype(np.uint8)}

    def tables(self, folder: Path) -> dict[str, pd.DataFrame]:
        """Every table of the section; a store of its labels goes into the folder."""
        labels, lines, shape = self.labels, self.lines, self.labels.phases.shape
        merged = merge(partials_of(labels, lines, 4096, settings=self.settings, maps=self.maps))
        never_wrong = Confusion(100 * np.eye(3)[None])
        joined = Joined(
            KEYS, merged, lines, shape, self.settings, 1.0, np.empty((0, 4)), never_wrong
        )
        with new_store(folder / "labels.zarr", recipe=1, inputs={}) as store:
            image = store.image("phases", shape, np.uint8, self.px_um, kind="labels")
            for window in windows(shape):
                image.write(window.row0, window.col0, labels.phases[window.slices])
        transport = transport_of(open_image(folder / "labels.zarr", "phases"), lines)
        lumps = Lumps(np.array([60.0, 80.0]) * self.px_um, 50 * self.px_um)
        return section_tables(joined, lumps, transport, [self._layers()])

    def _layers(self) -> pd.DataFrame:
        ids, inverse = np.unique(self.labels.basins, return_inverse=True)
        local = inverse.reshape(self.labels.basins.shape)
        sums = [
            layer_sums(local[box] == number, self.labels.phases[box], self.labels.grey[box])
            for number, box in enumerate(find_objects(local), start=1)
            if box is not None
        ]
        return frame_of(ids[1:], [0] * len(sums), np.array(sums))

    def larger(self, times: float) -> Coated:
        """Give the same section in larger pixels."""
        px_um = self.px_um * times
        return Coated(self.labels, replace(self.lines, px_um=px_um), px_um)

    def mirrored(self) -> Coated:
        """Give the same section seen from behind: what was left is right."""
        flipped = {
            field.name: value[..., ::-1]
            for field in fields(self.lines)
            if isinstance(value := getattr(self.lines, field.name), np.ndarray)
        }
        columns = self.labels.phases.shape[1]
        # Ids name a pixel: they go where it goes.
        row, column = np.divmod(self.labels.basins.astype(np.int64) - 1, columns)
        moved = np.where(self.labels.basins > 0, row * columns + columns - column, 0)
        labels = Labels(*(a[:, ::-1].copy() for a in (self.labels.phases, moved.astype(np.uint64),
                                                      self.labels.grey)))  # fmt: skip
        return Coated(labels, replace(self.lines, **flipped), self.px_um)


def thickness_px() -> npt.NDArray[np.float64]:
    """Thickness of either coating at every column: it grows, and waves."""
    x = np.arange(SHAPE[1])
    return 200 + 0.01 * x + 6 * np.sin(2 * np.pi * x / 400)


def coated(seed: int = 1) -> Coated:
    """Two coatings of discs, binder and pores on a foil, one of which lets go of it here and there.

    Discs have cracks and voids; binder fills more near the foil.
    """
    rng = np.random.default_rng(seed)
    gap = np.zeros(SHAPE[1])
    gap[300:460] = 14.0
    lines = foil_lines(SHAPE, FOIL, thickness_px() - 14, gap, PX_UM)
    away = np.zeros(SHAPE[1])
    away[900:1040] = 13.0
    lines = replace(lines, separator=lines.surface + np.stack([-away, away]))
    row = np.arange(SHAPE[0])[:, None] + 0.5
    labels = packing(SHAPE, 280, seed, largest=28.0)
    height = np.where(row < np.mean(FOIL), FOIL[0] - row, row - FOIL[1])
    inside = (row > lines.surface[0]) & (row < lines.surface[1]) & (height > gap)
    # Whole discs only, and none that leaves the coating.
    cut = np.isin(labels.basins, np.unique(labels.basins[~inside])) & (labels.basins > 0)
    labels.phases[cut], labels.basins[cut] = Phase.PORE, 0
    coarse = rng.random((SHAPE[0] // 9 + 1, SHAPE[1] // 9 + 1))
    patch = np.kron(coarse, np.ones((9, 9)))[: SHAPE[0], : SHAPE[1]]
    between = inside & (labels.phases == Phase.PORE)
    labels.phases[between & (patch > 0.6 + 0.3 * height / 200)] = Phase.BINDER
    beyond = (row < lines.separator[0]) | (row > lines.separator[1])
    labels.phases[~inside] = Phase.GAP
    labels.phases[beyond] = Phase.SEPARATOR

    labels.phases[round(FOIL[0]) : round(FOIL[1])] = Phase.COLLECTOR
    bright = disc(SHAPE, 100, 900, 26) & (labels.phases == Phase.ACTIVE_MATERIAL)
    labels.grey[:] = 60
    labels.grey[labels.phases == Phase.ACTIVE_MATERIAL] = 180
    labels.grey[bright] = 190
    return Coated(labels, lines, PX_UM)
