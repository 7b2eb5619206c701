"""What a network says of a block, window by window of the global grid: maps, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transect.candidates import plain
from transect.config import SegmentConfig
from transect.parallel import WINDOW, Window
from transect.phases import Phase
from transect.segment import gaps, smoothing, solid
from transect.segment.classical import ClassicalEngine
from transect.segment.engine import UNDECIDED
from transect.segment.gaps import Gaps
from transect.segment.greys import Normal
from transect.segment.learned import CERTAIN, Shares
from transect.segment.network import Network
from transect.segment.section import Section
from transect.segment.smoothing import Smoothing
from transect.segment.solid import Solid
from transect.segment.tables import LIMITS, SOLIDS
from transect.segment.thresholds import Thresholds
from transect.segment.zoom import Zoom

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
Row = dict[str, float]

REACH = gaps.REACH + solid.REACH
"""Pixels around a window whose greys decide on its phases, beside those that a network sees."""

UNSURE = 0.6
"""Probability below which a phase might as well be another one: the largest of `LIMITS`."""

SEEN = 1 / 8
"""Least recorded share of an input whose features are compared with those of training."""

COMPARED = 8
"""The classical engine looks at one window in so many, and at so many where there are few."""


class _Asked(NamedTuple):
    """What the network says of a window and what is around it: `core` is the window."""

    maps: U8
    grey: U8
    zone: U8
    core: tuple[slice, slice]
    features: F64
    seen: float


@dataclass(frozen=True)
class Predictor:
    """What a window's prediction is made from.

    Attributes
    ----------
    section
        Mosaic and layers.
    scale
        Grey values that become 0 and 255.
    normal
        How the coating's greys are spread.
    network
        The model.
    classical
        The engine that the network is compared with.
    there
        Whether each of `maps.CLASSES` can be there.
    gaps
        Greys of pores and binder, where the section shows them apart.
    solid
        What greys say of active material, where the section shows it apart.
    zoom
        How pixels become those that the network knows.
    smoothing
        How far greys and outlines are smoothed.
    """

    section: Section
    scale: tuple[float, float]
    normal: Normal
    network: Network
    classical: ClassicalEngine
    there: tuple[bool, ...]
    gaps: Gaps | None = None
    solid: Solid | None = None
    zoom: Zoom = Zoom()
    smoothing: Smoothing = Smoothing()

    @classmethod
    def of(
        cls, section: Section, limits: Thresholds, network: Network, config: SegmentConfig
    ) -> Predictor:
        """Put together what a section is predicted with.

        Raises
        ------
        ModelError
            The section's pixels are far from those that the network was trained for.
        """
        engine = ClassicalEngine(limits, config.denoise_px, config.crack_width_px)
        px_nm = 1000 * section.mosaic.px_um
        network.card.check_pixel(px_nm)
        zoom = Zoom.to(px_nm, network.card.px_nm)
        return cls(
            section, limits.scale, limits.normal, network, engine, config.there, limits.gaps,
            limits.solid, zoom, limits.smoothing,
        )  # fmt: skip

    def look(self, window: Window) -> tuple[U8, Row] | None:
        """Tell maps of a window, 0 outside of the coating, and its row of the table `windows`."""
        found = self._ask(window)
        if found is None:
            return None
        core, coating = found.core, found.zone[found.core] == UNDECIDED
        maps = self.smoothing.outlines(found.maps)
        for greys in (self.solid, self.gaps):
            if greys is not None:
                maps = greys.weigh(maps, found.grey, found.zone)
        maps = maps[(..., *core)] * coating
        seen, features = found.seen, found.features
        away = self.network.strangeness(features, seen) if seen >= SEEN else float("nan")
        row: Row = {
            "row": window.row0 // WINDOW,
            "column": window.col0 // WINDOW,
            "coating_px": int(np.count_nonzero(coating)),
            "strangeness": away,
            **_areas(maps, coating),
            **self._compared(window),
        }
        return maps, row

    def counts(self, window: Window) -> tuple[I64, I64, I64]:
        """Count what `Gaps.find`, `Solid.find` and `Smoothing` take."""
        found = self._ask(window)
        if found is None:
            return np.zeros(256, np.int64), np.zeros((2, 256), np.int64), np.zeros(2, np.int64)
        seen = found.maps, found.grey, found.zone, found.core
        drawn = smoothing.outlines(found.maps, found.zone, found.core)
        return gaps.counts(*seen), solid.counts(*seen), drawn

    def _ask(self, window: Window) -> _Asked | None:
        """Ask the network for a window and what is around it; None outside of the coating."""
        shape = self.section.mosaic.shape
        outer = window.padded(self.zoom.halo, shape)
        part = window.padded(max(REACH, self.smoothing.outline_reach), shape)
        around = outer.padded(self.smoothing.reach, shape)
        grey, zone = self.section.read(around, self.scale)
        if not (zone[window.inside(around)] == UNDECIDED).any():
            return None
        inner = outer.inside(around)
        grey, zone = self.smoothing.greys(grey, zone)[inner], zone[inner]
        recorded = zone != Phase.INVALID
        # 0 is the coating's mean.
        greys = np.where(recorded, self.normal.apply(grey), np.float32(0))
        maps, features = self.zoom.look(
            self.network, greys, window, outer, part, self.there, self.normal.shares
        )
        near = part.inside(outer)
        seen = self.zoom.seen(int(np.count_nonzero(recorded)))
        return _Asked(maps, grey[near], zone[near], window.inside(part), features, seen)

    def _compared(self, window: Window) -> Row:
        """Areas of phases by the classical engine, on windows that are fixed for a section."""
        names = [f"classical_{name}_px" for name in SOLIDS]
        shape = self.section.mosaic.shape
        if not compared(window, shape):
            return dict.fromkeys(names, float("nan"))
        outer = window.padded(self.classical.halo, shape)
        grey, zone = self.section.read(outer, self.scale)
        core = window.inside(outer)
        phases = plain(self.classical.predict(grey, zone).phases[core])
        counts = np.bincount(phases[zone[core] == UNDECIDED], minlength=256)
        solid, binder = counts[Phase.ACTIVE_MATERIAL], counts[Phase.BINDER]
        # An opening in a particle is a pore to the network.
        pore = counts[[Phase.PORE, Phase.CRACK, Phase.VOID]].sum()
        return dict(zip(names, map(float, (solid, binder, pore)), strict=True))


def compared(window: Window, shape: tuple[int, int]) -> bool:
    """Whether the classical engine looks at a window: every eighth in a row, shifted in the next.

    Parameters
    ----------
    window
        Window of the global grid.
    shape
        Rows and columns of the mosaic.
    """
    rows, columns = (-(-n // WINDOW) for n in shape)
    every = min(COMPARED, max(rows * columns // COMPARED, 1))
    return (window.col0 // WINDOW + 3 * (window.row0 // WINDOW)) % every == 0


def _areas(maps: U8, coating: Bool) -> Row:
    """Pixels of each phase as decided and at each of `LIMITS`, and pixels that are not sure."""
    shares = Shares.of(maps)
    phases, sure = shares.decide()
    counts = np.bincount(phases[coating], minlength=256)
    found: Row = {"unsure_px": int(np.count_nonzero((sure < UNSURE * CERTAIN) & coating))}
    for name in SOLIDS:
        found[f"{name}_px"] = int(counts[Phase[name.upper()]])
    filled = (shares.binder > shares.pore) & coating
    for limit in LIMITS:
        material = (shares.material >= limit / 100 * CERTAIN) & coating
        solid, binder = np.count_nonzero(material), np.count_nonzero(filled & ~material)
        rest = np.count_nonzero(coating) - solid - binder
        for name, area in zip(SOLIDS, (solid, binder, rest), strict=True):
            found[f"{name}_{limit}_px"] = int(area)
    return found
