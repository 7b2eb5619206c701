"""Transport through the pores: the tortuosity factor along the foil, and how wide pores are."""

from __future__ import annotations

import numpy as np

from transect.report.axes import Axis, axis
from transect.report.charts import Chart, frame
from transect.report.digits import count, short
from transect.report.inputs import Section, numbers
from transect.report.labels import side_words

CLASSES = 32
"""Bars of the histogram of local thickness, all of one width."""


def factor_charts(section: Section) -> list[Chart]:
    """Draw the tortuosity factor of every window along the foil; nothing where none has a path."""
    rows = section.tables["transport"]
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = numbers(rows["porosity"]) / numbers(rows["relative"])
    factor[~np.isfinite(factor)] = np.nan
    if not np.isfinite(factor).any():
        return []
    middle = (numbers(rows["x0_um"]) + numbers(rows["x1_um"])) / 2
    end = float(numbers(rows["x1_um"]).max())
    scale, name = (1000, "mm") if end > 3000 else (1, "µm")
    left, right, bottom, top = frame(1080, 190)
    along = Axis(0.0, end / scale, left, right, f"x along the foil / {name}")
    up = axis(factor, bottom, top, "tortuosity factor (2-D index)", zero=True)
    shut = int(np.count_nonzero(~np.isfinite(factor)))
    known = factor[np.isfinite(factor)]
    words = (
        f"Tortuosity factor of {count(len(rows))} windows along the foil, a 2-D index: median"
        f" {short(float(np.median(known)))}, from {short(float(known.min()))} to"
        f" {short(float(known.max()))}; {count(shut)} windows have no path."
    )
    chart = Chart("Tortuosity factor along the foil (2-D index)", words, 1080, 190, along, up)
    for side in sorted(rows["side"].unique()):
        mine = (rows["side"] == side).to_numpy()
        chart.line(f"line side-{side}", middle[mine] / scale, factor[mine])
        chart.legend.append((f"line side-{side}", side_words(str(side))))
        for x in middle[mine & ~np.isfinite(factor)] / scale:
            at = along.place(float(x))
            place = f"M{at - 3:.1f} {bottom - 7:.1f}h6v7h-6Z"
            chart.add("gap", place, f"no path through the pores at x = {short(float(x), 4)}")
    if shut:
        chart.legend.append(("gap", "no path"))
    return [chart]


def local_thickness_charts(section: Section) -> list[Chart]:
    """Draw the local thickness of the pores; nothing where there is no pore."""
    sizes = section.tables["pore_thickness"]
    diameter, area = numbers(sizes["diameter_um"]), numbers(sizes["area"])
    if not area.sum() > 0:
        return []
    edges = np.linspace(0.0, float(diameter.max()), CLASSES + 1)
    share = 100 * np.histogram(diameter, edges, weights=area)[0] / area.sum()
    left, right, bottom, top = frame(344, 220)
    across = Axis(0.0, float(edges[-1]), left, right, "local thickness / µm")
    up = axis(share, bottom, top, "pore area / %", zero=True)
    order = np.argsort(diameter, kind="stable")
    half = int(np.searchsorted(np.cumsum(area[order]), area.sum() / 2))
    middle = float(diameter[order][half])
    words = (
        "Share of the pore area by the diameter of the largest disc that fits into the pore around"
        f" it: half of the area is thinner than {short(middle)} µm."
    )
    chart = Chart("Local thickness of the pores", words, 344, 220, across, up)
    chart.bars("bar pore-inter", edges, share)
    chart.rule("rule faint", middle, f"d50 {short(middle)} µm")
    return [chart]
