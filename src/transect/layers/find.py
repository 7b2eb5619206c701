"""All layers of a section: coarse first, then every border at full resolution."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.config import LayersConfig, Polarity
from transect.errors import AnalysisError
from transect.geometry import LINES
from transect.layers.envelope import bridge, disc_closing, lasting, robust, running_median
from transect.layers.foil import Band, find_foil
from transect.layers.greys import Greys, Turn, coarse_greys
from transect.layers.outline import Outline, outline, straighten
from transect.layers.refine import Border, border
from transect.layers.separator import Bounds, separator_line
from transect.layers.shown import AROUND, recorded_around, wholly
from transect.log import logger
from transect.parallel import WINDOW, Window, run
from transect.storage.images import Image

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

COARSE_ROWS = 448
"""The coarse level has at most this many rows: a foil of 1/50 of the height keeps 9 of them."""

SEARCH_PX = 12
"""Distance from the line that texture gives within which a separator's sharp border may lie."""

THINNEST_UM = 3.0
"""Layers of coating or separator thinner than this are not looked for, in um."""


@dataclass
class Found:
    """Lines of a section; see the table `layers` for what each is."""

    lines: dict[str, F64] = field(default_factory=dict)
    measured: dict[str, Bool] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def table(self, columns: int) -> pd.DataFrame:
        """Rows of the table `layers`."""
        frame = pd.DataFrame({"column_px": np.arange(columns)})
        for name in LINES:
            frame[name] = self.lines.get(name, np.full(columns, np.nan))
        for side in "ab":
            seen = self.measured.get(side) if side in self.facts["sides"] else None
            frame[f"{side}_measured"] = np.zeros(columns, np.bool_) if seen is None else seen
        return frame


