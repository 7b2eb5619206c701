"""Elements: closed forms of compositions, counting noise taken off, any windows, bad input."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.chain import report
from support.sections import SETTINGS, Labels, bare_lines, disc, join, partials_of
from transect.config import ElementMap, MeasureConfig, compact, parse_settings
from transect.elements import number_of, symbol_of
from transect.errors import ConfigError
from transect.measure.elements import Counts, element_sums
from transect.measure.partials import merge
from transect.parallel import Window
from transect.phantom.make import make_phantom
from transect.phantom.microscope import plan
from transect.phantom.scene import Scene
from transect.phantom.spec import PhantomSpec
from transect.phases import Phase
from transect.storage.tables import read_table

SHAPE = (700, 1400)
MAPS = {"Ni": ElementMap(detector="EDS Ni", factor=0.5), "Mn": ElementMap(detector="EDS Mn")}
MAPPED = SETTINGS.measure.model_copy(update={"elements": MAPS})


def packed() -> Labels:
    """Discs of one size side by side, binder between them in the lower half."""
    labels = Labels.empty(SHAPE)
    labels.phases[400:] = Phase.BINDER
    for row in range(30, SHAPE[0] - 20, 45):
        for column in range(30, SHAPE[1] - 20, 45):
            labels.paint(disc(SHAPE, row, column, 20.0))
    return labels


def counted(
    labels: Labels, nickel: np.ndarray, manganese: np.ndarray, step: int = 4096
) -> dict[str, pd.DataFrame]:
    maps = {number_of("Ni"): nickel.astype(np.uint16), number_of("Mn"): manganese.astype(np.uint16)}
    settings = replace(SETTINGS, measure=MAPPED)
    lines = bare_lines(SHAPE)
    merged = merge(partials_of(labels, lines, step, settings=settings, maps=maps))
    return join(merged, lines, SHAPE, settings)


def of(tables: dict[str, pd.DataFrame], metric: str) -> pd.Series:
    return tables["metrics"].set_index("metric").loc[metric]


def test_symbols_and_numbers() -> None:
    assert (number_of("H"), number_of("Ni"), number_of("Bi")) == (1, 28, 83)
    assert symbol_of(25) == "Mn"
    with pytest.raises(ValueError, match="'Xx' is no element"):
        number_of("Xx")


def test_shares_of_atoms_follow_the_counts_and_factors() -> None:
    labels = packed()
    solid = labels.phases == Phase.ACTIVE_MATERIAL
    binder = labels.phases == Phase.BINDER
    tables = counted(labels, np.where(solid, 6, 0), np.where(solid, 1, np.where(binder, 2, 0)))
    table = tables["elements"].set_index(["phase", "element"])
    assert table.loc[("active_material", "Ni"), "at_pct"] == pytest.approx(75.0)
    assert table.loc[("active_material", "Mn"), "at_pct"] == pytest.approx(25.0)
    assert table.loc[("binder", "Mn"), "at_pct"] == pytest.approx(100.0)
    assert table.loc[("active_material", "Ni"), "counts"] == 6 * solid.sum()
    assert of(tables, "ni_frac")["value"] == pytest.approx(0.75)
    assert of(tables, "segregation_cv")["value"] == 0
    own = tables["particle_elements"]
    assert set(own["particle"]) == set(tables["particles"]["particle"])
    assert own.groupby("element")["at_pct"].agg(["min", "max"]).loc["Ni"].tolist() == [75.0, 75.0]
    one = own[own["element"] == "Ni"].iloc[0]
    atoms, share = 0.5 * one["counts"] / 0.75, 0.75
    noise = share * (1 - share) ** 2 * 0.5 + (1 - share) * share**2
    assert one["at_pct_sd"] == pytest.approx(100 * np.sqrt(noise / atoms))


@pytest.mark.parametrize("spread", [0.0, 0.04])
def test_noise_of_counting_is_not_segregation(spread: float) -> None:
    labels, random = packed(), np.random.default_rng(3)
    solid = labels.phases == Phase.ACTIVE_MATERIAL
    ids, inverse = np.unique(labels.basins, return_inverse=True)
    means = 0.4 * (1 + spread * random.standard_normal(ids.size))
    nickel = random.poisson(np.where(solid, means[inverse.reshape(SHAPE)], 0))
    manganese = random.poisson(np.where(solid, 0.2, 0))
    found = of(counted(labels, nickel, manganese), "segregation_cv")
    # Of 0.5 Ni / (0.5 Ni + Mn), which is a half here: it varies half as much as nickel.
    assert found["ci_low"] <= spread / 2 <= found["ci_high"]
    assert found["value"] == pytest.approx(spread / 2, abs=0.006)
    raw = counted(labels, nickel, manganese)["particle_elements"]
    mine = raw.loc[raw["element"] == "Ni", "at_pct"]
    assert mine.std() / mine.mean() > 0.035, "counting alone makes particles differ"


@pytest.mark.parametrize("step", [128, 333])
def test_windows_do_not_matter(step: int) -> None:
    labels, random = packed(), np.random.default_rng(4)
    nickel, manganese = random.poisson(3, SHAPE), random.poisson(1, SHAPE)
    whole, parts = (counted(labels, nickel, manganese, n) for n in (4096, step))
    for name in ("elements", "particle_elements", "metrics"):
        pd.testing.assert_frame_equal(whole[name], parts[name])


def test_what_one_map_lacks_counts_for_none() -> None:
    phases, window = np.full((8, 10), int(Phase.ACTIVE_MATERIAL), np.uint8), Window(0, 8, 0, 10)
    recorded = np.ones((8, 10), bool)
    recorded[:, 6:] = False
    counts = Counts({28: np.full((8, 10), 3)}, recorded)
    ids = np.array([0, 7], np.uint64)
    sums = element_sums(counts, phases, np.ones((8, 10), np.int64), ids, window, 5)
    assert sums["elements"][["block", "count", "sum_grey"]].values.tolist() == [
        [0, 40, 120],
        [1, 8, 24],
    ]
    assert sums["compositions"].values.tolist() == [[7, 28, 144]]


def test_without_maps_it_is_said() -> None:
    labels = packed()
    zero = np.zeros(SHAPE, np.uint16)
    lines = bare_lines(SHAPE)
    plain = join(merge(partials_of(labels, lines, 4096)), lines, SHAPE)
    assert of(plain, "ni_frac")["note"] == "no map of an element"
    assert not len(plain["elements"])
    nothing = counted(labels, zero, zero)
    assert np.isnan(of(nothing, "segregation_cv")["value"])
    assert of(nothing, "segregation_cv")["note"] == "no whole particles"


def test_impossible_settings_are_refused() -> None:
    for text, words in (
        ('{"elements": {"Nickel": {"detector": "x"}}}', "'Nickel' is no element"),
        ('{"elements": {"Ni": {"detector": "x", "factor": 0}}}', "greater than 0"),
        ('{"films": {"sei": [90, 30]}}', "the darker end comes first"),
        ('{"films": {"rust": [1, 2]}}', "rust"),
    ):
        with pytest.raises(ConfigError, match=words):
            parse_settings(MeasureConfig, text)


def spread_of(spec: PhantomSpec, detector: str) -> float:
    """Coefficient of variation between particles of nickel's share, of counts without noise."""
    rows, columns = (getattr(plan(spec), name) for name in ("rows", "columns"))
    scene = Scene(spec, rows, columns)
    ids = scene.labels(0, 0, rows, columns).particles()
    streaks = np.zeros(rows, np.float32)
    nickel = scene.seen_by(spec.looks()[detector]).grey(0.0, 0.0, rows, columns, streaks)
    means = pd.Series(nickel.ravel()).groupby(ids.ravel()).median()
    shares = means[means > 1] / (means[means > 1] + 3)
    return float(shares.std() / shares.mean())


