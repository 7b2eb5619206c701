"""Shapes whose measures are known in closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import regionprops_table

from support.sections import PX_UM, Labels, disc, packing, tables_of
from transect.candidates import settle
from transect.config import MeasureConfig
from transect.phases import Phase


def only(labels: Labels) -> pd.Series:
    particles = tables_of(labels)["particles"]
    assert len(particles) == 1
    return particles.iloc[0]


def ellipse(shape: tuple[int, int], a: float, b: float, angle: float) -> np.ndarray:
    """Pixels of an ellipse in the middle; the angle grows from the columns' axis upwards."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    y, x = shape[0] / 2 - rows - 0.5, columns + 0.5 - shape[1] / 2
    c, s = np.cos(angle), np.sin(angle)
    return ((x * c + y * s) / a) ** 2 + ((y * c - x * s) / b) ** 2 < 1


@pytest.mark.parametrize("radius", [10.0, 20.0, 40.3, 80.0])
@pytest.mark.parametrize("shift", [0.0, 0.31])
def test_disc(radius: float, shift: float) -> None:
    labels = Labels.empty((200, 220))
    labels.paint(disc((200, 220), 100 + shift, 110 - shift, radius))
    row = only(labels)
    d = 2 * radius * PX_UM
    assert row.ecd_um == pytest.approx(d, rel=0.01)
    assert row.perimeter_um == pytest.approx(np.pi * d, rel=0.015)
    assert row.feret_max_um == pytest.approx(d, abs=1.0 * PX_UM)
    assert row.feret_min_um == pytest.approx(d, abs=1.0 * PX_UM)
    assert row.circularity == pytest.approx(1, abs=0.02)
    assert 0.96 < row.solidity <= 1
    assert row.mosaic_x_um == pytest.approx((110 - shift) * PX_UM, abs=0.2 * PX_UM)
    assert row.mosaic_y_um == pytest.approx((100 + shift) * PX_UM, abs=0.2 * PX_UM)
    assert row.complete
    assert row.detachment == 1.0


@pytest.mark.parametrize("angle_deg", [0, 20, 45, 77, 90, 130, 178])
def test_ellipse(angle_deg: float) -> None:
    a, b = 60.0, 25.0
    labels = Labels.empty((160, 160))
    labels.paint(ellipse((160, 160), a, b, np.radians(angle_deg)))
    row = only(labels)
    assert row.area_um2 == pytest.approx(np.pi * a * b * PX_UM**2, rel=0.01)
    turn = (row.orientation_deg - angle_deg + 90) % 180 - 90
    assert abs(turn) < 1
    assert row.feret_max_um == pytest.approx(2 * a * PX_UM, rel=0.01)
    assert row.feret_min_um == pytest.approx(2 * b * PX_UM, rel=0.02)
    h = ((a - b) / (a + b)) ** 2
    outline = np.pi * (a + b) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
    assert row.perimeter_um == pytest.approx(outline * PX_UM, rel=0.02)


@pytest.mark.parametrize("angle_deg", [0, 13, 32, 45, 61, 88])
def test_calipers_of_a_long_rectangle(angle_deg: float) -> None:
    length, width = 120.0, 18.0
    rows, columns = np.ogrid[:180, :180]
    y, x = 90 - rows - 0.5, columns + 0.5 - 90
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    labels = Labels.empty((180, 180))
    labels.paint((np.abs(x * c + y * s) < length / 2) & (np.abs(y * c - x * s) < width / 2))
    row = only(labels)
    assert row.feret_min_um == pytest.approx(width * PX_UM, abs=1.0 * PX_UM)
    diagonal = np.hypot(length, width)
    assert row.feret_max_um == pytest.approx(diagonal * PX_UM, abs=1.5 * PX_UM)
    # Half a pixel along the outline is what the grid leaves open.
    slack = 0.5 * 2 * (length + width) * PX_UM**2
    assert row.hull_area_um2 == pytest.approx(length * width * PX_UM**2, abs=slack)


