"""Control charts: constants, false alarms, rules, capability, and the tables of all batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from transect.statistics.control.capability import capability
from transect.statistics.control.charts import individuals, means, range_freedom, unbiased
from transect.statistics.control.lots import control_tables
from transect.statistics.control.rules import RULES, broken
from transect.statistics.control.steps import control
from transect.statistics.control.tables import CAPABILITY, CONTROL
from transect.statistics.limits import Limit
from transect.statistics.tables import AGGREGATES
from transect.storage.tables import read_table, write_table

NAN = float("nan")


def trend_of(
    values: list[float], *, sds: list[float] | None = None, cells: int = 1
) -> pd.DataFrame:
    """Aggregates of batches in order of time; names fall while time goes on."""
    rows = [
        {
            "batch": f"L{99 - i}", "cell": "", "metric": "porosity_total", "side": "",
            "value": value, "sd_between": sds[i] if sds else NAN, "ci_low": value - 0.01,
            "ci_high": value + 0.01, "n_sections": cells, "n_cells": cells, "unit": "1",
            "method": "",
        }
        for i, value in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_constants_are_those_of_the_tables() -> None:
    # Montgomery, appendix VI: c4 of 2, 5 and 25; d2 = 1.128 and D4 = 3.267 for ranges of two.
    assert unbiased(np.array([2.0, 5.0, 25.0])) == pytest.approx([0.7979, 0.9400, 0.9896], abs=5e-5)
    charts = individuals(np.array([1.0, 2.0, 1.0, 2.0]), 4)
    assert charts.sigma == pytest.approx(1 / 1.128, rel=1e-3)
    assert charts.spread.high[0] == pytest.approx(3.267, abs=2e-3)
    # B3 and B4 of six cells: 0.030 and 1.970 of the mean standard deviation.
    charts = means(np.ones(4), np.ones(4), np.full(4, 6), 4)
    assert charts.spread.low[0] == pytest.approx(0.030, abs=1e-3)
    assert charts.spread.high[0] == pytest.approx(1.970, abs=1e-3)
    # A3 of six cells.
    assert charts.level.high[0] - 1 == pytest.approx(1.287, abs=1e-3)


def test_lots_that_only_chance_moves_are_hardly_flagged() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(10, 2, 60_000)
    charts = individuals(values, values.size)
    assert charts.sigma == pytest.approx(2, rel=0.01)
    assert charts.level.beyond.mean() == pytest.approx(0.0027, rel=0.25)
    groups = rng.normal(10, 2, (30_000, 4))
    sds, counts = groups.std(axis=1, ddof=1), np.full(30_000, 4)
    charts = means(groups.mean(axis=1), sds, counts, 30_000)
    assert charts.sigma == pytest.approx(2, rel=0.01)
    assert charts.level.beyond.mean() == pytest.approx(0.0027, rel=0.25)
    # 2.7 standard deviations: one lot in 144 lies beyond, more of them in runs.
    assert charts.ewma.beyond.mean() == pytest.approx(0.0069, rel=0.25)


def test_a_slow_drift_is_seen_by_the_ewma_before_the_limits() -> None:
    rng = np.random.default_rng(1)
    first = {"ewma": [], "level": []}  # type: dict[str, list[int]]
    for _ in range(200):
        values = np.concatenate([rng.normal(0, 1, 25), rng.normal(1, 1, 200)])
        charts = individuals(values, 25)
        for name, limits in (("ewma", charts.ewma), ("level", charts.level)):
            found = np.flatnonzero(limits.beyond[25:])
            first[name].append(int(found[0]) if found.size else 200)
    assert np.median(first["ewma"]) < np.median(first["level"]) / 2


@pytest.mark.parametrize(
    ("rule", "z", "lots"),
    [
        ("beyond 3 sigma", [0, 3.1, -3.2, 2.9], [1, 2]),
        ("9 in a row on one side", [0.1] * 9 + [-0.1], [8]),
        ("6 in a row rising or falling", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.4], [5]),
        ("14 in a row alternating", [0.1, -0.1] * 7, [13]),
        ("2 of 3 beyond 2 sigma", [2.1, 0, 2.1, 0, -2.1], [2]),
        ("4 of 5 beyond 1 sigma", [1.1, 1.1, 0, 1.1, 1.1, -1.1], [4]),
        ("15 in a row within 1 sigma", [0.5, -0.5] * 7 + [0.5, 1.5], [14]),
        ("8 in a row beyond 1 sigma", [1.5, -1.5] * 4 + [0.5], [7]),
    ],
)
def test_each_rule_flags_the_lot_that_completes_its_pattern(
    rule: str, z: list[float], lots: list[int]
) -> None:
    assert np.flatnonzero(broken(np.array(z))[rule]).tolist() == lots


@given(arrays(np.float64, st.integers(0, 40), elements=st.floats(-4, 4)), st.integers(0, 40))
def test_a_rule_looks_back_only_and_at_both_sides_alike(
    z: np.ndarray[tuple[int], np.dtype[np.float64]], cut: int
) -> None:
    whole, part, turned = broken(z), broken(z[:cut]), broken(-z)
    for name in RULES:
        assert np.array_equal(whole[name][:cut], part[name])
        assert np.array_equal(whole[name], turned[name])


def test_capability_intervals_hold() -> None:
    # A process of mean 10 and sigma 1 between 5.5 and 16: the lower limit is the nearer, Cpk 1.5.
    rng = np.random.default_rng(2)
    limit, held, freedom = Limit(5.5, 16.0), [], []
    for _ in range(600):
        charts = individuals(rng.normal(10, 1, 25), 25)
        index = capability(charts, 25, limit)
        held.append(index.low <= 1.5 <= index.high)
        freedom.append(charts.sigma)
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
    assert 1 / (2 * np.var(freedom)) == pytest.approx(range_freedom(25), rel=0.1)


def test_lots_keep_the_order_of_time_and_limits_stay_those_of_the_baseline() -> None:
    values = [0.30, 0.31, 0.30, 0.29, 0.30, 0.31, 0.29, 0.30, 0.50]
    lots, states = control_tables(trend_of(values), {("porosity_total", ""): Limit(0.2, 0.4)}, 8)
    assert lots["batch"].tolist() == [f"L{99 - i}" for i in range(9)]
    assert lots["lot"].tolist() == list(range(1, 10))
    assert lots["signals"].iloc[-1].startswith("beyond 3 sigma")
    assert (lots["signals"].iloc[:-1] == "").all()
    assert lots["centre"].iloc[0] == pytest.approx(np.mean(values[:8]))
    state = states.iloc[0]
    assert (state["state"], state["n_signals"], state["provisional"]) == ("signals", 1, True)
    assert np.isnan(state["cpk"])
    quiet, calm = control_tables(
        trend_of(values[:8]), {("porosity_total", ""): Limit(0.2, NAN)}, 25
    )
    assert calm.iloc[0]["state"] == "in control"
    sigma = calm.iloc[0]["sigma"]
    assert calm.iloc[0]["cpk"] == pytest.approx((np.mean(values[:8]) - 0.2) / (3 * sigma))
    assert np.isnan(calm.iloc[0]["cp"])
    assert quiet["low"].notna().all()


def test_lots_of_several_cells_get_means_and_standard_deviations() -> None:
    lots, _ = control_tables(trend_of([0.3, 0.31, 0.3], sds=[0.01, 0.012, 0.011], cells=3), {}, 25)
    assert set(lots["chart"]) == {"means"}
    assert lots["spread"].tolist() == [0.01, 0.012, 0.011]
    assert lots["spread_low"].isna().all()


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ([], None),
        ([0.3, 0.31], "too few lots"),
        ([NAN, NAN, NAN, NAN], "too few lots"),
        ([0.3, NAN, 0.3, 0.3], "does not vary"),
        ([0.3, NAN, 0.31, 0.3], "in control"),
    ],
)
def test_every_history_has_an_answer(values: list[float], state: str | None) -> None:
    frame = trend_of(values) if values else AGGREGATES.empty()
    lots, states = control_tables(frame, {}, 25)
    assert list(lots) == CONTROL.names
    assert states["state"].tolist() == ([state] if state else [])
    if state == "in control":
        assert lots["lot"].tolist() == [1, 3, 4]


@pytest.mark.parametrize("sds", [None, [0.0] * 8])
def test_what_never_was_and_now_is_gives_a_signal(sds: list[float] | None) -> None:
    # The mean of three times 0.1 is not 0.1: none of these lots differs from the others.
    calm = trend_of([0.1] * 7, sds=sds, cells=2 if sds else 1)
    lots, states = control_tables(calm, {}, 7)
    assert (len(lots), states["state"].tolist()) == (0, ["does not vary"])
    risen = trend_of([0.1] * 7 + [0.3], sds=sds, cells=2 if sds else 1)
    lots, states = control_tables(risen, {("porosity_total", ""): Limit(NAN, 0.4)}, 7)
    assert states["state"].tolist() == ["signals"]
    assert (states["n_signals"].tolist(), states["cpk"].isna().tolist()) == ([1], [True])
    assert (lots["signals"] != "").tolist() == [False] * 7 + [True]


def test_command(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", trend_of([0.3, 0.31, 0.3, 0.29]), AGGREGATES)
    control(
        trend=tmp_path / "t.parquet",
        output=tmp_path / "c.parquet",
        capability=tmp_path / "p.parquet",
        settings='{"baseline": 3}',
    )
    assert read_table(tmp_path / "c.parquet", CONTROL)["in_baseline"].tolist() == [True] * 3 + [
        False
    ]
    assert read_table(tmp_path / "p.parquet", CAPABILITY)["n_lots"].tolist() == [4]
