"""The layers of a section: smooth boundaries as functions of x, exact at every place.

All coordinates are pixels of the truth grid; the boundary between row r - 1 and r is r.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transect.phantom.hashing import unit
from transect.phantom.spec import PhantomSpec
from transect.phases import Phase

F64 = npt.NDArray[np.float64]

BOUNDARIES = (
    "separator_far_a",
    "separator_near_a",
    "surface_a",
    "base_a",
    "foil_top",
    "foil_bottom",
    "base_b",
    "surface_b",
    "separator_near_b",
    "separator_far_b",
)
"""Boundaries from the top of the image to its bottom; zone k lies above boundary k."""

ZONES = (
    Phase.OUTSIDE,
    Phase.SEPARATOR,
    Phase.GAP,
    Phase.ACTIVE_MATERIAL,
    Phase.GAP,
    Phase.COLLECTOR,
    Phase.GAP,
    Phase.ACTIVE_MATERIAL,
    Phase.GAP,
    Phase.SEPARATOR,
    Phase.OUTSIDE,
)
"""Phase between the boundaries; active material stands for the whole coating."""

COATING_A, COATING_B = 3, 7
_WAVES = 6


@dataclass(frozen=True)
class Wave:
    """A smooth random function of x with mean 0: a few sine waves."""

    amplitude: F64
    frequency: F64
    phase: F64

    def __call__(self, x: F64) -> F64:
        """Value at each x."""
        total = np.zeros_like(x)
        for a, f, p in zip(self.amplitude, self.frequency, self.phase, strict=True):
            total += a * np.sin(f * x + p)
        return total


def _wave(seed: int, deviation: float, longest_px: float, shortest_px: float) -> Wave:
    lengths = np.geomspace(longest_px, shortest_px, _WAVES)
    # Long waves are higher than short ones, as on a real coater.
    weight = lengths**0.5
    amplitude = deviation * np.sqrt(2.0) * weight / np.sqrt(np.sum(weight**2))
    phase = np.array([2 * np.pi * unit(seed, k, 1) for k in range(_WAVES)])
    return Wave(amplitude, 2 * np.pi / lengths, phase)


@dataclass(frozen=True)
class Gaps:
    """Openings along one interface: at most one in each cell of equal length."""

    seed: int
    cell_px: float
    run_px: float
    low_px: float
    high_px: float

    def between(self, x0: float, x1: float) -> list[tuple[float, float, float]]:
        """Start, end and height of every gap that meets [x0, x1], in pixels."""
        if self.run_px <= 0:
            return []
        first, last = int(np.floor(x0 / self.cell_px)), int(np.floor(x1 / self.cell_px))
        found = [self._gap(cell) for cell in range(first, last + 1)]
        return [g for g in found if g[0] < x1 and g[1] > x0]

    def _gap(self, cell: int) -> tuple[float, float, float]:
        length = min(self.run_px * (0.4 + 1.2 * unit(self.seed, cell, 1)), 0.95 * self.cell_px)
        start = cell * self.cell_px + (self.cell_px - length) * unit(self.seed, cell, 2)
        height = self.low_px + (self.high_px - self.low_px) * unit(self.seed, cell, 3)
        return start, start + length, height

    def height(self, x: F64) -> F64:
        """Tell the opening at each x, in px: full height between ramps of a third of the run."""
        out = np.zeros_like(x)
        for start, end, height in self.between(float(x.min()), float(x.max())):
            ramp = np.clip(np.minimum(x - start, end - x) / ((end - start) / 3), 0.0, 1.0)
            out = np.maximum(out, height * ramp * ramp * (3.0 - 2.0 * ramp))
        return out


@dataclass(frozen=True)
class Layers:
    """Every boundary of a section."""

    spec: PhantomSpec
    rows: int
    middle_px: float
    slope: float
    foil: Wave
    thickness: dict[str, Wave]
    gaps: dict[str, Gaps]

    @property
    def sides(self) -> tuple[str, ...]:
        """Coated sides."""
        chosen = self.spec.geometry.sides
        return (
            ("a", "b")
            if chosen == "both" and self.spec.geometry.foil != "none"
            else ("a" if self.spec.geometry.foil == "none" else chosen,)
        )

    def thickness_px(self, side: str, x: F64) -> F64:
        """Thickness of a coating along the local normal, in pixels, 0 where not coated."""
        shape = self.spec.geometry
        if side not in self.sides:
            return np.zeros_like(x)
        if shape.foil == "none":
            return np.full_like(x, self.rows)
        mean = shape.thickness_um / self.spec.px_um
        mean *= shape.thickness_b_ratio if side == "b" else 1.0
        wedge = shape.wedge_per_mm * (x * self.spec.px_um / 1000)
        relative = 1 + np.clip(self.thickness[side](x) + wedge, -0.6, 2.0)
        return np.asarray(mean * relative)

    def boundaries(self, x: F64) -> F64:
        """Row coordinate of every boundary at each x, shape (len(BOUNDARIES), len(x)).

        Absent layers have no thickness.
        """
        if self.spec.geometry.foil == "none":
            return self._frame(x)
        shape, px, tall = self.spec.geometry, self.spec.px_um, 1 / np.cos(np.arctan(self.slope))
        middle = self.middle_px + self.slope * x + self.foil(x)
        half = 0.5 * shape.foil_um / px * tall
        out = np.empty((len(BOUNDARIES), x.size))
        for side, foil, sign in (("a", 4, -1), ("b", 5, 1)):
            coated = side in self.sides
            out[foil] = middle + sign * half
            base = out[foil] + sign * (self.gaps[side].height(x) * tall if coated else 0.0)
            surface = base + sign * self.thickness_px(side, x) * tall
            there = coated and shape.separator in (side, "both")
            near = surface + sign * (shape.separator_gap_um / px * tall if there else 0.0)
            far = near + sign * (shape.separator_um / px * tall if there else 0.0)
            out[foil + sign] = base
            out[foil + 2 * sign] = surface
            out[foil + 3 * sign] = near
            out[foil + 4 * sign] = far
        return out

    def _frame(self, x: F64) -> F64:
        out = np.full((len(BOUNDARIES), x.size), self.rows + 1e6)
        out[:3] = -1e6
        return out


def make_layers(spec: PhantomSpec, rows: int, columns: int) -> Layers:
    """Layers of a section in a frame of this size, the stack in its middle.

    Parameters
    ----------
    spec
        What to make.
    rows, columns
        Size of the truth grid.
    """
    shape, px = spec.geometry, spec.px_um
    tilt = spec.microscope.rotation_deg if shape.tilt_deg is None else shape.tilt_deg
    slope = float(np.tan(np.radians(tilt)))
    seed = spec.seed * 1000
    above, below = stack_um(spec)
    middle = (rows + (above - below) / px) / 2 - slope * columns / 2
    cell = shape.gap_run_um / max(shape.delamination, 1e-9)
    gaps = {
        side: Gaps(
            seed + 30 + n,
            cell / px,
            shape.gap_run_um / px if shape.delamination and shape.foil != "none" else 0.0,
            shape.gap_um[0] / px,
            shape.gap_um[1] / px,
        )
        for n, side in enumerate("ab")
    }
    thickness = {
        side: _wave(seed + 20 + n, shape.thickness_variation, 2500 / px, 60 / px)
        for n, side in enumerate("ab")
    }
    foil = _wave(seed + 10, shape.foil_waviness_um / px, 1500 / px, 90 / px)
    return Layers(spec, rows, middle, slope, foil, thickness, gaps)


def stack_um(spec: PhantomSpec) -> tuple[float, float]:
    """Height above and below the foil's midline that the layers take, in micrometres."""
    shape = spec.geometry
    out = []
    for side, ratio in (("a", 1.0), ("b", shape.thickness_b_ratio)):
        coated = shape.sides in (side, "both")
        separator = shape.separator_um + shape.separator_gap_um
        covered = coated and shape.separator in (side, "both")
        gap = shape.gap_um[1] if shape.delamination else 0.0
        coating = shape.thickness_um * ratio * (1 + 2.5 * shape.thickness_variation) + gap
        out.append(
            shape.foil_um / 2
            + 2 * shape.foil_waviness_um
            + (coating if coated else 0.0)
            + (separator if covered else 0.0)
        )
    return out[0], out[1]