def test_agrees_with_scikit_image_where_the_definitions_do() -> None:
    labels = packing((500, 500), 60, seed=2)
    found = tables_of(labels)["particles"].set_index("particle")
    phases, solid = labels.phases.copy(), labels.basins.copy()
    settle(phases, solid, MeasureConfig().walls_px)
    solid[phases == Phase.PORE] = 0
    ids, compact = np.unique(solid, return_inverse=True)
    names = ("label", "area", "centroid", "perimeter_crofton", "feret_diameter_max", "bbox",
             "area_convex", "orientation")  # fmt: skip
    other = pd.DataFrame(regionprops_table(compact.reshape(solid.shape), properties=names))
    other.index = pd.Index(ids[other["label"].to_numpy()], name="particle")
    both = found.join(other, how="inner")
    assert len(both) == len(found) > 40
    np.testing.assert_allclose(both["area_filled_um2"] / PX_UM**2, both["area"], rtol=1e-12)
    np.testing.assert_allclose(both["mosaic_x_um"] / PX_UM - 0.5, both["centroid-1"], rtol=1e-12)
    np.testing.assert_allclose(both["mosaic_y_um"] / PX_UM - 0.5, both["centroid-0"], rtol=1e-12)
    np.testing.assert_allclose(both["bbox_x1_um"] / PX_UM, both["bbox-3"], rtol=1e-12)
    inner = both[both["complete"]]
    np.testing.assert_allclose(inner["perimeter_um"] / PX_UM, inner["perimeter_crofton"], rtol=1e-9)
    np.testing.assert_allclose(inner["feret_max_um"] / PX_UM, inner["feret_diameter_max"], atol=1.0)
    np.testing.assert_allclose(inner["hull_area_um2"] / PX_UM**2, inner["area_convex"], rtol=0.05)


def test_grey_is_of_the_active_material_only() -> None:
    labels = Labels.empty((60, 60))
    mask = disc((60, 60), 30, 30, 20)
    labels.paint(mask)
    labels.grey[mask] = 200
    labels.grey[:30][mask[:30]] = 100
    inner = disc((60, 60), 30, 30, 5)
    labels.phases[inner], labels.grey[inner] = Phase.VOID, 0
    row = only(labels)
    solid = labels.grey[mask & ~inner].astype(float)
    assert row.grey_mean == pytest.approx(solid.mean())
    assert row.grey_sd == pytest.approx(solid.std())
    assert row.void_area_um2 == pytest.approx(inner.sum() * PX_UM**2)
    assert row.internal_porosity == pytest.approx(inner.sum() / mask.sum())


def test_what_the_outline_faces() -> None:
    labels = Labels.empty((100, 160))
    left, right = np.zeros((100, 160), bool), np.zeros((100, 160), bool)
    left[30:70, 20:80], right[30:70, 80:140] = True, True
    a, b = labels.paint(left), labels.paint(right)
    labels.phases[10:30, :] = Phase.BINDER
    particles = tables_of(labels)["particles"].set_index("particle")
    for one in (a, b):
        row = particles.loc[one]
        assert row.n_neighbours == 1
        assert row.perimeter_share_active_material == pytest.approx(40 / 200, abs=0.02)
        assert row.perimeter_share_binder == pytest.approx(60 / 200, abs=0.03)
        shares = [row[f"perimeter_share_{n}"] for n in
                  ("pore", "binder", "active_material", "separator", "collector")]  # fmt: skip
        assert sum(shares) == pytest.approx(1)
        attached = row.perimeter_share_binder + row.perimeter_share_active_material
        assert row.detachment == pytest.approx(1 - attached)


@settings(max_examples=15, deadline=None)
@given(gap=st.integers(1, 20))
def test_neighbours_are_within_the_contact_distance(gap: int) -> None:
    labels = Labels.empty((60, 120))
    left, right = np.zeros((60, 120), bool), np.zeros((60, 120), bool)
    left[10:50, 10:50], right[10:50, 50 + gap : 90 + gap] = True, True
    labels.paint(left)
    labels.paint(right)
    # 0.5 um are 10 px, and the next particle begins one pixel after the gap.
    expected = 1 if gap < 10 else 0
    assert tables_of(labels)["particles"]["n_neighbours"].tolist() == [expected, expected]


def test_border_and_invalid_pixels_make_a_particle_incomplete() -> None:
    labels = Labels.empty((100, 300))
    spots = [(50, 5, 15), (50, 60, 15), (50, 120, 15), (50, 200, 15)]
    for row, column, radius in spots:
        labels.paint(disc((100, 300), row, column, radius))
    labels.phases[:, 136:140] = Phase.INVALID
    particles = tables_of(labels)["particles"].sort_values("x_um")
    assert particles["complete"].tolist() == [False, True, True, True]
    labels.phases[:, 134:140] = Phase.INVALID
    labels.basins[:, 134:140] = 0
    particles = tables_of(labels)["particles"].sort_values("x_um")
    assert particles["complete"].tolist() == [False, True, False, True]
    assert particles["ml_weight"].tolist()[::2] == [0.0, 0.0]
    width = 30.0
    assert particles["ml_weight"].iloc[1] == pytest.approx(300 / (300 - width) * 100 / 70)
