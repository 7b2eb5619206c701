"""How particles lie and how binder clusters: closed forms on drawn particles and grids."""

from __future__ import annotations

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
    disc,
    foil_lines,
    join,
    packing,
    partials_of,
    tables_of,
)
from transect.config import MeasureConfig, SegmentConfig
from transect.measure.clustering import clustering, jackknife, join_count_z, moran
from transect.measure.joined import Settings
from transect.measure.partials import merge
from transect.measure.particles import foreign
from transect.phases import Phase


def metrics_of(labels: Labels, own: Settings = SETTINGS, step: int = 2048) -> pd.DataFrame:
    return tables_of(labels, bare_lines(labels.phases.shape), step, settings=own)[
        "metrics"
    ].set_index("metric")


def flakes(angle_deg: float) -> Labels:
    shape = (400, 600)
    labels = Labels.empty(shape)
    for row in (100, 300):
        for column in (100, 300, 500):
            y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
            y, x = row - y, x - column
            c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
            labels.paint(((x * c + y * s) / 70) ** 2 + ((y * c - x * s) / 15) ** 2 < 1)
    return labels


@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, 150.0])
def test_order_of_flakes(angle: float) -> None:
    found = metrics_of(flakes(angle)).loc["orientation_S2", "value"]
    assert found == pytest.approx(np.cos(np.radians(2 * angle)), abs=0.01)


def test_order_is_against_the_foil_and_not_the_image() -> None:
    columns, slope = 600, 0.1
    lines = foil_lines((400, columns), (30.0, 40.0), np.full(columns, 350.0), np.zeros(columns))
    down = slope * np.arange(columns)
    lines = replace(lines, cut=lines.cut + down, base=lines.base + down)
    fallen = flakes(-np.degrees(np.arctan(slope)))
    merged = merge(partials_of(fallen, lines, 2048))
    particles = join(merged, lines, (400, columns))["particles"]
    assert particles["orientation_deg"].abs().max() < 0.5


def halves(gap: int) -> Labels:
    """A disc split by a gap, each half missing a bite on its outer side."""
    labels = Labels.empty((200, 200))
    whole = disc((200, 200), 100, 100, 70)
    columns = np.arange(200)[None, :]
    for mask, bite in ((columns < 100 - gap / 2, 40), (columns >= 100 + gap / 2, 160)):
        labels.paint(whole & mask & ~disc((200, 200), 100, bite, 32))
    return labels


def test_pieces_that_face_each_other_are_fragments() -> None:
    near, far = tables_of(halves(1))["particles"], tables_of(halves(30))["particles"]
    assert near["solidity"].max() < 0.85
    assert near["fragment"].tolist() == [True, True]
    assert not far["fragment"].any()
    assert metrics_of(halves(1)).loc["fragment_fraction", "value"] == 1.0


def test_shares_of_the_outline_add_up() -> None:
    found = metrics_of(packing((300, 400), 30, 3))["value"]
    total = sum(
        found[name]
        for name in (
            "cbd_coverage",
            "perimeter_share_active_material",
            "perimeter_share_pore",
            "perimeter_share_collector",
            "perimeter_share_separator",
        )
    )
    assert total == pytest.approx(1.0, abs=1e-9)
    assert found["n_neighbours_mean"] >= 0


@pytest.mark.parametrize(("gap", "share"), [(1, 0.25), (6, 0.25), (9, 0.25), (12, 0.0), (40, 0.0)])
def test_what_is_within_the_contact_distance_of_another_is_near(gap: int, share: float) -> None:
    # Two squares side by side, and a contact distance of ten pixels.
    labels = Labels.empty((200, 300))
    for first in (60, 140 + gap):
        square = np.zeros((200, 300), bool)
        square[60:140, first : first + 80] = True
        labels.paint(square)
    found = metrics_of(labels)["value"]
    assert found["contact_length_frac"] == pytest.approx(share, abs=0.02)
    assert (found["perimeter_share_active_material"] > 0.1) == (gap == 1)


