"""What values may be off by: each component by its closed form, and all of them together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.report_made import fill
from transect.errors import AnalysisError
from transect.mosaic.tables import SEAMS
from transect.report.estimates import estimates
from transect.report.inputs import Section
from transect.report.uncertainty import budget_chart
from transect.statistics.budget import (
    COMPONENTS,
    POWERS,
    Instrument,
    budget,
    guarded,
    seams_of,
)
from transect.statistics.registry import REGISTRY
from transect.statistics.steps import judge
from transect.statistics.tables import BUDGET, METRICS, VERDICTS
from transect.storage.tables import read_table, write_table

NAN = float("nan")


def metrics(**values: float) -> pd.DataFrame:
    value = np.array(list(values.values()))
    return fill(
        METRICS, len(values), metric=list(values), side="", value=value, ci_low=value - 0.3,
        ci_high=value + 0.4, segmentation_low=NAN, segmentation_high=NAN,
        unit=[REGISTRY[name].unit for name in values], note="",
    )  # fmt: skip


def ends(frame: pd.DataFrame, known: Instrument, component: str) -> pd.DataFrame:
    rows = budget(frame, known).set_index(["component", "metric"])
    return rows.loc[component, ["low", "high"]]


def test_every_unit_has_its_power_of_the_pixel_size() -> None:
    assert {metric.unit for metric in REGISTRY.values()} == set(POWERS)


def test_a_larger_pixel_makes_lengths_longer_and_densities_lower() -> None:
    frame = metrics(t_mean_um=50.0, n_A_per_mm2=16_000.0, S_V_per_um=0.5, porosity_total=0.3)
    found = ends(frame, Instrument(0.01, 0.0), "pixel size")
    assert found.loc["t_mean_um"].tolist() == pytest.approx([49.5, 50.5])
    assert found.loc["n_A_per_mm2"].tolist() == pytest.approx([16_000 / 1.0201, 16_000 / 0.9801])
    assert found.loc["S_V_per_um"].tolist() == pytest.approx([0.5 / 1.01, 0.5 / 0.99])
    assert found.loc["porosity_total"].tolist() == [0.3, 0.3]


def test_a_slanted_cut_makes_thicknesses_too_large_and_particles_by_half_of_it() -> None:
    cosine = np.cos(np.deg2rad(10))
    frame = metrics(t_mean_um=50.0, longest_run_um=50.0, n_A_per_mm2=100.0, delam_fraction=0.1)
    found = ends(frame, Instrument(0.0, 10.0), "slant")
    assert found.loc["t_mean_um"].tolist() == pytest.approx([50 * cosine, 50])
    assert found.loc["longest_run_um"].tolist() == pytest.approx([50 * np.sqrt(cosine), 50])
    assert found.loc["n_A_per_mm2"].tolist() == pytest.approx([100, 100 / cosine])
    assert found.loc["delam_fraction"].tolist() == [0.1, 0.1]


def test_weighed_porosity_moves_with_the_thickness_that_it_is_made_from() -> None:
    frame = metrics(porosity_mass_balance=0.3, porosity_unresolved=0.05)
    found = ends(frame, Instrument(0.02, 0.0), "pixel size")
    true = [1 - 0.7 / factor for factor in (0.98, 1.02)]
    assert found.loc["porosity_mass_balance"].tolist() == pytest.approx(true)
    assert found.loc["porosity_unresolved"].tolist() == pytest.approx([t - 0.25 for t in true])


def test_joins_that_a_length_crosses_add_up_as_squares() -> None:
    # A length of five pitches: simulate what five misplaced joins make of it.
    joins = np.random.default_rng(3).normal(0, 0.02, (20_000, 5)).sum(axis=1)
    found = ends(metrics(t_mean_um=50.0), Instrument(0.0, 0.0, 0.02, 10.0), "stitching")
    half = float(found.loc["t_mean_um", "high"]) - 50
    assert half == pytest.approx(1.96 * joins.std(), rel=0.02)


def test_misplacement_is_of_accepted_pairs_across_the_foil() -> None:
    seams = fill(
        SEAMS, 5, direction=["y", "y", "y", "x", "y"], accepted=[True, True, False, True, True],
        residual_px=[0.3, 0.4, 9.0, 9.0, NAN], dy_px=[1000.0, 1100.0, 5.0, 0.0, 7.0],
    )  # fmt: skip
    rms, pitch = seams_of(seams, 0.05)
    assert rms == pytest.approx(np.sqrt((0.09 + 0.16) / 2 / 2) * 0.05)
    assert pitch == pytest.approx(1050 * 0.05)
    assert seams_of(seams[seams["direction"] == "x"], 0.05) == (0.0, np.inf)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=5),
    st.floats(0, 0.2),
    st.floats(0, 44),
    st.floats(0, 1),
)
def test_what_is_judged_is_at_least_the_interval_and_at_most_the_sum(
    values: list[float], scale: float, slant: float, seam: float
) -> None:
    names = ["t_mean_um", "wedge_um_per_mm", "gradient_porosity", "n_A_per_mm2", "chord_x_um"]
    frame = metrics(**dict(zip(names, values, strict=False)))
    parts = budget(frame, Instrument(scale, slant, seam, 10.0))
    found = guarded(frame, parts)
    assert (found["guard_low"] <= frame["ci_low"] + 1e-9).all()
    assert (found["guard_high"] >= frame["ci_high"] - 1e-9).all()
    away = (parts["high"] - parts["value"]).to_numpy().reshape(-1, len(COMPONENTS)).sum(axis=1)
    assert (found["guard_high"] <= frame["value"] + away + 1e-9).all()
    shares = parts["share"].to_numpy().reshape(-1, len(COMPONENTS)).sum(axis=1)
    assert shares == pytest.approx(np.ones(len(frame)))


def test_a_value_without_an_interval_is_not_judged_by_other_components() -> None:
    frame = metrics(n_particles=700.0, t_mean_um=NAN)
    frame[["ci_low", "ci_high"]] = NAN
    found = guarded(frame, budget(frame, Instrument(0.01, 2.0)))
    assert found.isna().all(axis=None)


def test_command(tmp_path: Path) -> None:
    frame, seams = metrics(t_mean_um=50.0), fill(SEAMS, 1, direction="y", accepted=True,
                                                 residual_px=0.3, dy_px=1000.0)  # fmt: skip
    write_table(tmp_path / "s.parquet", seams, SEAMS)
    paths = {
        "metrics": tmp_path / "m.parquet",
        "seams": tmp_path / "s.parquet",
        "output": tmp_path / "v.parquet",
        "budget": tmp_path / "u.parquet",
    }
    write_table(paths["metrics"], frame, METRICS)
    with pytest.raises(AnalysisError, match="no pixel size in it"):
        judge(**paths)
    write_table(paths["metrics"], frame, METRICS, {"px_um": "0.05"})
    judge(**paths, settings='{"pixel_percent": 3}')
    parts = read_table(paths["budget"], BUDGET)
    assert parts["component"].tolist() == list(COMPONENTS)
    assert read_table(paths["output"], VERDICTS)["guard_high"].iloc[0] > 51.5


def test_the_page_shows_shares_of_what_has_an_interval() -> None:
    frame = metrics(porosity_total=0.3, t_mean_um=50.0, d50_area_um=NAN)
    known = Instrument(0.01, 2.0)
    parts = budget(frame, known)
    judged = frame.join(guarded(frame, parts))
    section = Section("b", "c", "s", {"budget": parts, "verdicts": judged})
    chart = budget_chart(section, estimates(frame))
    assert chart is not None
    names = [note.text for note in chart.notes if note.css == "name"]
    assert names == ["Porosity, total", "Thickness, mean"]
    assert "± 40 %" in chart.description
    section.tables["budget"] = BUDGET.empty()
    assert budget_chart(section, estimates(frame)) is None
