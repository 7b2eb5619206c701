"""Distributions: sizes of particles, cracks and pores."""

from __future__ import annotations

import numpy as np

from transect.report.axes import Axis, Floats, axis, log_axis
from transect.report.charts import Chart, frame
from transect.report.digits import count, short
from transect.report.inputs import Section, numbers
from transect.statistics.iso13322 import D90, MEAN

PORE_KINDS = {
    "inter": "between particles",
    "intra": "inside particles",
    "gap": "gaps at interfaces",
}
WIDTH, HEIGHT = 528.0, 260.0


def size_charts(section: Section) -> list[Chart]:
    """Draw the diameters of the particles: histogram and cumulative, by number and by area."""
    rows = section.tables["particles"]
    size, weight = numbers(rows["ecd_um"]), numbers(rows["ml_weight"])
    good = np.isfinite(size) & (size > 0)
    if not good.any():
        return []
    # A particle without a weight (cut by the border) is not counted.
    number = np.where(np.isfinite(weight[good]), weight[good], 0.0)
    size = size[good]
    if not number.sum() > 0:
        return []
    area = number * size**2
    metrics = section.tables["metrics"]
    metrics = metrics[metrics["side"].fillna("") == ""]
    values = dict(zip(metrics["metric"], numbers(metrics["value"]), strict=True))
    return [_size_histogram(size, number, area), _size_cumulative(size, number, area, values)]


def _size_histogram(size: Floats, number: Floats, area: Floats) -> Chart:
    edges = _log_edges(size)
    left, right, bottom, top = frame(WIDTH, HEIGHT)
    across = log_axis(edges[0], edges[-1], left, right, "equivalent circle diameter / µm")
    by_number, by_area = _shares(size, edges, number), _shares(size, edges, area)
    up = axis(np.concatenate([by_number, by_area]), bottom, top, "share per bin / %", zero=True)
    words = (
        f"Histogram of {count(len(size))} particle diameters; the fullest bin by number is near"
        f" {short(_mode(edges, by_number))} µm, by area near {short(_mode(edges, by_area))} µm."
    )
    chart = Chart("Share by diameter", words, WIDTH, HEIGHT, across, up)
    chart.bars("bar area", edges, by_area)
    chart.bars("bar number", edges, by_number)
    chart.legend = [("bar number", "by number"), ("bar area", "by area")]
    return chart


def _size_cumulative(
    size: Floats, number: Floats, area: Floats, metrics: dict[str, float]
) -> Chart:
    edges = _log_edges(size)
    left, right, bottom, top = frame(WIDTH, HEIGHT)
    across = log_axis(edges[0], edges[-1], left, right, "equivalent circle diameter / µm")
    up = Axis(0, 100, bottom, top, "cumulative share / %")
    chart = Chart("Cumulative", "", WIDTH, HEIGHT, across, up)
    order = np.argsort(size, kind="stable")
    ranked = size[order]
    said = []
    for css, words, weight in (("number", "by number", number), ("area", "by area", area)):
        share = 100 * np.cumsum(weight[order]) / weight.sum()
        # 300 points: a curve of every particle would be megabytes of path.
        keep = np.unique(np.linspace(0, len(size) - 1, 300).astype(int))
        chart.line(f"line {css}", ranked[keep], share[keep])
        chart.legend.append((f"line {css}", words))
        # The published numbers, not another estimate of them.
        at = {q: metrics.get(f"d{q}_{css}_um", np.nan) for q in (10, 50, 90)}
        said.append(words + " " + ", ".join(f"D{q} {short(v)}" for q, v in at.items()) + " µm")
        if css == "area":
            for q, value in at.items():
                chart.rule("rule faint", value, f"D{q}")
    chart.description = "Cumulative distribution of diameters: " + "; ".join(said) + "."
    return chart


def iso_status(n: int) -> str:
    """Say what a count of particles is good for by ISO 13322-1 (log-normal, GSD 1.6).

    Parameters
    ----------
    n
        Particles that are counted.
    """
    words = f"N = {count(n)} whole particles. ISO 13322-1: "
    if n >= D90:
        return words + f"enough for D90 ({count(D90)} and more)."
    if n > MEAN:
        return words + f"enough for the volume mean (more than {count(MEAN)}), not for D90."
    return words + f"too few for a repeatable volume mean (more than {count(MEAN)})."


def crack_charts(section: Section) -> list[Chart]:
    """Draw the lengths and widths of the cracks."""
    if not section.applies("cracked_fraction"):
        return []
    rows = section.tables["cracks"]
    charts = (
        _histogram("Crack length", "length / µm", [("crack", "", numbers(rows["length_um"]))]),
        _histogram(
            "Crack width", "mean width / µm", [("crack", "", numbers(rows["width_mean_um"]))]
        ),
    )
    return [chart for chart in charts if chart is not None]


def pore_charts(section: Section) -> list[Chart]:
    """Draw the sizes of the pores, one histogram per kind."""
    rows = section.tables["pores"]
    charts = []
    for kind, words in PORE_KINDS.items():
        if kind == "intra" and not section.applies("porosity_intra"):
            continue
        part = rows[rows["kind"] == kind]
        sizes = numbers(part["ecd_um"])
        title = f"Pores {words}" if kind != "gap" else words.capitalize()
        chart = _histogram(title, "equivalent circle diameter / µm", [(f"pore-{kind}", "", sizes)])
        if chart is not None:
            charts.append(chart)
    return charts


def _histogram(title: str, label: str, series: list[tuple[str, str, Floats]]) -> Chart | None:
    values = [v[np.isfinite(v) & (v > 0)] for _, _, v in series]
    everything = np.concatenate(values)
    if not len(everything):
        return None
    edges = _log_edges(everything)
    width, height = 344.0, 220.0
    left, right, bottom, top = frame(width, height)
    across = log_axis(edges[0], edges[-1], left, right, label)
    counts = [np.histogram(v, edges)[0].astype(np.float64) for v in values]
    up = axis(np.concatenate(counts), bottom, top, "count", zero=True, least=1)
    middle = float(np.median(everything))
    words = (
        f"{title}: {count(len(everything))} objects, median {short(middle)} µm, largest"
        f" {short(float(everything.max()))} µm."
    )
    chart = Chart(title, words, width, height, across, up)
    for (css, name, _), heights in zip(series, counts, strict=True):
        chart.bars(f"bar {css}", edges, heights)
        if name:
            chart.legend.append((f"bar {css}", name))
    chart.rule("rule faint", middle, f"median {short(middle)} µm")
    return chart


def _log_edges(values: Floats) -> Floats:
    """Logarithmic bins over the values; more of them where there are more values."""
    low, high = float(values.min()), float(values.max())
    if high <= low * 1.05:
        low, high = low / 1.3, high * 1.3
    bins = int(np.clip(2 * len(values) ** (1 / 3), 8, 36))
    edges = np.geomspace(low, high, bins + 1)
    # Rounding of the powers must not drop the smallest or the largest value.
    edges[0], edges[-1] = low, high
    return edges


def _shares(values: Floats, edges: Floats, weights: Floats) -> Floats:
    return np.asarray(100 * np.histogram(values, edges, weights=weights)[0] / weights.sum())


def _mode(edges: Floats, heights: Floats) -> float:
    best = int(np.argmax(heights))
    return float(np.sqrt(edges[best] * edges[best + 1]))
