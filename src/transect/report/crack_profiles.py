"""Cracks against the size of particles, the depth and the place along the foil."""

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
    return charts
