"""The network's engine on maps that are given: decisions by hand, and the same for any windows."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transect.candidates import plain
from transect.config import SegmentConfig
from transect.phases import Phase
from transect.segment.image import ImageSegments, label_image
from transect.segment.learned import DEEPEST, NetworkEngine, Shares, learned_heights
from transect.segment.maps import MAPS
from transect.segment.thresholds import Thresholds

U8 = npt.NDArray[np.uint8]
LIMITS = Thresholds((0.0, 255.0), 20.0, 70.0, 200.0, 3.0, 5.0, 1)
CONFIG = SegmentConfig(engine="network", model="none")
SHAPE = (120, 160)


def maps_of(shape: tuple[int, int] = SHAPE, **layers: npt.ArrayLike) -> U8:
    """Maps with the given channels; pore everywhere else."""
    maps = np.zeros((len(MAPS), *shape), np.uint8)
    for name, values in layers.items():
        maps[MAPS.index(name)] = values
    if "pore" not in layers:
        maps[MAPS.index("pore")] = 255 - np.minimum(maps[:7].astype(int).sum(axis=0), 255)
    return maps


def labelled(maps: U8, edge: int = 4096, zone: U8 | None = None) -> ImageSegments:
    zone = np.full(maps.shape[1:], Phase.PORE, np.uint8) if zone is None else zone
    engine = NetworkEngine(CONFIG.crack_width_px)
    return label_image(maps, zone, engine, CONFIG, LIMITS, edge)


def disc(row: float, column: float, radius: float, shape: tuple[int, int] = SHAPE) -> U8:
    y, x = np.indices(shape)
    return ((y - row) ** 2 + (x - column) ** 2 < radius**2).astype(np.uint8)


def deep(row: float, column: float, radius: float, shape: tuple[int, int] = SHAPE) -> U8:
    """Distance from the outline of a disc over the largest."""
    y, x = np.indices(shape)
    share = 1 - np.hypot(y - row, x - column) / radius
    return np.clip(255 * share, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("shares", "phase", "sure"),
    [
        ({"active_material": 100, "active_material_2": 60, "binder": 95}, "ACTIVE_MATERIAL", 160),
        ({"binder": 60, "separator": 90, "pore": 105}, "BINDER", 150),
        ({"pore": 70, "outside": 80, "active_material": 105}, "PORE", 150),
        ({"collector": 200, "active_material": 35, "pore": 20}, "ACTIVE_MATERIAL", 35),
        ({"collector": 255, "pore": 0}, "PORE", 0),
        ({"active_material": 200, "active_material_2": 56, "pore": 0}, "ACTIVE_MATERIAL", 255),
    ],
)
def test_the_likeliest_of_what_a_coating_holds_is_taken(
    shares: dict[str, int], phase: str, sure: int
) -> None:
    found = labelled(maps_of(**{"pore": 0, **shares}))
    assert (found.phases == Phase[phase]).all()
    assert (found.confidence == sure).all()


def test_geometry_decides_outside_of_the_coating() -> None:
    zone = np.full(SHAPE, Phase.PORE, np.uint8)
    zone[:20], zone[20:30], zone[:, :9] = Phase.COLLECTOR, Phase.GAP, Phase.INVALID
    found = labelled(maps_of(active_material=255), zone=zone)
    outside = zone != Phase.PORE
    np.testing.assert_array_equal(found.phases[outside], zone[outside])
    assert (found.phases[~outside] == Phase.ACTIVE_MATERIAL).all()
    assert (found.confidence == np.where(zone == Phase.INVALID, 0, 255)).all()
    assert ((found.particles > 0) == ~outside).all()


def test_cracks_are_those_of_the_map_inside_material() -> None:
    material = 255 * disc(60, 80, 50)
    line = np.zeros(SHAPE, np.uint8)
    line[59:62, 50:100] = 1
    line[5:8, 20:60] = 1
    found = labelled(
        maps_of(active_material=material * (1 - line), crack=230 * line, distance=deep(60, 80, 50))
    )
    assert (found.phases[59:62, 52:98] == Phase.CRACK).all()
    assert (found.confidence[59:62, 52:98] == 230).all()
    assert (found.phases[5:8, 20:60] == Phase.PORE).all()
    assert np.unique(found.particles).size == 2


def test_crack_within_solid_material_is_one_too() -> None:
    line = np.zeros(SHAPE, np.uint8)
    line[60, 50:100] = 1
    maps = maps_of(
        active_material=255 * disc(60, 80, 50), crack=200 * line, distance=deep(60, 80, 50)
    )
    assert (labelled(maps).phases[60, 50:100] == Phase.CRACK).all()


def test_round_holes_are_voids_and_wedges_are_pores() -> None:
    hole = disc(60, 50, 9)
    material = 255 * (disc(60, 45, 36) | disc(60, 117, 36)) * (1 - hole)
    distance = np.maximum(deep(60, 45, 36), deep(60, 117, 36))
    found = labelled(maps_of(active_material=material, distance=distance))
    assert (found.phases[hole > 0] == Phase.VOID).mean() > 0.95
    assert not (found.phases == Phase.CRACK).any()
    assert np.unique(found.particles).size == 3
    assert found.particles[60, 50] == found.particles[60, 30]


def test_touching_particles_part_at_the_outline_and_a_dent_does_not_part() -> None:
    two = disc(60, 50, 33) | disc(60, 110, 33)
    apart = np.maximum(deep(60, 50, 33), deep(60, 110, 33))
    line = cv2.dilate((np.abs(np.indices(SHAPE)[1] - 80) < 1).astype(np.uint8), np.ones((1, 3)))
    found = labelled(maps_of(active_material=255 * two, distance=apart, boundary=200 * line))
    assert np.unique(found.particles).size == 3
    dented = np.where(two, 200, 0).astype(np.uint8)
    dented[:, 78:83] = np.minimum(dented[:, 78:83], 150)
    found = labelled(maps_of(active_material=255 * two, distance=dented))
    assert np.unique(found.particles).size == 2


def test_noise_at_the_rim_makes_no_particles() -> None:
    rng = np.random.default_rng(1)
    distance = np.clip(deep(60, 80, 50) + rng.normal(0, 6, SHAPE), 0, 255).astype(np.uint8)
    found = labelled(maps_of(active_material=255 * disc(60, 80, 50), distance=distance))
    assert np.unique(found.particles).size == 2


def test_heights_are_positive_on_particles_only() -> None:
    mask = disc(60, 80, 50).astype(bool)
    height = learned_heights(maps_of(), mask)
    assert ((height > 0) == mask).all()
    height = learned_heights(maps_of(distance=255), mask)
    assert height.max() == DEEPEST


def random_maps(seed: int, shape: tuple[int, int], size: float) -> U8:
    """Smooth random maps whose classes add up to about 255."""
    rng = np.random.default_rng(seed)
    fields = np.stack([cv2.GaussianBlur(rng.normal(size=shape), (0, 0), size) for _ in MAPS])
    fields *= 6 / max(fields.std(), 1e-9)
    shares = np.exp(fields[:7] - fields[:7].max(axis=0))
    maps = 1 / (1 + np.exp(-fields))
    maps[:7] = shares / shares.sum(axis=0)
    return np.rint(255 * maps).astype(np.uint8)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(20, 200),
    columns=st.integers(20, 260),
    size=st.floats(0.6, 9.0),
    edge=st.sampled_from([16, 33, 64]),
)
def test_windows_do_not_matter(seed: int, rows: int, columns: int, size: float, edge: int) -> None:
    maps = random_maps(seed, (rows, columns), size)
    zone = np.full((rows, columns), Phase.PORE, np.uint8)
    zone[: rows // 8] = Phase.COLLECTOR
    whole, pieces = labelled(maps, zone=zone), labelled(maps, edge, zone)
    np.testing.assert_array_equal(whole.phases, pieces.phases)
    np.testing.assert_array_equal(whole.confidence, pieces.confidence)
    np.testing.assert_array_equal(whole.particles, pieces.particles)


def test_windows_do_not_matter_where_openings_are_large() -> None:
    """Holes near the largest extent of a void, cracks between them, over many windows."""
    maps = random_maps(4, (700, 800), 12.0)
    whole, pieces = labelled(maps), labelled(maps, 128)
    np.testing.assert_array_equal(whole.phases, pieces.phases)
    np.testing.assert_array_equal(whole.particles, pieces.particles)
    assert {Phase.CRACK, Phase.VOID} <= set(np.unique(whole.phases))


def test_particle_larger_than_windows_is_one() -> None:
    shape = (500, 600)
    noise = np.random.default_rng(2).normal(0, 4, shape)
    flat = np.minimum(4 * deep(250, 300, 240, shape).astype(int), 250)
    distance = np.clip(flat + noise, 0, 255).astype(np.uint8)
    maps = maps_of(shape, active_material=255 * disc(250, 300, 240, shape), distance=distance)
    found = labelled(maps, 64)
    assert np.unique(found.particles).size == 2
    np.testing.assert_array_equal(found.particles, labelled(maps).particles)


def test_shares_saturate() -> None:
    shares = Shares.of(maps_of((4, 4), active_material=255, active_material_2=1))
    assert (shares.material == 255).all()
    assert (plain(shares.decide()[0]) == Phase.ACTIVE_MATERIAL).all()
