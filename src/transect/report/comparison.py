"""Charts that compare the sections and cells of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from transect.report.axes import axis
from transect.report.charts import Chart, Note
from transect.report.digits import short
from transect.report.estimates import Estimate, Verdict
from transect.report.inputs import numbers, texts
from transect.report.labels import KEY_METRICS, label, side_words

ROW_HEIGHT = 22.0
Key = tuple[str, str]
"""A metric and a side of the foil."""


@dataclass
class Row:
    """One section in the table of the batch."""

    cell: str
    section: str
    link: str
    verdict: str
    sign: str
    failed: list[str]
    numbers: dict[Key, Estimate]
    verdicts: list[Verdict]
    notices: list[str] = field(default_factory=list)


def key_columns(rows: list[Row]) -> list[Key]:
    """List the key metrics that any section has a value for."""
    present = {
        key
        for row in rows
        for key, e in row.numbers.items()
        if key[0] in KEY_METRICS and math.isfinite(e.value)
    }
    both = {metric for metric, side in present if not side}
    kept = [key for key in present if not key[1] or key[0] not in both]
    return sorted(kept, key=lambda key: (KEY_METRICS.index(key[0]), key[1]))


def title(key: Key) -> str:
    """Name a metric with its side."""
    metric, side = key
    return f"{label(metric).words}, {side_words(side)}" if side else label(metric).words


def compare(key: Key, rows: list[Row], cells: pd.DataFrame) -> Chart:
    """Draw a metric of all sections with intervals, the means of their cells and the limits.

    Parameters
    ----------
    key
        Metric and side.
    rows
        Sections, in the order of the table.
    cells
        Aggregates of the cells.
    """
    means = _means(key, cells)
    found = [(row, row.numbers[key]) for row in rows if key in row.numbers]
    limits = _limits(key, rows)
    ends = [v for _, e in found for v in (e.value, e.low, e.high)]
    unit = next((e.unit for _, e in found if e.unit), "")
    height = 46 + ROW_HEIGHT * len(found)
    across = axis(
        [*ends, *means.values(), *limits], 150, 514, f"{title(key)}{f' / {unit}' if unit else ''}"
    )
    words = "; ".join(f"{row.cell} / {row.section} {e.text} {unit}".rstrip() for row, e in found)
    frame = axis([0, 1], height - 40, 8)
    chart = Chart(title(key), f"{title(key)}: {words}", 528, height, across, frame)
    for limit in limits:
        chart.rule("rule limit", limit)
    for place, (row, e) in enumerate(found):
        _draw(chart, 18 + ROW_HEIGHT * place, row, e, means.get(row.cell, math.nan), _of(key, row))
    chart.legend = [("rule limit", "limit")] if limits else []
    return chart


def _draw(chart: Chart, y: float, row: Row, e: Estimate, mean: float, verdict: str) -> None:
    """Draw one section: its name, its interval, its value, the mean of its cell."""
    name = f"{row.cell} / {row.section}"
    chart.notes.append(Note(142, y + 4, name if len(name) < 22 else name[:20] + "…", "name", "end"))
    if math.isfinite(e.low) and math.isfinite(e.high):
        x0, x1 = chart.x.place(e.low), chart.x.place(e.high)
        chart.add("interval", f"M{x0:.1f} {y:.1f}H{x1:.1f}", f"{e.text} ({e.interval}) {e.unit}")
    if math.isfinite(mean):
        at = chart.x.place(mean)
        chart.add("mean", f"M{at:.1f} {y - 8:.1f}v16", f"mean of cell {row.cell}: {short(mean)}")
    if math.isfinite(e.value):
        at = chart.x.place(e.value)
        chart.add(f"dot {verdict}", f"M{at:.1f} {y:.1f}h0.01", f"{name}: {e.text} {e.unit}")


def _of(key: Key, row: Row) -> str:
    """Verdict of a section on a metric, as the name of a look."""
    found = [v.verdict for v in row.verdicts if (v.estimate.metric, v.estimate.side) == key]
    return found[0].replace(" ", "-") if found else "no-limit"


def _means(key: Key, cells: pd.DataFrame) -> dict[str, float]:
    part = cells[(cells["metric"] == key[0]) & (cells["side"].fillna("") == key[1])]
    scale = 100 if label(key[0]).percent else 1
    return dict(zip(texts(part["cell"]), numbers(part["value"]) * scale, strict=True))


def _limits(key: Key, rows: list[Row]) -> list[float]:
    """Limits of a metric, as the verdicts of the sections tell them."""
    judged = [v for r in rows for v in r.verdicts if (v.estimate.metric, v.estimate.side) == key]
    return sorted({x for v in judged for x in (v.limit_low, v.limit_high) if math.isfinite(x)})
