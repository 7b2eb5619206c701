"""Shortest ways, chords and local thickness against closed forms and brute force."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.foam import foam
from transect.measure.transport.chords import Chords, chords
from transect.measure.transport.geodesic import corners, distances, geodesics, in_the_way
from transect.measure.transport.thickness import local_thickness, wall_distance


def brute_ways(mask: np.ndarray) -> np.ndarray:
    """Shortest chains of straight pieces between all corners that see each other."""
    framed, free = corners(mask)
    away = np.full(free.shape, np.inf)
    queue = [(0.0, len(mask), int(c)) for c in np.flatnonzero(free[-1])]
    away[-1, free[-1]] = 0.0
    spots = np.argwhere(free)
    while queue:
        way, r, c = heapq.heappop(queue)
        if way > away[r, c]:
            continue
        for y, x in spots:
            further = way + float(np.hypot(y - r, x - c))
            if further < away[y, x] and in_the_way(framed, free, r, c, y, x) < 0:
                away[y, x] = further
                heapq.heappush(queue, (further, int(y), int(x)))
    return away


def test_straight_ways_are_as_long_as_the_window_is_thick() -> None:
    mask = np.zeros((50, 30), bool)
    mask[:, 4] = mask[:, 10:17] = True
    found = geodesics(mask)
    assert found.tau == 1.0
    assert (found.started, found.closed) == (8, 0)


def test_a_way_around_a_wall_turns_at_its_end() -> None:
    mask = np.ones((41, 60), bool)
    mask[20, :50] = False
    # Straight to the end of the wall, along it, and straight down.
    expected = [np.hypot(20, 50 - c) + 21 if c < 50 else 41.0 for c in range(61)]
    assert distances(mask)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.5])
def test_an_inclined_channel_is_longer_by_its_angle(slope: float) -> None:
    rows, width = 400, 5
    r, c = np.mgrid[:rows, : int(slope * rows) + 12]
    mask = np.abs(c - slope * r - 5) <= width / 2
    assert geodesics(mask).tau == pytest.approx(np.hypot(1, slope), rel=0.01)


def test_a_staircase_of_single_pixels_is_cut_at_its_corners() -> None:
    mask = np.eye(30, dtype=bool) | np.eye(30, k=1, dtype=bool)
    assert distances(mask)[0, 0] == pytest.approx(29 * np.sqrt(2) + 1, rel=1e-9)


def test_pixels_that_touch_at_corners_have_no_way() -> None:
    found = geodesics(np.indices((20, 20)).sum(axis=0) % 2 == 0)
    assert (found.tau, found.started, found.closed) == (np.inf, 0, 10)


def test_without_phase_at_the_surface_there_is_no_answer() -> None:
    mask = np.ones((20, 20), bool)
    mask[0] = False
    assert np.isnan(geodesics(mask).tau)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 22), st.integers(1, 22)),
    seed=st.integers(0, 2**31),
    share=st.floats(0.5, 1.0),
    grain=st.floats(0.4, 3.0),
)
@example(shape=(12, 9), seed=10786, share=0.8125, grain=0.625)
def test_ways_are_those_of_brute_force(
    shape: tuple[int, int], seed: int, share: float, grain: float
) -> None:
    mask = foam(shape, seed, share, grain)
    found, expected = distances(mask), brute_ways(mask)
    reached = np.isfinite(expected)
    assert (np.isfinite(found) == reached).all()
    assert (found[reached] >= expected[reached] - 1e-9).all()
    assert (found[reached] <= expected[reached] + 0.1).all()
    assert found[reached].sum() <= 1.001 * expected[reached].sum()


def test_ways_of_a_mirror_image_are_as_long() -> None:
    mask = foam((120, 140), 4, 0.75, 3.0)
    assert geodesics(mask[:, ::-1]).tau == pytest.approx(geodesics(mask).tau, rel=1e-3)


def test_chords_of_stripes() -> None:
    mask = np.zeros((30, 100), bool)
    mask[:, np.arange(100) % 10 < 4] = True
    found = chords(mask[:, 5:95])  # Both outer stripes are whole or not there.
    assert (found.mean_x, found.mean_z) == (4.0, 30.0)
    assert found.anisotropy == pytest.approx(4 / 30)


def test_chords_have_no_bias_from_the_borders() -> None:
    mask = foam((400, 3000), 8, 0.5, 4.0)
    whole = chords(mask)
    parts = [chords(mask[:, x : x + 50]) for x in range(0, 3000, 50)]
    total = sum(parts, Chords(0, 0, 0))
    assert total.length == whole.length
    assert total.mean_x == pytest.approx(whole.mean_x, rel=0.03)
    assert total.mean_z == whole.mean_z


def test_chords_that_never_end_have_no_mean() -> None:
    assert np.isnan(chords(np.ones((5, 9), bool)).mean_x)
    assert chords(np.ones((5, 9), bool)).mean_z == 5.0
    assert np.isnan(chords(np.zeros((5, 9), bool)).mean_z)


def brute_thickness(mask: np.ndarray) -> np.ndarray:
    """Largest of all discs that every pixel lies in, tried one by one."""
    solid = np.argwhere(~mask)
    y, x = np.indices((2 * mask.shape[0] + 1, 2 * mask.shape[1] + 1))
    reach = np.full(y.shape, y.shape[0] ** 2 + y.shape[1] ** 2)
    for r, c in solid:
        dy = y - np.clip(y, 2 * r, 2 * r + 2)
        dx = x - np.clip(x, 2 * c, 2 * c + 2)
        reach = np.minimum(reach, dy**2 + dx**2)
    out = np.zeros(mask.shape, int)
    for r, c in np.argwhere(mask):
        covers = (y - 2 * r - 1) ** 2 + (x - 2 * c - 1) ** 2 <= reach
        out[r, c] = reach[covers].max()
    return out


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 2**31),
    share=st.floats(0.1, 1.0),
    grain=st.floats(0.4, 4.0),
)
def test_local_thickness_is_that_of_brute_force(
    shape: tuple[int, int], seed: int, share: float, grain: float
) -> None:
    mask = foam(shape, seed, share, grain)
    assert (local_thickness(mask) == brute_thickness(mask)).all()


@pytest.mark.parametrize("width", [1, 2, 3, 8, 9])
def test_a_channel_is_as_thick_as_it_is_wide(width: int) -> None:
    mask = np.zeros((width + 4, 100), bool)
    mask[2 : 2 + width] = True
    assert (local_thickness(mask)[mask] == width**2).all()


@pytest.mark.parametrize("diameter", [20.0, 61.0])
def test_a_disc_is_as_thick_as_its_diameter(diameter: float) -> None:
    y, x = np.mgrid[:80, :80] + 0.5 - 40.0
    mask = np.hypot(y, x) < diameter / 2
    squares = local_thickness(mask)
    assert np.sqrt(np.median(squares[mask])) == pytest.approx(diameter, abs=1.5)


def test_thickness_of_mirror_images_is_mirrored() -> None:
    mask = foam((90, 70), 2, 0.6, 3.0)
    squares = local_thickness(mask)
    assert (local_thickness(mask[::-1]) == squares[::-1]).all()
    assert (local_thickness(mask[:, ::-1]) == squares[:, ::-1]).all()


def test_distances_from_walls_count_to_the_side_of_the_pixel() -> None:
    mask = np.ones((1, 5), bool)
    mask[0, 0] = False
    assert wall_distance(mask)[1].tolist() == [0, 0, 0, 1, 4, 9, 16, 25, 36, 49, 64]