def xrays(**counts: float) -> dict[str, object]:
    return {"signal": "xrays", "appearance": counts}


def test_counts_of_a_phantom_come_through_the_whole_chain(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    detectors = [
        {"name": "EDS Ni", **xrays(grey_active=9, particle_contrast=1.8)},
        {"name": "EDS Mn", **xrays(grey_active=3)},
    ]
    spec = PhantomSpec.model_validate(
        {
            "width_um": 100.0,
            "margin_um": 3.0,
            "seed": 5,
            "geometry": {
                "thickness_um": 25.0,
                "d50_um": 4.0,
                "d_max_um": 8.0,
                "agglomerate_um": (5, 8),
            },
            "microscope": {
                "pixel_nm": 100.0,
                "tile_shape": (256, 320),
                "overlap": 0.2,
                "detectors": detectors,
            },
        }
    )
    make_phantom(tmp_path / "raw", spec, threads=2)
    elements = {"Ni": {"detector": "EDS Ni"}, "Mn": {"detector": "EDS Mn"}}
    elements["Co"] = {"detector": "EDS Co"}
    folder = report(tmp_path / "raw", tmp_path / "out", {"measure": {"elements": elements}})
    assert "no detector EDS Co, which measure.elements names for Co" in caplog.text
    metrics = read_table(folder / "tables" / "metrics.parquet").set_index("metric")
    assert metrics.loc["ni_frac", "value"] == pytest.approx(0.75, abs=0.004)
    truth = spread_of(spec, "EDS Ni")
    row = metrics.loc["segregation_cv"]
    assert row["ci_low"] <= truth <= row["ci_high"]
    assert row["value"] == pytest.approx(truth, rel=0.1)
    assert row["note"].startswith("of Ni")


def test_a_detector_of_xrays_needs_its_counts() -> None:
    with pytest.raises(ValueError, match="counts of the phases"):
        PhantomSpec.model_validate(
            {"microscope": {"detectors": [{"name": "EDS Ni", "signal": "xrays"}]}}
        )
    assert compact(MAPPED)
