"""Sections and files that measurement cannot take at face value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.sections import PX_UM, Labels, bare_lines, disc, foil_lines, packing, tables_of
from transect.errors import AnalysisError, ConfigError, StorageError
from transect.geometry import LAYERS
from transect.measure.lines import read_lines
from transect.measure.steps import join, measure
from transect.measure.tables import SECTION_TABLES
from transect.phases import Phase
from transect.statistics.limits import read_limits
from transect.statistics.steps import cell
from transect.storage.tables import write_table

SHAPE = (120, 400)


def values(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["metrics"].set_index(["metric", "side"])


def test_section_without_particles_gives_empty_tables_and_says_why() -> None:
    tables = tables_of(Labels.empty(SHAPE))
    assert [len(tables[name]) for name in ("particles", "cracks")] == [0, 0]
    found = values(tables)
    assert found.loc[("porosity_total", ""), "value"] == 1.0
    for metric in ("d50_area_um", "ecd_mean_um", "cracked_fraction", "circularity_median"):
        assert np.isnan(found.loc[(metric, ""), "value"])
        assert found.loc[(metric, ""), "note"] == "no particles"
    assert np.isnan(found.loc[("crack_length_density_per_um", ""), "value"])
    assert found.loc[("n_particles", ""), "value"] == 0


def test_section_without_coating_gives_no_plausible_number() -> None:
    labels = Labels.empty(SHAPE)
    labels.phases[:] = Phase.OUTSIDE
    tables = tables_of(labels)
    assert all(len(tables[n]) == 0 for n in SECTION_TABLES if n not in ("metrics", "replicates"))
    found = tables["metrics"]
    assert found[found["value"].notna()]["metric"].tolist() == ["n_particles"]
    assert (found.loc[found["value"].isna(), "note"] != "").all()


def test_section_without_collector_has_no_thickness() -> None:
    tables = tables_of(packing(SHAPE, 20, seed=1))
    assert not len(tables["columns"])
    found = values(tables)
    for metric in ("t_mean_um", "t_cv", "delam_fraction", "cc_thickness_um"):
        assert np.isnan(found.loc[(metric, ""), "value"])
        assert found.loc[(metric, ""), "note"] == "no collector in the section"


def test_one_object_that_covers_everything() -> None:
    labels = Labels.empty(SHAPE)
    labels.paint(np.ones(SHAPE, bool))
    tables = tables_of(labels, step=64)
    row = tables["particles"].iloc[0]
    assert row.area_um2 == pytest.approx(SHAPE[0] * SHAPE[1] * PX_UM**2)
    assert not row.complete
    assert row.ml_weight == 0
    found = values(tables)
    assert found.loc[("porosity_total", ""), "value"] == 0
    assert np.isnan(found.loc[("d50_area_um", ""), "value"])
    assert found.loc[("d50_area_um", ""), "note"] == "no particle that is whole"


def test_one_particle_has_a_size_and_no_spread() -> None:
    labels = Labels.empty(SHAPE)
    labels.paint(disc(SHAPE, 60, 200, 30))
    found = values(tables_of(labels))
    assert found.loc[("d50_area_um", ""), "value"] == pytest.approx(60 * PX_UM, rel=0.01)
    assert found.loc[("span_area", ""), "value"] == 0


def test_particles_below_the_smallest_size_are_not_reported() -> None:
    labels = Labels.empty(SHAPE)
    labels.paint(disc(SHAPE, 30, 100, 3.5))
    labels.paint(disc(SHAPE, 30, 200, 4.5))
    tables = tables_of(labels)
    assert len(tables["particles"]) == 1
    assert values(tables).loc[("phase_fraction_active_material", ""), "value"] > 0.0015


def test_invalid_pixels_are_excluded_and_counted() -> None:
    labels = packing(SHAPE, 20, seed=3)
    labels.phases[:, :40], labels.basins[:, :40] = Phase.INVALID, 0
    found = values(tables_of(labels))
    assert found.loc[("excluded_area_fraction", ""), "value"] == pytest.approx(0.1)


def test_a_side_without_coating_has_no_rows() -> None:
    lines = foil_lines(SHAPE, (50.0, 60.0), np.full(SHAPE[1], 40.0), np.zeros(SHAPE[1]))
    lines.base[1], lines.surface[1], lines.measured[1] = np.nan, np.nan, False
    labels = Labels.empty(SHAPE)
    labels.phases[50:60] = Phase.COLLECTOR
    labels.phases[60:], labels.phases[:10] = Phase.OUTSIDE, Phase.OUTSIDE
    tables = tables_of(labels, lines)
    assert set(tables["blocks"]["side"]) == {"a"}
    assert set(tables["columns"]["side"]) == {"a"}
    assert values(tables).loc[("side_asymmetry", ""), "note"] == "coated on one side only"
    assert bare_lines(SHAPE).coated[0].all()


def test_layers_of_another_mosaic_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({name: np.zeros(5) for name in LAYERS.names}).astype({"column_px": int})
    write_table(tmp_path / "layers.parquet", frame, LAYERS, {"foil": "true", "facts": "{}"})
    with pytest.raises(AnalysisError, match="5 rows, expected one for each of the mosaic's 7"):
        read_lines(tmp_path / "layers.parquet", 7, PX_UM)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits: 3", "list of metric"),
        ("- a", "list of metric"),
        ("limits: [", "not YAML"),
        ("limits: [{metric: porosity, unit: '1', min: 0}]", "unknown metric"),
        ("limits: [{metric: porosity_total, unit: '%', min: 0}]", "unit '%', expected '1'"),
        ("limits: [{metric: porosity_total, min: 0}]", "unit is missing"),
        ("limits: [{metric: porosity_total, unit: '1'}]", "neither min nor max"),
        ("limits: [{metric: porosity_total, unit: '1', min: 2, max: 1}]", "min 2 is above max 1"),
        ("limits: [{metric: porosity_total, unit: '1', min: low}]", "finite numbers"),
        ("limits: [{metric: porosity_total, unit: '1', min: .nan}]", "finite numbers"),
        ("limits: [{metric: porosity_total, unit: '1', low: 1}]", "unknown key low"),
        ("limits: [{metric: t_cv, unit: '1', side: c, max: 1}]", "side 'c'"),
    ],
)
def test_limits_with_a_fault(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_limits(path)


def test_all_faults_of_limits_are_listed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text(
        "limits:\n- {metric: nope, unit: um, min: 1}\n- {metric: t_cv, unit: um, max: x}\n"
        "- {metric: t_cv, unit: '1', max: 1}\n- {metric: t_cv, unit: '1', max: 2}\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_limits(path)
    message = str(caught.value)
    for words in ("limit 1 (nope)", "limit 2 (t_cv): unit 'um'", "'x'", "limit 4 (t_cv): given"):
        assert words in message
    assert "\n" not in message
    with pytest.raises(ConfigError, match="cannot be read"):
        read_limits(tmp_path / "absent.yaml")


def test_metrics_that_are_no_table_are_named(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_text("no")
    with pytest.raises(StorageError, match=r"m\.parquet: not a readable table"):
        cell(metrics=[tmp_path / "m.parquet"], output=tmp_path / "c.parquet")


def test_settings_with_an_unknown_key(tmp_path: Path) -> None:
    here = {"mosaic": tmp_path, "layers": tmp_path, "folder": tmp_path, "blocks": 1}
    with pytest.raises(ConfigError, match="unknown key rings"):
        measure(
            **here, groups=tmp_path, block=0, labels=tmp_path, partials=tmp_path,
            settings='{"rings": 1}',
        )  # fmt: skip
    for settings, words in (
        ('{"measure": {"depth_bins": 1}}', "depth_bins"),
        ('{"mosaic": {}}', "expected an object"),
        ("{", "not JSON"),
    ):
        with pytest.raises(ConfigError, match=words):
            join(
                **here, seams=tmp_path, batch="b", cell="c", section="s",
                output=tmp_path, settings=settings,
            )  # fmt: skip