def test_solid_state_cells_have_contacts_of_their_own() -> None:
    labels = Labels.empty((200, 200))
    labels.paint(disc((200, 200), 100, 100, 60))
    rows = np.arange(200)[:, None]
    labels.phases[(labels.basins == 0) & (rows < 100)] = Phase.BINDER
    own = replace(SETTINGS, segment=SegmentConfig(filler="electrolyte"))
    found = metrics_of(labels, own)["value"]
    assert found["assb_contact_frac"] == pytest.approx(0.5, abs=0.02)
    assert found["interfacial_void_frac"] == pytest.approx(0.5, abs=0.02)
    note = metrics_of(labels).loc["assb_contact_frac", "note"]
    assert note.startswith("does not apply")


def test_one_bright_particle_is_foreign() -> None:
    labels = packing((400, 500), 40, 8)
    ids = np.unique(labels.basins)[1:]
    rng = np.random.default_rng(1)
    for value in ids:
        labels.grey[labels.basins == value] = rng.integers(110, 130)
    labels.grey[labels.basins == ids[5]] = 240
    particles = tables_of(labels)["particles"]
    assert particles.loc[particles["foreign"], "particle"].tolist() == [ids[5]]
    assert metrics_of(labels).loc["foreign_particle_per_mm2", "n"] == 1


@given(st.lists(st.floats(50, 200), max_size=30), st.floats(3, 8))
@settings(max_examples=50, deadline=None)
def test_most_particles_are_never_foreign(grey: list[float], sigma: float) -> None:
    found = foreign(np.array(grey), sigma)
    assert found.shape == (len(grey),)
    assert found.sum() <= len(grey) / 2


def test_moran_of_a_board_and_of_halves() -> None:
    board = np.indices((20, 30)).sum(axis=0) % 2
    assert moran(board.astype(float)) == pytest.approx(-1, abs=1e-9)
    halves_ = np.repeat(np.arange(20) < 10, 30).reshape(20, 30)
    assert moran(halves_.astype(float)) > 0.9
    assert np.isnan(moran(np.ones((5, 5))))


def test_intervals_of_clustering_hold_what_is_true() -> None:
    """Of cells that know nothing of each other: Moran's I is 0, lacunarity 1 + (sd / mean)^2."""
    rng = np.random.default_rng(9)
    held = []
    for _ in range(200):
        cells = rng.normal(0.5, 0.1, (8, 40))
        cells[2, :3] = np.nan
        low, high = jackknife(clustering, cells)
        true = np.array([0.0, 0.0, 1.04])
        held.append((low <= true) & (true <= high))
    assert (np.mean(held, axis=0) > 0.88).all()
    assert (np.mean(held, axis=0)[:2] < 1.0).all()


def test_too_few_columns_have_no_interval() -> None:
    low, high = jackknife(clustering, np.random.default_rng(1).random((12, 4)))
    assert np.isnan([low, high]).all()


def test_join_counts_of_marks_dealt_at_random_have_unit_variance() -> None:
    rng = np.random.default_rng(4)
    known = rng.random((20, 25)) < 0.9
    found = [join_count_z(rng.random((20, 25)) < 0.4, known) for _ in range(400)]
    assert abs(np.mean(found)) < 0.15
    assert np.std(found) == pytest.approx(1.0, abs=0.12)
    assert np.isnan(join_count_z(np.zeros((4, 4), bool), np.ones((4, 4), bool)))


def binder_in(mask: np.ndarray) -> Labels:
    labels = Labels.empty(mask.shape)
    labels.phases[mask] = Phase.BINDER
    return labels


def test_binder_in_lumps_clusters_and_a_gradient_alone_does_not() -> None:
    rng = np.random.default_rng(2)
    shape = (400, 4000)
    even = rng.random(shape) < 0.3
    steep = rng.random(shape) < np.linspace(0.1, 0.9, shape[0])[:, None]
    lumps = np.kron(rng.random((2, 20)) < 0.3, np.ones((200, 200), bool)).astype(bool)
    values = {n: metrics_of(binder_in(m))["value"] for n, m in
              {"even": even, "steep": steep, "lumps": lumps}.items()}  # fmt: skip
    assert abs(values["even"]["binder_join_count_z"]) < 3
    assert abs(values["steep"]["binder_join_count_z"]) < 3
    assert values["lumps"]["binder_join_count_z"] > 5
    assert values["lumps"]["binder_lacunarity"] > 2 > values["even"]["binder_lacunarity"]


