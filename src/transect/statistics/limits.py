"""Limits: what a metric must lie between, and the verdict on an interval."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from transect.errors import ConfigError
from transect.statistics.budget import guarded
from transect.statistics.registry import REGISTRY, applies
from transect.statistics.tables import VERDICTS

NOT_HERE = "does not apply"
"""Verdict on a metric of a defect that the coating cannot have."""


@dataclass(frozen=True)
class Limit:
    """Lower and upper limit of a metric; NaN where there is none."""

    low: float
    high: float


NO_LIMIT = Limit(float("nan"), float("nan"))


def read_limits(path: Path) -> dict[tuple[str, str], Limit]:
    """Read a file of limits.

    Returns
    -------
    Limit by metric and side; side "" stands for every side that has none of its own.

    Raises
    ------
    ConfigError
        Lists every fault of the file.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    entries = values.get("limits") if isinstance(values, dict) else None
    if not isinstance(entries, list):
        raise ConfigError(f"{path}: expected a key `limits` with a list of metric, unit, min, max")
    limits: dict[tuple[str, str], Limit] = {}
    faults = []
    for number, entry in enumerate(entries, 1):
        found = _faults(entry)
        if not found:
            key = (entry["metric"], entry.get("side", ""))
            found = ["given twice"] if key in limits else []
            limits[key] = Limit(_number(entry.get("min")), _number(entry.get("max")))
        name = entry.get("metric", "?") if isinstance(entry, dict) else "?"
        faults += [f"limit {number} ({name}): {fault}" for fault in found]
    if faults:
        raise ConfigError(f"{path}: " + "; ".join(faults))
    return limits


def limit_of(limits: dict[tuple[str, str], Limit], metric: str, side: str) -> Limit:
    """Limit of a metric on a side: its own, else that of every side, else none."""
    return limits.get((metric, side), limits.get((metric, ""), NO_LIMIT))


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))


def _faults(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["expected metric, unit, min and max"]
    known = ("metric", "side", "unit", "min", "max")
    faults = [
        f"unknown key {key}; known keys: {', '.join(known)}" for key in entry if key not in known
    ]
    metric = REGISTRY.get(str(entry.get("metric")))
    if metric is None:
        faults.append(f"unknown metric; known metrics: {', '.join(REGISTRY)}")
    elif entry.get("unit") is None:
        faults.append(f"unit is missing, expected {metric.unit!r}")
    elif str(entry["unit"]) != metric.unit:
        faults.append(f"unit {str(entry['unit'])!r}, expected {metric.unit!r}")
    if entry.get("side", "") not in ("", "a", "b"):
        faults.append(f"side {entry['side']!r}, expected a or b")
    ends = [entry.get("min"), entry.get("max")]
    wrong = [
        e
        for e in ends
        if e is not None
        and (isinstance(e, bool) or not isinstance(e, int | float) or not np.isfinite(e))
    ]
    if wrong:
        faults.append(f"min and max must be finite numbers, found {wrong[0]!r}")
    elif ends == [None, None]:
        faults.append("neither min nor max is given")
    elif _number(ends[0]) > _number(ends[1]):
        faults.append(f"min {ends[0]} is above max {ends[1]}")
    return faults


def verdict(value: float, low: float, high: float, limit: Limit) -> str:
    """Guard band: pass or fail only when the whole interval is on one side of every limit."""
    if np.isnan(limit.low) and np.isnan(limit.high):
        return "no limit"
    if not np.isfinite([value, low, high]).all():
        return "not decidable"
    floor = -np.inf if np.isnan(limit.low) else limit.low
    ceiling = np.inf if np.isnan(limit.high) else limit.high
    if floor <= low and high <= ceiling:
        return "pass"
    if high < floor or low > ceiling:
        return "fail"
    return "not decidable"


def judge(
    metrics: pd.DataFrame, parts: pd.DataFrame, limits: dict[tuple[str, str], Limit]
) -> pd.DataFrame:
    """Verdict on every metric of a section.

    Parameters
    ----------
    metrics
        Rows of the table of metrics.
    parts
        Their budget of uncertainty.
    limits
        Limit by metric and side.
    """
    frame = metrics.join(guarded(metrics, parts))
    found = [limit_of(limits, m, s) for m, s in zip(frame["metric"], frame["side"], strict=True)]
    frame["limit_low"] = [limit.low for limit in found]
    frame["limit_high"] = [limit.high for limit in found]
    ends = zip(frame["value"], frame["guard_low"], frame["guard_high"], found, strict=True)
    frame["verdict"] = [
        verdict(*end) if applies(note) else NOT_HERE
        for end, note in zip(ends, frame["note"], strict=True)
    ]
    return frame[VERDICTS.names] if len(frame) else VERDICTS.empty()
