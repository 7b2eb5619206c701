"""The page of all batches: control charts, signals, capability."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from transect.report import pages
from transect.report.axes import axis
from transect.report.charts import Chart, Note
from transect.report.comparison import Key, title
from transect.report.digits import NONE, count, short, unit, written
from transect.report.inputs import numbers, texts
from transect.report.labels import KEY_METRICS, label, order, side_words
from transect.report.settings import settings_shown
from transect.statistics.control.tables import CAPABILITY, CONTROL
from transect.statistics.tables import AGGREGATES
from transect.storage.tables import read_table

STATES = ("signals", "in control", "does not vary")
"""States, in the order of the table."""

WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 528, 220, 76, 490, 14, 180
"""Size of a chart and the ends of its frame, in units of the drawing."""


def trend_page(trend: Path, control: Path, capability: Path, settings: str) -> str:
    """Make the page of all batches.

    Parameters
    ----------
    trend, control, capability
        Tables of all batches, of lots on their charts, and of states.
    settings
        The configuration to show, as JSON.

    Raises
    ------
    TransectError
        A table cannot be read.
    """
    history, lots = read_table(trend, AGGREGATES), read_table(control, CONTROL)
    states = read_table(capability, CAPABILITY)
    batches = texts(history["batch"].drop_duplicates())
    charted = states["state"].isin(["signals", "in control"])
    return pages.render(
        "trend.html",
        facts=[
            ("Batches", count(len(batches))),
            ("Charted", count(int(charted.sum()))),
            ("With signals", count(int((states["state"] == "signals").sum()))),
        ],
        provisional=bool(states["provisional"][charted].any()),
        few=not charted.any(),
        signals=_signals(lots),
        states=_states(states),
        charts=charts(history, lots, states),
        settings=settings_shown(settings),
        versions=pages.versions(),
        recipes=pages.recipes(),
    )


def charts(history: pd.DataFrame, lots: pd.DataFrame, states: pd.DataFrame) -> list[Chart]:
    """Draw the key metrics, and all with a signal, where two batches and more have a value."""
    signalled = states[states["state"] == "signals"]
    wanted = {*KEY_METRICS, *texts(signalled["metric"])}
    names = texts(history["batch"].drop_duplicates())
    found = []
    for key in sorted(_keys(history), key=lambda k: (*order(k[0]), k[1])):
        rows = _of(key, history)
        if key[0] in wanted and np.isfinite(numbers(rows["value"])).sum() >= 2:
            found.append(_chart(key, names, rows, _of(key, lots), _of(key, states)))
    return found


def _keys(table: pd.DataFrame) -> set[Key]:
    return set(zip(texts(table["metric"]), texts(table["side"].fillna("")), strict=True))


def _of(key: Key, table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["metric"] == key[0]) & (table["side"].fillna("") == key[1])]


def _chart(
    key: Key, names: list[str], rows: pd.DataFrame, lots: pd.DataFrame, states: pd.DataFrame
) -> Chart:
    """Draw one metric over the batches: values, control limits, the slow mean, and its limits."""
    scale = 100 if label(key[0]).percent else 1
    values, low, high = (numbers(rows[c]) * scale for c in ("value", "ci_low", "ci_high"))
    lines = {c: numbers(lots[c]) * scale for c in ("centre", "low", "high", "ewma")}
    allowed = [float(numbers(states[c])[0]) * scale for c in ("limit_low", "limit_high")]
    places = np.array([names.index(name) for name in texts(rows["batch"])])
    charted = numbers(lots["lot"]) - 1
    x = axis([0, max(len(names) - 1, 1)], LEFT, RIGHT)
    shown = unit(str(rows["unit"].iloc[0])) if scale == 1 else "%"
    y = axis(
        np.concatenate([values, low, high, *lines.values(), allowed]),
        BOTTOM, TOP, f"{title(key)}{f' / {shown}' if shown else ''}",
    )  # fmt: skip
    chart = Chart(title(key), "", WIDE, HIGH, x, y)
    for name, css in (("low", "control"), ("high", "control"), ("centre", "centre")):
        chart.line(f"line {css}", charted, lines[name])
    for limit in allowed:
        chart.line("rule limit", [0, max(len(names) - 1, 1)], [limit, limit])
    chart.line("line ewma", charted, lines["ewma"])
    said = dict(zip(texts(lots["batch"]), texts(lots["signals"]), strict=True))
    for place, value, ends in zip(places, values, zip(low, high, strict=True), strict=True):
        _dot(chart, int(place), names[place], value, ends, said.get(names[place], ""))
    # About eight names fit under the axis.
    for place in range(0, len(names), len(names) // 8 + 1):
        chart.notes.append(Note(x.place(place), 198, names[place][:12], "small", "middle"))
    if len(lots):
        chart.legend = [("line control", "control limits"), ("line ewma", "slow mean (EWMA)")]
    if np.isfinite(allowed).any():
        chart.legend.append(("rule limit", "limit"))
    words = "; ".join(f"{names[p]} {short(v)}" for p, v in zip(places, values, strict=True))
    chart.description = f"{title(key)} by batch: {words}"
    return chart


def _dot(
    chart: Chart, place: int, name: str, value: float, ends: tuple[float, float], signals: str
) -> None:
    """Draw one batch: its interval and its value, red where a rule is broken."""
    at = chart.x.place(place)
    if np.isfinite(ends).all():
        chart.add(
            "interval", f"M{at:.1f} {chart.y.place(ends[0]):.1f}V{chart.y.place(ends[1]):.1f}"
        )
    if np.isfinite(value):
        words = f"{name}: {short(value)}" + (f"; {signals}" if signals else "")
        css = "dot fail" if signals else "dot"
        chart.add(css, f"M{at:.1f} {chart.y.place(value):.1f}h0.01", words)


def _signals(lots: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """List what is not as it was, the newest first: batch, quantity, value, rules."""
    rows = lots[lots["signals"] != ""].sort_values("lot", ascending=False, kind="stable")
    return [
        (
            str(row["batch"]),
            title((str(row["metric"]), str(row["side"]))),
            _value(float(row["value"]), str(row["metric"]), str(row["unit"])),
            str(row["signals"]),
        )
        for row in rows.to_dict("records")
    ]


def _states(states: pd.DataFrame) -> list[dict[str, str]]:
    """List metrics of three batches and more with their control, those with signals first."""
    rows = sorted(
        states[states["state"] != "too few lots"].to_dict("records"),
        key=lambda r: (STATES.index(r["state"]), *order(r["metric"]), r["side"]),
    )
    return [
        {
            "name": label(str(row["metric"])).words,
            "side": side_words(str(row["side"])),
            "state": str(row["state"]),
            "lots": count(row["n_lots"]),
            "signals": count(row["n_signals"]),
            "centre": _value(row["centre"], row["metric"], row["unit"]),
            "sigma": _value(row["sigma"], row["metric"], row["unit"]),
            "cp": written(row["cp"], 2),
            "cpk": written(row["cpk"], 2),
            "interval": _interval(row["cpk_low"], row["cpk_high"]),
            "note": str(row["note"]),
        }
        for row in rows
    ]


def _value(value: float, metric: str, of: str) -> str:
    if not np.isfinite(value):
        return NONE
    percent = label(metric).percent
    shown = value * 100 if percent else value
    return f"{short(shown)} {'%' if percent else unit(of)}".rstrip()


def _interval(low: float, high: float) -> str:
    return f"{written(low, 2)} to {written(high, 2)}" if np.isfinite([low, high]).all() else ""
