"""Cracks: widths of bands, directions against centres and contacts, classes, and profiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.sections import PX_UM, Labels, bare_lines, disc, join, packing, partials_of, tables_of
from transect.measure.crack_widths import WidthsBy
from transect.measure.partials import merge
from transect.phases import Phase

EDGE = 240
MIDDLE = EDGE / 2
MATERIAL, DARK = 180, 40


def particle(crack: np.ndarray, radius: float = 90.0) -> Labels:
    """One disc with cracks in it, and a few dark pores around."""
    labels = Labels.empty((EDGE, EDGE))
    labels.grey[:] = DARK
    mask = disc((EDGE, EDGE), MIDDLE, MIDDLE, radius)
    labels.paint(mask)
    labels.grey[mask] = MATERIAL
    labels.phases[mask & crack] = Phase.CRACK
    labels.grey[mask & crack] = DARK
    return labels


def polar() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.mgrid[:EDGE, :EDGE] + 0.5 - MIDDLE
    return np.hypot(rows, columns), np.degrees(np.arctan2(rows, columns))


def band(width: float, angle_deg: float, length: float = 100.0, off: float = 0.0) -> np.ndarray:
    rows, columns = np.mgrid[:EDGE, :EDGE] + 0.5 - MIDDLE
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    along, aside = columns * c + rows * s, rows * c - columns * s - off
    # With round ends.
    over = np.maximum(np.abs(along) - length / 2, 0.0)
    return np.hypot(aside, over) < width / 2


def metric(tables: dict[str, pd.DataFrame], name: str) -> float:
    return float(tables["metrics"].set_index("metric").loc[name, "value"])


@pytest.mark.parametrize("width", [4.0, 5.0, 6.0, 8.0, 10.0, 12.0])
def test_widths_of_bands_at_all_angles(width: float) -> None:
    means, most = [], []
    for angle in range(0, 180, 20):
        tables = tables_of(particle(band(width, angle, off=0.3)))
        means.append(metric(tables, "crack_width_mean_um") / PX_UM)
        most.append(metric(tables, "crack_width_p95_um") / PX_UM)
    assert np.mean(means) == pytest.approx(width, rel=0.05)
    assert np.abs(np.array(means) / width - 1).max() < 0.1
    assert np.mean(most) == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("width", [1.0, 1.5, 2.0, 2.5])
def test_thin_cracks_are_told_by_the_grey_they_take(width: float) -> None:
    found = []
    for angle in range(0, 180, 15):
        rows, columns = np.mgrid[: 8 * EDGE, : 8 * EDGE] / 8 + 1 / 16 - MIDDLE
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        fine = (np.abs(rows * c - columns * s - 0.3) < width / 2) & (
            np.abs(columns * c + rows * s) < 50
        )
        share = fine.reshape(EDGE, 8, EDGE, 8).mean(axis=(1, 3))
        labels = particle(share > 0.4)
        mask = labels.basins > 0
        labels.grey[mask] = np.rint(MATERIAL - share * (MATERIAL - DARK))[mask]
        found.append(metric(tables_of(labels), "crack_width_sub_um") / PX_UM)
    assert np.mean(found) == pytest.approx(width, rel=0.15)
    assert np.std(found) < 0.3


def test_spokes_are_radial_and_rings_are_tangential() -> None:
    away, turn = polar()
    spokes = (np.abs((turn + 22.5) % 45 - 22.5) < np.degrees(2.5 / np.maximum(away, 1))) & (
        (away > 30) & (away < 80)
    )
    ring = np.abs(away - 60) < 2.5
    assert metric(tables_of(particle(spokes)), "radial_index") > 0.97
    assert metric(tables_of(particle(ring)), "radial_index") < -0.97


def test_lines_of_any_place_and_direction_are_neither() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(60):
        length, at = 30.0, rng.uniform(-45, 45, 2)
        rows, columns = np.mgrid[:EDGE, :EDGE] + 0.5 - MIDDLE
        angle = rng.uniform(0, np.pi)
        x, y = columns - at[0], rows - at[1]
        along, aside = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        mask = (np.abs(aside) < 2.5) & (np.abs(along) < length / 2)
        found.append(metric(tables_of(particle(mask)), "radial_index"))
    assert abs(np.nanmean(found)) < 4 * np.nanstd(found) / np.sqrt(len(found))


def touching(crack_deg: float) -> Labels:
    """Disc with a neighbour to its right and a radial crack at an angle."""
    labels = Labels.empty((EDGE, 2 * EDGE))
    for column in (MIDDLE, MIDDLE + 122):
        labels.paint(disc((EDGE, 2 * EDGE), MIDDLE, column, 60))
    rows, columns = np.mgrid[:EDGE, : 2 * EDGE] + 0.5 - MIDDLE
    away, turn = np.hypot(rows, columns), np.degrees(np.arctan2(rows, columns))
    near = np.abs((turn - crack_deg + 180) % 360 - 180) < np.degrees(2 / np.maximum(away, 1))
    labels.phases[near & (away > 15) & (away < 55)] = Phase.CRACK
    return labels


@pytest.mark.parametrize(("crack_deg", "angle"), [(0, 0), (40, 40), (90, 90), (150, 30)])
def test_cracks_against_contacts(crack_deg: float, angle: float) -> None:
    tables = tables_of(touching(crack_deg))
    assert metric(tables, "contact_angle_deg") == pytest.approx(angle, abs=2)
    # With one neighbour, directions anywhere are 45 degrees off on average.
    assert metric(tables, "contact_angle_null_deg") == pytest.approx(45, abs=0.1)
    assert metric(tables, "contact_angle_excess_deg") == pytest.approx(angle - 45, abs=2)


def test_classes() -> None:
    away, _ = polar()
    core = band(4, 30, 60)
    surface = band(4, 0, 40, off=60)
    through = band(4, 0, 300)
    for mask, kind in ((core, "core"), (surface, "surface"), (through, "through")):
        tables = tables_of(particle(mask & (away < 89)))
        assert list(tables["cracks"]["crack_class"]) == [kind]
        assert metric(tables, f"crack_share_{kind}") == 1.0
    labels = particle(band(4, 0, 300))
    labels.phases[(labels.basins == 0) & (away < 95)] = Phase.BINDER
    labels.phases[118:122, :30] = Phase.PORE
    tables = tables_of(labels)
    assert list(tables["cracks"]["crack_class"]) == ["open"]
    assert list(tables["cracks"]["long"]) == [True]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([37, 60, 113]))
def test_windows_do_not_matter(seed: int, step: int) -> None:
    labels = packing((160, 200), 12, seed)
    lines = bare_lines((160, 200))
    one = join(merge(partials_of(labels, lines, 400)), lines, (160, 200))
    parts = partials_of(labels, lines, step)
    other = join(merge(parts[::-1]), lines, (160, 200))
    for name in ("cracks", "particles", "crack_profile", "metrics"):
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=True)


def test_the_profile_adds_up() -> None:
    tables = tables_of(packing((300, 400), 30, 5))
    profile, particles = tables["crack_profile"], tables["particles"]
    whole = particles[particles["ml_weight"] > 0]
    for axis in ("ecd_um", "zeta", "x_um"):
        rows = profile[profile["axis"] == axis]
        assert rows["n_particles"].sum() == len(whole)
        assert (rows["cracked_low"] <= rows["cracked_share"]).all()
        assert (rows["cracked_share"] <= rows["cracked_high"]).all()
    size = profile[profile["axis"] == "x_um"]
    assert size["low"].iloc[0] >= 0
    assert size["high"].iloc[-1] <= 400 * PX_UM + 1e-9


def test_without_cracks_nothing_is_made_up() -> None:
    tables = tables_of(particle(np.zeros((EDGE, EDGE), bool)))
    row = tables["metrics"].set_index("metric").loc["radial_index"]
    assert np.isnan(row["value"])
    assert row["note"] == "no cracks"
    assert tables["cracks"].empty
    assert (tables["crack_profile"]["length_density_per_um"] == 0).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(1, 5), st.integers(1, 4))
def test_widths_of_owners_are_weighted_quantiles_whatever_the_parts(
    seed: int, owners: int, parts: int
) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 60))
    points = np.zeros((count, 5), np.int64)
    points[:, 2:4] = random.integers(0, 3, (count, 2))
    points[:, 4] = random.integers(16, 80, count)
    owner = random.integers(0, owners, count)
    found = WidthsBy.nothing()
    for part in np.array_split(random.permutation(count), parts):
        found = found.with_points(points[part], owner[part])
    upper = random.integers(-1, owners, owners)
    length = 474 * points[:, 2] + 670 * points[:, 3]
    for who, share, shown in (
        (owner, 0.95, found.quantile(0.95, owners)),
        (upper[owner], 0.5, found.by(upper).quantile(0.5, owners)),
    ):
        for k in range(owners):
            mine = np.flatnonzero(who == k)
            if not length[mine].sum():
                assert np.isnan(shown[k])
                continue
            order = mine[np.argsort(points[mine, 4], kind="stable")]
            reached = np.cumsum(length[order]) >= share * length[order].sum()
            assert shown[k] == points[order, 4][reached.argmax()]
