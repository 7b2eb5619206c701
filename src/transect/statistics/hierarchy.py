"""Metrics of cells, batches and the trend: means over sections and cells, with honest intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from transect.errors import AnalysisError
from transect.statistics.bootstrap import LEVEL
from transect.statistics.registry import REGISTRY
from transect.statistics.tables import AGGREGATES
from transect.storage.tables import Schema, read_table


def cell_metrics(sections: pd.DataFrame) -> pd.DataFrame:
    """Means over the sections of each cell.

    Parameters
    ----------
    sections
        Rows of the table of metrics, of one or more sections.
    """
    return _table([_mean(group, "section") for group in _groups(sections, ["batch", "cell"])])


def batch_metrics(cells: pd.DataFrame) -> pd.DataFrame:
    """Means over the cells of each batch: cells count alike, however many sections they have."""
    return _table([{**_mean(group, "cell"), "cell": ""} for group in _groups(cells, ["batch"])])


def trend_metrics(batches: pd.DataFrame) -> pd.DataFrame:
    """All batches in one table, in the order in which they are given."""
    lots = pd.Categorical(batches["batch"], batches["batch"].unique())
    frame = batches[AGGREGATES.names].assign(lot=lots.codes)
    keys = ["lot", "cell", "metric", "side"]
    return frame.sort_values(keys, ignore_index=True)[AGGREGATES.names]


def _groups(frame: pd.DataFrame, keys: list[str]) -> list[pd.DataFrame]:
    return [group for _, group in frame.groupby([*keys, "metric", "side"], sort=True)]


def _table(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    if not rows:
        return AGGREGATES.empty()
    keys = ["batch", "cell", "metric", "side"]
    return pd.DataFrame(rows)[AGGREGATES.names].sort_values(keys, ignore_index=True)


def _mean(group: pd.DataFrame, level: str) -> dict[str, object]:
    """One row: the mean of the group's values and what is known of its error."""
    first = group.iloc[0]
    known = group[np.isfinite(group["value"])]
    n, values = len(known), known["value"].to_numpy(np.float64)
    low, high, sd, method = np.nan, np.nan, np.nan, f"no {level} has a value"
    if n == 1:
        low, high = float(known["ci_low"].iloc[0]), float(known["ci_high"].iloc[0])
        method = f"one {level}: its own interval, which does not hold the spread between {level}s"
    elif n > 1:
        sd = float(values.std(ddof=1))
        half = float(stdtrit(n - 1, 0.5 + LEVEL / 2)) * sd / np.sqrt(n)
        low, high = values.mean() - half, values.mean() + half
        if first["metric"] in REGISTRY and not REGISTRY[first["metric"]].signed:
            low = max(low, 0.0)
        method = f"Student's t over {n} {level}s"
    sections = int(known["n_sections"].sum()) if "n_sections" in known else n
    return {
        "batch": first["batch"],
        "cell": first["cell"],
        "metric": first["metric"],
        "side": first["side"],
        "value": float(values.mean()) if n else np.nan,
        "sd_between": sd,
        "ci_low": float(low),
        "ci_high": float(high),
        "n_sections": sections,
        "n_cells": n if level == "cell" else int(n > 0),
        "unit": first["unit"],
        "method": method,
    }


def read_all(paths: Sequence[Path], schema: Schema) -> pd.DataFrame:
    """Read tables of one kind into one.

    Raises
    ------
    AnalysisError
        The same section or cell comes twice, or a metric comes in two units.
    """
    frames = [read_table(path, schema) for path in paths]
    frame = pd.concat([schema.empty(), *frames], ignore_index=True) if frames else schema.empty()
    keys = [k for k in ("batch", "cell", "section", "metric", "side") if k in frame]
    twice = frame[frame.duplicated(keys)]
    if len(twice):
        where = "/".join(str(twice.iloc[0][k]) for k in keys[:-2])
        raise AnalysisError(f"{where}: its metrics are given twice; name each table once")
    units = frame.groupby("metric")["unit"].unique()
    mixed = [
        f"{name} in {', '.join(map(str, found))}" for name, found in units.items() if len(found) > 1
    ]
    if mixed:
        raise AnalysisError(
            f"one metric in two units: {'; '.join(mixed)}; run the join step again everywhere"
        )
    return frame
