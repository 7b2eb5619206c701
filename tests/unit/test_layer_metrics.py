"""Shape of coating and foil along the foil: closed forms of sines, wedges, steps and edges."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.sections import (
    PX_UM,
    SETTINGS,
    Labels,
    bare_lines,
    foil_lines,
    join,
    partials_of,
)
from transect.config import LayersConfig
from transect.measure.contact_metrics import AT_SEPARATOR
from transect.measure.lines import Lines
from transect.measure.partials import merge
from transect.measure.profiles import gaussian_line, roughness, section_heights
from transect.measure.surface_metrics import SURFACE
from transect.phases import Phase

ROWS, FOIL = 300, (140.0, 160.0)


def metrics_of(lines: Lines, labels: Labels | None = None, cutoff_um: float = 20.0) -> pd.DataFrame:
    shape = (ROWS, lines.cut.size)
    labels = labels or coating(lines)
    merged = merge(partials_of(labels, lines, 4096))
    settings = replace(SETTINGS, layers=LayersConfig(cutoff_um=cutoff_um))
    return join(merged, lines, shape, settings)["metrics"].set_index(["metric", "side"])


def coating(lines: Lines, phase: Phase = Phase.BINDER) -> Labels:
    labels = Labels.empty((ROWS, lines.cut.size))
    row = np.arange(ROWS)[:, None] + 0.5
    inside = (row > lines.surface[0]) & (row < lines.surface[1])
    labels.phases[:] = np.where(inside, int(phase), int(Phase.OUTSIDE))
    labels.phases[round(FOIL[0]) : round(FOIL[1])] = Phase.COLLECTOR
    return labels


def flat(columns: int, thickness: float = 100.0) -> Lines:
    return foil_lines((ROWS, columns), FOIL, np.full(columns, thickness), np.zeros(columns))


@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
def test_the_gaussian_line_passes_a_sine_as_its_formula_says(ratio: float) -> None:
    cutoff, x = 400.0, np.arange(20_000)
    wave = np.sin(2 * np.pi * x / (cutoff * ratio))
    line = gaussian_line(wave, cutoff)[2000:-2000]
    passed = np.exp(-np.pi * (np.sqrt(np.log(2) / np.pi) / ratio) ** 2)
    assert line.std() / wave[2000:-2000].std() == pytest.approx(passed, abs=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(-5, 5), st.integers(0, 1000))
def test_the_gaussian_line_keeps_levels_whatever_is_missing(level: float, seed: int) -> None:
    profile = np.full(500, level)
    profile[np.random.default_rng(seed).random(500) < 0.3] = np.nan
    assert np.allclose(gaussian_line(profile, 30.0), level, atol=1e-9)


def test_roughness_of_a_sine() -> None:
    lines = flat(8000)
    x_um = (np.arange(8000) + 0.5) * PX_UM
    amplitude, wave_um, cutoff_um = 0.5, 2.0, 20.0
    height = amplitude / PX_UM * np.sin(2 * np.pi * x_um / wave_um)
    lines = replace(lines, surface=lines.surface + np.stack([-height, height]))
    found = metrics_of(lines, cutoff_um=cutoff_um)
    # So short a wave is nothing but roughness.
    for side in "ab":
        assert found.loc[("Ra_um", side), "value"] == pytest.approx(2 * amplitude / np.pi, rel=0.01)
        assert found.loc[("Rq_um", side), "value"] == pytest.approx(amplitude / 2**0.5, rel=0.01)
        assert found.loc[("Rz_um", side), "value"] == pytest.approx(2 * amplitude, rel=0.01)
        assert "cut-off 20 um" in found.loc[("Ra_um", side), "note"]


def test_long_waves_are_form() -> None:
    lines = flat(8000)
    wave = np.sin(2 * np.pi * np.arange(8000) * PX_UM / 200)
    lines = replace(lines, surface=lines.surface + wave)
    assert metrics_of(lines, cutoff_um=10.0).loc[("Rq_um", "a"), "value"] < 0.02 * PX_UM


def test_a_wedge_has_its_slope_and_no_waves() -> None:
    columns = 6000
    x_um = (np.arange(columns) + 0.5) * PX_UM
    thickness = (4.0 + 2e-3 * x_um) / PX_UM
    lines = foil_lines((ROWS, columns), FOIL, thickness, np.zeros(columns))
    found = metrics_of(lines)
    for side in "ab":
        assert found.loc[("wedge_um_per_mm", side), "value"] == pytest.approx(2.0, rel=1e-3)
        assert found.loc[("waviness_rms_um", side), "value"] < 0.01
        assert "without a slope" in found.loc[("waviness_rms_um", side), "note"]


def test_the_slope_of_noise_holds_nought_in_its_interval() -> None:
    held, columns = 0, 4000
    for seed in range(40):
        noise = np.repeat(np.random.default_rng(seed).normal(0, 2, columns // 20), 20)
        lines = foil_lines((ROWS, columns), FOIL, 100 + noise, np.zeros(columns))
        row = metrics_of(lines).loc[("wedge_um_per_mm", "a")]
        held += row["ci_low"] <= 0 <= row["ci_high"]
    assert held >= 34


def test_waviness_of_a_sine() -> None:
    columns, wave_um, amplitude = 16_000, 400.0, 0.4
    x_um = (np.arange(columns) + 0.5) * PX_UM
    thickness = (5 + amplitude * np.sin(2 * np.pi * x_um / wave_um)) / PX_UM
    found = metrics_of(foil_lines((ROWS, columns), FOIL, thickness, np.zeros(columns)))
    passed = np.exp(-np.log(2) * (100 / wave_um) ** 2)
    # A slope that is taken off takes some of two waves with it.
    assert found.loc[("waviness_rms_um", "a"), "value"] == pytest.approx(
        passed * amplitude / 2**0.5, rel=0.15
    )


def test_short_sections_say_what_they_are_too_short_for() -> None:
    found = metrics_of(flat(600), cutoff_um=80.0)
    for name in ("waviness_rms_um", "Ra_um", "Rq_um", "Rz_um", "imprint_depth_mean_um"):
        assert np.isnan(found.loc[(name, "a"), "value"])
        assert re.match("section|coating", found.loc[(name, "a"), "note"])


def test_a_free_edge_has_its_bevel() -> None:
    columns, start, width = 5000, 1000, 600
    x = np.arange(columns)
    thickness = 100 * np.clip((x - start) / width, 0, 1)
    lines = foil_lines((ROWS, columns), FOIL, np.maximum(thickness, 1.0), np.zeros(columns))
    bare = x < start + 10
    lines = replace(lines, measured=lines.measured & ~bare)
    lines.base[:, bare] = np.nan
    found = metrics_of(lines)
    assert found.loc[("edge_bevel_width_um", "a"), "value"] == pytest.approx(
        0.8 * width * PX_UM, rel=0.01
    )
    none = metrics_of(flat(2000)).loc[("edge_bevel_width_um", "b")]
    assert none["note"] == "no free edge of the coating in the section"


def test_imprints_are_dents_of_the_foil_alone() -> None:
    columns = 8000
    lines = flat(columns)
    dents = (np.arange(columns) % 400 < 40) * 4.0
    # Side a lies above: a dent goes down. The foil's other edge stays.
    lines = replace(lines, cut=lines.cut + dents / 2, collector=lines.collector - dents)
    found = metrics_of(lines, cutoff_um=40.0)
    deepest = found.loc[("imprint_depth_p95_um", "a"), "value"]
    assert deepest == pytest.approx(0.9 * 4 * PX_UM, rel=0.05)
    # A tenth of the edge is dented, and the line lies a tenth of their depth lower.
    mean = found.loc[("imprint_depth_mean_um", "a"), "value"]
    assert mean == pytest.approx(0.1 * deepest, rel=0.05)
    assert found.loc[("imprint_depth_p95_um", "b"), "value"] < 1e-6


@pytest.mark.parametrize("step", [4096, 130])
def test_what_lies_on_the_collector(step: int) -> None:
    columns = 1000
    lines = flat(columns)
    labels = coating(lines)
    x = np.arange(columns)
    labels.phases[120:140, x < 300] = Phase.ACTIVE_MATERIAL
    labels.phases[136:140, x >= 800] = Phase.PORE
    merged = merge(partials_of(labels, lines, step)[::-1])
    found = join(merged, lines, (ROWS, columns))["metrics"].set_index("metric")["value"]
    # Side b has binder everywhere.
    assert found["cc_contact_share_active_material"] == pytest.approx(0.15)
    assert found["cc_contact_share_pore"] == pytest.approx(0.10)
    assert found["cc_contact_share_binder"] == pytest.approx(0.75)


def test_a_gap_to_the_separator_counts_by_width_and_run() -> None:
    lines = flat(2000)
    near = lines.surface.copy()
    near[0, 100:500] -= 20
    near[0, 700:710] -= 20
    near[0, 900:1300] -= 2
    near[1] = np.nan
    found = metrics_of(replace(lines, separator=near))
    assert found.loc[("delam_separator_fraction", "a"), "value"] == pytest.approx(0.2)
    assert found.loc[("gap_separator_max_um", "a"), "value"] == pytest.approx(20 * PX_UM)
    assert found.loc[("longest_run_separator_um", "a"), "value"] == pytest.approx(400 * PX_UM)
    area = found.loc[("gap_area_separator_um2_per_mm", "a"), "value"]
    assert area == pytest.approx(0.2 * 20 * PX_UM * 1000)
    other = found.loc[("delam_separator_fraction", "b")]
    assert other["note"] == "no separator on this side"
    none = metrics_of(flat(600)).loc[("delam_separator_fraction", "")]
    assert none["note"] == "no separator in the section"


def test_one_column_of_coating_has_no_shape() -> None:
    lines = flat(8000)
    bare = np.arange(8000) != 4000
    lines = replace(lines, measured=lines.measured & ~bare)
    lines.base[:, bare] = np.nan
    found = metrics_of(lines)
    for name in ("waviness_rms_um", "edge_bevel_width_um", "wedge_um_per_mm", "Rz_um"):
        assert np.isnan(found.loc[(name, "a"), "value"])
        assert found.loc[(name, "a"), "note"]


def test_without_a_collector_nothing_is_made_up() -> None:
    shape = (ROWS, 400)
    lines = bare_lines(shape)
    merged = merge(partials_of(Labels.empty(shape), lines, 4096))
    found = join(merged, lines, shape)["metrics"].set_index("metric")
    for name in (*SURFACE, *AT_SEPARATOR, "cc_contact_share_binder"):
        assert np.isnan(found.loc[name, "value"])
        assert found.loc[name, "note"]


def test_section_heights_need_whole_section_lengths() -> None:
    residual = np.array([np.nan, 0.0, 1.0, -1.0, 2.0, 0.0, 0.5, np.nan])
    assert list(section_heights(residual, 3)) == [2.0, 2.0]
    assert not section_heights(residual, 7).size
    assert not section_heights(np.full(5, np.nan), 2).size
    assert np.isnan(roughness(np.zeros(4), 10.0)).all()
