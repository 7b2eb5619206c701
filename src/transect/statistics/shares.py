"""Where a metric's variance comes from: between cells, between sections, within a section.

y = mean + cell + section + sampling. What sampling contributes is known from each section's own
interval, the rest by the method of moments; negative estimates are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from transect.statistics.bootstrap import LEVEL
from transect.statistics.registry import REGISTRY
from transect.statistics.tables import VARIANCE_SHARES

Floats = npt.NDArray[np.float64]

NAN = float("nan")


def variance_shares(metrics: pd.DataFrame) -> pd.DataFrame:
    """Rows of the table `variance_shares`: every metric and side of every batch.

    Parameters
    ----------
    metrics
        Rows of the tables `metrics` of sections.
    """
    order = {name: i for i, name in enumerate(REGISTRY)}
    groups = metrics.groupby(["batch", "metric", "side"], sort=True)
    rows = [
        {"batch": batch, "metric": metric, "side": side, "unit": rows["unit"].iloc[0]}
        | _shares(rows)
        for (batch, metric, side), rows in groups
    ]
    if not rows:
        return VARIANCE_SHARES.empty()
    frame = pd.DataFrame(rows)
    place = frame["metric"].map(lambda name: order.get(name, len(order)))
    frame = frame.assign(place=place).sort_values(["batch", "place", "side"], ignore_index=True)
    return frame[VARIANCE_SHARES.names]


def _shares(rows: pd.DataFrame) -> dict[str, Any]:
    known = rows[np.isfinite(rows["value"])]
    cells = [part for _, part in known.groupby("cell", sort=True)]
    values = [part["value"].to_numpy(np.float64) for part in cells]
    out: dict[str, Any] = dict.fromkeys(
        ("var_cell", "var_section", "var_within", "share_cell", "share_section", "share_within",
         "icc", "n_eff"), NAN,
    )  # fmt: skip
    out |= {
        "value": float(np.mean([v.mean() for v in values])) if values else NAN,
        "n_cells": len(cells),
        "n_sections": len(known),
        "note": "",
    }
    if not values:
        return out | {"note": "no section has a value"}
    within = [_sampling(part) for part in cells]
    if not all(np.isfinite(w).any() for w in within):
        return out | {"note": "not every cell has an interval: its sampling is not known"}
    sampling = [float(np.nanmean(w)) for w in within]
    return out | _moments(values, sampling)


def _sampling(rows: pd.DataFrame) -> Floats:
    """Variance of each section's value by sampling within it, from its published interval."""
    half = (rows["ci_high"] - rows["ci_low"]).to_numpy(np.float64) / 2
    return np.asarray((half / float(ndtri(0.5 + LEVEL / 2))) ** 2)


def _moments(values: list[Floats], sampling: list[float]) -> dict[str, Any]:
    """Components of the variance, from the sections of each cell and their sampling variances."""
    counts = np.array([v.size for v in values], dtype=np.float64)
    within = float(np.dot(counts, sampling) / counts.sum())
    freedom = float((counts - 1).sum())
    section = NAN
    if freedom > 0:
        squares = sum(float(((v - v.mean()) ** 2).sum()) for v in values)
        section = max(squares / freedom - within, 0.0)
    out: dict[str, Any] = {"var_section": section, "var_within": within}
    if len(values) < 2:
        return out | {"note": "one cell: nothing is known between cells"}
    between = float(np.var([v.mean() for v in values], ddof=1))
    # Means of cells scatter by their sections and sampling too.
    below = float(np.mean((np.nan_to_num(section) + np.array(sampling)) / counts))
    cell = max(between - below, 0.0)
    total = cell + float(np.nan_to_num(section)) + within
    note = "" if freedom > 0 else "one section a cell: the share of cells holds that of sections"
    out |= {"var_cell": cell, "note": note}
    if not total > 0:
        return out | {"note": "; ".join(p for p in (note, "no variance at all") if p)}
    return out | {
        "share_cell": cell / total,
        "share_section": section / total,
        "share_within": within / total,
        "icc": cell / total,
        # Sections of cells of their own that the mean is worth.
        "n_eff": total * len(values) / between if between > 0 else NAN,
    }
