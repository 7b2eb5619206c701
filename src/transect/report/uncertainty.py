"""What the key numbers may be off by, and for which reasons, as bars."""

from __future__ import annotations

import math

import numpy as np

from transect.report.axes import axis
from transect.report.charts import Chart, Note
from transect.report.digits import short
from transect.report.estimates import Estimate, key_numbers
from transect.report.inputs import Section
from transect.statistics.budget import COMPONENTS

WIDE, ROW, START, STOP = 1096.0, 20.0, 190.0, 980.0
"""Width of the drawing, height of a bar, and where bars begin and end."""


def budget_chart(section: Section, numbers: list[Estimate]) -> Chart | None:
    """Draw the budget of every key metric that has an interval; none without a table of it."""
    table = section.tables["budget"]
    rows = {
        key: dict(zip(part["component"], part["share"], strict=True))
        for key, part in table.groupby(["metric", "side"], sort=False)
    }
    ends = {
        (str(r["metric"]), str(r["side"])): (r["guard_low"], r["guard_high"])
        for r in section.tables["verdicts"].to_dict("records")
    }
    keys = [e for group in key_numbers(numbers) for e in group if math.isfinite(e.low)]
    found = [e for e in keys if sum(rows.get((e.metric, e.side), {}).values()) > 0]
    if not found:
        return None
    height = 50 + ROW * len(found)
    x = axis([0, 100], START, STOP, "Share of the squared uncertainty / %")
    chart = Chart("Budget of uncertainty", "", WIDE, height, x, axis([0, 1], height - 40, 8))
    said = []
    for place, e in enumerate(found):
        shares = rows[e.metric, e.side]
        off = _off(e, ends.get((e.metric, e.side), (math.nan, math.nan)))
        y = 12 + ROW * place
        chart.notes.append(Note(START - 8, y + 11, e.full_name, "name", "end"))
        chart.notes.append(Note(STOP + 8, y + 11, off, "small"))
        _bar(chart, y, shares)
        greatest = max(shares, key=lambda name: shares[name])
        said.append(f"{e.full_name} {off}, mostly {greatest}")
    chart.legend = [(_css(name), name) for name in COMPONENTS]
    chart.description = "; ".join(said)
    return chart


def _bar(chart: Chart, y: float, shares: dict[str, float]) -> None:
    """Draw the shares of one metric, one after the other."""
    edge = 0.0
    for name in COMPONENTS:
        share = 100 * shares.get(name, 0.0)
        left, right = chart.x.place(edge), chart.x.place(edge + share)
        edge += share
        if right - left >= 0.05:
            path = f"M{left:.1f} {y:.1f}H{right:.1f}V{y + ROW - 6:.1f}H{left:.1f}Z"
            chart.add(_css(name), path, f"{name}: {short(share)} %")


def _off(e: Estimate, ends: tuple[float, float]) -> str:
    """Write by how much a value may be off: the larger of both sides."""
    scale = e.value / e.raw if e.raw else 1.0
    half = max(abs(end * scale - e.value) for end in ends) if np.isfinite(ends).all() else math.nan
    return f"± {short(half, 2)} {e.unit}".rstrip()


def _css(component: str) -> str:
    return "part " + component.replace(" ", "-")
