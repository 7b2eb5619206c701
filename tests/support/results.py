"""Folders of results with made-up metrics, whose differences are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from transect.statistics.registry import REGISTRY
from transect.statistics.tables import METRICS, REPLICATES
from transect.storage.tables import write_table

NAN = float("nan")
FACTS = {"px_um": "0.025", "recipe": "5"}


def metric_row(metric: str, value: float, half: float = 0.01, note: str = "") -> dict[str, object]:
    return {
        "metric": metric, "side": "", "value": value, "unit": REGISTRY[metric].unit,
        "ci_low": value - half, "ci_high": value + half, "segmentation_low": NAN,
        "segmentation_high": NAN, "n": 100, "method": "made", "resolution_limit_um": 0.1,
        "note": note,
    }  # fmt: skip


def write_section(
    root: Path,
    keys: tuple[str, str, str],
    values: dict[str, float],
    *,
    seed: int = 0,
    half: float = 0.01,
    facts: dict[str, str] = FACTS,
    notes: dict[str, str] | None = None,
) -> Path:
    """Write metrics, and replicates as wide as their intervals, of one section."""
    folder = root / "batches" / Path(*keys)
    names = dict(zip(("batch", "cell", "section"), keys, strict=True))
    rows = [metric_row(m, v, half, (notes or {}).get(m, "")) for m, v in values.items()]
    metrics = pd.DataFrame(rows).assign(**names)
    write_table(folder / "tables/metrics.parquet", metrics, METRICS, facts)
    rng = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {"replicate": np.arange(400, dtype=np.int32), "metric": m, "side": "",
             "value": v + half / 1.96 * rng.normal(size=400)}
        )
        for m, v in values.items()
        if np.isfinite(v)
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True).assign(**names) if parts else REPLICATES.empty()
    write_table(folder / "tables/replicates.parquet", table, REPLICATES, facts)
    return folder
