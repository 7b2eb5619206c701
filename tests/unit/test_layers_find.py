"""Layers against an electrode whose lines are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter1d

from support.electrode import PX_UM, Electrode, make_electrode, write_mosaic
from transect.config import LayersConfig
from transect.geometry import LAYERS, LINES, Layers
from transect.layers.edges import walk
from transect.layers.envelope import disc_closing, lasting, robust, running_median
from transect.layers.find import Finder
from transect.layers.steps import layers
from transect.measure.lines import read_lines
from transect.parallel import Window
from transect.phases import Phase
from transect.storage.images import open_image
from transect.storage.tables import read_metadata, read_table


def found(tmp_path: Path, electrode: Electrode) -> tuple[pd.DataFrame, dict[str, object]]:
    path = write_mosaic(tmp_path / "mosaic.zarr", electrode.image)
    finder = Finder(open_image(path), open_image(path, "labels/valid"), LayersConfig(), 1)
    result = finder.find()
    return result.table(electrode.image.shape[1]), result.facts


@pytest.mark.parametrize(
    ("noise", "foil_grey", "separator", "limit_px"),
    [(0.0, 122, True, 0.3), (12.0, 122, True, 1.0), (12.0, 238, False, 0.5)],
)
def test_lines_are_right(
    tmp_path: Path, noise: float, foil_grey: int, separator: bool, limit_px: float
) -> None:
    electrode = make_electrode(noise=noise, foil_grey=foil_grey, separator=separator)
    table, facts = found(tmp_path, electrode)
    assert facts["foil"] is True
    assert facts["sides"] == ["a", "b"]
    assert facts["angle_deg"] == pytest.approx(1.0, abs=0.15)
    assert facts["separators"] == (["a"] if separator else [])
    for name, line in electrode.lines.items():
        error = table[name] - line
        assert abs(error.mean()) < limit_px, name
        assert np.median(np.abs(error)) < 2 * limit_px, name


def test_delamination_is_found(tmp_path: Path) -> None:
    electrode = make_electrode(noise=8)
    table, _ = found(tmp_path, electrode)
    for side, border in (("a", "foil_top_px"), ("b", "foil_bottom_px")):
        truth = np.abs(electrode.lines[f"{side}_base_px"] - electrode.lines[border]) * PX_UM
        gap = np.abs(table[f"{side}_base_px"] - table[border]) * PX_UM
        assert (gap >= 0.5).mean() == pytest.approx((truth >= 0.5).mean(), abs=0.01)


@pytest.mark.parametrize("first", [1050, 1053])
@pytest.mark.parametrize(
    ("rows", "hidden"), [(slice(0, 300), "a"), (slice(300, 600), "ab"), (slice(600, 900), "b")]
)
def test_missing_tile_does_not_move_the_lines(
    tmp_path: Path, rows: slice, hidden: str, first: int
) -> None:
    electrode = make_electrode(noise=5)
    valid = np.ones(electrode.image.shape, np.uint8)
    # Whether or not the hole ends where a pixel of the coarse level does.
    valid[rows, first:1350] = 0
    path = write_mosaic(tmp_path / "mosaic.zarr", electrode.image * valid, valid)
    finder = Finder(open_image(path), open_image(path, "labels/valid"), LayersConfig(), 1)
    result = finder.find()
    table = result.table(valid.shape[1])
    assert result.facts["sides"] == ["a", "b"]
    assert result.facts["separators"] == ["a"]
    shown = valid.all(axis=0)
    for name, line in electrode.lines.items():
        error = (table[name] - line).to_numpy()
        assert np.isfinite(error).all(), name
        assert abs(error[shown].mean()) < 1.0, name
        # Behind the hole a line is bridged: near where it was, not at the rim of the hole.
        assert np.median(np.abs(error[~shown])) < 10.0, name
    for side in "ab":
        measured = table[f"{side}_measured"].to_numpy()
        assert not measured[~shown].any() or side not in hidden
        assert measured[shown | (side not in hidden)].mean() > 0.98


def test_a_gap_behind_a_hole_is_not_taken_for_closed(tmp_path: Path) -> None:
    electrode = make_electrode(noise=5)
    valid = np.ones(electrode.image.shape, np.uint8)
    # The coating below the foil, of which the foil's border and a few rows are left.
    valid[510:600, 850:1050] = 0
    path = write_mosaic(tmp_path / "mosaic.zarr", electrode.image * valid, valid)
    layers(mosaic=path, output=tmp_path / "layers.parquet")
    lines = read_lines(tmp_path / "layers.parquet", valid.shape[1], PX_UM)
    assert not lines.measured[1, 850:1050].any()
    assert lines.measured[0].mean() > 0.98
    assert np.delete(lines.measured[1], np.s_[850:1050]).mean() > 0.98
    assert lines.coated.all()


@pytest.mark.parametrize("strength", [0.02, 0.04, 0.06])
def test_curtains_do_not_hide_the_foil(tmp_path: Path, strength: float) -> None:
    electrode = make_electrode(noise=5)
    stripes = gaussian_filter1d(np.random.default_rng(3).normal(size=1500), 2, mode="wrap")
    stripes *= strength / stripes.std()
    image = np.clip(electrode.image * (1 + stripes), 0, 255).astype(np.uint8)
    table, facts = found(tmp_path, replace(electrode, image=image))
    assert facts["sides"] == ["a", "b"]
    for name, line in electrode.lines.items():
        assert np.median(np.abs(table[name] - line)) < 2.0, name


def test_one_sided_coating(tmp_path: Path) -> None:
    table, facts = found(tmp_path, make_electrode(sides="a", separator=False))
    assert facts["sides"] == ["a"]
    assert table["b_surface_px"].isna().all()


def test_image_without_foil_is_all_coating(tmp_path: Path) -> None:
    electrode = make_electrode(tilt_deg=0)
    crop = electrode.image[170:380]
    valid = np.ones(crop.shape, np.uint8)
    valid[:5] = 0
    path = write_mosaic(tmp_path / "mosaic.zarr", crop, valid)
    layers(mosaic=path, output=tmp_path / "layers.parquet")
    table = read_table(tmp_path / "layers.parquet", LAYERS)
    assert read_metadata(tmp_path / "layers.parquet")["foil"] == "false"
    assert table["foil_top_px"].isna().all()
    assert (table["a_surface_px"] == 5).all()
    assert (table["a_base_px"] == 210).all()


def test_command_is_the_same_for_any_threads(tmp_path: Path) -> None:
    path = write_mosaic(tmp_path / "mosaic.zarr", make_electrode(noise=5, columns=2600).image)
    for threads in (1, 2):
        layers(mosaic=path, output=tmp_path / f"{threads}.parquet", threads=threads)
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_zone_follows_the_lines(tmp_path: Path) -> None:
    electrode = make_electrode()
    lines = {name: electrode.lines.get(name, np.full(1500, np.nan)) for name in LINES}
    zone = Layers.of(pd.DataFrame(lines), {}).zone(Window(0, 900, 0, 1500))
    truth = electrode.phases.copy()
    truth[np.isin(truth, (Phase.ACTIVE_MATERIAL, Phase.BINDER))] = Phase.PORE
    np.testing.assert_array_equal(zone, truth)


def test_zone_says_what_was_not_recorded() -> None:
    lines = pd.DataFrame({name: np.full(4, np.nan) for name in LINES})
    lines["a_surface_px"], lines["a_base_px"] = 1.0, 3.0
    valid = np.array([[1, 1, 1, 0]] * 4, np.uint8)
    zone = Layers.of(lines, {}).zone(Window(0, 4, 0, 4), valid)
    assert (zone[:, 3] == Phase.INVALID).all()
    assert (zone[1:3, :3] == Phase.PORE).all()
    assert (zone[[0, 3], :3] == Phase.OUTSIDE).all()


@pytest.mark.parametrize("step", [-1, 1])
def test_walk_finds_an_edge_to_a_fraction_of_a_pixel(step: int) -> None:
    rows = np.arange(60)
    at = np.array([30.0, 30.25, 30.7])
    share = np.clip(rows[:, None] + 1 - at, 0, 1)
    strip = (100 + 80 * (share if step > 0 else 1 - share)).astype(np.float32)
    start = np.full(3, 10.0 if step > 0 else 50.0)
    edge = walk(strip, start, step, np.full(3, 100.0), 5.0, 45)
    np.testing.assert_allclose(edge, at, atol=0.51)
    assert np.isnan(walk(strip, start, step, np.full(3, 100.0), 5.0, 5)).all()


def test_closing_bridges_valleys_and_keeps_slopes() -> None:
    height = np.linspace(0, 20, 400)
    notched = height.copy()
    notched[200:203] -= 15
    closed = disc_closing(notched, 50)
    assert (closed >= notched - 1e-9).all()
    np.testing.assert_allclose(closed[60:-60], height[60:-60], atol=0.1)


def test_lasting_drops_pores_and_keeps_gaps() -> None:
    gap = np.zeros(300)
    gap[20:30] = 50
    gap[100:200] = 30
    kept = lasting(gap, 40)
    assert (kept[:90] == 0).all()
    assert (kept[100:200] == 30).all()


def test_robust_replaces_what_leaves_the_course() -> None:
    line = np.linspace(0, 5, 200)
    wild = line.copy()
    wild[50:55] += 40
    wild[100] = np.nan
    np.testing.assert_allclose(robust(wild, 41, 3.0), line, atol=0.05)


def test_a_surface_that_falls_towards_its_end_is_not_in_a_valley() -> None:
    height = 100.0 - 0.05 * np.arange(400.0)
    np.testing.assert_allclose(disc_closing(height, 80), height, atol=0.3)
    np.testing.assert_allclose(running_median(height, 161), height, atol=1e-9)
    height[-12:] += 6.0
    assert abs(running_median(height, 161)[-1] - (100 - 0.05 * 399)) < 2.0
