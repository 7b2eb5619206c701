"""What changes along the foil is found, and what does not is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from support.report_made import fill
from support.sections import Labels, tables_of
from transect.measure.drifts import DRIFTS
from transect.measure.tables import DRIFT
from transect.phases import Phase
from transect.report.stands import stand_words
from transect.statistics.drift import FEWEST, GRAINS, Drift, drift


def grain(rng: np.random.Generator, n: int, memory: float) -> np.ndarray:
    """Blocks of mean 0.3 and standard deviation 0.05 that remember the one before."""
    noise = lfilter([1], [1, -memory], rng.standard_normal(n + 100))[100:]
    return np.asarray(0.3 + 0.05 * np.sqrt(1 - memory**2) * noise)


def found(series: np.ndarray) -> Drift:
    out = drift(series, np.ones(series.size), 5.0 * np.arange(series.size), 1)
    assert out is not None
    return out


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_grain_alone_hardly_drifts(memory: float) -> None:
    rng = np.random.default_rng(2)
    runs = [found(grain(rng, 400, memory)) for _ in range(150)]
    assert np.mean([run.p_slope < 0.05 for run in runs]) < 0.11
    assert np.mean([run.p_change < 0.05 for run in runs]) < 0.11
    # 95 % intervals of a slope that is none.
    assert np.mean([run.slope[1] <= 0 <= run.slope[2] for run in runs]) > 0.89


def test_a_step_is_found_where_it_is() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        series = grain(rng, 600, 0.5)
        series[400:] += 0.06
        run = found(series)
        assert run.p_change < 0.01
        assert run.place == pytest.approx(2000, abs=150)
        assert run.after - run.before == pytest.approx(0.06, abs=0.025)


def test_a_slope_is_found_with_its_size() -> None:
    rng = np.random.default_rng(4)
    x = 5.0 * np.arange(600)
    held = []
    for _ in range(40):
        run = found(grain(rng, 600, 0.5) + 5e-5 * (x - x.mean()))
        assert run.p_slope < 0.01
        held.append(run.slope[1] <= 5e-5 <= run.slope[2])
    assert np.mean(held) > 0.85


@given(st.integers(0, 2**32), st.floats(0.01, 100), st.floats(-10, 10))
def test_units_and_offsets_of_a_quantity_change_no_p_value(
    seed: int, scale: float, offset: float
) -> None:
    series = grain(np.random.default_rng(seed), 120, 0.2)
    one, other = found(series), found(scale * series + offset)
    assert (one.n, one.p_slope, one.p_change) == (other.n, other.p_slope, other.p_change)
    assert other.slope[0] == pytest.approx(scale * one.slope[0], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    "series", [np.empty(0), np.ones(1), np.arange(FEWEST * GRAINS - 1.0), np.full(500, 0.3)]
)
def test_what_is_too_short_or_does_not_vary_is_not_tested(series: np.ndarray) -> None:
    assert drift(series, np.ones(series.size), np.arange(1.0 * series.size), 1) is None
    assert drift(series, np.zeros(series.size), np.arange(1.0 * series.size), 1) is None


def test_the_page_names_what_drifts_and_what_does_not() -> None:
    rows = fill(
        DRIFT, 3, metric=["porosity_total", "t_mean_um", "n_A_per_mm2"], side=["", "a", ""],
        unit=["1", "um", "1/mm2"], before=[0.28, 50.0, 1.0], after=[0.31, 51.0, 1.0],
        change_x_um=1200.0, slope_per_mm=[0.02, 0.5, 0.0], p_change=[0.001, 0.01, 0.5],
        p_slope=[0.01, 0.001, 0.5], q_value=[0.002, 0.002, 0.9],
        verdict=["drifts", "drifts", "steady"],
    )  # fmt: skip
    said = stand_words([], rows)
    assert said[0].startswith("Porosity, total drifts: 28.0 % up to 1.20 mm, 31.0 % from there on")
    assert "Thickness, mean, side A drifts: 0.500 µm per mm (q = 0.0020)" in said[1]
    assert said[2] == "No slope and no change along the foil was found in: Particles per area."
    assert stand_words([], DRIFT.empty()) == []


def test_a_section_that_changes_says_so_with_its_metrics() -> None:
    rng, shape = np.random.default_rng(5), (64, 8000)
    share = np.where(np.arange(shape[1] // 8) < 600, 0.25, 0.4)
    pores = np.kron(rng.random((shape[0] // 8, shape[1] // 8)) < share, np.ones((8, 8), bool))
    labels = Labels.empty(shape)
    labels.phases[~pores] = Phase.BINDER
    tables = tables_of(labels)
    rows = tables["drift"].set_index(["metric", "side"])
    row = rows.loc[("porosity_total", "")]
    assert row["verdict"] == "drifts"
    assert row["change_x_um"] == pytest.approx(240, abs=25)
    assert (row["before"], row["after"]) == pytest.approx((0.25, 0.4), abs=0.03)
    assert rows.loc[("crack_length_density_per_um", ""), "verdict"] == "too short to tell"
    metrics = tables["metrics"].set_index("metric")["note"]
    assert DRIFTS in metrics["porosity_total"]
    assert DRIFTS not in metrics["porosity_intra"]
