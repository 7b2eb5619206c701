"""Metrics of all batches become charts: one row a lot, and one row a metric."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from transect.statistics.control.capability import NONE, capability
from transect.statistics.control.charts import Charts, individuals, means
from transect.statistics.control.rules import broken
from transect.statistics.control.tables import CAPABILITY, CONTROL
from transect.statistics.limits import Limit, limit_of
from transect.statistics.registry import REGISTRY

FEWEST = 3
"""Lots below which nothing is charted."""
ESTABLISHED = 20
"""Lots of a baseline below which its limits are provisional."""

NAN = float("nan")
KEYS = ["metric", "side", "unit"]


def control_tables(
    trend: pd.DataFrame, limits: dict[tuple[str, str], Limit], baseline: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Chart every metric.

    Parameters
    ----------
    trend
        Rows of the table of aggregates, one per batch, metric and side, in order of time.
    limits
        Limit by metric and side.
    baseline
        Lots from the first on that control limits are made from.

    Returns
    -------
    Rows of the tables `control` and `capability`.
    """
    lots = pd.Series(np.arange(1, trend["batch"].nunique() + 1), trend["batch"].unique())
    known = trend.assign(lot=trend["batch"].map(lots))
    rows, states = [], []
    for key, group in known.groupby(KEYS, sort=True):
        valued = group[np.isfinite(group["value"])]
        names = dict(zip(KEYS, map(str, key), strict=True))
        limit = limit_of(limits, names["metric"], names["side"])
        charts = _charts(valued, baseline) if len(valued) >= FEWEST else None
        states.append({**names, **_state(charts, valued, limit, baseline)})
        if charts is not None and (charts.sigma > 0 or charts.level.beyond.any()):
            rows.append(_rows(charts, valued, baseline).assign(**names))
    return _table(rows, CONTROL.names, CONTROL.empty()), _table(
        [pd.DataFrame(states)] if states else [], CAPABILITY.names, CAPABILITY.empty()
    )


def _charts(lots: pd.DataFrame, baseline: int) -> Charts:
    """Chart the means of lots that all have two cells and more, else lots as single values."""
    values, sds = (lots[name].to_numpy(np.float64) for name in ("value", "sd_between"))
    counts = lots["n_cells"].to_numpy(np.int64)
    # Cells that never differ within a lot tell nothing of how much lots may.
    if counts.min() >= 2 and sds[:baseline].any():
        return means(values, sds, counts, baseline)
    return individuals(values, baseline)


def _signals(charts: Charts) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    if not charts.sigma > 0:
        # Defects that were never there, and now are: no rule of sigmas sees them.
        yield "differs from a baseline that never varied", charts.level.beyond
        return
    yield from broken(charts.z).items()
    yield "EWMA beyond its limits", charts.ewma.beyond
    yield "spread beyond its limits", charts.spread.beyond


def _rows(charts: Charts, lots: pd.DataFrame, baseline: int) -> pd.DataFrame:
    signed = REGISTRY[str(lots["metric"].iloc[0])].signed
    said = [[] for _ in range(len(lots))]  # type: list[list[str]]
    for name, lots_broken in _signals(charts):
        for lot in np.flatnonzero(lots_broken):
            said[lot].append(name)
    frame = lots[["lot", "batch", "n_cells"]].assign(
        chart=charts.kind,
        in_baseline=np.arange(len(lots)) < baseline,
        provisional=_provisional(lots, baseline),
        signals=["; ".join(names) for names in said],
    )
    for lead, chart in (("", charts.level), ("spread", charts.spread), ("ewma", charts.ewma)):
        # What cannot be negative has no lower limit below 0.
        low = chart.low if signed else np.where(chart.low > 0, chart.low, NAN)
        tail = f"{lead}_" if lead else ""
        frame[lead or "value"] = chart.values
        frame[f"{tail}centre"], frame[f"{tail}low"] = chart.centre, low
        frame[f"{tail}high"] = chart.high
    return frame


def _state(
    charts: Charts | None, lots: pd.DataFrame, limit: Limit, baseline: int
) -> dict[str, object]:
    """Say whether a metric is in control, and its capability if it is."""
    found = {
        "provisional": _provisional(lots, baseline),
        "n_lots": len(lots),
        "n_signals": 0,
        "centre": NAN if charts is None else float(charts.level.centre[0]),
        "sigma": NAN if charts is None else charts.sigma,
        "limit_low": limit.low,
        "limit_high": limit.high,
    }
    index, note = NONE, ""
    if charts is None:
        state, note = "too few lots", f"{len(lots)} lots with a value, {FEWEST} are needed"
    else:
        signals = np.logical_or.reduce([flags for _, flags in _signals(charts)])
        found["n_signals"] = int(signals.sum())
        state = "in control" if charts.sigma > 0 else "does not vary"
        if signals.any():
            state, note = "signals", "no capability: what is not in control has none"
        else:
            index = capability(charts, _values(charts, lots[:baseline]), limit)
            note = "provisional limits" if found["provisional"] and charts.sigma > 0 else ""
    return {
        **found,
        "state": state,
        "cp": index.cp,
        "cpk": index.cpk,
        "cpk_low": index.low,
        "cpk_high": index.high,
        "note": note,
    }


def _values(charts: Charts, lots: pd.DataFrame) -> int:
    return int(lots["n_cells"].sum()) if charts.kind == "means" else len(lots)


def _provisional(lots: pd.DataFrame, baseline: int) -> bool:
    return min(len(lots), baseline) < ESTABLISHED


def _table(parts: list[pd.DataFrame], names: list[str], empty: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)[names] if parts else empty
