"""Sizes in three ways side by side: sections as they are, spheres unfolded, spheres log-normal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.report.axes import Axis, Floats, log_axis
from transect.report.charts import Chart, frame
from transect.report.digits import short
from transect.report.estimates import Estimate
from transect.report.inputs import Section, numbers

WAYS = {
    "raw": ("way-raw", "sections as they are"),
    "unfolded": ("way-unfolded", "spheres, unfolded"),
    "lognormal": ("way-lognormal", "spheres, log-normal"),
}
WEIGHTS = {"q0": "by number", "q3": "by volume"}
WIDTH, HEIGHT = 528.0, 260.0
SHOWN = 0.995
"""Share up to which the axis of diameters reaches: beyond it nothing is left to compare."""


def sphere_charts(section: Section) -> list[Chart]:
    """Draw the cumulative sizes by number and by volume, each in all ways that there are."""
    rows = section.tables["size_distribution"]
    rows = rows[rows["method"].isin(WAYS)]
    return [_chart(rows, name, words) for name, words in WEIGHTS.items()] if len(rows) else []


def _chart(rows: pd.DataFrame, name: str, words: str) -> Chart:
    left, right, bottom, top = frame(WIDTH, HEIGHT)
    sizes, shares = numbers(rows["ecd_um"]), numbers(rows[name])
    reached = sizes[shares <= SHOWN]
    end = float(reached.max()) if reached.size else float(sizes.max())
    across = log_axis(float(sizes.min()), end, left, right, "diameter / µm")
    chart = Chart(
        f"Cumulative {words}", "", WIDTH, HEIGHT, across,
        Axis(0, 100, bottom, top, "cumulative share / %"),
    )  # fmt: skip
    said = []
    for method, (css, what) in WAYS.items():
        part = rows[rows["method"] == method].sort_values("ecd_um", kind="stable")
        inside = numbers(part["ecd_um"]) <= end
        size = numbers(part["ecd_um"])[inside]
        value, low, high = (
            100 * numbers(part[column])[inside] for column in (name, f"{name}_low", f"{name}_high")
        )
        if not np.isfinite(value).any():
            continue
        chart.band(f"band {css}", size, low, high)
        chart.line(f"line {css}", size, value)
        chart.legend.append((f"line {css}", what))
        said.append(f"{what} {short(_middle(size, value))} µm")
    chart.description = f"{chart.title}, half of all below: {'; '.join(said)}."
    return chart


def _middle(size: Floats, value: Floats) -> float:
    known = np.isfinite(value)
    return float(np.interp(50, value[known], size[known], left=np.nan, right=np.nan))


def sphere_words(found: list[Estimate]) -> str:
    """Say what the unfolded sizes assume, or why there are none."""
    notes = [e.note for e in found if e.metric == "d50_volume_um"]
    return notes[0] if notes else ""