@dataclass(frozen=True)
class Finder:
    """A mosaic whose layers are looked for."""

    mosaic: Image
    valid: Image
    config: LayersConfig
    threads: int
    polarity: Polarity = "bright"

    def read(self, window: Window) -> F32:
        """Pixels at full resolution with bright active material, NaN where none was recorded."""
        recorded = self.valid.read(window) > 0
        pixels = self._turn.pixels(self.mosaic.read(window), recorded, np.nan)
        pixels[~recorded] = np.nan
        return pixels

    @cached_property
    def _turn(self) -> Turn:
        if self.polarity == "bright":
            return Turn()
        level = self._level()
        coarse, valid = self.mosaic.whole(level), self.valid.whole(level)
        seen = wholly(valid[: coarse.shape[0], : coarse.shape[1]] > 0)
        return Turn.over(coarse, seen)

    def find(self) -> Found:
        """Find every layer.

        Raises
        ------
        AnalysisError
            The mosaic has no contrast.
        """
        level = self._level()
        coarse = self.mosaic.whole(level)
        recorded = self.valid.whole(level)[: coarse.shape[0], : coarse.shape[1]] > 0
        image, seen = self._turn.pixels(coarse, recorded, 0.0), wholly(recorded)
        if not seen.any() or image[seen].min() == image[seen].max():
            raise AnalysisError(
                "mosaic: no contrast, every recorded pixel is equal or none was recorded;"
                " check the tiles and the detector"
            )
        band = find_foil(image, seen)
        if band is None:
            return self._whole()
        greys = coarse_greys(image, seen, band)
        found = self._foil(band, level, greys)
        for side, step in (("a", -1), ("b", 1)):
            rows = image.shape[0]
            shown = np.where(seen, image, np.nan).astype(np.float32)
            line = band.top if step < 0 else band.bottom
            view = straighten(shown, line, step, rows)
            shape = outline(view, greys, self.mosaic.px_um * 2**level, THINNEST_UM)
            # Without contrast beside the foil there is noise, and no coating.
            if shape is not None and greys.bright - greys.pore > 0.2 * abs(band.grey - greys.pore):
                self._side(found, side, step, shape, level, greys)
        sides = [s for s in "ab" if f"{s}_surface_px" in found.lines]
        found.facts["sides"] = sides
        grey = self._turn.grey(band.grey)
        logger.info("foil of grey %.1f, coating on sides %s", grey, sides or "none")
        for side in sides:
            hidden = 1 - found.measured[side].mean()
            if hidden > 0:
                logger.info("side %s: %.1f %% of the columns show no borders", side, 100 * hidden)
        return found

    def _level(self) -> int:
        rows = [array.shape[-2] for array in self.mosaic.arrays]
        small = [level for level, count in enumerate(rows) if count <= COARSE_ROWS]
        return small[0] if small else len(rows) - 1

    def _whole(self) -> Found:
        """Without a foil everything that was recorded is coating, of no known thickness."""
        logger.warning("no foil: everything recorded is taken for coating, thickness is unknown")
        rows, columns = self.mosaic.shape

        def extent(window: Window) -> tuple[F64, F64]:
            recorded = self.valid.read(window) > 0
            any_ = recorded.any(axis=0)
            first = np.where(any_, recorded.argmax(axis=0), np.nan)
            last = np.where(any_, window.shape[0] - recorded[::-1].argmax(axis=0), np.nan)
            return first, last

        parts = list(run(extent, self._windows(rows), self.threads, "layers"))
        top, bottom = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        lines = {"a_surface_px": top, "a_mean_surface_px": top, "a_base_px": bottom}
        facts = {"foil": False, "angle_deg": 0.0, "sides": ["a"], "separators": []}
        return Found(lines, {"a": np.isfinite(top)}, facts)

    def _windows(self, rows: int) -> list[Window]:
        columns = self.mosaic.shape[1]
        return [Window(0, rows, c, min(c + WINDOW, columns)) for c in range(0, columns, WINDOW)]

    def _fine(self, line: F64, level: int) -> F64:
        """Line of the coarse level at every column of the mosaic, in rows of level 0."""
        scale, columns = 2**level, self.mosaic.shape[1]
        x = (np.arange(columns) + 0.5) / scale - 0.5
        return np.asarray(np.interp(x, np.arange(line.size), line) * scale)

    def _borders(
        self, start: F64, step: int, reach: int, greys: Greys, blur: float = 2.0
    ) -> Border:
        """Border along the whole section, window after window."""

        def work(window: Window) -> Border:
            columns = (window.col0, window.col1)
            return border(self.read, self.mosaic.shape, columns, start, step, reach, greys, blur)

        parts = list(run(work, self._windows(1), self.threads, "layers"))
        end = np.concatenate([part.end for part in parts])
        return Border(end, np.concatenate([part.begin for part in parts]))

    def _foil(self, band: Band, level: int, greys: Greys) -> Found:
        top, bottom = self._fine(band.top, level), self._fine(band.bottom, level)
        thick = float(np.median(bottom - top))
        reach = self._px(self.config.max_gap_um) + int(0.4 * thick) + 2 * 2**level
        found = Found()
        bases = {}
        for side, step, line in (("a", -1, top), ("b", 1, bottom)):
            found_border = self._borders(line - step * 0.3 * thick, step, reach, greys)
            # A collector is smooth over 10 um: what leaves its course by more is no border of it.
            edge = robust(found_border.end, self._px(10.0), max(3.0, 0.1 * thick))
            gap = np.nan_to_num(step * (found_border.begin - found_border.end))
            gap = lasting(np.clip(gap, 0, None), self._px(self.config.min_run_um))
            found.measured[side] = np.isfinite(found_border.end)
            bases[side] = edge + step * np.where(gap >= 1.0, gap, 0.0)
            name = "foil_top_px" if side == "a" else "foil_bottom_px"
            found.lines[name] = edge
        middle = (found.lines["foil_top_px"] + found.lines["foil_bottom_px"]) / 2
        slope = np.polyfit(np.arange(middle.size), middle, 1)[0] if middle.size > 1 else 0.0
        found.facts = {
            "foil": True,
            "angle_deg": float(np.degrees(np.arctan(slope))),
            "foil_grey": self._turn.grey(band.grey),
            "pore_grey": self._turn.grey(greys.pore),
            "binder_grey": self._turn.grey(greys.binder),
            "active_material_grey": self._turn.grey(greys.bright),
            "separators": [],
        }
        found.lines.update({f"base_{side}": line for side, line in bases.items()})
        return found

    def _side(
        self, found: Found, side: str, step: int, shape: Outline, level: int, greys: Greys
    ) -> None:
        """Surface of a coating, and its separator, added to `found`."""
        foil = found.lines["foil_top_px" if side == "a" else "foil_bottom_px"]
        scale = 2**level
        coating = foil + step * self._fine(shape.coating, level)
        material = foil + step * self._fine(shape.material, level)
        margin = 2 * scale + self._px(2.0)
        reach = 2 * margin + self._px(2.0)
        far = self._borders(material + step * margin, -step, reach, greys)
        surface = far.end
        if shape.separator:
            found.facts["separators"].append(side)
            # Without a far border the separator goes on to the border of the mosaic.
            limit = 0.0 if step < 0 else float(self.mosaic.shape[0])
            absent = np.isnan(far.end)
            beyond = bridge(far.end) if absent.mean() < 0.5 else np.where(absent, limit, far.end)
            found.lines[f"{side}_separator_far_px"] = beyond
            bounds = Bounds(foil, coating, beyond, step)
            rough = separator_line(self.read, self.mosaic.shape, bounds, greys, self.threads)
            near = self._borders(rough + step * SEARCH_PX, -step, 2 * SEARCH_PX, greys, blur=6.0)
            # Fibres look like borders here and there; a separator lies smooth over 8 um.
            sharp = np.abs(near.end - rough) < SEARCH_PX
            line = running_median(np.where(sharp, near.end, rough), self._px(8.0))
            found.lines[f"{side}_separator_near_px"] = line
            gap = np.clip(np.nan_to_num(step * (near.end - near.begin)), 0, None)
            gap = lasting(gap, self._px(self.config.min_run_um))
            surface = line - step * np.where(gap >= 1.0, gap, 0.0)
        seen = np.isfinite(surface)
        mean = robust(surface, self._px(2.0), max(3.0, self._px(1.0)))
        radius = self._px(self.config.surface_disc_um)
        found.lines[f"{side}_base_px"] = found.lines.pop(f"base_{side}")
        found.lines[f"{side}_mean_surface_px"] = mean
        found.lines[f"{side}_surface_px"] = step * disc_closing(step * mean, radius)
        # A gap shows only where all rows that it may take up do.
        gap_px = self._px(self.config.max_gap_um)
        base = self._shown(foil, (gap_px, AROUND) if step < 0 else (AROUND, gap_px))
        found.measured[side] &= seen & (base == 1) & (self._shown(surface) > 0)

    def _shown(self, line: F64, reach: tuple[int, int] = (AROUND, AROUND)) -> F64:
        """Share of the rows around a line that were recorded, at every column."""
        rows = self.mosaic.shape[0]

        def work(window: Window) -> F64:
            columns = (window.col0, window.col1)
            return recorded_around(self.valid.read, rows, columns, bridge(line), reach)

        return np.concatenate(list(run(work, self._windows(1), self.threads, "layers")))

    def _px(self, length_um: float) -> int:
        return max(int(round(length_um / self.mosaic.px_um)), 1)
