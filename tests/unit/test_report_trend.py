"""The page of all batches: charts, signals, capabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.report_made import fill
from transect.report.steps import report_trend
from transect.report.trend import charts
from transect.statistics.control.lots import control_tables
from transect.statistics.control.tables import CAPABILITY, CONTROL
from transect.statistics.limits import Limit
from transect.statistics.tables import AGGREGATES
from transect.storage.tables import write_table

LIMITS = {("porosity_total", ""): Limit(0.2, 0.4)}


def history(values: list[float], metric: str = "porosity_total", unit: str = "1") -> pd.DataFrame:
    at = np.array(values)
    return fill(
        AGGREGATES, len(values), batch=[f"<B{i}>" for i in range(len(values))], cell="",
        metric=metric, side="", value=at, ci_low=at - 0.01, ci_high=at + 0.01, sd_between=np.nan,
        n_cells=1, unit=unit,
    )  # fmt: skip


def written(folder: Path, trend: pd.DataFrame) -> str:
    lots, states = control_tables(trend, LIMITS, 25)
    tables = {"trend": (trend, AGGREGATES), "control": (lots, CONTROL),
              "capability": (states, CAPABILITY)}  # fmt: skip
    for name, (rows, schema) in tables.items():
        write_table(folder / f"{name}.parquet", rows, schema)
    paths = {name: folder / f"{name}.parquet" for name in tables}
    report_trend(**paths, output=folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def test_a_batch_that_is_unlike_the_others_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = [*(0.3 + 0.005 * rng.standard_normal(25)).tolist(), 0.36]
    text = written(tmp_path, history(values))
    assert "&lt;B25&gt;" in text
    assert "<B25>" not in text
    assert "beyond 3 sigma" in text
    assert "provisional: fewer" not in text
    drawn = charts(history(values), *control_tables(history(values), LIMITS, 25))
    red = [mark for mark in drawn[0].marks if mark.css == "dot fail"]
    assert "beyond 3 sigma" in red[-1].title
    assert red[-1].title.startswith("<B25>")
    assert ("rule limit", "limit") in drawn[0].legend


def test_a_calm_process_shows_its_capability(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    values = (0.3 + 0.005 * rng.standard_normal(24)).tolist()
    lots, states = control_tables(history(values), LIMITS, 25)
    assert states["state"].tolist() == ["in control"]
    assert f"{states['cpk'].iloc[0]:.2f}" in written(tmp_path, history(values))
    assert (lots["signals"] == "").all()


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([0.3], 0), ([0.3, np.nan], 0), ([0.3, 0.31], 1), ([0.3, 0.31, np.nan], 1)],
)
def test_a_chart_needs_two_batches(values: list[float], drawn: int, tmp_path: Path) -> None:
    trend = history(values)
    assert len(charts(trend, *control_tables(trend, {}, 25))) == drawn
    assert "Three batches with a value make a first control chart" in written(tmp_path, trend)


def test_without_any_metric_there_is_a_page(tmp_path: Path) -> None:
    text = written(tmp_path, AGGREGATES.empty())
    assert "Three batches" in text
    assert "Control and capability" not in text
