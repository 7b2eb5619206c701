"""Limits, verdicts and aggregates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transect.errors import AnalysisError
from transect.statistics.budget import Instrument, budget
from transect.statistics.hierarchy import batch_metrics, cell_metrics, trend_metrics
from transect.statistics.limits import Limit, judge, read_limits, verdict
from transect.statistics.registry import REGISTRY
from transect.statistics.steps import batch, cell, trend
from transect.statistics.steps import judge as judge_step
from transect.statistics.tables import AGGREGATES, METRICS, VERDICTS
from transect.storage.tables import read_table, write_table

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "limits.example.yaml"
NAN = float("nan")


def metrics(section: str, value: float, *, cell: str = "c", half: float = 0.01) -> pd.DataFrame:
    row = {
        "batch": "b", "cell": cell, "section": section, "metric": "porosity_total", "side": "",
        "value": value, "unit": "1", "ci_low": value - half, "ci_high": value + half,
        "segmentation_low": NAN, "segmentation_high": NAN, "n": 40, "method": "",
        "resolution_limit_um": 0.05, "note": "",
    }  # fmt: skip
    return pd.DataFrame([row, {**row, "metric": "t_cv", "side": "a", "value": NAN,
                               "ci_low": NAN, "ci_high": NAN}])  # fmt: skip


def judged(frame: pd.DataFrame, limits: dict[tuple[str, str], Limit]) -> pd.DataFrame:
    """Verdicts where nothing but the table adds to uncertainty."""
    return judge(frame, budget(frame, Instrument(0.0, 0.0)), limits)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.25, 0.35, "pass"),
        (0.20, 0.40, "pass"),
        (0.19, 0.30, "not decidable"),
        (0.35, 0.41, "not decidable"),
        (0.10, 0.50, "not decidable"),
        (0.05, 0.19, "fail"),
        (0.41, 0.60, "fail"),
    ],
)
def test_guard_band(low: float, high: float, expected: str) -> None:
    assert verdict((low + high) / 2, low, high, Limit(0.20, 0.40)) == expected


def test_segmentation_widens_what_is_judged() -> None:
    frame = metrics("s", 0.3)
    frame[["segmentation_low", "segmentation_high"]] = [[0.27, 0.3], [NAN, NAN]]
    frame.loc[0, ["ci_low", "ci_high"]] = [0.26, 0.32]
    found = judged(frame, {("porosity_total", ""): Limit(0.255, 0.33)}).loc[0]
    assert found["guard_low"] == pytest.approx(0.25)
    assert found["guard_high"] == found["ci_high"]
    assert found["verdict"] == "not decidable"
    frame["segmentation_low"] = NAN
    found = judged(frame, {("porosity_total", ""): Limit(0.255, 0.33)}).loc[0]
    assert (found["guard_low"], found["verdict"]) == (0.26, "pass")


@given(st.floats(-10, 10), st.floats(0, 5), st.floats(-10, 10))
def test_one_sided_limits_pass_fail_or_are_not_decidable(
    value: float, half: float, limit: float
) -> None:
    above = verdict(value, value - half, value + half, Limit(limit, NAN))
    below = verdict(value, value - half, value + half, Limit(NAN, limit))
    assert (above == "pass") == (value - half >= limit)
    assert (above == "fail") == (value + half < limit)
    assert (below == "pass") == (value + half <= limit)


def test_what_is_not_known_is_not_decidable() -> None:
    assert verdict(NAN, NAN, NAN, Limit(0, 1)) == "not decidable"
    assert verdict(0.5, NAN, NAN, Limit(0, 1)) == "not decidable"
    assert verdict(NAN, NAN, NAN, Limit(NAN, NAN)) == "no limit"


def test_example_of_limits_is_valid() -> None:
    limits = read_limits(EXAMPLE)
    assert limits["porosity_total", ""] == Limit(0.20, 0.40)
    assert limits["t_mean_um", "a"] == Limit(40, 60)
    assert {metric for metric, _ in limits} <= set(REGISTRY)


def test_a_sides_own_limit_wins() -> None:
    frame = pd.concat([metrics("s", 0.3)])
    frame.loc[1, ["value", "ci_low", "ci_high"]] = [0.03, 0.02, 0.04]
    found = judged(frame, {("t_cv", ""): Limit(NAN, 0.05)})
    assert found["verdict"].tolist() == ["no limit", "pass"]
    own = {("t_cv", ""): Limit(NAN, 0.05), ("t_cv", "a"): Limit(NAN, 0.01)}
    assert judged(frame, own)["verdict"].tolist() == ["no limit", "fail"]


def test_one_section_keeps_its_own_interval_and_says_so() -> None:
    row = cell_metrics(metrics("s1", 0.3)).iloc[0]
    assert (row.value, row.ci_low, row.ci_high) == pytest.approx((0.3, 0.29, 0.31))
    assert np.isnan(row.sd_between)
    assert row.n_sections == 1
    assert "its own interval" in row.method


def test_sections_of_a_cell_are_averaged_with_students_t() -> None:
    values = [0.30, 0.32, 0.37]
    frame = pd.concat([metrics(f"s{i}", v) for i, v in enumerate(values)], ignore_index=True)
    row = cell_metrics(frame).iloc[0]
    assert row.value == pytest.approx(np.mean(values))
    assert row.sd_between == pytest.approx(np.std(values, ddof=1))
    half = 4.3027 * np.std(values, ddof=1) / np.sqrt(3)
    assert row.ci_high - row.value == pytest.approx(half, rel=1e-4)
    missing = cell_metrics(frame).iloc[1]
    assert np.isnan(missing.value)
    assert missing.n_sections == 0


def test_cells_count_alike_in_a_batch() -> None:
    first = pd.concat([metrics(f"s{i}", 0.3) for i in range(5)], ignore_index=True)
    second = metrics("t", 0.4, cell="d")
    cells = pd.concat([cell_metrics(first), cell_metrics(second)], ignore_index=True)
    row = batch_metrics(cells).iloc[0]
    assert row.value == pytest.approx(0.35)
    assert (row.n_sections, row.n_cells, row.cell) == (6, 2, "")
    assert trend_metrics(batch_metrics(cells)).equals(batch_metrics(cells))


def test_commands(tmp_path: Path) -> None:
    paths = []
    for i in range(2):
        paths.append(tmp_path / f"{i}.parquet")
        write_table(paths[i], metrics(f"s{i}", 0.3 + i / 100), METRICS)
    judge_step(metrics=paths[0], output=tmp_path / "v.parquet", budget=tmp_path / "u.parquet",
               limits=EXAMPLE)  # fmt: skip
    assert read_table(tmp_path / "v.parquet", VERDICTS)["verdict"].tolist() == [
        "pass",
        "not decidable",
    ]
    judge_step(metrics=paths[0], output=tmp_path / "w.parquet", budget=tmp_path / "u.parquet")
    assert set(read_table(tmp_path / "w.parquet", VERDICTS)["verdict"]) == {"no limit"}
    cell(metrics=paths, output=tmp_path / "c.parquet")
    batch(metrics=[tmp_path / "c.parquet"], output=tmp_path / "b.parquet",
          verdicts=[tmp_path / "v.parquet"])  # fmt: skip
    trend(metrics=[tmp_path / "b.parquet"], output=tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", AGGREGATES)["n_sections"].tolist() == [2, 0]
    with pytest.raises(AnalysisError, match="given twice"):
        cell(metrics=[paths[0], paths[0]], output=tmp_path / "c.parquet")
