"""Profiles: thickness along the foil, composition through the depth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transect.report.axes import Axis, Floats, axis
from transect.report.charts import Chart, frame, runs
from transect.report.digits import length, short, written
from transect.report.estimates import Estimate
from transect.report.inputs import Section, numbers
from transect.report.labels import side_words

BINS = 480
"""Points of a profile along the foil: finer than a screen shows at this width."""
# Values of the depth metrics without any gradient.
_TRENDS = {"gradient_porosity": 0.0, "gradient_binder": 0.0, "binder_migration_index": 1.0}
PHASES = ("active_material", "binder", "pore", "crack", "void")
PHASE_WORDS = {
    "active_material": "Active material",
    "binder": "Carbon-binder domain",
    "pore": "Pores between particles",
    "crack": "Cracks",
    "void": "Voids in particles",
}


def thickness_charts(section: Section) -> list[Chart]:
    """Draw the thickness along the foil, one chart per side that has a thickness."""
    rows = section.tables["columns"]
    charts = []
    for side in sorted(rows["side"].unique()):
        part = rows[rows["side"] == side].sort_values("x_um", kind="stable")
        if np.isfinite(numbers(part["thickness_um"])).any():
            charts.append(_thickness(part, str(side)))
    return charts


def _thickness(rows: pd.DataFrame, side: str) -> Chart:
    x, thickness = numbers(rows["x_um"]), numbers(rows["thickness_um"])
    edges = np.linspace(float(x.min()), float(x.max()), min(BINS, max(len(x), 2)) + 1)
    spot = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    groups = pd.Series(thickness).groupby(spot)
    mean, low, high = (
        numbers(f.reindex(range(len(edges) - 1)))
        for f in (groups.mean(), groups.min(), groups.max())
    )
    left, right, bottom, top = frame(1080, 190)
    scale, name = (1000, "mm") if edges[-1] - edges[0] > 3000 else (1, "µm")
    along = Axis(edges[0] / scale, edges[-1] / scale, left, right, f"x along the foil / {name}")
    up = axis(np.concatenate([low, high]), bottom, top, "thickness / µm")
    middle = (edges[:-1] + edges[1:]) / 2 / scale
    overall = float(np.nanmean(thickness))
    words = (
        f"Thickness of {side_words(side) or 'the coating'} along {length(edges[-1] - edges[0])} of"
        f" foil: mean {short(overall)} µm, from {short(float(np.nanmin(thickness)))} to"
        f" {short(float(np.nanmax(thickness)))} µm."
    )
    chart = Chart(_title(side), "", 1080, 190, along, up)
    chart.band(f"band side-{side}", middle, low, high)
    chart.line(f"line side-{side}", middle, mean)
    level = up.place(overall)
    chart.add("rule faint", f"M{left:.1f} {level:.1f}H{right:.1f}")
    chart.legend = [(f"line side-{side}", "mean"), (f"band side-{side}", "range in each bin")]
    open_runs = _delaminated(chart, rows, x / scale)
    chart.description = words + (f" {open_runs} delaminated runs are marked." if open_runs else "")
    return chart


def _title(side: str) -> str:
    words = side_words(side) or "coating"
    return words[0].upper() + words[1:]


def _delaminated(chart: Chart, rows: pd.DataFrame, x: Floats) -> int:
    """Mark the delaminated runs along the bottom of the frame; how many there are."""
    found = runs(np.asarray(rows["delaminated"].fillna(False), dtype=bool))
    gap = numbers(rows["gap_um"])
    base = chart.y.start
    for run in found[:2000]:
        x0, x1 = (chart.x.place(float(v)) for v in (x[run][0], x[run][-1]))
        x1 = max(x1, x0 + 1.5)  # a run narrower than a line is still seen
        widest = float(np.nanmax(gap[run])) if np.isfinite(gap[run]).any() else np.nan
        title = f"delaminated at x = {short(x[run][0], 4)}, gap up to {length(widest)}"
        chart.add("gap", f"M{x0:.1f} {base - 7:.1f}H{x1:.1f}V{base:.1f}H{x0:.1f}Z", title)
    if found:
        chart.legend.append(("gap", "delaminated"))
    return len(found)


def depth_charts(section: Section) -> list[Chart]:
    """Draw the fraction of each phase through the depth, both sides in one chart."""
    rows = section.tables["profile"]
    ends = ("collector", "surface") if section.foil else ("lower border", "upper border")
    told = {"crack": "porosity_crack", "void": "porosity_intra"}
    shown = [p for p in PHASES if p not in told or section.applies(told[p])]
    present = [p for p in shown if (rows["phase"] == p).any()]
    return [_depth(rows[rows["phase"] == phase], phase, ends) for phase in present]


def _depth(rows: pd.DataFrame, phase: str, names: tuple[str, str]) -> Chart:
    left, right, bottom, top = frame(344, 230)
    columns = [100 * numbers(rows[c]) for c in ("fraction", "ci_low", "ci_high")]
    across = Axis(0, 1, left, right, f"relative depth: {names[0]} 0, {names[1]} 1")
    up = axis(np.concatenate(columns), bottom, top, "area fraction / %")
    chart = Chart(PHASE_WORDS.get(phase, phase), "", 344, 230, across, up)
    said = []
    for side in sorted(rows["side"].unique()):
        part = rows[rows["side"] == side].sort_values("zeta0", kind="stable")
        middle = (numbers(part["zeta0"]) + numbers(part["zeta1"])) / 2
        value, low, high = (100 * numbers(part[c]) for c in ("fraction", "ci_low", "ci_high"))
        chart.band(f"band side-{side}", middle, low, high)
        chart.line(f"line side-{side}", middle, value)
        chart.legend.append((f"line side-{side}", side_words(side)))
        if np.isfinite(value).any():
            ends = value[np.isfinite(value)][[0, -1]]
            who = side_words(side) or "coating"
            said.append(
                f"{who} {written(ends[0], 1)} % at the {names[0]}, {written(ends[1], 1)} %"
                f" at the {names[1]}"
            )
    chart.description = f"{chart.title} through the depth: {'; '.join(said)}."
    return chart


def trend_words(found: list[Estimate]) -> list[str]:
    """Say in words which depth gradients the intervals allow to see."""
    said = []
    for e in found:
        if e.metric in _TRENDS and np.isfinite([e.value, e.low, e.high]).all():
            seen = "no trend" if e.low <= _TRENDS[e.metric] <= e.high else "a trend"
            said.append(f"{e.full_name}: {e.text} ({e.interval}): {seen} at 95 %.")
    return said
