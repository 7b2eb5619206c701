"""Smoothing for a network: noise is measured as it is, and what is smoothed is exact everywhere."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from segmentation_made import one_of

from transect.phases import Phase
from transect.segment.engine import UNDECIDED
from transect.segment.maps import MAPS
from transect.segment.noise import Noise, noises
from transect.segment.smoothing import (
    CLOUDY,
    CLOUDY_PX,
    FINE,
    LEFT,
    MOST,
    NOISY,
    Smoothing,
    outlines,
)

EDGE = 256
COATING = np.full((EDGE, EDGE), UNDECIDED, np.uint8)
WHOLE = (slice(None), slice(None))


def with_noise(image: np.ndarray, white: float, cloudy: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(5)
    noise = white * rng.standard_normal(image.shape)
    # A Gaussian of 2 px leaves 0.14 of white noise.
    clouds = cv2.GaussianBlur(rng.standard_normal(image.shape), (0, 0), 2.0) / 0.14
    return np.clip(np.rint(image + noise + cloudy * clouds), 0, 255).astype(np.uint8)


def discs() -> np.ndarray:
    image = np.full((EDGE, EDGE), 60.0, np.float32)
    for row in range(32, EDGE, 64):
        for column in range(32, EDGE, 64):
            cv2.circle(image, (column, row), 28, 180.0, -1)
    return image


@pytest.mark.parametrize("image", [np.full((EDGE, EDGE), 120.0, np.float32), discs()])
@pytest.mark.parametrize("sigma", [3.0, 8.0, 20.0])
def test_noise_is_measured_and_edges_are_not(image: np.ndarray, sigma: float) -> None:
    found = Noise.of(noises(with_noise(image, sigma), COATING))
    # The quieter squares count: a little below the mean.
    assert 0.8 * sigma < found.white < 1.05 * sigma
    if image.std() == 0:
        assert found.cloudy < 0.05 * sigma + 0.4


def test_noise_that_neighbours_share_is_seen_on_the_coarse_scale_alone() -> None:
    found = Noise.of(noises(with_noise(discs(), 2.0, 10.0), COATING))
    assert found.white < 4
    assert 1.5 < found.cloudy < 10


def test_noise_is_counted_in_the_coating_alone() -> None:
    zone = COATING.copy()
    zone[:, EDGE // 2 :] = Phase.SEPARATOR
    image = with_noise(np.full((EDGE, EDGE), 120.0, np.float32), 3.0)
    loud = with_noise(np.full((EDGE, EDGE), 120.0, np.float32), 30.0)
    image[:, EDGE // 2 :] = loud[:, EDGE // 2 :]
    assert Noise.of(noises(image, zone)).white == pytest.approx(2.7, abs=0.3)
    assert Noise.of(noises(image, np.full_like(zone, Phase.SEPARATOR))) == Noise()
    assert Noise.of(noises(image[:5, :5], zone[:5, :5])) == Noise()


def test_the_chemistries_phantoms_need_no_smoothed_greys() -> None:
    picture = one_of("nmc", 3, 512)
    spread = float(picture.image.std())
    noise = Noise.of(noises(picture.image, picture.zone)).over(spread)
    assert noise.white < NOISY
    assert noise.cloudy < CLOUDY


@given(st.floats(0.01, 3.0), st.sampled_from([1, 2, 4]))
def test_white_noise_beyond_the_limit_is_brought_down_to_what_is_left(
    white: float, binned: int
) -> None:
    found = Smoothing.of_white(Noise(white=white), binned)
    if white / binned < NOISY:
        assert found == Smoothing()
    else:
        left = white / (2 * np.sqrt(np.pi) * found.greys_px)
        assert left == pytest.approx(LEFT, rel=0.02)
        assert found.outlines_px == 0


def test_cloudy_noise_counts_where_particles_are_large() -> None:
    cloudy, large = Noise(0.2, 1.5 * CLOUDY), np.array([1000, int(0.5 * FINE * 255_000)])
    small, none = np.array([1000, int(1.5 * FINE * 255_000)]), np.array([0, 0])
    assert Smoothing().or_of_cloudy(cloudy, large) == Smoothing(greys_px=CLOUDY_PX)
    assert Smoothing().or_of_cloudy(cloudy, small) == Smoothing()
    assert Smoothing().or_of_cloudy(cloudy, none) == Smoothing()
    assert Smoothing().or_of_cloudy(Noise(0.2, 0.9 * CLOUDY), large) == Smoothing()
    assert Smoothing(greys_px=1.0).or_of_cloudy(cloudy, large) == Smoothing(greys_px=1.0)


@pytest.mark.parametrize(
    ("share", "factor", "sigma"),
    [(0.2, 1.0, 0.0), (0.1, 1.0, 1.0), (0.05, 1.0, 2.0), (0.01, 1.0, MOST), (0.05, 2.0, 4.0)],
)
def test_outlines_are_smoothed_by_the_size_of_particles(
    share: float, factor: float, sigma: float
) -> None:
    counts = np.array([100_000, round(share * 255 * 100_000)])
    assert Smoothing().with_outlines(counts, factor).outlines_px == pytest.approx(sigma, abs=0.01)
    assert Smoothing().with_outlines(np.array([0, 0])) == Smoothing()


def test_outlines_are_counted_on_particles_in_the_coating() -> None:
    maps = np.zeros((len(MAPS), 8, 8), np.uint8)
    maps[MAPS.index("active_material"), :4] = 255
    maps[MAPS.index("binder"), 4:] = 255
    maps[MAPS.index("boundary")] = 10
    zone = np.full((8, 8), UNDECIDED, np.uint8)
    zone[:, :2] = Phase.SEPARATOR
    assert outlines(maps, zone, WHOLE).tolist() == [24, 240]
    assert outlines(maps, zone, (slice(0, 2), slice(0, 4))).tolist() == [4, 40]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3.0))
def test_smoothed_greys_do_not_depend_on_their_window(seed: int, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, (60, 70)).astype(np.uint8)
    zone = np.where(rng.random(grey.shape) < 0.1, Phase.INVALID, UNDECIDED).astype(np.uint8)
    smoothing = Smoothing(greys_px=round(sigma, 2))
    n = smoothing.reach
    whole = smoothing.greys(grey, zone)
    part = slice(n, 60 - n), slice(n + 3, 70 - n)
    near = slice(0, 60), slice(3, 70)
    inner = slice(n, 60 - n), slice(n, 67 - n)
    np.testing.assert_array_equal(smoothing.greys(grey[near], zone[near])[inner], whole[part])


@given(st.integers(0, 255), st.integers(0, 255))
def test_what_was_not_recorded_counts_for_nothing(level: int, blank: int) -> None:
    grey = np.full((40, 40), level, np.uint8)
    zone = np.full(grey.shape, UNDECIDED, np.uint8)
    zone[10:20, 5:30] = Phase.INVALID
    grey[zone == Phase.INVALID] = blank
    found = Smoothing(greys_px=1.5).greys(grey, zone).astype(int)
    assert (found[zone == Phase.INVALID] == blank).all()
    # Rounded twice, to 255 levels of weight.
    recorded = found[zone != Phase.INVALID]
    assert np.abs(recorded - level).max() <= 3


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3.0))
def test_smoothed_outlines_do_not_depend_on_their_window(seed: int, sigma: float) -> None:
    maps = np.random.default_rng(seed).integers(0, 256, (len(MAPS), 60, 70)).astype(np.uint8)
    smoothing = Smoothing(outlines_px=round(sigma, 2))
    n = smoothing.outline_reach
    whole = smoothing.outlines(maps)
    found = smoothing.outlines(maps[:, :, 3:])
    np.testing.assert_array_equal(
        found[:, n : 60 - n, n : 67 - n], whole[:, n : 60 - n, n + 3 : 70 - n]
    )
    for name in set(MAPS) - {"boundary", "distance"}:
        np.testing.assert_array_equal(whole[MAPS.index(name)], maps[MAPS.index(name)])


def test_nothing_is_smoothed_unless_asked_for() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (9, 9)).astype(np.uint8)
    maps = np.zeros((len(MAPS), 9, 9), np.uint8)
    none = Smoothing()
    assert none.greys(grey, np.full((9, 9), UNDECIDED, np.uint8)) is grey
    assert none.outlines(maps) is maps
    assert none.reach == none.outline_reach == 0
