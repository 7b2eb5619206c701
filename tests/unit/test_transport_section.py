"""Transport through whole sections: windows of their stores, straightened, in any threads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.foam import foam
from support.sections import PX_UM, bare_lines, foil_lines
from transect.measure.lines import Lines
from transect.measure.transport.section import Transport, transport_of
from transect.measure.transport.windows import grid_of, straightened
from transect.parallel import windows
from transect.phases import Phase
from transect.storage.images import Image, open_image
from transect.storage.stores import new_store

FINE = "transect.measure.transport.windows.FINE"
SHAPE = (1600, 3000)
FOIL = (780, 820)
THICK = 600


@pytest.fixture(autouse=True)
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small sections are read at a coarse level too."""
    monkeypatch.setattr(FINE, 256)


def stored(folder: Path, phases: np.ndarray) -> Image:
    with new_store(folder / "labels.zarr", recipe=1, inputs={}) as store:
        image = store.image("phases", phases.shape, np.uint8, PX_UM, kind="labels")
        for window in windows(phases.shape):
            image.write(window.row0, window.col0, phases[window.slices])
    return open_image(folder / "labels.zarr", "phases")


def layered(thickness: np.ndarray, slope: float = 0.0) -> tuple[np.ndarray, Lines]:
    """Active material on both sides of a foil that may be tilted, and its layers."""
    lines = foil_lines(SHAPE, FOIL, thickness, np.zeros(SHAPE[1]))
    tilt = np.round(slope * np.arange(SHAPE[1]))
    lines = replace(lines, base=lines.base + tilt, surface=lines.surface + tilt)
    row = np.arange(SHAPE[0])[:, None] + 0.5
    phases = np.full(SHAPE, Phase.OUTSIDE, np.uint8)
    phases[(row > lines.base[0]) & (row < lines.base[1])] = Phase.COLLECTOR
    above = (row > lines.surface[0]) & (row < lines.base[0])
    below = (row > lines.base[1]) & (row < lines.surface[1])
    phases[above | below] = Phase.ACTIVE_MATERIAL
    return phases, lines


def channelled(phases: np.ndarray) -> np.ndarray:
    """Pores of 8 px straight through the coating, every 32 px."""
    solid = phases == Phase.ACTIVE_MATERIAL
    return np.where(solid & (np.arange(SHAPE[1]) % 32 < 8), Phase.PORE, phases).astype(np.uint8)


def index(found: Transport, name: str) -> float:
    part, whole = found.ratios()[name]
    return float(part.sum() / whole.sum())


def test_the_grid_takes_the_coarsest_level_that_is_fine_enough() -> None:
    _, lines = layered(np.full(SHAPE[1], THICK))
    grid = grid_of(lines, 5)
    assert (grid.level, grid.width, grid.count) == (1, THICK // 2, SHAPE[1] // THICK)
    assert grid_of(lines, 1).level == 0


@pytest.mark.parametrize("slope", [0.0, 0.02])
def test_straight_pores_have_no_tortuosity_in_a_section(tmp_path: Path, slope: float) -> None:
    phases, lines = layered(np.full(SHAPE[1], THICK), slope)
    found = transport_of(stored(tmp_path, channelled(phases)), lines)
    assert len(found.windows) == 10
    assert set(found.windows["side"]) == {"a", "b"}
    assert index(found, "tau_factor_2d") == pytest.approx(1.0, rel=1e-5)
    assert index(found, "tau_geodesic_z") == pytest.approx(1.0)
    assert index(found, "nonpercolating_windows_2d") == 0
    assert index(found, "nonpercolating_fraction_2d") == 0
    assert index(found, "chord_x_um") == pytest.approx(8 * PX_UM, rel=0.02)
    assert index(found, "chord_z_um") == pytest.approx(THICK * PX_UM)
    assert np.median(found.sizes["diameter_um"]) == pytest.approx(8 * PX_UM, rel=0.02)


def test_a_wedge_is_straightened(tmp_path: Path) -> None:
    phases, lines = layered(np.linspace(500, 700, SHAPE[1]))
    found = transport_of(stored(tmp_path, channelled(phases)), lines)
    assert index(found, "tau_factor_2d") == pytest.approx(1.0, rel=1e-5)


def test_a_closed_side_conducts_nothing_and_the_section_half(tmp_path: Path) -> None:
    phases, lines = layered(np.full(SHAPE[1], THICK))
    phases = channelled(phases)
    phases[1100:1140][phases[1100:1140] == Phase.PORE] = Phase.ACTIVE_MATERIAL
    found = transport_of(stored(tmp_path, phases), lines)
    closed = found.windows[found.windows["side"] == "b"]
    assert (closed["relative"] == 0).all()
    assert (closed["note"] == "no path through the phase").all()
    assert index(found, "nonpercolating_windows_2d") == 0.5
    assert index(found, "nonpercolating_fraction_2d") == pytest.approx(0.5, abs=0.02)
    assert index(found, "tau_factor_2d") == pytest.approx(2 - 40 / 600, rel=0.01)


def test_windows_with_artefacts_or_without_coating_are_left_out(tmp_path: Path) -> None:
    phases, lines = layered(np.full(SHAPE[1], THICK))
    phases[300:500, 0:600] = Phase.INVALID
    lines.base[1, 1300] = lines.surface[1, 1300] = np.nan
    labels = stored(tmp_path, phases)
    grid = grid_of(lines, len(labels.arrays))
    assert straightened(labels, lines, grid, 0, 0) is None
    assert straightened(labels, lines, grid, 0, 1) is not None
    assert len(transport_of(labels, lines).windows) < 10


def test_a_section_without_coating_has_no_windows(tmp_path: Path) -> None:
    lines = bare_lines((300, 300))
    empty = replace(lines, base=lines.base * np.nan)
    found = transport_of(stored(tmp_path, np.zeros((300, 300), np.uint8)), empty)
    assert (len(found.windows), len(found.sizes), found.count) == (0, 0, 0)
    assert all(part.size == 0 for pair in found.ratios().values() for part in pair)


def test_any_number_of_threads_gives_the_same_tables(tmp_path: Path) -> None:
    phases, lines = layered(np.full(SHAPE[1], THICK))
    pores = foam(SHAPE, 3, 0.7, 12.0) & (phases == Phase.ACTIVE_MATERIAL)
    phases[pores] = Phase.PORE
    labels = stored(tmp_path, phases)
    one, three = transport_of(labels, lines, 1), transport_of(labels, lines, 3)
    assert (one.windows["relative"] > 0).any()
    pd.testing.assert_frame_equal(one.windows, three.windows, check_exact=True)
    pd.testing.assert_frame_equal(one.sizes, three.sizes, check_exact=True)