def test_skin_of_closed_pores() -> None:
    labels = Labels.empty((400, 800))
    rows = np.arange(400)[:, None]
    columns = np.arange(800)[None, :]
    # All coating: z grows from the last row up.
    labels.phases[:] = np.where((columns % 4 > 0) | (rows < 40), Phase.BINDER, Phase.PORE)
    assert metrics_of(labels).loc["skin_index", "value"] == pytest.approx(0.0, abs=0.01)
    labels.phases[:] = np.where(columns % 4 > 0, Phase.BINDER, Phase.PORE)
    assert metrics_of(labels).loc["skin_index", "value"] == pytest.approx(1.0, abs=0.01)


def test_porosity_by_weighing() -> None:
    columns = 400
    lines = foil_lines((300, columns), (140.0, 160.0), np.full(columns, 100.0), np.zeros(columns))
    labels = Labels.empty((300, columns))
    labels.phases[:] = Phase.OUTSIDE
    labels.phases[40:140] = labels.phases[160:260] = Phase.BINDER
    labels.phases[40:140, ::5] = labels.phases[160:260, ::5] = Phase.PORE
    # 5 um of coating, of which 1.4 mg/cm2 at 4 g/cm3 fill 3.5 um.
    own = replace(SETTINGS, measure=MeasureConfig(loading_mg_cm2=1.4, solids_g_cm3=4.0))
    merged = merge(partials_of(labels, lines, 2048, settings=own))
    found = join(merged, lines, (300, columns), own)["metrics"].set_index("metric")["value"]
    assert 100 * PX_UM == 5.0
    assert found["porosity_mass_balance"] == pytest.approx(0.3)
    assert found["porosity_unresolved"] == pytest.approx(0.1)


def test_a_large_pore_is_a_macro_void() -> None:
    labels = Labels.empty((200, 1000))
    labels.phases[:] = Phase.BINDER
    labels.phases[disc((200, 1000), 100, 500, 40)] = Phase.PORE
    found = metrics_of(labels).loc["macro_void_per_mm2"]
    assert found["n"] == 1
    assert "a fifth of the coating" in found["note"]
    assert found["value"] == pytest.approx(1 / (200 * 1000 * PX_UM**2 / 1e6))


@pytest.mark.parametrize("step", [2048, 97])
def test_a_long_thin_pore_is_a_crack_of_the_coating(step: int) -> None:
    labels = Labels.empty((400, 400))
    labels.phases[:] = Phase.BINDER
    for row in (60, 200, 340):
        for column in (60, 340):
            labels.paint(disc((400, 400), row, column, 40))
    labels.phases[50:350, 195:205] = Phase.PORE
    labels.phases[150:250, 100:104] = Phase.PORE
    found = metrics_of(labels, step=step)
    assert found.loc["coating_crack_per_mm2", "n"] == 1
    assert found.loc["coating_crack_depth_fraction", "value"] == pytest.approx(0.75)
    labels.phases[labels.phases == Phase.PORE] = Phase.BINDER
    assert (
        metrics_of(labels).loc["coating_crack_depth_fraction", "note"] == "no crack of the coating"
    )


@pytest.mark.parametrize("labels", [Labels.empty((60, 80)), packing((60, 80), 1, 1)])
def test_sections_of_nothing_and_of_one_particle(labels: Labels) -> None:
    found = metrics_of(labels)
    for name in ("orientation_S2", "fragment_fraction", "binder_moran_I", "n_neighbours_mean"):
        assert name in found.index
        assert np.isfinite(found.loc[name, "value"]) or found.loc[name, "note"]
