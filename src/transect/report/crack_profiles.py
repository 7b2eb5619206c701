"""Cracks against the size of particles, depth, place along the foil, and from rim to core."""

from __future__ import annotations

import numpy as np

from transect.report.axes import Axis, axis
from transect.report.charts import Chart, frame
from transect.report.digits import short
from transect.report.inputs import Section, numbers

_AXES = {
    "ecd_um": ("Cracks by particle size", "equivalent circle diameter / µm"),
    "zeta": ("Cracks by depth", "relative depth: collector 0, surface 1"),
    "x_um": ("Cracks along the foil", "x along the foil / µm"),
}


def crack_profile_charts(section: Section) -> list[Chart]:
    """Draw the share of cracked particles against size, depth and place, one chart each."""
    rows = section.tables["crack_profile"]
    if not section.applies("cracked_fraction") or not (numbers(rows["cracked_share"]) > 0).any():
        return []
    charts = []
    for name, (title, words) in _AXES.items():
        mine = rows[rows["axis"] == name].sort_values("low", kind="stable")
        if not len(mine):
            continue
        low, high = numbers(mine["low"]), numbers(mine["high"])
        share, least, most = (
            100 * numbers(mine[column])
            for column in ("cracked_share", "cracked_low", "cracked_high")
        )
        left, right, bottom, top = frame(344, 220)
        # Classes without a particle have no row: the axis goes on over them.
        across = Axis(float(low[0]), float(high[-1]), left, right, words)
        up = axis(np.concatenate([share, least, most]), bottom, top, "cracked / %", zero=True)
        said = (
            f"{title}: from {short(float(np.nanmin(share)))} to"
            f" {short(float(np.nanmax(share)))} % of the particles of a class are cracked."
        )
        chart = Chart(title, said, 344, 220, across, up)
        middle = (low + high) / 2
        chart.band("band", middle, least, most)
        chart.line("line", middle, share)
        charts.append(chart)
    return charts + _layers(section)


def _layers(section: Section) -> list[Chart]:
    """Draw the share of cracks in particles from rim to core."""
    rows = section.tables["radial_profile"]
    share, least, most = (
        100 * numbers(rows[name]) for name in ("crack_area_fraction", "crack_low", "crack_high")
    )
    if not np.isfinite(share).any():
        return []
    middle = (numbers(rows["depth_low"]) + numbers(rows["depth_high"])) / 2
    left, right, bottom, top = frame(344, 220)
    across = Axis(0.0, 1.0, left, right, "depth in the particle: rim 0, core 1")
    up = axis(np.concatenate([share, least, most]), bottom, top, "crack area / %", zero=True)
    said = (
        f"Cracks from rim to core: {short(float(share[0]))} % of the outermost layer of whole"
        f" particles is crack, {short(float(share[-1]))} % of the innermost."
    )
    chart = Chart("Cracks from rim to core", said, 344, 220, across, up)
    chart.band("band", middle, least, most)
    chart.line("line", middle, share)
    return [chart]
