"""The sums of a whole section, with what turns pixels into micrometres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import (
    ExpectConfig,
    LayersConfig,
    MeasureConfig,
    SegmentConfig,
    StatisticsConfig,
)
from transect.measure.lines import Lines
from transect.measure.partials import Partials
from transect.measure.reach import Reach, reach_of
from transect.measure.union import unite
from transect.phases import Phase
from transect.statistics.confusion import Confusion


@dataclass(frozen=True)
class Settings:
    """The parts of the configuration that joining reads."""

    measure: MeasureConfig
    statistics: StatisticsConfig
    segment: SegmentConfig
    layers: LayersConfig
    expect: ExpectConfig = field(default_factory=ExpectConfig)


@dataclass(frozen=True)
class Joined:
    """Everything that the tables of a section are made from.

    Attributes
    ----------
    keys
        Batch, cell and section.
    partials
        Merged sums of all blocks.
    lines
        Layers of the section.
    shape
        Rows and columns of the mosaic.
    settings
        Configuration.
    grey_step
        Grey value of one step of the sums.
    seams
        Boxes of the bad seams: first row, end row, first and end column, in px.
    confusion
        How often a phase is taken for another, by validated masks; unknown when absent.
    """

    keys: dict[str, str]
    partials: Partials
    lines: Lines
    shape: tuple[int, int]
    settings: Settings
    grey_step: float
    seams: npt.NDArray[np.float64]
    confusion: Confusion | None = None

    @property
    def px_um(self) -> float:
        """Pixel size in um."""
        return self.lines.px_um

    @property
    def reach(self) -> Reach:
        """Distances of the configuration in pixels."""
        return reach_of(self.settings.measure, self.px_um)

    @property
    def blocks(self) -> int:
        """X-blocks of the section."""
        return -(-self.shape[1] // self.reach.block)

    @cached_property
    def cracks(self) -> pd.DataFrame:
        """Whole cracks."""
        return unite(self.partials["cracks"], self.partials["runs"])

    @cached_property
    def pores(self) -> pd.DataFrame:
        """Whole pores, voids and gaps."""
        return unite(self.partials["pores"], self.partials["runs"])

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """Pixels by (x-block, side, depth bin, phase code)."""
        shape = (self.blocks, 2, self.settings.measure.depth_bins, 256)
        return _dense(self.partials["sums"].query("depth_bin >= 0"), shape)

    @cached_property
    def edges(self) -> npt.NDArray[np.int64]:
        """Steps out of the active material by (x-block, side, axial or diagonal)."""
        frame = self.partials["sums"].query("depth_bin < 0").assign(depth_bin=0)
        return _dense(frame, (self.blocks, 2, 1, 2))[:, :, 0]

    def valid(self, phases: tuple[Phase, ...]) -> npt.NDArray[np.int64]:
        """Pixels of some phases by (x-block, side, depth bin)."""
        return np.asarray(self.counts[..., [int(p) for p in phases]].sum(axis=-1))

    def block_of(self, x_um: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """X-block of points along the foil."""
        block = np.floor(x_um / self.px_um / self.reach.block).astype(np.int64)
        return np.clip(block, 0, max(self.blocks - 1, 0))

    def per_block(
        self, used: npt.NDArray[np.intp], x_um: npt.NDArray[np.float64]
    ) -> Callable[[npt.NDArray[Any]], npt.NDArray[np.float64]]:
        """Give what sums values of points along the foil by the x-block that is drawn."""
        at = drawn(used, self.block_of(x_um))

        def total(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
            return np.bincount(at, weights=values, minlength=len(used)).astype(np.float64)

        return total


def drawn(used: npt.NDArray[np.intp], blocks: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """Give the numbers of x-blocks among those that are drawn from; of others, the next one's."""
    return np.clip(np.searchsorted(used, blocks), 0, max(len(used) - 1, 0))


def _dense(frame: pd.DataFrame, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    out = np.zeros(shape, np.int64)
    names = ("block", "side", "depth_bin", "phase")
    spot = tuple(frame[name].to_numpy().astype(np.int64) for name in names)
    np.add.at(out, spot, frame["count"].to_numpy())
    return out


def keyed(frame: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    """Put batch, cell and section before the columns of a table."""
    return frame.assign(**keys)
