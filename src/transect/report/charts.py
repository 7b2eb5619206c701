"""Charts as data: what the template draws as inline SVG, coloured by the page's style sheet."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from transect.report.axes import Axis, Floats

LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 18.0, 40.0
"""Margins of a chart around its frame, in units of the drawing."""


@dataclass(frozen=True)
class Mark:
    """One path; `css` names its look, `title` is shown on hovering."""

    css: str
    path: str
    title: str = ""


@dataclass(frozen=True)
class Note:
    """A word in the drawing."""

    x: float
    y: float
    text: str
    css: str = ""
    anchor: str = "start"


@dataclass
class Chart:
    """A drawing with axes, marks, notes and a legend, and its description in words."""

    title: str
    description: str
    width: float
    height: float
    x: Axis
    y: Axis
    marks: list[Mark] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)

    def add(self, css: str, path: str, title: str = "") -> None:
        """Draw a path; an empty one is left out."""
        if path:
            self.marks.append(Mark(css, path, title))

    def line(self, css: str, x: npt.ArrayLike, y: npt.ArrayLike, title: str = "") -> None:
        """Draw a line, broken where a value is missing."""
        self.add(css, line_path(self.x.at(x), self.y.at(y)), title)

    def band(self, css: str, x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> None:
        """Fill between two curves, broken where a value is missing."""
        self.add(css, band_path(self.x.at(x), self.y.at(low), self.y.at(high)))

    def bars(self, css: str, edges: npt.ArrayLike, heights: npt.ArrayLike) -> None:
        """Draw bars from zero between edges."""
        places, tops = self.x.at(edges), self.y.at(heights)
        base = self.y.at(max(self.y.low, 0.0))
        self.add(css, bars_path(places, tops, float(base)))

    def rule(self, css: str, value: float, text: str = "") -> None:
        """Draw a vertical line at a value, with a word above the frame."""
        if not np.isfinite(value) or not self.x.low <= value <= self.x.high:
            return
        place = self.x.place(value)
        self.add(css, f"M{place:.1f} {self.y.start:.1f}V{self.y.stop - 3:.1f}")
        if text:
            share = (place - self.x.start) / (self.x.stop - self.x.start)
            anchor = "start" if share < 0.2 else "end" if share > 0.8 else "middle"
            self.notes.append(Note(place, self.y.stop - 6, text, "small", anchor))


def frame(width: float, height: float, *, left: float = LEFT) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the frame inside a drawing of this size."""
    return left, width - RIGHT, height - BOTTOM, TOP


def line_path(x: Floats, y: Floats) -> str:
    """SVG path through points, broken at missing values."""
    parts = []
    for run in runs(np.isfinite(x) & np.isfinite(y)):
        points = [f"{a:.1f} {b:.1f}" for a, b in zip(x[run], y[run], strict=True)]
        # A single point has no length: a dot of round line caps.
        parts.append("M" + "L".join(points if len(points) > 1 else points * 2))
    return "".join(parts)


def band_path(x: Floats, low: Floats, high: Floats) -> str:
    """SVG path around the area between two curves, broken at missing values."""
    parts = []
    for run in runs(np.isfinite(x) & np.isfinite(low) & np.isfinite(high)):
        there = [f"{a:.1f} {b:.1f}" for a, b in zip(x[run], high[run], strict=True)]
        back = [f"{a:.1f} {b:.1f}" for a, b in zip(x[run][::-1], low[run][::-1], strict=True)]
        parts.append("M" + "L".join(there + back) + "Z")
    return "".join(parts)


def bars_path(edges: Floats, tops: Floats, base: float) -> str:
    """SVG path of bars with a hair of space between them."""
    parts = []
    for left, right, top in zip(edges[:-1], edges[1:], tops, strict=True):
        if np.isfinite(top) and abs(top - base) >= 0.05:
            gap = min(0.6, (right - left) / 8)
            parts.append(f"M{left + gap:.1f} {base:.1f}V{top:.1f}H{right - gap:.1f}V{base:.1f}Z")
    return "".join(parts)


def runs(mask: npt.NDArray[np.bool_]) -> list[slice]:
    """Stretches of true values, as slices in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
