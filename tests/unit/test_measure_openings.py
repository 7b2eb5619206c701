"""Cracks, voids and pores: what they are, how long, how wide."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from support.sections import PX_UM, Labels, disc, tables_of
from transect.measure import skeleton
from transect.phases import Phase

SHAPE = (240, 240)


def line_mask(length: float, width: float, angle: float) -> np.ndarray:
    """Pixels of a band with round ends about the middle."""
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    y, x = rows + 0.5 - SHAPE[0] / 2 - 0.2, columns + 0.5 - SHAPE[1] / 2 + 0.3
    c, s = np.cos(angle), np.sin(angle)
    along, across = x * c + y * s, y * c - x * s
    beyond = np.maximum(np.abs(along) - length / 2, 0)
    return np.asarray(np.hypot(beyond, across) < width / 2)


def cracked(mask: np.ndarray) -> Labels:
    labels = Labels.empty(SHAPE)
    labels.paint(disc(SHAPE, 120, 120, 110))
    labels.phases[mask] = Phase.CRACK
    return labels


@pytest.mark.parametrize("width", [2.0, 3.0, 4.0, 6.0])
def test_crack_length_and_width_over_all_directions(width: float) -> None:
    length, ratios, widths = 120.0, [], []
    for angle in np.radians(np.arange(4, 180, 11)):
        tables = tables_of(cracked(line_mask(length, width, angle)))
        assert len(tables["cracks"]) == 1
        ratios.append(tables["cracks"]["length_um"].iloc[0] / (length * PX_UM))
        widths.append(tables["cracks"]["width_mean_um"].iloc[0] / PX_UM)
    assert np.mean(ratios) == pytest.approx(1, abs=0.03)
    assert np.ptp(ratios) < 0.15
    assert np.mean(widths) == pytest.approx(width, rel=0.1)


def test_crack_belongs_to_its_particle_and_flags_it() -> None:
    tables = tables_of(cracked(line_mask(100, 3, 0.4)))
    particle, crack = tables["particles"].iloc[0], tables["cracks"].iloc[0]
    assert crack.particle == particle.particle
    assert particle.crack_length_um == crack.length_um
    assert particle.crack_area_um2 == crack.area_um2
    assert particle.cracked
    assert particle.crack_area_fraction == pytest.approx(
        crack.area_um2 / (crack.area_um2 + particle.area_um2)
    )
    assert not tables_of(cracked(line_mask(10, 2, 0.4)))["particles"]["cracked"].iloc[0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 5))
def test_thinning_keeps_what_is_connected(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.random((80, 80)), width) > 0.505
    mask = mask & ~ndimage.binary_erosion(mask, iterations=width)
    thin = skeleton.thin(mask)
    assert not (thin.astype(bool) & ~mask).any()
    eight = np.ones((3, 3))
    assert ndimage.label(thin, eight)[1] == ndimage.label(mask, eight)[1]


@pytest.mark.parametrize("gap", [1, 2, 4, 6])
def test_gap_between_two_particles_is_a_pore(gap: int) -> None:
    labels = Labels.empty((80, 140))
    left, right = np.zeros((80, 140), bool), np.zeros((80, 140), bool)
    middle = 70 + gap // 2
    left[10:70, 10:middle], right[10:70, middle:130] = True, True
    labels.paint(left)
    labels.paint(right)
    labels.phases[10:70, 70 : 70 + gap] = Phase.CRACK
    tables = tables_of(labels)
    assert not len(tables["cracks"])
    assert len(tables["particles"]) == 2
    assert tables["particles"]["crack_area_um2"].sum() == 0


def test_crack_that_ends_at_a_neighbour_stays_a_crack_but_for_its_mouth() -> None:
    labels = Labels.empty((80, 140))
    left, right = np.zeros((80, 140), bool), np.zeros((80, 140), bool)
    left[10:70, 10:70], right[10:70, 70:130] = True, True
    one = labels.paint(left)
    labels.paint(right)
    labels.phases[39:42, 30:70] = Phase.CRACK
    cracks = tables_of(labels)["cracks"]
    assert cracks["particle"].tolist() == [one]
    # Pixels within the width of a crack of the neighbour are open to the contact.
    assert cracks["area_um2"].iloc[0] == pytest.approx(3 * 34 * PX_UM**2, rel=0.03)


def test_hole_between_three_particles_is_a_pore_and_hole_in_one_is_a_void() -> None:
    labels = Labels.empty((120, 120))
    rows, columns = np.ogrid[:120, :120]
    inside = (rows > 5) & (rows < 115) & (columns > 5) & (columns < 115)
    thirds = (
        inside & (columns < 60) & (rows < 60),
        inside & (columns >= 60) & (rows < 60),
        inside & (rows >= 60),
    )
    for mask in thirds:
        labels.paint(mask)
    labels.phases[disc((120, 120), 60, 60, 9)] = Phase.VOID
    labels.phases[disc((120, 120), 90, 60, 9)] = Phase.VOID
    pores = tables_of(labels)["pores"]
    holes = pores[pores["area_um2"] < 1].sort_values("z_um", ascending=False)
    assert holes["kind"].tolist() == ["inter", "intra"]
    assert holes["ecd_um"].iloc[0] == pytest.approx(18 * PX_UM, rel=0.02)


def test_pore_measures() -> None:
    labels = Labels.empty((120, 200))
    labels.phases[:] = Phase.BINDER
    labels.phases[disc((120, 200), 60, 60, 20)] = Phase.PORE
    labels.phases[40:80, 150:200] = Phase.PORE
    pores = tables_of(labels)["pores"].sort_values("x_um")
    assert pores["complete"].tolist() == [True, False]
    assert pores["perimeter_um"].iloc[0] == pytest.approx(2 * np.pi * 20 * PX_UM, rel=0.02)
    assert pores["x_um"].iloc[0] == pytest.approx(60 * PX_UM, abs=0.01)
    assert pores["area_um2"].iloc[1] == pytest.approx(40 * 50 * PX_UM**2)
