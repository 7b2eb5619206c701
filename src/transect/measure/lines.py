"""The layers at every column: where a pixel lies along the foil and above the collector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from transect.errors import AnalysisError
from transect.geometry import LAYERS
from transect.storage.tables import read_metadata, read_table

Floats = npt.NDArray[np.float64]
SIDES = ("a", "b")

TILT_UM = 20.0
"""Length along the foil over which the local tilt of the collector is taken."""


@dataclass(frozen=True)
class Lines:
    """Boundaries of the layers, one value per mosaic column, in rows; sides a and b stacked.

    Attributes
    ----------
    cut
        Row that separates side a (smaller rows) from side b.
    base, surface, mean_surface
        First row of the coating seen from the collector, its envelope and its mean surface, gaps
        bridged along x; shape (2, columns), NaN on a side without coating.
    measured
        Whether the side's base and surface were recorded and found at the column itself.
    gap
        Opening between collector and coating in rows, 0 where closed.
    collector
        Thickness of the foil in rows; NaN where it was not found.
    tilt
        Cosine of the collector's local angle.
    foil
        Whether the section has a collector.
    separator
        Border of the separator that faces the coating, (2, columns), NaN where there is none.
    """

    cut: Floats
    base: Floats
    surface: Floats
    mean_surface: Floats
    measured: npt.NDArray[np.bool_]
    gap: Floats
    collector: Floats
    tilt: Floats
    foil: bool
    px_um: float
    separator: Floats | None = None

    @property
    def coated(self) -> npt.NDArray[np.bool_]:
        """Whether a side has a coating at the column, shape (2, columns)."""
        return np.isfinite(self.base) & np.isfinite(self.surface) & (self.thickness > 0)

    @property
    def without_thickness(self) -> str:
        """Why a section has no thickness, where it has none."""
        return "no coating measured" if self.foil else "no collector in the section"

    @property
    def thickness(self) -> Floats:
        """Rows from base to envelope, shape (2, columns)."""
        return np.abs(self.base - self.surface)


def read_lines(path: Path, columns: int, px_um: float) -> Lines:
    """Read the layers of a section.

    Raises
    ------
    AnalysisError
        The table does not cover the mosaic's columns.
    """
    frame = read_table(path, LAYERS)
    if len(frame) != columns:
        raise AnalysisError(
            f"{path}: {len(frame)} rows, expected one for each of the mosaic's {columns} columns;"
            " run the layers step again"
        )
    facts = read_metadata(path)
    foil = facts.get("foil", "true").lower() == "true"
    found = {n: frame[n].to_numpy(np.float64) for n in frame.columns if n.endswith("_px")}
    top, bottom = found["foil_top_px"], found["foil_bottom_px"]
    raw = [np.stack([found[f"{s}_{part}_px"] for s in SIDES]) for part in _PARTS]
    found_there = np.stack([frame[f"{s}_measured"].to_numpy(np.bool_) for s in SIDES])
    measured = found_there & np.isfinite(raw[0]) & np.isfinite(raw[1])
    base, surface, mean = (np.stack([_bridge(row) for row in part]) for part in raw)
    gap = np.stack([top - raw[0][0], raw[0][1] - bottom]) if foil else np.zeros_like(base)
    smooth_top, smooth_bottom = _bridge(top), _bridge(bottom)
    cut = (smooth_top + smooth_bottom) / 2 if foil else np.full(columns, np.inf)
    cut = np.where(np.isfinite(cut), cut, np.inf)
    return Lines(
        cut,
        base,
        surface,
        np.where(np.isfinite(mean), mean, surface),
        measured,
        np.maximum(np.nan_to_num(gap), 0.0),
        bottom - top,
        tilt_of(cut, px_um),
        foil,
        px_um,
        np.stack([found[f"{side}_separator_near_px"] for side in SIDES]),
    )


_PARTS = ("base", "surface", "mean_surface")


def _bridge(row: Floats) -> Floats:
    """Fill gaps along x linearly; all NaN stays so."""
    known = np.isfinite(row)
    if known.all() or not known.any():
        return row
    x = np.arange(row.size, dtype=np.float64)
    return np.interp(x, x[known], row[known]).astype(np.float64)


def tilt_of(line: Floats, px_um: float) -> Floats:
    """Cosine of the local angle of a line, from its slope over `TILT_UM`."""
    return np.asarray(1 / np.hypot(1.0, slope_of(line, px_um)), dtype=np.float64)


def foil_deg(lines: Lines, column: Floats) -> Floats:
    """Angle in degrees that the collector falls by at some columns, from left to right."""
    slope = slope_of(lines.cut, lines.px_um)
    at = np.clip(column.astype(np.int64), 0, slope.size - 1)
    return np.asarray(np.degrees(np.arctan(slope[at])))


def slope_of(line: Floats, px_um: float) -> Floats:
    """Slope of a line over `TILT_UM`, in rows per column; 0 where it is not known throughout."""
    if line.size < 3 or not np.isfinite(line).all():
        return np.zeros(line.size)
    half = int(min(max(TILT_UM / px_um / 2, 1), (line.size - 1) // 2))
    x = np.arange(line.size)
    left, right = np.maximum(x - half, 0), np.minimum(x + half, line.size - 1)
    return np.asarray((line[right] - line[left]) / (right - left), dtype=np.float64)


def place(lines: Lines, column: Any, row: Any) -> tuple[Any, Floats, Floats]:
    """Side, z in um and zeta of points given by column and row in pixel coordinates.

    A point on a side without coating has NaN for z and zeta.
    """
    i = np.clip(np.asarray(column, dtype=np.float64).astype(np.int64), 0, lines.cut.size - 1)
    row = np.asarray(row, dtype=np.float64)
    side = (row >= lines.cut[i]).astype(np.int64)
    base, thickness = lines.base[side, i], lines.thickness[side, i]
    z = np.where(side == 0, base - row, row - base)
    with np.errstate(divide="ignore", invalid="ignore"):
        zeta = np.where(thickness > 0, z / thickness, np.nan)
    return np.asarray(SIDES, dtype=object)[side], z * lines.px_um * lines.tilt[i], zeta
